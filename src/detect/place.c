#include "detect/place.h"

#include <glib.h>
#include <string.h>

enum { SHORT_STEP = 64 };

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

/* Eight bytes from there on, the last ones of the text again where it ends sooner: those are moved out. */
static uint64_t eight_bytes(const char *text, size_t len, size_t at)
{
    size_t again = len - at >= sizeof(uint64_t) ? 0 : sizeof(uint64_t) - (len - at);
    uint64_t bytes;

    memcpy(&bytes, text + at - again, sizeof bytes);
    return GUINT64_FROM_LE(bytes) >> (8 * again);
}

/* What a short step over ASCII, of eight bytes or more, does to line and column; false: it is not ASCII. */
static bool advance_ascii(PlaceCursor *cursor, const char *text, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = 0x80 * ones;
    uint64_t lines = 0;
    size_t behind = 0; /* the last newline */

    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t bytes = eight_bytes(text, len, at);
        if ((bytes & high) != 0)
            return false;
        uint64_t newlines = ~((bytes ^ '\n' * ones) + 0x7F * ones) & high;
        if (newlines == 0)
            continue;
        lines += ((newlines >> 7) * ones) >> 56;
        behind = at + sizeof bytes - (size_t)__builtin_clzll(newlines) / 8;
    }
    cursor->line += lines;
    cursor->column = lines > 0 ? 1 + len - behind : cursor->column + len;
    return true;
}

void place_advance(PlaceCursor *cursor, const TextView *view, uint64_t position)
{
    if (position <= cursor->position)
        return;
    const char *text = (const char *)view->data + (cursor->position - view->base);
    size_t len = (size_t)(position - cursor->position);
    if (len >= sizeof(uint64_t) && len <= SHORT_STEP && cursor->encoding == TEXT_UTF8 &&
        advance_ascii(cursor, text, len)) {
        cursor->offset += len;
        cursor->position = position;
        return;
    }
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
