#include "base/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0U) == 0x80U;
}

const char *text_encoding_name(TextEncoding encoding)
{
    switch (encoding) {
    case TEXT_UTF8:
        return "utf-8";
    case TEXT_UTF16LE:
        return "utf-16le";
    case TEXT_UTF16BE:
        return "utf-16be";
    case TEXT_LATIN1:
        return "latin-1";
    }
    return "unknown";
}

/* Eight bytes at a time: those that go on with a character have the highest bit and not the one below. */
static uint64_t continuations(const char *utf8)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bytes;

    memcpy(&bytes, utf8, sizeof bytes);
    return (((bytes >> 7) & ~(bytes >> 6) & ones) * ones) >> 56;
}

uint64_t text_char_count(const char *utf8, size_t len)
{
    uint64_t chars = len;
    size_t at = 0;

    for (; at + sizeof(uint64_t) <= len; at += sizeof(uint64_t))
        chars -= continuations(utf8 + at);
    for (; at < len; at++)
        chars -= is_continuation((unsigned char)utf8[at]) ? 1 : 0;
    return chars;
}

/* Two bytes for each character, four for those outside the basic plane (four bytes in UTF-8). */
static uint64_t utf16_length(const char *utf8, size_t len)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)utf8[i];
        bytes += is_continuation(byte) ? 0U : byte >= 0xF0U ? 4U : 2U;
    }
    return bytes;
}

uint64_t text_encoded_length(TextEncoding encoding, const char *utf8, size_t len)
{
    switch (encoding) {
    case TEXT_UTF8:
        return len;
    case TEXT_UTF16LE:
    case TEXT_UTF16BE:
        return utf16_length(utf8, len);
    case TEXT_LATIN1:
        return text_char_count(utf8, len);
    }
    return len;
}

TextPlace text_place(const char *utf8, size_t len, uint64_t offset)
{
    const char *line = utf8, *at = utf8 + (offset < len ? (size_t)offset : len);
    TextPlace place = {.line = 1};

    for (const char *newline = line; (newline = memchr(newline, '\n', (size_t)(at - newline))) != NULL; newline++) {
        place.line++;
        line = newline + 1;
    }
    place.column = 1 + text_char_count(line, (size_t)(at - line));
    return place;
}
