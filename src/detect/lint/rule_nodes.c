/* Rule files as nodes that know their lines, and where a fault is among them. */
#include "detect/lint/rule_lint.h"

#include <string.h>

enum { NESTED_TEXTS = 3 }; /* examples, match, text */

yaml_node_t *rule_node(const RuleNodes *nodes, int index)
{
    return yaml_document_get_node(nodes->document, index);
}

const char *rule_node_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static const yaml_node_pair_t *find_pair(const RuleNodes *nodes, const yaml_node_t *mapping, const char *key)
{
    if (mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
         pair++)
        if (g_strcmp0(rule_node_text(rule_node(nodes, pair->key)), key) == 0)
            return pair;
    return NULL;
}

yaml_node_t *rule_node_field(const RuleNodes *nodes, const yaml_node_t *mapping, const char *key)
{
    const yaml_node_pair_t *pair = find_pair(nodes, mapping, key);

    return pair != NULL ? rule_node(nodes, pair->value) : NULL;
}

yaml_node_t *rule_nodes_list(const RuleNodes *nodes)
{
    const yaml_node_t *root = yaml_document_get_root_node(nodes->document);
    yaml_node_t *list = root != NULL ? rule_node_field(nodes, root, "rules") : NULL;

    return list != NULL && list->type == YAML_SEQUENCE_NODE ? list : NULL;
}

/* NULL: unknown. */
static const yaml_node_t *find_rule(const RuleNodes *nodes, const RuleFault *fault)
{
    const yaml_node_t *list = rule_nodes_list(nodes);

    if (list == NULL)
        return NULL;
    const yaml_node_item_t *items = list->data.sequence.items.start, *end = list->data.sequence.items.top;
    if (fault->nth > 0)
        return fault->nth <= (size_t)(end - items) ? rule_node(nodes, items[fault->nth - 1]) : NULL;
    for (; items < end; items++) {
        const yaml_node_t *rule = rule_node(nodes, *items), *id = rule_node_field(nodes, rule, "id");
        if (id != NULL && g_strcmp0(rule_node_text(id), fault->rule) == 0)
            return rule;
    }
    return NULL;
}

/* The text inside the node that the fault is about; else NULL. depth: aliases may go round. */
static const yaml_node_t *find_text(const RuleNodes *nodes, const yaml_node_t *node, const char *entry, unsigned depth)
{
    const yaml_node_t *found = NULL;

    if (depth == 0 || entry == NULL)
        return NULL;
    if (node->type == YAML_SCALAR_NODE)
        return g_str_equal(entry, rule_node_text(node)) ? node : NULL;
    if (node->type == YAML_SEQUENCE_NODE) {
        for (const yaml_node_item_t *item = node->data.sequence.items.start;
             found == NULL && item < node->data.sequence.items.top; item++)
            found = find_text(nodes, rule_node(nodes, *item), entry, depth - 1);
    } else {
        for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
             found == NULL && pair < node->data.mapping.pairs.top; pair++)
            found = find_text(nodes, rule_node(nodes, pair->value), entry, depth - 1);
    }
    return found;
}

static unsigned line_of(const RuleNodes *nodes, const RuleFault *fault)
{
    const yaml_node_t *rule = fault->rule != NULL || fault->nth > 0 ? find_rule(nodes, fault) : NULL;
    const yaml_node_pair_t *pair = rule != NULL && fault->field != NULL ? find_pair(nodes, rule, fault->field) : NULL;

    if (rule == NULL)
        return 0;
    if (pair == NULL)
        return (unsigned)rule->start_mark.line + 1;
    const yaml_node_t *text = find_text(nodes, rule_node(nodes, pair->value), fault->entry, NESTED_TEXTS);
    return (unsigned)(text != NULL ? text : rule_node(nodes, pair->key))->start_mark.line + 1;
}

static void locate_in(RuleFaults *faults, const char *file, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_document_t document;

    if (yaml_parser_initialize(&parser) == 0)
        return;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (yaml_parser_load(&parser, &document) != 0) {
        const RuleNodes nodes = {.file = file, .document = &document, .faults = faults};
        for (uint32_t i = 0; i < rule_faults_kept(faults); i++) {
            const RuleFault *fault = rule_faults_at(faults, i);
            if (fault->line == 0 && g_strcmp0(fault->file, file) == 0)
                rule_faults_set_line(faults, i, line_of(&nodes, fault));
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
}

void rule_faults_locate(RuleFaults *faults)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (uint32_t i = 0; i < rule_faults_kept(faults); i++) {
        const char *file = rule_faults_at(faults, i)->file;
        g_autofree char *text = NULL;
        gsize len = 0;
        bool is_file = file != NULL && is_rule_file(file); /* or rules that lie in none */
        if (is_file && g_hash_table_add(seen, (gpointer)file) && g_file_get_contents(file, &text, &len, NULL))
            locate_in(faults, file, text, len);
    }
    rule_faults_sort(faults);
}
