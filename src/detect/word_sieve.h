/* Which rules of shape word may begin with a word: bit sets of rules by what their patterns say about it
 * (first_runs.h). Built while rules load, immutable afterwards. */
#pragma once

#include "detect/first_runs.h"

#include <glib.h>
#include <stddef.h>

typedef struct WordSieve {
    size_t words;            /* uint64_t that a bit set of rules has */
    uint64_t *by_run;        /* [RUN_KINDS][NEXT_COUNT][FIRST_RUN_MAX + 1] sets: such a word may begin a match */
    uint64_t *not_by_second; /* [NEXT_OTHER][RUN_SHORT][RUN_SHORT] sets: such a second word may not follow */
    uint64_t *by_first;      /* [256] sets: a word that begins with the byte may */
    uint64_t *not_by_quad;   /* one set: "10.1.2.3" may not */
} WordSieve;

/* Some of the 64 rules from 64 * at on. */
typedef struct WordGroup {
    uint32_t at;
    uint64_t rules; /* bit set */
} WordGroup;

WordSieve *word_sieve_new(size_t rule_words);
void word_sieve_free(WordSieve *sieve);

/* first_bytes: bit set of the bytes that a match begins with, 32 bytes; NULL: all. */
void word_sieve_add(WordSieve *sieve, uint32_t rule, const FirstRuns *runs, const uint8_t *first_bytes);

/* Adds a rule to an array of WordGroup. Rules come in order. */
void word_groups_add(GArray *groups, uint32_t rule);

/* Of the group's rules, those that may begin with the word. */
static inline uint64_t word_sieve_sift(
    const WordSieve *sieve, const WordGroup *group, const WordRun *run, uint8_t first_byte)
{
    size_t row = ((size_t)run->kind * NEXT_COUNT + run->next) * (FIRST_RUN_MAX + 1) + run->length;
    uint64_t rules = group->rules & sieve->by_run[row * sieve->words + group->at] &
                     sieve->by_first[first_byte * sieve->words + group->at];

    if (run->has_second) {
        size_t second = ((size_t)run->next * RUN_SHORT + run->length) * RUN_SHORT + run->second;
        rules &= ~sieve->not_by_second[second * sieve->words + group->at];
    }
    return run->is_quad ? rules & ~sieve->not_by_quad[group->at] : rules;
}
