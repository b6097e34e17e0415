/* Of the words of a text those that may begin a number or a code of a plan: a first sieve, over many words at once. */
#pragma once

#include "detect/class_masks.h"
#include "detect/digit_forms.h"
#include "detect/first_runs.h"

/* The plan's tables by length of a word (the last: 63 and more), and by byte of ASCII. */
typedef struct ClassSieve {
    uint8_t codes[RUN_KINDS][FIRST_RUN_MAX + 1]; /* bits of RunNext: a word of that kind and length may begin one */
    uint8_t bare[FIRST_RUN_MAX + 1];             /* not 0: a number of one group may have so many digits */
    uint8_t firsts[FIRST_RUN_MAX + 1]; /* bits of separators that may follow a first group of so many digits */
    uint8_t pairs[16 * 16];   /* likewise by the length of the first and of the second group, where 15 is 15 and more */
    uint8_t next[128];        /* a bit of RunNext */
    uint8_t separators[128];  /* a bit, or 0 */
    uint64_t codes_in_number; /* all bits: a code may begin behind "1." or "1-"; 0: none does */
} ClassSieve;

/* Bit i: at byte i of the block. No other place may begin one, nor need these. */
typedef struct ClassStarts {
    uint64_t numbers, codes;
} ClassStarts;

/* Returns those of all that may begin something, at least. carried: 1 if a word character stands before the block. */
typedef ClassStarts (*ClassSieving)(
    const ClassSieve *sieve, const uint8_t *text, const ClassMasks *now, uint64_t carried, ClassStarts all);

/* NULL: to look at each start is as fast on this processor. */
ClassSieving class_sieving(Processor processor);
