/* All that is wrong with rules, for whoever writes them. Loading stops at the first fault; when it has, these functions
 * look at everything again, slowly. One thread. */
#pragma once

#include "detect/detect.h"

enum { RULE_FAULTS_MAX = 20 };

typedef struct RuleFault {
    const char *file;         /* or what the text of rules is called; NULL: of no single one */
    unsigned line;            /* from 1; 0: unknown */
    const char *rule, *field; /* NULL: of no single one */
    const char *what;         /* neither of them is in it */
    const char *entry;        /* of a list in the field, which it is about; NULL: of no single one */
    unsigned nth;             /* rule of its file, from 1; 0: unknown */
    bool is_of_several;       /* of what the field says beside others */
} RuleFault;

typedef struct RuleFaults RuleFaults;

RuleFaults *rule_faults_new(void);
void rule_faults_free(RuleFaults *faults);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleFaults, rule_faults_free)

/* Copied; beyond RULE_FAULTS_MAX only counted. */
void rule_faults_add(RuleFaults *faults, const RuleFault *fault);
uint64_t rule_faults_total(const RuleFaults *faults);
uint32_t rule_faults_kept(const RuleFaults *faults);
const RuleFault *rule_faults_at(const RuleFaults *faults, uint32_t index);

/* "file:line: rule ID: field: what" each, on lines of their own; then how many more. Owned by the caller. */
char *rule_faults_text(const RuleFaults *faults);

/* What is wrong with the rules that rule_set_load_with() refused for this reason: at least that. */
void rule_set_find_faults(
    const char *const *directories, const RuleText *added, const GError *refusal, RuleFaults *faults);

/* Whether what a rule finds is the same without the field: one that only tells something about it, or that is unknown.
 */
bool rule_field_only_tells(const char *field);

/* As rule_set_check_examples(), but it runs them all. False only if they could not be run. */
FALLIBLE bool rule_set_find_example_faults(RuleSet *rules, const char *directory, RuleFaults *faults, GError **error);
