/* Bytes of keywords: which belong to words, and either case of a letter. */
#pragma once

#include "detect/byte_class.h"

enum { KEYWORD_PHRASE_GAP = 4 }; /* bytes between the words of a phrase */

/* Letters, digits and whatever is not ASCII. */
enum { KEYWORD_WORD_KINDS = BYTE_LOWER | BYTE_UPPER | BYTE_DIGIT | BYTE_HIGH };

static inline bool keyword_is_word_byte(uint8_t byte)
{
    return (BYTE_CLASS[byte] & KEYWORD_WORD_KINDS) != 0;
}

/* ASCII, and the Latin-1 letters of UTF-8 (0xC3 0x80 … 0x9E), so that FÜHRERSCHEIN is führerschein. */
static inline uint8_t keyword_lower(uint8_t before, uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte | 0x20U;
    if (before == 0xC3 && byte >= 0x80 && byte <= 0x9E && byte != 0x97)
        return byte + 0x20U;
    return byte;
}

/* Whether a part of a word in camelCase begins here: "cardNumber" at N, "SSNNumber" at the second N. Bytes before and
 * behind are readable. */
static inline bool byte_is_edge(const uint8_t *text)
{
    uint8_t before = BYTE_CLASS[text[-1]];

    return (BYTE_CLASS[text[0]] & BYTE_UPPER) != 0 &&
           ((before & (BYTE_LOWER | BYTE_DIGIT)) != 0 ||
               ((before & BYTE_UPPER) != 0 && (BYTE_CLASS[text[1]] & BYTE_LOWER) != 0));
}
