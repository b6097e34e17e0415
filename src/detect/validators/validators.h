/* What a shape cannot tell: check digits, calendars, number plans, encodings. Pure functions of the bytes of one match,
 * separators and all; no validator allocates in proportion to anything but the match, and none keeps state. */
#pragma once

#include "base/bytes.h"

/* In rising order of belief. */
typedef enum Verdict {
    VERDICT_REJECT, /* not one of these */
    VERDICT_LOW,    /* one, but of no interest (a private address): the tier is low, whatever stands beside it */
    VERDICT_WEAK,   /* possible, but so are many other things: the tier is low unless a keyword stands beside it */
    VERDICT_LOWER,  /* one, but where such values often are none: one tier lower than the rule's */
    VERDICT_PASS,   /* the rule's tiers decide */
    VERDICT_PROVED, /* chance is out of the question: the tier is validated */
    VERDICT_SAMPLE, /* one for readers, not for use ("user:password@host"): suppressed and counted */
} Verdict;

typedef Verdict (*Validator)(Bytes value);

/* Whether the field's name stands apart from it, and the value fills the field: the cell of a table, or the value of a
 * pair. Tables of documents are of anything. */
typedef enum CellOf { CELL_NONE, CELL_OF_DATA, CELL_OF_DOCUMENT } CellOf;

/* For what the value alone cannot tell. Borrowed; at a text's end before and after are shorter. */
typedef struct Surroundings {
    Bytes value;
    Bytes before; /* up to SURROUNDINGS_BEFORE bytes that end where the value begins */
    Bytes after;  /* up to SURROUNDINGS_AFTER bytes from the value's end on */
    Bytes field;  /* name of the column or of the innermost key of the path; empty where there is none */
    CellOf cell;
    bool is_public; /* path_is_public() of the object */
    int year;       /* the present one; 0: the clock tells */
} Surroundings;

/* Whether the name of an object or of an archive's member says that it was written for everybody: a manual, translated
 * messages, a program. NULL: unknown, so that it does not. */
bool path_is_public(const char *path);

enum { SURROUNDINGS_BEFORE = 256, SURROUNDINGS_AFTER = 64 };

typedef Verdict (*ContextValidator)(const Surroundings *surroundings);

/* Those of validators.def listed as CONTEXT_VALIDATOR; their functions are called validate_<name> too. */
ContextValidator context_validator_find(const char *name);

/* The validator of that name, NULL if there is none. The names are those that rule files use. */
Validator validator_find(const char *name);

/* The name most like one that is not there, for messages; NULL if none is like it. */
const char *validator_closest(const char *name);

/* Whether the validator never says more of a run of digits without separators than VERDICT_WEAK. */
bool validator_doubts_bare(const char *name);
