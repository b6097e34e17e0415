/* Matches that make one another likelier: two that belong together, near each other. */
#pragma once

#include "detect/judge.h"

/* Settled matches in order of their start; nothing that starts before known_to is missing. */
typedef struct PairWindow {
    const RuleSet *rules;
    GArray *matches; /* PendingMatch */
    uint64_t known_to;
    uint64_t longest; /* of the matches, in bytes */
} PairWindow;

PairWindow pair_window(const RuleSet *rules, GArray *matches, uint64_t known_to);

/* How far behind a match's start others matter. */
size_t pair_reach(const RuleSet *rules);

/* Whether all matches near this one are known. */
bool pair_is_known(const PairWindow *window, guint index);
/* Raises the tier of a match that has a partner. */
void pair_raise(const PairWindow *window, guint index);
/* Drops matches before index that are nobody's partner any more; returns how many. */
guint pair_forget(const PairWindow *window, guint index);
