/* What decides whether a value that looks right is a match: boundaries aside, everything that all engines share. */
#pragma once

#include "detect/regex_search.h"

/* A match that may still give way to one that overlaps it. */
typedef struct PendingMatch {
    Span span;
    uint32_t rule;
    Tier tier;
    bool is_suppressed; /* a published test value or placeholder: takes its place, is counted, is not reported */
} PendingMatch;

typedef struct Judge {
    const RuleSet *rules;
    Tier min_tier;
    GArray *pending;       /* PendingMatch */
    GByteArray *canonical; /* scratch */
} Judge;

/* A value that a rule's shape or pattern fits. */
typedef struct Candidate {
    const CompiledRule *rule;
    Span value;
    KeywordTracker *keywords;
} Candidate;

/* False: it is none. */
bool judge_value(Judge *judge, const TextView *text, const Candidate *candidate);
