/* Bytes written one by one as hexadecimal numbers: lists ("41 42", "41:42", "0x41, 0x42" and arrays of programs), and
 * dumps with a column of offsets, as xxd(1), hexdump(1), od(1) and tcpdump(8) write them. Pure functions. */
#pragma once

#include "detect/encoded/decoded.h"

enum { DUMP_WORDS_MIN = 12 }; /* characters of the words that tell of a dump: five of one length */

/* By where the gaps between words are in 64 bytes: whether four may be as far apart as in a dump. Most text ends here.
 */
static inline bool may_be_dump(uint64_t gaps)
{
    uint64_t three = gaps & gaps >> 3, five = gaps & gaps >> 5, six = gaps & gaps >> 6;

    return ((three & three >> 6) | (five & five >> 10) | (six & six >> 12)) != 0;
}

/* Where such words are: bit i: the byte before the first. */
static inline uint64_t dump_words(uint64_t gaps)
{
    uint64_t two = ~(gaps >> 1 | gaps >> 2), four = two & ~(gaps >> 3 | gaps >> 4);
    uint64_t by_three = gaps & two & gaps >> 3, by_five = gaps & four & gaps >> 5, by_six = by_five & gaps >> 6;
    uint64_t pairs_three = by_three & by_three >> 3, pairs_five = by_five & by_five >> 5,
             pairs_six = by_six & by_six >> 6;

    return (pairs_three & pairs_three >> 6 & by_three >> 12) | (pairs_five & pairs_five >> 10 & by_five >> 20) |
           (pairs_six & pairs_six >> 12 & by_six >> 24);
}

/* Where the dump or list begins whose words stand behind `at`: some way before at most. */
size_t dump_start(Bytes text, size_t at);

/* Decodes it from the beginning of the text, up to what is no text. Returns where it ends; out is empty if it is none
 * or too short. At most ENCODED_SPAN_MAX bytes of the text are looked at. */
size_t decode_dump(Bytes text, Decoded *out);

enum { DUMP_TAIL = 512 }; /* what may belong to a dump behind its end, if the text is not known there */

/* Whether one of this length may go on. */
static inline bool dump_is_cut(size_t len)
{
    return len + DUMP_TAIL >= ENCODED_SPAN_MAX;
}
