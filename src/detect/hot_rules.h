/* Which rules are worth trying where keywords stand near: a set of them for each different company of zones. */
#pragma once

#include "detect/class_rules.h"
#include "detect/zones.h"

/* Rules that are worth trying together. */
typedef struct HotSet {
    uint64_t *rules; /* bit set */
    GArray *words;   /* of them those of shape word, WordGroup */
    WordGate gate;   /* with which words these may begin */
    /* By the length of a number's first group: bit i: the form i of that list is of one of the rules. */
    uint64_t bare[FORM_MAX_DIGITS + 1], separated[FORM_MAX_DIGITS + 1];
    uint64_t bare_known, separated_known; /* bit set of these lengths: many sets see few of them */
} HotSet;

enum { HOT_FORMS = FORMS_SIFTED }; /* of each list; further ones are asked for their rule */

/* The same few come again in each record, but a wide one has dozens of them. Powers of two. */
enum { HOT_SETS = 64, HOT_RECENT = 256, HOT_LONE = 64 };

/* What tells the sets apart, close together. */
typedef struct HotSetKey {
    uint64_t hash;   /* of the rules */
    uint64_t number; /* among all that were made: another one for other rules; 0: none was made here */
} HotSetKey;

/* Which set the zones of a stretch made. */
typedef struct RecentSet {
    const uint64_t *first[STRETCH_FIRST];
    uint64_t number; /* that it had: it is made of other rules by now if it has another one */
    uint32_t index;  /* of the set */
} RecentSet;

/* Likewise, the zone of a field with nothing else around it. */
typedef struct LoneSet {
    const uint64_t *rules;
    uint64_t number;
    uint32_t index;
} LoneSet;

/* Which rules are worth trying in a zone. */
typedef struct HotRules {
    Zones *zones;
    const uint64_t *demanding;    /* bit set: what is worth trying in zones only */
    const ClassRules *cold;       /* the others */
    uint64_t *scratch;            /* bit set */
    HotSet sets[HOT_SETS];        /* by hash of their rules, one of a few from there on */
    HotSetKey keys[HOT_SETS];     /* of these */
    uint64_t made;                /* how many sets */
    size_t next_victim;           /* which of those goes next */
    RecentSet recent[HOT_RECENT]; /* by address of the zones' rules, which may be others' in the next text */
    LoneSet lone[HOT_LONE];       /* likewise */
    HotSet *now;                  /* one of them */
    Stretch stretch;              /* where it holds */
} HotRules;

void hot_rules_init(HotRules *hot, const RuleSet *rules);
void hot_rules_clear(HotRules *hot);
/* Another text begins. */
void hot_rules_reset(HotRules *hot);

/* The rules that are worth trying at a position; positions as in zones_around(). Valid until the next call. */
HotSet *hot_rules_at(HotRules *hot, const RuleSet *rules, uint64_t position);

/* Bit i: the form i of the list is of one of the set's rules. digits: that of the list, at most FORM_MAX_DIGITS. */
uint64_t hot_set_bare(HotSet *set, const RuleSet *rules, uint32_t digits);
uint64_t hot_set_separated(HotSet *set, const RuleSet *rules, uint32_t digits);
