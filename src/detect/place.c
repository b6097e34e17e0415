#include "detect/place.h"

#include <string.h>

void place_begin(PlaceCursor *cursor, TextEncoding encoding, uint64_t first_offset)
{
    *cursor = (PlaceCursor){.encoding = encoding, .offset = first_offset, .line = 1, .column = 1};
}

static uint64_t count_newlines(const char *text, size_t len)
{
    const char *end = text + len;
    uint64_t lines = 0;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            break;
        lines++;
        text = newline + 1;
    }
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
