/* `trawl rules test FILE`: what the rules make of a text, and why. */
#pragma once

#include "detect/detect.h"

typedef struct RulesTest {
    const char *path;
    const char *min_tier; /* NULL: medium */
    const char *rule;     /* only this rule or detector; NULL: all */
} RulesTest;

/* Writes to standard output. Values are masked. */
FALLIBLE bool rules_test_run(const RulesTest *test, RuleSet *rules, GError **error);
