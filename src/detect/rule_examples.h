/* The examples that each rule carries, for the program that runs them as tests. Not for the scanner. */
#pragma once

#include "detect/detect.h"

typedef enum ExampleKind { EXAMPLE_MATCH, EXAMPLE_NO_MATCH } ExampleKind;

/* Borrowed from the rule set. */
typedef struct RuleExample {
    const Rule *rule;
    ExampleKind kind;
    const char *text;
} RuleExample;

typedef void (*RuleExampleVisitor)(void *data, const RuleExample *example);

void rule_set_visit_examples(const RuleSet *rules, RuleExampleVisitor visitor, void *data);
