/* What a pattern says about the word that it begins with. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    FIRST_RUN_MAX = 63,
    LONG_WORD_MIN = 26 /* words as long are rare: rules that begin with nothing shorter need no keyword */
};

/* What stands behind the word. */
typedef enum RunNext {
    NEXT_SPACE,
    NEXT_DASH,
    NEXT_DOT,
    NEXT_SLASH,
    NEXT_PLUS,
    NEXT_COLON,
    NEXT_OTHER,
    NEXT_COUNT
} RunNext;

/* What the word consists of; letters: it has no digit; lower: nor a capital. */
typedef enum RunKind { RUN_ANY, RUN_DIGITS, RUN_LETTERS, RUN_LOWER, RUN_KINDS } RunKind;

enum { RUN_SHORT = 16 }; /* words of fewer characters may have something to say about the next word */

typedef struct FirstRuns {
    /* Bit n: a match may begin with exactly n word characters (A-Z a-z 0-9 _), of the kind, before such a character;
     * bit 63 stands for 63 and more, of which only the first are looked at: not their kind, nor what follows. */
    uint64_t lengths[RUN_KINDS][NEXT_COUNT];
    /* Bit m: behind n word characters and that one, m word characters may follow before another; bit 15 stands for 15
     * and more. */
    uint16_t seconds[NEXT_OTHER][RUN_SHORT];
    bool takes_quads; /* a match may hold the first three dots of "10.1.2.3", with nothing but words between them */
} FirstRuns;

/* The word that begins at a place. */
typedef struct WordRun {
    uint32_t length; /* at most FIRST_RUN_MAX */
    RunKind kind;
    RunNext next;
    uint32_t second; /* of the word behind next, at most 15, if has_second */
    bool has_second; /* it says something */
    bool is_quad;    /* four numbers of up to three digits in dots, as an address has them */
} WordRun;

typedef enum PatternCase { PATTERN_AS_WRITTEN, PATTERN_CASELESS } PatternCase;

/* All bits if the pattern uses anything this does not understand. A necessary condition only: it spares the regex
 * engine most places. */
FirstRuns first_runs(const char *pattern, PatternCase letter_case);

/* The lengths of words of any kind, whatever follows. */
static inline uint64_t first_runs_all(const FirstRuns *runs)
{
    uint64_t all = 0;

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        all |= runs->lengths[RUN_ANY][next];
    return all;
}
