/* Inside detect/lint/: what looks at rule files again when one was refused. */
#pragma once

#include "detect/rule_faults.h"
#include "detect/rule_internal.h"

#include <yaml.h>

/* "file:line:column: rule ID: field: what", as far as a message has these. nth: see RuleFault. */
void rule_faults_add_message(RuleFaults *faults, const char *file, unsigned nth, const char *message);

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

/* Checks the fields of one rule against what a rule file may hold, each by itself. False if it found faults. */
bool rule_shape_check(const RuleNodes *nodes, const yaml_node_t *rule);

/* Whether rules of files have a field of this name. */
bool rule_has_field(const char *name);

/* Gives the faults that have no line theirs, as far as the text of their files says where they are. */
void rule_faults_locate(RuleFaults *faults);
