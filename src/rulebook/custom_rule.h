/* A rule as a client of the API writes it: the fields of a rule file as JSON, fewer of them needed. Plain functions,
 * any thread. */
#pragma once

#include "base/error.h"
#include "detect/rule_faults.h"

#include <jansson.h>
#include <stdint.h>

/* A rule that was read and found good. */
typedef struct CustomRuleText {
    char *id;
    int64_t version; /* that it is to replace; 0: none was said */
    char *document;  /* JSON, one line, keys in order, what was left out filled in */
} CustomRuleText;

void custom_rule_text_clear(CustomRuleText *rule);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CustomRuleText, custom_rule_text_clear)

/* Checks every field, compiles the pattern and runs the examples. INVALID names the field, and for a pattern the place.
 */
FALLIBLE bool custom_rule_read(const json_t *given, CustomRuleText *ret_rule, GError **error);

/* All that is wrong with a rule that was refused as INVALID: with each of its fields by itself or, if these are fine,
 * with what they say, or with its examples. */
void custom_rule_find_faults(const json_t *given, RuleFaults *faults);

/* Several documents as the text of one rule file. */
char *custom_rules_text(const char *const *documents);
