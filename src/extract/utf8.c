#include "extract/utf8.h"

#include <stdbool.h>
#include <string.h>

enum { WORD = sizeof(uint64_t) };

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS  UINT64_C(0x0101010101010101)

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0U) == 0x80U;
}

/* Bytes of a character by its first byte; 0 if no character begins so (RFC 3629 section 4). */
static size_t announced_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if ((lead & 0xF0U) == 0xE0)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* Overlong forms, surrogates and code points beyond U+10FFFF show in the second byte. */
static bool is_second_byte(uint8_t lead, uint8_t second)
{
    if (!is_continuation(second))
        return false;
    switch (lead) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second <= 0x9F;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second <= 0x8F;
    default:
        return true;
    }
}

/* Bytes at the start that are good for one character: as many as announced if it is whole. */
static size_t matched_length(const uint8_t *data, size_t len)
{
    const size_t announced = announced_length(data[0]);
    size_t matched = 1;

    if (announced == 0)
        return 0;
    while (matched < announced && matched < len &&
           (matched == 1 ? is_second_byte(data[0], data[1]) : is_continuation(data[matched])))
        matched++;
    return matched;
}

/* Printable ASCII and nothing else: no byte has its high bit, none is below the space. */
static bool is_plain_word(const uint8_t *data)
{
    uint64_t word = 0;

    memcpy(&word, data, sizeof word);
    return ((word | (word - LOW_BITS * 0x20)) & HIGH_BITS) == 0;
}

static bool is_unusual_control(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' && byte != '\b' &&
               byte != 0x1B) ||
           byte == 0x7F;
}

static size_t count_character(Utf8Census *census, const uint8_t *data, size_t len)
{
    const size_t matched = matched_length(data, len);

    if (matched == 1 && data[0] < 0x80) {
        census->control += is_unusual_control(data[0]);
        return 1;
    }
    if (matched > 0 && matched == announced_length(data[0])) {
        census->multibyte++;
        return matched;
    }
    if (matched > 0 && matched == len)
        return len; /* cut at the end: nobody knows */
    census->invalid++;
    return 1;
}

/* The usual characters, without the exceptions that matched_length() knows; 0: ask there. */
static size_t simple_length(const uint8_t *data, size_t len)
{
    if (data[0] >= 0x20 && data[0] < 0x7F)
        return 1;
    if (data[0] >= 0xC2 && data[0] <= 0xDF && len >= 2 && is_continuation(data[1]))
        return 2;
    if (data[0] >= 0xE1 && data[0] <= 0xEC && len >= 3 && is_continuation(data[1]) && is_continuation(data[2]))
        return 3;
    return 0;
}

Utf8Census utf8_census(const uint8_t *data, size_t len)
{
    Utf8Census census = {0};
    size_t at = 0;

    while (at < len) {
        if (len - at >= WORD && is_plain_word(data + at)) {
            at += WORD;
            continue;
        }
        const size_t simple = simple_length(data + at, len - at);
        census.multibyte += simple > 1;
        at += simple > 0 ? simple : count_character(&census, data + at, len - at);
    }
    return census;
}

size_t utf8_whole_length(const uint8_t *data, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        const uint8_t *lead = data + len - back;
        if (is_continuation(*lead))
            continue;
        return announced_length(*lead) > back && matched_length(lead, back) == back ? len - back : len;
    }
    return len;
}

size_t utf8_put(char *out, uint32_t code_point)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0U | (code_point >> 6));
        out[1] = (char)(0x80U | (code_point & 0x3FU));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0U | (code_point >> 12));
        out[1] = (char)(0x80U | ((code_point >> 6) & 0x3FU));
        out[2] = (char)(0x80U | (code_point & 0x3FU));
        return 3;
    }
    out[0] = (char)(0xF0U | (code_point >> 18));
    out[1] = (char)(0x80U | ((code_point >> 12) & 0x3FU));
    out[2] = (char)(0x80U | ((code_point >> 6) & 0x3FU));
    out[3] = (char)(0x80U | (code_point & 0x3FU));
    return 4;
}
