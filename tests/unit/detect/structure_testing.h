/* What the tests of columns and paths share: rules that depend on them, and matches with their places as lines. */
#pragma once

#include "detect_testing.h"

#define HEAD "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
#define TAIL "    examples: {match: [x], no_match: [y]}\n"

#define FAR      "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
#define FAR_4    FAR FAR FAR FAR
#define FAR_AWAY FAR_4 FAR_4 FAR_4 FAR_4 FAR_4 FAR_4 FAR_4 /* 1,120 characters */

extern const char *const STRUCTURE_RULES;

typedef struct Feeding {
    size_t cut, piece;
    const char *path;
    bool wants_low;
} Feeding;

/* "rule text tier [row R cell C column] [path] [also …]" for each match. Free with g_free. */
char *structure_find(RuleSet *rules, const Feeding *feeding, const char *text, size_t len);
