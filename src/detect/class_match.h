/* The class engine on one text run: from places to candidates, boundaries included. */
#pragma once

#include "detect/hot_rules.h"
#include "detect/judge.h"

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
    const GArray *words; /* rules of shape word worth trying, WordGroup */
    HotSet *set;         /* of the selected rules, those worth trying; NULL: all */
    ClassGate gate;      /* what is known of the words around it */
} ClassRun;

/* Judges what begins in [from, to), positions in the run. What is before to needs class_max_length bytes behind it, or
 * the end of the text. hot: as in ClassText. */
void class_match(ClassRun *run, uint64_t from, uint64_t to, const uint64_t *hot);

/* Whether the rule is worth trying. */
static inline bool class_is_active(const ClassRun *run, uint32_t rule)
{
    return run->set == NULL || rule_bits_have(run->set->rules, rule);
}

/* For number_match.c: whether the value at these indices of the view is a match. */
bool class_judge(const ClassRun *run, uint32_t rule, size_t start, size_t end);
