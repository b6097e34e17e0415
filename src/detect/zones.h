/* Where rules that demand a keyword are worth trying: behind a keyword of theirs, or before it if it may follow the
 * value, and where the name of a column or record holds one. Most of them fit any number or word, so that they are
 * tried nowhere else. */
#pragma once

#include "detect/rule_internal.h"

typedef struct Zones Zones;

/* rules must outlive it. */
Zones *zones_new(const RuleSet *rules);
void zones_free(Zones *zones);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Zones, zones_free)

/* Another text begins. */
void zones_reset(Zones *zones);

/* Takes the keywords that were found since the last time; the view is what they were found in. */
void zones_add_keywords(Zones *zones, const KeywordTracker *tracker, const TextView *view);

/* A zone with a bit set of rules, [from, to). */
typedef struct Zone {
    uint64_t from, to;
    const uint64_t *rules;
} Zone;
/* Those of fields, to which others are added: in order of from, and none overlaps another. Their rules must stay until
 * they are forgotten. */
GArray *zones_fields(Zones *zones);

/* Sets bit i of marks if from + i lies in a zone, for [from, to). */
void zones_mark(const Zones *zones, uint64_t from, uint64_t to, uint64_t *marks);

/* Where the zones around a position are the same. */
enum { ZONES_BACK = 64, STRETCH_FIRST = 5 };
typedef struct Stretch {
    uint64_t from, to;
    uint32_t count;                       /* of zones */
    const uint64_t *first[STRETCH_FIRST]; /* their rules; NULL behind the last */
} Stretch;
/* Positions rise from one call to the next, or fall back by less than ZONES_BACK. False, and nothing is set: there is
 * more around the position than the zone of a field, or less. */
bool zones_lone_field(Zones *zones, uint64_t position, Stretch *ret_stretch);
void zones_around(Zones *zones, uint64_t position, Stretch *ret_stretch);
/* Adds the rules of the zones around the position that was asked about last to the bit set. */
void zones_add_rules(const Zones *zones, uint64_t position, uint64_t *rules);

/* Nothing before the position will be asked for. */
void zones_forget(Zones *zones, uint64_t position);
