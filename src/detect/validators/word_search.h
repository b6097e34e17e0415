/* Whether one of a few words stands in a text. They need not be whole words of it. */
#pragma once

#include "base/bytes.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Static, begun with WORD_SEARCH; prepared when it is first used. Any thread may search. */
typedef struct WordSearch {
    const char *const *words; /* of two bytes or more */
    size_t count;
    bool is_exact;           /* the words' case counts; otherwise they are in lower case, and found in any of ASCII */
    uint32_t begins[32];     /* bit set of pairs of letters, without their case: those that words begin with */
    uint32_t near_begin[32]; /* those in the first stride bytes of a word, and with one byte behind these */
    size_t stride;           /* one less than the shortest word's bytes */
    gsize is_ready;
} WordSearch;

/* Of a static table. */
#define WORD_SEARCH(table)                                                                                             \
    {                                                                                                                  \
        .words = (table), .count = G_N_ELEMENTS(table)                                                                 \
    }

/* Likewise, of words whose case counts. */
#define WORD_SEARCH_EXACT(table)                                                                                       \
    {                                                                                                                  \
        .words = (table), .count = G_N_ELEMENTS(table), .is_exact = true                                               \
    }

/* Which letters there are, without regard to case: bit 1 stands for "a" and "A"; other bytes share the bits. What a
 * word lacks it does not hold. */
static inline uint32_t letter_set(const char *text, size_t len)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < len; i++)
        letters |= UINT32_C(1) << (text[i] & 31);
    return letters;
}

/* Whether a text with these letters may hold the word. */
static inline bool letters_may_hold(uint32_t letters, const char *word)
{
    return (letter_set(word, strnlen(word, 4)) & ~letters) == 0;
}

bool word_search_any(WordSearch *search, Bytes text);
