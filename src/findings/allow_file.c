/* An allow list's file: YAML, read as a document whose nodes know their lines. */
#include "findings/allow_entry.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FILE_BYTES_MAX = 16 << 20, FINGERPRINT_CHARS = 64, PATTERN_CHARS_MAX = 4096, WHY_CHARS_MAX = 200 };

static const char top_expected[] = "'allow:' with a list of entries, and perhaps 'fingerprint_key:'";
static const char entry_expected[] = "'fingerprint', 'value' or 'path', and perhaps 'detectors' and 'reason'";

typedef struct AllowFile {
    const char *path, *name; /* name: the list's copy of the path */
    yaml_document_t *document;
    AllowList *list;
    const RuleSet *rules;
    const FingerprintKey *key;
    GError **error;
} AllowFile;

static bool wrong(const AllowFile *file, const yaml_node_t *node, const char *what)
{
    return fail(file->error, ERROR_INVALID, "%s:%zu: %s", file->path, node->start_mark.line + 1, what);
}

static bool expected(const AllowFile *file, const yaml_node_t *node, const char *what)
{
    g_autofree char *text = g_strdup_printf("expected %s", what);

    return wrong(file, node, text);
}

static yaml_node_t *node_at(const AllowFile *file, int index)
{
    return yaml_document_get_node(file->document, index);
}

/* NULL: no text. A NUL inside would end it early. */
static const char *text_of(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
        return NULL;
    return (const char *)node->data.scalar.value;
}

static bool knows_detector(const RuleSet *rules, const char *name)
{
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Rule *rule = rule_set_rule(rules, i);
        if (g_str_equal(rule->id, name) || g_str_equal(rule->detector, name))
            return true;
    }
    return false;
}

static bool add_detector(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *name = text_of(node);

    if (name == NULL || !knows_detector(file->rules, name)) {
        g_autofree char *what = g_strdup_printf(
            "detectors: '%.100s': expected the id of a detector or a rule (trawl rules)", name != NULL ? name : "");
        return wrong(file, node, what);
    }
    g_ptr_array_add(entry->detectors, g_strdup(name));
    return true;
}

static bool read_detectors(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    entry->detectors = g_ptr_array_new_with_free_func(g_free);
    if (node->type == YAML_SCALAR_NODE)
        return add_detector(file, node, entry);
    if (node->type != YAML_SEQUENCE_NODE || node->data.sequence.items.start == node->data.sequence.items.top)
        return expected(file, node, "detectors: an id, or a list of ids");
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
        if (!add_detector(file, node_at(file, *item), entry))
            return false;
    return true;
}

static bool read_fingerprint(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL || strlen(text) != FINGERPRINT_CHARS || strspn(text, "0123456789abcdef") != FINGERPRINT_CHARS)
        return expected(file, node, "fingerprint: 64 hex digits, as trawl findings shows them");
    entry->fingerprint = g_strdup(text);
    return true;
}

static bool read_value(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);
    int code = 0;
    PCRE2_SIZE offset = 0;
    PCRE2_UCHAR message[128];

    if (text == NULL || *text == '\0' || strlen(text) > PATTERN_CHARS_MAX)
        return expected(file, node, "value: a regular expression that the value must match");
    entry->value = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &code, &offset, NULL);
    if (entry->value != NULL)
        return true;
    (void)pcre2_get_error_message(code, message, sizeof message);
    g_autofree char *what =
        g_strdup_printf("value: expected a regular expression: %s, at character %zu", (char *)message, offset + 1);
    return wrong(file, node, what);
}

static bool read_path(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL || *text == '\0')
        return expected(file, node, "path: a pattern of keys such as 'fixtures/*'");
    entry->path = g_pattern_spec_new(text);
    return true;
}

/* It goes into each place that the entry suppresses. */
static bool read_reason(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL)
        return expected(file, node, "reason: a text");
    entry->why = g_utf8_strlen(text, -1) > WHY_CHARS_MAX ? g_utf8_substring(text, 0, WHY_CHARS_MAX) : g_strdup(text);
    return true;
}

typedef struct EntryField {
    const char *name;
    bool (*read)(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry);
} EntryField;

static const EntryField entry_fields[] = {
    {"fingerprint", read_fingerprint},
    {"value", read_value},
    {"path", read_path},
    {"detectors", read_detectors},
    {"reason", read_reason},
};

static bool read_field(const AllowFile *file, const yaml_node_pair_t *pair, AllowEntry *entry, unsigned *seen)
{
    const yaml_node_t *name = node_at(file, pair->key);
    const char *text = text_of(name);

    for (size_t i = 0; text != NULL && i < G_N_ELEMENTS(entry_fields); i++) {
        if (!g_str_equal(text, entry_fields[i].name))
            continue;
        if ((*seen & 1U << i) != 0)
            return expected(file, name, "each field once");
        *seen |= 1U << i;
        return entry_fields[i].read(file, node_at(file, pair->value), entry);
    }
    return expected(file, name, entry_expected);
}

static bool read_fields(const AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    unsigned seen = 0;

    if (node->type != YAML_MAPPING_NODE)
        return expected(file, node, entry_expected);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
        if (!read_field(file, pair, entry, &seen))
            return false;
    if (entry->fingerprint == NULL && entry->value == NULL && entry->path == NULL)
        return expected(file, node, entry_expected);
    return true;
}

static bool read_entries(const AllowFile *file, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return expected(file, node, "allow: a list of entries");
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *fields = node_at(file, *item);
        AllowEntry entry = {.file = file->name, .line = fields->start_mark.line + 1};
        if (!read_fields(file, fields, &entry)) {
            allow_entry_clear(&entry);
            return false;
        }
        allow_list_add(file->list, &entry);
    }
    return true;
}

static bool check_key(const AllowFile *file, const yaml_node_t *node)
{
    const char *text = text_of(node);

    if (text != NULL && g_str_equal(text, file->key->id))
        return true;
    g_autofree char *what = g_strdup_printf(
        "fingerprint_key: the list was made with another key: expected %s, the key of the store", file->key->id);
    return wrong(file, node, what);
}

static bool read_document(const AllowFile *file)
{
    const yaml_node_t *root = yaml_document_get_root_node(file->document);
    bool has_entries = false;

    if (root == NULL)
        return fail(file->error, ERROR_INVALID, "%s:1: expected %s", file->path, top_expected);
    if (root->type != YAML_MAPPING_NODE)
        return expected(file, root, top_expected);
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(file, pair->key), *value = node_at(file, pair->value);
        const char *text = text_of(name);
        bool is_allow = g_strcmp0(text, "allow") == 0;
        if (!is_allow && g_strcmp0(text, "fingerprint_key") != 0)
            return expected(file, name, top_expected);
        if (!(is_allow ? read_entries(file, value) : check_key(file, value)))
            return false;
        has_entries |= is_allow;
    }
    return has_entries || expected(file, root, top_expected);
}

static bool parse(AllowFile *file, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_document_t document;

    if (yaml_parser_initialize(&parser) == 0)
        return fail(file->error, ERROR_INTERNAL, "%s: no memory for its parser", file->path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (yaml_parser_load(&parser, &document) == 0) {
        bool is_ok = fail(file->error, ERROR_INVALID, "%s:%zu: expected YAML: %s", file->path,
            parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "not understood");
        yaml_parser_delete(&parser);
        return is_ok;
    }
    file->document = &document;
    bool is_ok = read_document(file);
    file->document = NULL;
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return is_ok;
}

bool allow_list_read(AllowList *list, const char *path, const RuleSet *rules, const FingerprintKey *key, GError **error)
{
    AllowFile file = {
        .path = path, .name = allow_list_name(list, path), .list = list, .rules = rules, .key = key, .error = error};
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = NULL;
    gsize len = 0;

    if (!g_file_get_contents(path, &text, &len, &problem)) {
        bool is_missing = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        return fail(error, is_missing ? ERROR_NOT_FOUND : ERROR_IO, "allow list: %s", problem->message);
    }
    if (len > FILE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "%s: expected an allow list of at most %d bytes", path, FILE_BYTES_MAX);
    return parse(&file, text, len);
}
