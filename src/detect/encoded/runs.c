#include "detect/encoded/runs.h"
#include "detect/byte_class.h"

#include <glib.h>
#include <string.h>

enum {
    TEXT_MIN = 12, /* bytes; less is not worth it, and too often chance */
    HEAD = 8,      /* so many characters of a run tell of most that it is no text */
};

/* One more than what the character is worth (RFC 4648, sections 4 and 5); 0: it is none. */
static const uint8_t BASE64_VALUES[256] = {['A'] = 1,
    ['B'] = 2,
    ['C'] = 3,
    ['D'] = 4,
    ['E'] = 5,
    ['F'] = 6,
    ['G'] = 7,
    ['H'] = 8,
    ['I'] = 9,
    ['J'] = 10,
    ['K'] = 11,
    ['L'] = 12,
    ['M'] = 13,
    ['N'] = 14,
    ['O'] = 15,
    ['P'] = 16,
    ['Q'] = 17,
    ['R'] = 18,
    ['S'] = 19,
    ['T'] = 20,
    ['U'] = 21,
    ['V'] = 22,
    ['W'] = 23,
    ['X'] = 24,
    ['Y'] = 25,
    ['Z'] = 26,
    ['a'] = 27,
    ['b'] = 28,
    ['c'] = 29,
    ['d'] = 30,
    ['e'] = 31,
    ['f'] = 32,
    ['g'] = 33,
    ['h'] = 34,
    ['i'] = 35,
    ['j'] = 36,
    ['k'] = 37,
    ['l'] = 38,
    ['m'] = 39,
    ['n'] = 40,
    ['o'] = 41,
    ['p'] = 42,
    ['q'] = 43,
    ['r'] = 44,
    ['s'] = 45,
    ['t'] = 46,
    ['u'] = 47,
    ['v'] = 48,
    ['w'] = 49,
    ['x'] = 50,
    ['y'] = 51,
    ['z'] = 52,
    ['0'] = 53,
    ['1'] = 54,
    ['2'] = 55,
    ['3'] = 56,
    ['4'] = 57,
    ['5'] = 58,
    ['6'] = 59,
    ['7'] = 60,
    ['8'] = 61,
    ['9'] = 62,
    ['+'] = 63,
    ['/'] = 64,
    ['-'] = 63,
    ['_'] = 64};

static inline int base64_value(uint8_t byte)
{
    return BASE64_VALUES[byte] - 1;
}

/* Of a hexadecimal digit. */
static inline uint8_t hex_value(uint8_t digit)
{
    return (uint8_t)((digit & 15) + (digit >> 6) * 9);
}

/* No text has it. */
static inline bool is_control(uint8_t byte)
{
    return (byte < ' ' && !(byte >= '\t' && byte <= '\r')) || byte == 0x7F;
}

/* Text has no control characters but those of lines, and is UTF-8; its end may be cut. */
static bool is_text(const Decoded *out)
{
    const char *end = NULL;

    if (out->len < TEXT_MIN)
        return false;
    for (size_t i = 0; i < out->len; i++) {
        if (is_control(out->text[i]))
            return false;
    }
    return g_utf8_validate((const char *)out->text, (gssize)out->len, &end) ||
           (const char *)out->text + out->len - end < 4;
}

static uint64_t each_byte(uint8_t byte)
{
    return byte * UINT64_C(0x0101010101010101);
}

static bool has_zero(uint64_t bytes)
{
    return ((bytes - each_byte(1)) & ~bytes & each_byte(0x80)) != 0;
}

/* Whether text may begin with these bytes, the first is the highest of as many: all at once, for nothing tells
 * beforehand which of them shows it. No more than: most control characters, and where bytes of UTF-8 may stand. */
static bool begins_text(uint64_t value, unsigned count)
{
    uint64_t blanks = each_byte(' ') >> 8 * count, known = ~UINT64_C(0) >> (64 - 8 * count);
    uint64_t bytes = __builtin_bswap64(value << (64 - 8 * count) | blanks); /* the first is the lowest */
    uint64_t high = bytes & each_byte(0x80), leading = high & bytes << 1, following = high & ~leading;
    bool is_misplaced = (following & ~(high << 8)) != 0 || (leading << 8 & ~following & known) != 0;

    return !is_misplaced && !has_zero(bytes & each_byte(0xF8)) &&
           !has_zero((bytes & each_byte(0xF0)) ^ each_byte(0x10));
}

static bool hex_may_be_text(Bytes run)
{
    uint64_t value = 0;
    bool is_valid = true;

    for (size_t i = 0; i < HEAD; i++) {
        is_valid &= byte_is_hex(run.data[i]);
        value = value << 4 | hex_value(run.data[i]);
    }
    return is_valid && begins_text(value, HEAD / 2);
}

static bool base64_may_be_text(Bytes run)
{
    uint64_t value = 0;
    bool is_valid = true;

    for (size_t i = 0; i < HEAD; i++) {
        int digit = base64_value(run.data[i]);
        is_valid &= digit >= 0;
        value = value << 6 | (uint64_t)digit;
    }
    return is_valid && begins_text(value, HEAD * 3 / 4);
}

bool run_may_be_text(Bytes run)
{
    return run.len >= HEAD && (base64_may_be_text(run) || hex_may_be_text(run));
}

static bool is_hex(Bytes text)
{
    if (text.len % 2 != 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!byte_is_hex(text.data[i]))
            return false;
    }
    return true;
}

static void put_hex(Bytes run, Decoded *out)
{
    out->len = 0;
    out->is_shifted = false;
    for (size_t i = 0; i < run.len; i += 2)
        decoded_add(out, (uint8_t)(hex_value(run.data[i]) << 4 | hex_value(run.data[i + 1])), i);
    out->from[out->len] = (uint16_t)run.len;
}

static void put_base64(Bytes run, Decoded *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    out->len = 0;
    out->is_shifted = true;
    for (size_t i = 0, last = 0; i < run.len && run.data[i] != '='; i++) {
        int value = base64_value(run.data[i]);
        if (value < 0)
            continue; /* the break of a line */
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            decoded_add(out, (uint8_t)(bits >> count), last);
        }
        last = i;
    }
    out->from[out->len] = (uint16_t)run.len;
}

bool decode_run(Bytes run, Decoded *out)
{
    bool may_be_hex = run.len >= HEAD && hex_may_be_text(run);

    if (!may_be_hex && (run.len < HEAD || !base64_may_be_text(run)))
        return false;
    if (!is_hex(run))
        put_base64(run, out);
    else if (may_be_hex)
        put_hex(run, out);
    else
        return false;
    return is_text(out);
}
