/* The rules of all files, as far as they could be read, while lint looks at them. */
#pragma once

#include "detect/rule_faults.h"
#include "detect/rule_internal.h"

/* A rule that could be read. Its file's name is borrowed from the lint, the rest from its document. */
typedef struct ReadRule {
    const char *file;
    unsigned nth; /* of the file, from 1 */
    const RawRule *raw;
    RuleFacts *facts;
    GHashTable *wrong_fields; /* that were left out; NULL: none */
    bool is_fine;             /* apart from what only tells something about it */
} ReadRule;

typedef struct Lint {
    RuleFaults *faults;
    GPtrArray *documents;   /* RuleDocument */
    GPtrArray *files;       /* char *: their names */
    GPtrArray *field_sets;  /* GHashTable */
    GArray *rules;          /* ReadRule */
    bool has_unknown_rules; /* some could not be read at all */
} Lint;

static inline ReadRule *read_rule_at(const Lint *lint, guint index)
{
    return &g_array_index(lint->rules, ReadRule, index);
}

static inline bool lacks(const ReadRule *rule, const char *field)
{
    return rule->wrong_fields != NULL && g_hash_table_contains(rule->wrong_fields, field);
}

/* What rules say of one another: ids that are there twice, names that nothing has. */
void lint_links(const Lint *lint);

/* The examples of the rules that are fine, beside one another. */
void lint_examples(const Lint *lint);
