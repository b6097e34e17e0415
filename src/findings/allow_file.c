/* An allow list's file: YAML, read as a document whose nodes know their lines. */
#include "base/text.h"
#include "findings/allow_entry.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    FILE_BYTES_MAX = 16 << 20,
    FINGERPRINT_CHARS = 64,
    PATTERN_CHARS_MAX = 4096,
    WHY_CHARS_MAX = 200,
    FAULTS_MAX = 20
};

static const char top_expected[] = "'allow:' with a list of entries, and perhaps 'fingerprint_key:'";
static const char entry_expected[] = "'fingerprint', 'value' or 'path', and perhaps 'detectors' and 'reason'";

typedef struct AllowFile {
    const char *path, *name; /* name: the list's copy of the path */
    const char *text;
    size_t len;
    yaml_document_t *document;
    AllowList *list;
    const RuleSet *rules;
    const FingerprintKey *key;
    GString *faults; /* what is wrong, a line each */
    uint64_t fault_count;
} AllowFile;

/* Goes on behind it: who wrote the list wants to hear of everything. */
static void wrong_at(AllowFile *file, size_t line, size_t column, const char *what)
{
    if (file->fault_count++ < FAULTS_MAX)
        g_string_append_printf(file->faults, "%s%s:%zu:%zu: %s", file->fault_count > 1 ? "\n" : "", file->path,
            line + 1, column + 1, what);
}

static void wrong(AllowFile *file, const yaml_node_t *node, const char *what)
{
    wrong_at(file, node->start_mark.line, node->start_mark.column, what);
}

static void expected(AllowFile *file, const yaml_node_t *node, const char *what)
{
    g_autofree char *text = g_strdup_printf("expected %s", what);

    wrong(file, node, text);
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

static void add_detector(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *name = text_of(node);

    if (name != NULL && knows_detector(file->rules, name)) {
        g_ptr_array_add(entry->detectors, g_strdup(name));
        return;
    }
    g_autofree char *what = g_strdup_printf(
        "detectors: '%.100s': expected the id of a detector or a rule (trawl rules)", name != NULL ? name : "");
    wrong(file, node, what);
}

static void read_detectors(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    entry->detectors = g_ptr_array_new_with_free_func(g_free);
    if (node->type == YAML_SCALAR_NODE) {
        add_detector(file, node, entry);
        return;
    }
    if (node->type != YAML_SEQUENCE_NODE || node->data.sequence.items.start == node->data.sequence.items.top) {
        expected(file, node, "detectors: an id, or a list of ids");
        return;
    }
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
        add_detector(file, node_at(file, *item), entry);
}

static void read_fingerprint(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL || strlen(text) != FINGERPRINT_CHARS || strspn(text, "0123456789abcdef") != FINGERPRINT_CHARS)
        expected(file, node, "fingerprint: 64 hex digits, as trawl findings shows them");
    else
        entry->fingerprint = g_strdup(text);
}

static void read_value(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);
    int code = 0;
    PCRE2_SIZE offset = 0;
    PCRE2_UCHAR message[128];

    if (text == NULL || *text == '\0' || strlen(text) > PATTERN_CHARS_MAX) {
        expected(file, node, "value: a regular expression that the value must match");
        return;
    }
    entry->value = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &code, &offset, NULL);
    if (entry->value != NULL)
        return;
    (void)pcre2_get_error_message(code, message, sizeof message);
    g_autofree char *what =
        g_strdup_printf("value: expected a regular expression: %s, at character %zu", (char *)message, offset + 1);
    wrong(file, node, what);
}

static void read_path(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL || *text == '\0')
        expected(file, node, "path: a pattern of keys such as 'fixtures/*'");
    else
        entry->path = g_pattern_spec_new(text);
}

/* It goes into each place that the entry suppresses. */
static void read_reason(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    const char *text = text_of(node);

    if (text == NULL)
        expected(file, node, "reason: a text");
    else
        entry->why =
            g_utf8_strlen(text, -1) > WHY_CHARS_MAX ? g_utf8_substring(text, 0, WHY_CHARS_MAX) : g_strdup(text);
}

typedef struct EntryField {
    const char *name;
    bool says_what; /* is allowed: an entry needs one that does */
    void (*read)(AllowFile *file, const yaml_node_t *node, AllowEntry *entry);
} EntryField;

static const EntryField entry_fields[] = {
    {"fingerprint", true, read_fingerprint},
    {"value", true, read_value},
    {"path", true, read_path},
    {"detectors", false, read_detectors},
    {"reason", false, read_reason},
};

static void read_field(AllowFile *file, const yaml_node_pair_t *pair, AllowEntry *entry, unsigned *seen)
{
    const yaml_node_t *name = node_at(file, pair->key);
    const char *text = text_of(name);

    for (size_t i = 0; text != NULL && i < G_N_ELEMENTS(entry_fields); i++) {
        if (!g_str_equal(text, entry_fields[i].name))
            continue;
        if ((*seen & 1U << i) != 0) {
            expected(file, name, "each field once");
            return;
        }
        *seen |= 1U << i;
        entry_fields[i].read(file, node_at(file, pair->value), entry);
        return;
    }
    g_autofree char *what =
        g_strdup_printf("'%.64s' is not known here: expected %s", text != NULL ? text : "", entry_expected);
    wrong(file, name, what);
}

static void read_fields(AllowFile *file, const yaml_node_t *node, AllowEntry *entry)
{
    unsigned seen = 0;
    bool says_what = false;

    if (node->type != YAML_MAPPING_NODE) {
        expected(file, node, entry_expected);
        return;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
        read_field(file, pair, entry, &seen);
    for (size_t i = 0; i < G_N_ELEMENTS(entry_fields); i++)
        says_what = says_what || (entry_fields[i].says_what && (seen & 1U << i) != 0);
    if (!says_what)
        expected(file, node, entry_expected);
}

static void read_entries(AllowFile *file, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        expected(file, node, "allow: a list of entries");
        return;
    }
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *fields = node_at(file, *item);
        AllowEntry entry = {.file = file->name, .line = fields->start_mark.line + 1};
        read_fields(file, fields, &entry);
        if (file->fault_count == 0)
            allow_list_add(file->list, &entry);
        else
            allow_entry_clear(&entry);
    }
}

static void check_key(AllowFile *file, const yaml_node_t *node)
{
    const char *text = text_of(node);

    if (text != NULL && g_str_equal(text, file->key->id))
        return;
    g_autofree char *what = g_strdup_printf(
        "fingerprint_key: the list was made with another key: expected %s, the key of the store", file->key->id);
    wrong(file, node, what);
}

static void read_document(AllowFile *file)
{
    const yaml_node_t *root = yaml_document_get_root_node(file->document);
    bool has_entries = false;

    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        g_autofree char *what = g_strdup_printf("expected %s", top_expected);
        wrong_at(file, root != NULL ? root->start_mark.line : 0, root != NULL ? root->start_mark.column : 0, what);
        return;
    }
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(file, pair->key), *value = node_at(file, pair->value);
        const char *text = text_of(name);
        bool is_allow = g_strcmp0(text, "allow") == 0;
        has_entries |= is_allow;
        if (is_allow)
            read_entries(file, value);
        else if (g_strcmp0(text, "fingerprint_key") == 0)
            check_key(file, value);
        else
            expected(file, name, top_expected);
    }
    if (!has_entries)
        expected(file, root, top_expected);
}

/* A byte that is no text has no mark. */
static void not_yaml(AllowFile *file, const yaml_parser_t *parser)
{
    g_autofree char *what =
        g_strdup_printf("expected YAML: %s", parser->problem != NULL ? parser->problem : "not understood");
    const TextPlace place = text_place(file->text, file->len, parser->problem_offset);

    if (parser->error == YAML_READER_ERROR)
        wrong_at(file, (size_t)place.line - 1, (size_t)place.column - 1, what);
    else
        wrong_at(file, parser->problem_mark.line, parser->problem_mark.column, what);
}

/* What stands behind "---" would be left out in silence. */
static void check_end(AllowFile *file, yaml_parser_t *parser)
{
    yaml_document_t document;

    if (yaml_parser_load(parser, &document) == 0) {
        not_yaml(file, parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root != NULL)
        expected(file, root, "one document, nothing behind '---'");
    yaml_document_delete(&document);
}

static bool parse(AllowFile *file, GError **error)
{
    yaml_parser_t parser;
    yaml_document_t document;

    if (yaml_parser_initialize(&parser) == 0)
        return fail(error, ERROR_INTERNAL, "%s: no memory for its parser", file->path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->len);
    if (yaml_parser_load(&parser, &document) != 0) {
        file->document = &document;
        read_document(file);
        file->document = NULL;
        yaml_document_delete(&document);
        check_end(file, &parser);
    } else {
        not_yaml(file, &parser);
    }
    yaml_parser_delete(&parser);
    if (file->fault_count > FAULTS_MAX)
        g_string_append_printf(file->faults, "\nand %" G_GUINT64_FORMAT " more", file->fault_count - FAULTS_MAX);
    return file->fault_count == 0 || fail(error, ERROR_INVALID, "%s", file->faults->str);
}

bool allow_list_read(AllowList *list, const char *path, const RuleSet *rules, const FingerprintKey *key, GError **error)
{
    g_autoptr(GString) faults = g_string_new(NULL);
    AllowFile file = {
        .path = path, .name = allow_list_name(list, path), .list = list, .rules = rules, .key = key, .faults = faults};
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = NULL;
    gsize len = 0;

    if (!g_file_get_contents(path, &text, &len, &problem)) {
        bool is_missing = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        return fail(error, is_missing ? ERROR_NOT_FOUND : ERROR_IO, "allow list: %s", problem->message);
    }
    if (len > FILE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "%s: expected an allow list of at most %d bytes", path, FILE_BYTES_MAX);
    file.text = text;
    file.len = len;
    return parse(&file, error);
}
