/* Handing a match over: with its place for people, and what equal values share. */
#pragma once

#include "detect/judge.h"
#include "detect/place.h"

typedef struct MatchTeller {
    const RuleSet *rules;
    const DetectorOptions *options;
    Structure *structure;
    uint8_t *scratch; /* MAX_LENGTH_LIMIT bytes; empty again behind each match */
    PlaceCursor place;
    uint64_t suppressed; /* how many matches were */
} MatchTeller;

/* Starts of matches rise. */
void match_tell(MatchTeller *teller, const TextView *text, const PendingMatch *pending);
