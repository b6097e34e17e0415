#include "detect/place.h"

#include <glib.h>
#include <string.h>

void place_begin(PlaceCursor *cursor, TextEncoding encoding, uint64_t first_offset)
{
    *cursor = (PlaceCursor){.encoding = encoding, .offset = first_offset, .line = 1, .column = 1};
}

/* Of at most 255 bytes: many at once, where looking for one after the other is a call for each line. */
static uint8_t newlines_among(const char *text, size_t len)
{
    uint8_t lines = 0;

    for (size_t i = 0; i < len; i++)
        lines = (uint8_t)(lines + (text[i] == '\n'));
    return lines;
}

static uint64_t count_newlines(const char *text, size_t len)
{
    enum { AT_ONCE = 240 };
    uint64_t lines = 0;

    for (size_t at = 0; at < len; at += AT_ONCE)
        lines += newlines_among(text + at, MIN(len - at, (size_t)AT_ONCE));
    return lines;
}

void place_advance(PlaceCursor *cursor, const TextView *view, uint64_t position)
{
    if (position <= cursor->position)
        return;
    const char *text = (const char *)view->data + (cursor->position - view->base);
    size_t len = (size_t)(position - cursor->position);
    const char *newline = memrchr(text, '\n', len);

    if (newline != NULL) {
        cursor->line += count_newlines(text, (size_t)(newline - text) + 1);
        cursor->column = 1 + text_char_count(newline + 1, (size_t)(text + len - newline - 1));
    } else {
        cursor->column += text_char_count(text, len);
    }
    cursor->offset += text_encoded_length(cursor->encoding, text, len);
    cursor->position = position;
}
