/* The class engine on one text run: from places to candidates, boundaries included. */
#pragma once

#include "detect/class_rules.h"
#include "detect/judge.h"
#include "detect/zones.h"

/* Rules that are worth trying together. */
typedef struct HotSet {
    uint64_t *rules;     /* bit set */
    GArray *words;       /* of them those of shape word, uint32_t */
    FirstRuns word_runs; /* with which words these begin */
} HotSet;

/* The same few come again in each record, but a wide one has dozens of them. Powers of two. */
enum { HOT_SETS = 64, HOT_RECENT = 256 };

/* Which set the zones of a stretch made. */
typedef struct RecentSet {
    const uint64_t *first[STRETCH_FIRST];
    const HotSet *set; /* NULL: not known */
} RecentSet;

/* Which rules are worth trying in a zone. */
typedef struct HotRules {
    Zones *zones;
    const uint64_t *demanding;    /* bit set: what is worth trying in zones only */
    const ClassRules *cold;       /* the others */
    uint64_t *scratch;            /* bit set */
    HotSet sets[HOT_SETS];        /* by hash of their rules, one of a few from there on */
    size_t next_victim;           /* which of those goes next */
    RecentSet recent[HOT_RECENT]; /* by address of the zones' rules, which may be others' in the next text */
    const HotSet *now;            /* one of them */
    Stretch stretch;              /* where it holds */
} HotRules;

void hot_rules_init(HotRules *hot, const RuleSet *rules);
void hot_rules_clear(HotRules *hot);
/* Another text begins. */
void hot_rules_reset(HotRules *hot);

typedef struct ClassRun {
    const RuleSet *rules;
    HotRules *hot; /* NULL: all rules are worth trying everywhere */
    Judge *judge;
    RegexScratch *regex;
    Span *taken;          /* by rule: its latest match; what begins in it is not tried again */
    const TextView *text; /* followed by CLASS_PADDING readable bytes */
    bool is_last;         /* the text ends with the view */

    /* For the place that is looked at. */
    const ClassRules *selected;
    const GArray *words;    /* rules of shape word worth trying, uint32_t */
    const uint64_t *active; /* bit set: of the selected rules, those worth trying; NULL: all */
} ClassRun;

/* Judges what begins in [from, to), positions in the run. What is before to needs class_max_length bytes behind it, or
 * the end of the text. hot: as in ClassText. */
void class_match(ClassRun *run, uint64_t from, uint64_t to, const uint64_t *hot);

/* Whether the rule is worth trying. */
static inline bool class_is_active(const ClassRun *run, uint32_t rule)
{
    return run->active == NULL || rule_bits_have(run->active, rule);
}

/* For number_match.c: whether the value at these indices of the view is a match. */
bool class_judge(const ClassRun *run, uint32_t rule, size_t start, size_t end);
