/* What a shape cannot tell: check digits, calendars, number plans, encodings. Pure functions of the bytes of one match,
 * separators and all; no validator allocates in proportion to anything but the match, and none keeps state. */
#pragma once

#include "base/bytes.h"

/* In rising order of belief. */
typedef enum Verdict {
    VERDICT_REJECT, /* not one of these */
    VERDICT_LOW,    /* one, but of no interest (a private address): the tier is low, whatever stands beside it */
    VERDICT_WEAK,   /* possible, but so are many other things: the tier is low unless a keyword stands beside it */
    VERDICT_PASS,   /* the rule's tiers decide */
    VERDICT_PROVED, /* chance is out of the question: the tier is validated */
} Verdict;

typedef Verdict (*Validator)(Bytes value);

/* The validator of that name, NULL if there is none. The names are those that rule files use. */
Validator validator_find(const char *name);
