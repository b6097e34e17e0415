#include "detect/encoded/run_forms.h"
#include "detect/byte_class.h"
#include "detect/encoded/base64.h"

#include <glib.h>

enum { DIGIT_BITS = 5, LAST_DIGIT = '7', FIRST_DIGIT = '2', LETTERS = 26 };

/* -1: it is none. */
static int base32_value(uint8_t byte)
{
    uint8_t lower = byte | 0x20;

    if (byte >= FIRST_DIGIT && byte <= LAST_DIGIT)
        return byte - FIRST_DIGIT + LETTERS;
    return lower >= 'a' && lower <= 'z' ? lower - 'a' : -1;
}

static bool is_pair(const uint8_t *text)
{
    return byte_is_hex(text[0]) && byte_is_hex(text[1]);
}

static uint8_t pair_value(const uint8_t *text)
{
    return (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
}

/* In which of the two alphabets each character is: 1: of capitals, 2: of small letters, 3: of both. */
#define RANGE_OF(first, last, alphabets) [(first)...(last)] = (alphabets)
static const uint8_t ALPHABETS[256] = {RANGE_OF('A', 'Z', 1), RANGE_OF('a', 'z', 2), RANGE_OF('2', '7', 3)};

/* All in capitals, or none: words have both. No branches, for nothing tells beforehand where a run ends to be one. */
static bool is_base32_head(const uint8_t *head)
{
    unsigned alphabets = 3;

    for (size_t i = 0; i < SPELLING_HEAD; i++)
        alphabets &= ALPHABETS[head[i]];
    return alphabets != 0;
}

RunSpelling run_spelling(const uint8_t head[SPELLING_HEAD], uint64_t *ret_bytes, unsigned *ret_count)
{
    *ret_bytes = 0;
    if (head[2] == '-' && head[5] == '-' && is_pair(head) && is_pair(head + 3) && is_pair(head + 6)) {
        for (size_t i = 0; i < SPELLING_HEAD; i += 3)
            *ret_bytes = *ret_bytes << 8 | pair_value(head + i);
        *ret_count = 3;
        return SPELLED_DASHED;
    }
    if (!is_base32_head(head))
        return SPELLED_OTHERWISE;
    for (size_t i = 0; i < SPELLING_HEAD; i++)
        *ret_bytes = *ret_bytes << DIGIT_BITS | (uint64_t)base32_value(head[i]);
    *ret_count = 5;
    return SPELLED_BASE32;
}

bool run_put_dashed(Bytes run, Decoded *out)
{
    size_t at = 0;

    out->len = 0;
    out->width = 2;
    for (; at + 2 <= run.len && is_pair(run.data + at); at += 3) {
        decoded_add(out, pair_value(run.data + at), decoded_from(at));
        if (at + 2 < run.len && run.data[at + 2] != '-')
            return false;
    }
    decoded_end(out, MIN(at, run.len));
    return at + 2 >= run.len;
}

bool run_put_base32(Bytes run, Decoded *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t first = 0;
    bool is_shared = false;

    out->len = 0;
    for (size_t i = 0; i < run.len && run.data[i] != '='; i++) {
        int value = base32_value(run.data[i]);
        if (value < 0 && g_ascii_isspace(run.data[i]))
            continue;
        if (value < 0)
            return false;
        if (count == 0) {
            first = i;
            is_shared = false;
        }
        bits = (bits << DIGIT_BITS | (uint32_t)value) & 0xFFFF;
        count += DIGIT_BITS;
        if (count < 8)
            continue;
        count -= 8;
        decoded_add(out, (uint8_t)(bits >> count), (DecodedFrom){.index = (uint16_t)first, .is_shared = is_shared});
        first = i;
        is_shared = count > 0;
    }
    decoded_end(out, run.len);
    return true;
}
