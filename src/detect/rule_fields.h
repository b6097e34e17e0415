/* What there is to know of a rule, field by field as rule files call them, for the program that shows rules. Not for
 * the scanner. */
#pragma once

#include "detect/detect.h"

typedef enum RuleFieldKind { RULE_FIELD_TEXT, RULE_FIELD_NUMBER, RULE_FIELD_SWITCH, RULE_FIELD_LIST } RuleFieldKind;

/* Borrowed from the rule set. */
typedef struct RuleField {
    const char *name;
    RuleFieldKind kind;
    const char *text;        /* RULE_FIELD_TEXT */
    double number;           /* RULE_FIELD_NUMBER */
    const char *const *list; /* RULE_FIELD_LIST */
    uint32_t count;          /* likewise */
} RuleField;

typedef void (*RuleFieldVisitor)(void *data, const RuleField *field);

/* Each field that the rule's file sets, in the order of the manual, and those numbers and tiers that hold because it
 * does not. Without examples and steps of severity. */
void rule_set_visit_fields(const RuleSet *rules, uint32_t index, RuleFieldVisitor visitor, void *data);
