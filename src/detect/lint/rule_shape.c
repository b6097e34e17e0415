/* The shape of a rule, field by field: libcyaml, which reads rules, stops at the first that is wrong. */
#include "detect/lint/rule_lint.h"
#include "detect/rule_yaml_schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct Shape {
    const RuleNodes *nodes;
    const char *rule; /* its id; NULL: it has none */
    GHashTable *wrong_fields;
    bool is_good;
} Shape;

static bool check_fields(Shape *shape, const yaml_node_t *node, const cyaml_schema_field_t *fields, const char *outer);

static void wrong(Shape *shape, const yaml_node_t *node, const char *field, const char *what)
{
    const RuleFault fault = {.file = shape->nodes->file,
        .line = (unsigned)node->start_mark.line + 1,
        .rule = shape->rule,
        .field = field,
        .what = what};

    rule_faults_add(shape->nodes->faults, &fault);
    if (field != NULL)
        (void)g_hash_table_add(shape->wrong_fields, g_strdup(field));
    shape->is_good = false;
}

static char *expected_text(const cyaml_schema_value_t *value, const char *text)
{
    size_t len = strlen(text);

    if (len >= value->string.min && len <= value->string.max)
        return NULL;
    return value->string.max == CYAML_UNLIMITED
               ? g_strdup("expected a text, not an empty one")
               : g_strdup_printf("%zu bytes: expected %u to %u", len, value->string.min, value->string.max);
}

static char *expected_name(const cyaml_schema_value_t *value, const char *text)
{
    GString *names = g_string_new(NULL);

    g_string_append_printf(names, "'%.40s': expected one of ", text);
    for (uint32_t i = 0; i < value->enumeration.count; i++) {
        const char *name = value->enumeration.strings[i].str;
        if (g_str_equal(name, text)) {
            g_string_free(names, TRUE);
            return NULL;
        }
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_string_free(names, FALSE);
}

static char *expected_whole(const char *text)
{
    char *end = NULL;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    bool is_whole = errno == 0 && end != text && *end == '\0' && *text != '-' && number <= UINT32_MAX;
    return is_whole ? NULL : g_strdup_printf("'%.40s': expected a whole number", text);
}

static char *expected_real(const char *text)
{
    char *end = NULL;

    (void)g_ascii_strtod(text, &end);
    return end != text && *end == '\0' ? NULL : g_strdup_printf("'%.40s': expected a number", text);
}

/* NULL: it is what it should be. */
static char *expected_scalar(const cyaml_schema_value_t *value, const yaml_node_t *node)
{
    const char *text = rule_node_text(node);

    if (text == NULL)
        return g_strdup("expected a text, a name or a number, not a list or a mapping");
    if (value->type == CYAML_STRING)
        return expected_text(value, text);
    if (value->type == CYAML_ENUM)
        return expected_name(value, text);
    if (value->type == CYAML_UINT)
        return expected_whole(text);
    return value->type == CYAML_FLOAT ? expected_real(text) : NULL;
}

static void check_sequence(Shape *shape, const yaml_node_t *node, const cyaml_schema_value_t *value, const char *field)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        wrong(shape, node, field, "expected a list");
        return;
    }
    const yaml_node_item_t *items = node->data.sequence.items.start;
    ptrdiff_t count = node->data.sequence.items.top - items;
    if (count < (ptrdiff_t)value->sequence.min || count > (ptrdiff_t)value->sequence.max) {
        g_autofree char *what =
            value->sequence.max == CYAML_UNLIMITED
                ? g_strdup("expected at least one entry")
                : g_strdup_printf("%td entries: expected %u to %u", count, value->sequence.min, value->sequence.max);
        wrong(shape, node, field, what);
    }
    for (ptrdiff_t i = 0; i < count; i++) {
        const yaml_node_t *item = rule_node(shape->nodes, items[i]);
        if (value->sequence.entry->type == CYAML_MAPPING) {
            (void)check_fields(shape, item, value->sequence.entry->mapping.fields, field);
            continue;
        }
        g_autofree char *what = expected_scalar(value->sequence.entry, item);
        if (what != NULL)
            wrong(shape, item, field, what);
    }
}

static void check_value(Shape *shape, const yaml_node_t *node, const cyaml_schema_field_t *field, const char *name)
{
    if (field->value.type == CYAML_SEQUENCE) {
        check_sequence(shape, node, &field->value, name);
    } else if (field->value.type == CYAML_MAPPING) {
        (void)check_fields(shape, node, field->value.mapping.fields, name);
    } else {
        g_autofree char *what = expected_scalar(&field->value, node);
        if (what != NULL)
            wrong(shape, node, name, what);
    }
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *name)
{
    for (; fields->key != NULL; fields++)
        if (g_strcmp0(fields->key, name) == 0)
            return fields;
    return NULL;
}

static void check_pair(
    Shape *shape, const yaml_node_pair_t *pair, const cyaml_schema_field_t *fields, const char *outer)
{
    const yaml_node_t *key = rule_node(shape->nodes, pair->key);
    const char *name = rule_node_text(key);
    const cyaml_schema_field_t *field = find_field(fields, name);

    if (field != NULL) {
        check_value(shape, rule_node(shape->nodes, pair->value), field, outer != NULL ? outer : name);
        return;
    }
    g_autofree char *what = g_strdup_printf("'%.64s' is not known here", name != NULL ? name : "");
    wrong(shape, key, outer, what);
    if (outer == NULL && name != NULL)
        (void)g_hash_table_add(shape->wrong_fields, g_strdup(name));
}

static void check_needed(Shape *shape, const yaml_node_t *node, const cyaml_schema_field_t *fields, const char *outer)
{
    for (; fields->key != NULL; fields++) {
        bool is_needed = (fields->value.flags & CYAML_FLAG_OPTIONAL) == 0;
        if (!is_needed || rule_node_field(shape->nodes, node, fields->key) != NULL)
            continue;
        g_autofree char *what =
            outer != NULL ? g_strdup_printf("'%s' is missing", fields->key) : g_strdup("is missing");
        wrong(shape, node, outer != NULL ? outer : fields->key, what);
    }
}

static void check_once(Shape *shape, const yaml_node_t *node)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = rule_node(shape->nodes, pair->key);
        const char *name = rule_node_text(key);
        if (name != NULL && !g_hash_table_add(seen, (gpointer)name))
            wrong(shape, key, name, "is there already; expected each field once");
    }
}

static bool check_fields(Shape *shape, const yaml_node_t *node, const cyaml_schema_field_t *fields, const char *outer)
{
    if (node->type != YAML_MAPPING_NODE) {
        wrong(shape, node, outer, "expected a mapping");
        return false;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
        check_pair(shape, pair, fields, outer);
    check_once(shape, node);
    check_needed(shape, node, fields, outer);
    return shape->is_good;
}

static void wrong_at_top(const RuleNodes *nodes, const yaml_node_t *node, const char *what)
{
    rule_faults_add(
        nodes->faults, &(RuleFault){.file = nodes->file, .line = (unsigned)node->start_mark.line + 1, .what = what});
}

bool rule_top_check(const RuleNodes *nodes)
{
    const yaml_node_t *root = yaml_document_get_root_node(nodes->document);
    bool is_wrong = false, has_rules = false;

    if (root == NULL)
        return false;
    if (root->type != YAML_MAPPING_NODE) {
        wrong_at_top(nodes, root, "expected 'rules:' with a list of rules");
        return true;
    }
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = rule_node(nodes, pair->key), *value = rule_node(nodes, pair->value);
        const char *name = rule_node_text(key);
        bool is_rules = g_strcmp0(name, "rules") == 0;
        bool is_list =
            value->type == YAML_SEQUENCE_NODE && value->data.sequence.items.start < value->data.sequence.items.top;
        g_autofree char *what =
            g_strdup_printf("'%.64s' is not known here; expected 'rules:' alone", name != NULL ? name : "");
        if (!is_rules || !is_list)
            wrong_at_top(nodes, key, is_rules ? "rules: expected a list of at least one rule" : what);
        is_wrong |= !is_rules || !is_list;
        has_rules |= is_rules;
    }
    if (!has_rules && !is_wrong)
        wrong_at_top(nodes, root, "expected 'rules:' with a list of rules");
    return is_wrong || !has_rules;
}

bool rule_shape_check(const RuleNodes *nodes, const yaml_node_t *rule, GHashTable *wrong_fields)
{
    const yaml_node_t *id = rule_node_field(nodes, rule, "id");
    Shape shape = {
        .nodes = nodes, .rule = id != NULL ? rule_node_text(id) : NULL, .wrong_fields = wrong_fields, .is_good = true};

    return check_fields(&shape, rule, rule_schema()->mapping.fields, NULL);
}

bool rule_field_only_tells(const char *field)
{
    static const char *const telling[] = {
        "id", "name", "description", "category", "severity", "severity_by_occurrences", "compliance", "mask", NULL};

    return g_strv_contains(telling, field) || find_field(rule_schema()->mapping.fields, field) == NULL;
}
