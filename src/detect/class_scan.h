/* Where rules without a literal may match: numbers, runs that begin with capitals and digits, "@", "+",
 * ":", any word. A vectorised pass over character classes finds places; class_match.c looks at each. */
#pragma once

#include "detect/class_starts.h"
#include "detect/rule_internal.h"

enum {
    CLASS_MAX_STARTS = 32,
    CLASS_PADDING = 2 * CLASS_BLOCK,
    /* ":" is a place where "::" or so many of them stand within such a stretch: most stand alone, or in times of day.
     */
    COLONS_MIN = 5,
    COLONS_WITHIN = 40
};

typedef enum ClassKind { CLASS_DIGITS, CLASS_AT, CLASS_PLUS, CLASS_COLON, CLASS_UPPER, CLASS_WORD } ClassKind;

/* What the rules ask for. */
typedef struct ClassPlan {
    uint64_t bare_lengths;                      /* bit n: a bare number may have n digits */
    const FormRows *forms;                      /* groups of digits that may follow one another */
    uint8_t separator_numbers[256];             /* 1 + the separator's number; 0: no separator */
    uint64_t wants_at, wants_plus, wants_colon; /* all bits, or none */
    /* Bit n: rules of shape word may begin with a word of that length (first_runs.h). In a cold plan only words of
     * LONG_WORD_MIN characters or more are handed over. */
    uint64_t word_runs;
    uint64_t
        word_firsts[4]; /* a bit set of bytes: what these begin with, unless a byte that is not ASCII stands before */
    uint32_t start_count;
    const char *starts[CLASS_MAX_STARTS]; /* distinct */
    uint32_t starts_in_numbers;           /* bit i: of a rule that has no boundary at a decimal point */
    /* Bit i: a word of that kind and length may begin with starts[i], where such a character follows (first_runs.h). */
    uint32_t starts_by_run[RUN_KINDS][NEXT_COUNT][FIRST_RUN_MAX + 1];
    /* Likewise by the length of the next word, up to 15; all where that says nothing: behind longer words, and where
     * another character follows. */
    uint32_t starts_by_second[NEXT_COUNT][RUN_SHORT + 1][RUN_SHORT];
    uint32_t quad_starts; /* bit i: what begins with starts[i] may go on as "10.1.2.3" does */

    /* What class_plan_finish() adds. */
    Processor processor;
    ClassMaskFill fill;
    ClassSieving narrow;
    ClassSieve sieve;
} ClassPlan;

/* Arranges what the rules ask for; the processor must have what is asked of it (fast_target.h). */
void class_plan_finish(ClassPlan *plan, Processor processor);

static inline bool word_run_fits(const WordRun *run, const FirstRuns *runs)
{
    return (runs->lengths[run->kind][run->next] >> run->length & 1) != 0 &&
           (!run->has_second || (runs->seconds[run->next][run->length] >> run->second & 1) != 0) &&
           (!run->is_quad || runs->takes_quads);
}

typedef struct ClassPlace {
    ClassKind kind;
    uint32_t starts; /* CLASS_UPPER: bit i: ClassPlan.starts[i] */
    WordRun run;     /* CLASS_UPPER and CLASS_WORD */
    bool is_hot;     /* where the hot plan holds */
    size_t at;       /* index in the text */
} ClassPlace;

typedef void (*ClassPlaceHandler)(void *data, const ClassPlace *place);

/* Which words some rules may begin with. */
typedef struct WordGate {
    uint64_t firsts[4];                      /* bit set: their first bytes */
    uint64_t lengths[RUN_KINDS][NEXT_COUNT]; /* as in FirstRuns */
} WordGate;

/* What is known of a stretch of the text: the words that are asked for there. */
typedef struct ClassGate {
    size_t from, to; /* indices in the text; from == to: nothing */
    const WordGate *words;
} ClassGate;

/* Sets the gate to a stretch around a place where the hot plan holds. */
typedef void (*ClassGateOpener)(void *data, size_t at);

typedef struct ClassText {
    const uint8_t *data;
    size_t from, to, len;
    const uint64_t *hot;   /* bit i: the hot plan holds at from + i; words up to the end of to's block */
    const ClassGate *gate; /* where the hot plan holds; the opener changes it */
    ClassGateOpener open;  /* NULL: all words are asked for */
} ClassText;

typedef struct ClassPlans {
    const ClassPlan *cold, *hot; /* hot asks for at least what cold does */
} ClassPlans;

/* Hands over the places in [from, to), nearly in order: within 64 bytes they go by kind. Text must be followed by
 * CLASS_PADDING readable bytes behind len. */
void class_scan(const ClassPlans *plans, const ClassText *text, ClassPlaceHandler handler, void *data);
