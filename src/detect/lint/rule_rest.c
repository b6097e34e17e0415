/* What is left of a rule some of whose fields are wrong, as a file that can be read. */
#include "detect/lint/rule_lint.h"

#include <string.h>

enum { NESTED_MAX = 4 }; /* deeper than any field; aliases may go round */

/* What stands in for a needed field: fine by itself, but for the rest to be read. */
static const struct {
    const char *field, *value;
} needed[] = {
    {"id", "\"rest.of_rule\""},
    {"name", "\"x\""},
    {"description", "\"x\""},
    {"category", "\"personal\""},
    {"severity", "\"low\""},
    {"mask", "\"all\""},
    {"engine", "\"literal\""},
    {"examples", "{\"match\": [\"x\"], \"no_match\": [\"x\"]}"},
};

/* Double-quoted, which any text can be (YAML 1.1, section 9.1.2). */
static void append_text(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_printf(out, "\\%c", *at);
        else if ((uint8_t)*at < ' ' || *at == '\x7f')
            g_string_append_printf(out, "\\x%02x", (uint8_t)*at);
        else
            g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

static void append_node(GString *out, const RuleNodes *nodes, const yaml_node_t *node, unsigned depth)
{
    if (depth == 0 || node->type == YAML_SCALAR_NODE) {
        append_text(out, depth == 0 ? "" : rule_node_text(node));
    } else if (node->type == YAML_SEQUENCE_NODE) {
        g_string_append_c(out, '[');
        for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
             item++) {
            append_node(out, nodes, rule_node(nodes, *item), depth - 1);
            g_string_append(out, ", ");
        }
        g_string_append_c(out, ']');
    } else {
        g_string_append_c(out, '{');
        for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
             pair++) {
            append_node(out, nodes, rule_node(nodes, pair->key), 1);
            g_string_append(out, ": ");
            append_node(out, nodes, rule_node(nodes, pair->value), depth - 1);
            g_string_append(out, ", ");
        }
        g_string_append_c(out, '}');
    }
}

static void append_needed(GString *out, const RuleNodes *nodes, const yaml_node_t *rule, GHashTable *wrong_fields)
{
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
        bool is_there = rule_node_field(nodes, rule, needed[i].field) != NULL &&
                        !g_hash_table_contains(wrong_fields, needed[i].field);
        if (!is_there)
            g_string_append_printf(out, "\"%s\": %s, ", needed[i].field, needed[i].value);
    }
}

char *rule_rest(const RuleNodes *nodes, const yaml_node_t *rule, GHashTable *wrong_fields)
{
    GString *out = g_string_new("{\"rules\": [{");

    for (const yaml_node_pair_t *pair = rule->data.mapping.pairs.start; pair < rule->data.mapping.pairs.top; pair++) {
        const char *name = rule_node_text(rule_node(nodes, pair->key));
        if (name == NULL || g_hash_table_contains(wrong_fields, name))
            continue;
        append_text(out, name);
        g_string_append(out, ": ");
        append_node(out, nodes, rule_node(nodes, pair->value), NESTED_MAX);
        g_string_append(out, ", ");
    }
    append_needed(out, nodes, rule, wrong_fields);
    g_string_append(out, "}]}");
    return g_string_free(out, FALSE);
}
