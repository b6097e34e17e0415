/* Inside detect/lint/: what looks at rule files again when one was refused. */
#pragma once

#include "detect/rule_faults.h"
#include "detect/rule_internal.h"

#include <yaml.h>

/* Line, field and what are the error's. */
void rule_faults_add_error(RuleFaults *faults, const RuleFault *about, const GError *reason);

/* By file and line. */
void rule_faults_sort(RuleFaults *faults);

void rule_faults_set_line(RuleFaults *faults, uint32_t index, unsigned line);

/* A rule file as nodes, which know their lines. */
typedef struct RuleNodes {
    const char *file;
    yaml_document_t *document;
    RuleFaults *faults;
} RuleNodes;

yaml_node_t *rule_node(const RuleNodes *nodes, int index);
/* NULL: no text. */
const char *rule_node_text(const yaml_node_t *node);
/* The value of a key, or NULL. */
yaml_node_t *rule_node_field(const RuleNodes *nodes, const yaml_node_t *mapping, const char *key);
/* Of the document: the sequence of rules, or NULL. */
yaml_node_t *rule_nodes_list(const RuleNodes *nodes);

/* Checks what a file says beside its rules, and whether it has some. True if it found faults. */
bool rule_top_check(const RuleNodes *nodes);

/* Checks the fields of one rule against what a rule file may hold, each by itself. Those that are wrong go into the set
 * (char *, owned by it). False if it found faults. */
bool rule_shape_check(const RuleNodes *nodes, const yaml_node_t *rule, GHashTable *wrong_fields);

/* A file with what is left of the rule without these fields, so that that can be looked at, too. What every rule must
 * have and this one has not any more says something that is fine by itself. Owned by the caller. */
char *rule_rest(const RuleNodes *nodes, const yaml_node_t *rule, GHashTable *wrong_fields);

/* Gives the faults that have no line theirs, as far as the text of their files says where they are. */
void rule_faults_locate(RuleFaults *faults);
