/* Bytes written one by one as decimal numbers with commas between them, as arrays of programs, JSON of buffers and
 * String.fromCharCode() have them. Pure functions. */
#pragma once

#include "detect/encoded/decoded.h"

#include <stdint.h>

enum { DECIMALS_HALF = 32, DECIMALS_WORDS_MIN = 14 };

/* By where words are in 32 bytes of text, and where four bytes of one stand in a row: whether they may be part of such
 * a list. Most text ends here. */
static inline bool may_be_decimals(uint32_t words, uint32_t fours)
{
    return fours == 0 && __builtin_popcount(words) >= DECIMALS_WORDS_MIN;
}

/* The first number in [from, to) from which on some are text; SIZE_MAX: there is none. */
size_t decimals_find(Bytes text, size_t from, size_t to);

/* Where the list begins in which this number is: some way before at most. */
size_t decimals_start(Bytes text, size_t at);

/* Decodes it from the beginning of the text, up to what is no text. Returns where it ends; out is empty if it is too
 * short, or numbers that mean themselves. At most ENCODED_SPAN_MAX bytes of the text are looked at. */
size_t decode_decimals(Bytes text, Decoded *out);
