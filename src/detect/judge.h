/* What decides whether a value that looks right is a match: boundaries aside, everything that all engines share. */
#pragma once

#include "detect/regex_search.h"
#include "detect/structure/structure.h"

enum { ALSO_MAX = 4 };

/* The text of a match that stands encoded in the text (encoded/encoded_scan.h). */
typedef struct DecodedValue DecodedValue;
Bytes decoded_value_bytes(const DecodedValue *value);

/* A match that may still give way to one that overlaps it. */
typedef struct PendingMatch {
    Span span;
    uint32_t rule;
    Tier tier;
    const DecodedValue *decoded; /* NULL: the text itself */
    bool is_suppressed; /* a published test value or placeholder: takes its place, is counted, is not reported */
    bool is_carried;    /* of base64 or hexadecimal: what stands around it may be a value of its own, as a token is */
    bool is_unpacked;   /* of compressed text, in which several values may be written with the same few bytes */
    bool is_beaten;     /* while overlaps are settled */
    uint8_t also_count;
    uint32_t also[ALSO_MAX]; /* other detectors (their first rules) whose match gave way to this one */
} PendingMatch;

typedef struct Judge {
    const RuleSet *rules;
    Structure *structure;
    const KeywordTracker *keywords;
    bool is_public;          /* path_is_public() of the object or member */
    int year;                /* when the text began */
    bool is_decoded;         /* the text was encoded in another */
    const uint64_t *lowered; /* bit set of rules whose tier is one lower there; NULL: none */
    Tier min_tier;
    GArray *pending;        /* PendingMatch */
    uint8_t *scratch;       /* MAX_LENGTH_LIMIT bytes */
    RefusalHandler refused; /* NULL: nobody asks */
    void *refused_data;
} Judge;

/* A value that a rule's shape or pattern fits. */
typedef struct Candidate {
    const CompiledRule *rule;
    Span value;
} Candidate;

/* Whether a keyword of the rule concerns the value: in its column's name, its path, or the text beside it. */
bool judge_has_keyword(const Judge *judge, const TextView *text, const Candidate *candidate);

/* False: it is none. */
bool judge_value(Judge *judge, const TextView *text, const Candidate *candidate);
