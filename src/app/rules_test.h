/* `trawl rules test FILE`: what the rules make of a text, and why. */
#pragma once

#include "detect/detect.h"

typedef struct RulesTest {
    const char *path;
    const char *min_tier; /* NULL: medium */
    const char *rule;     /* only this rule or detector; NULL: all */
    bool is_all;          /* also what has no more than the shape of a rule */
} RulesTest;

/* Writes to standard output. Values are masked. Of what is no match, those are told whose keyword is near, and of the
 * one rule all; the rest is counted. */
FALLIBLE bool rules_test_run(const RulesTest *test, RuleSet *rules, GError **error);
