#include "detect/lint/rule_lint.h"
#include "detect/lint/read_rules.h"

#include "detect/class_rules.h"
#include "detect/rule_complaints.h"

#include <string.h>

static void lint_init(Lint *lint, RuleFaults *faults)
{
    *lint = (Lint){.faults = faults,
        .documents = g_ptr_array_new_with_free_func((GDestroyNotify)rule_document_free),
        .files = g_ptr_array_new_with_free_func(g_free),
        .field_sets = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref),
        .rules = g_array_new(FALSE, FALSE, sizeof(ReadRule))};
}

static void lint_clear(Lint *lint)
{
    g_array_unref(lint->rules);
    g_ptr_array_unref(lint->field_sets);
    g_ptr_array_unref(lint->files);
    g_ptr_array_unref(lint->documents);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lint, lint_clear)

/* Where fields were left out, what is wrong may be wrong since they were. */
static void complain_of_rule(const Lint *lint, ReadRule *rule, const RuleComplaint *complaint)
{
    const RuleFault about = {.file = rule->file,
        .nth = rule->nth,
        .rule = lacks(rule, "id") ? NULL : rule->raw->id,
        .is_of_several = complaint->scope == COMPLAINT_OF_SEVERAL};
    const char *field = error_place(complaint->reason).field;

    rule->is_fine = false;
    if (rule->wrong_fields != NULL && (about.is_of_several || (field != NULL && lacks(rule, field))))
        return;
    rule_faults_add_error(lint->faults, &about, complaint->reason);
}

/* ---- a rule by itself ---- */

static void complain_of_words(GArray *complaints, const char *field, char *const *words, unsigned count)
{
    Vocabulary *vocabulary = vocabulary_new(1);
    Complaints all = {.all = complaints};

    for (unsigned i = 0; i < count; i++) {
        g_autoptr(GError) refusal = NULL;
        if (!vocabulary_add(vocabulary, 0, words[i], &refusal))
            (void)rule_wrong(&all, field, "%s", refusal->message);
    }
    g_clear_error(&all.first);
    vocabulary_free(vocabulary);
}

static void complain_of_class(GArray *complaints, const CompiledRule *rule)
{
    ClassRules *rules = class_rules_new(CLASS_RULES_ALL);
    Complaints all = {.all = complaints};
    GError *refusal = NULL;

    if (rule->engine == ENGINE_CLASS && !class_rules_add(rules, rule, &refusal))
        (void)rule_complain(&all, refusal, COMPLAINT_OF_FIELD);
    g_clear_error(&all.first);
    class_rules_free(rules);
}

static void look_at_rule(const Lint *lint, ReadRule *read, FactsState state)
{
    g_autoptr(GArray) complaints = rule_complaints_new();
    const RawRule *raw = read->raw;
    CompiledRule rule;

    if (compiled_rule_complain(&rule, raw, read->facts, state, complaints)) {
        complain_of_class(complaints, &rule);
        compiled_rule_clear(&rule);
    }
    complain_of_words(complaints, "keywords", raw->keywords, raw->keywords_count);
    complain_of_words(complaints, "field_keywords", raw->field_keywords, raw->field_keywords_count);
    complain_of_words(complaints, "veto", raw->veto, raw->veto_count);
    for (guint i = 0; i < complaints->len; i++)
        complain_of_rule(lint, read, &g_array_index(complaints, RuleComplaint, i));
}

static bool only_tells(GHashTable *fields)
{
    GHashTableIter iter;
    gpointer field;

    g_hash_table_iter_init(&iter, fields);
    while (g_hash_table_iter_next(&iter, &field, NULL))
        if (!rule_field_only_tells(field))
            return false;
    return true;
}

/* first: which rule of its file the document begins with. wrong_fields: NULL, or the lint's. */
static void add_document(
    const Lint *lint, const char *file, unsigned first, RuleDocument *take_document, GHashTable *wrong_fields)
{
    g_autofree bool *are_known = g_new0(bool, take_document->rules_count);

    g_ptr_array_add(lint->documents, take_document);
    rule_facts_find_all(take_document->rules, take_document->rules_count, take_document->facts, are_known);
    for (unsigned i = 0; i < take_document->rules_count; i++) {
        ReadRule rule = {.file = file,
            .nth = first + i,
            .raw = &take_document->rules[i],
            .facts = &take_document->facts[i],
            .wrong_fields = wrong_fields,
            .is_fine = wrong_fields == NULL || only_tells(wrong_fields)};
        look_at_rule(lint, &rule, are_known[i] ? FACTS_KNOWN : FACTS_UNKNOWN);
        g_array_append_val(lint->rules, rule);
    }
}

/* ---- a file of which not all can be read ---- */

/* Where a mark stands: it counts characters. */
static const char *at_mark(const char *text, const yaml_mark_t *mark)
{
    const char *line = text;

    g_assert(text != NULL);
    for (size_t i = 0; i < mark->line && line != NULL; i++) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    for (size_t i = 0; line != NULL && i < mark->column && *line != '\0'; i++)
        line = g_utf8_next_char(line);
    return line != NULL ? line : text + strlen(text);
}

static Bytes text_bytes(const char *text)
{
    return (Bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

/* The rule as a file of its own, in the same lines and columns where there is room above it. */
static char *alone(const char *text, const yaml_node_t *rule)
{
    const char *start = at_mark(text, &rule->start_mark), *end = at_mark(text, &rule->end_mark);
    GString *document = g_string_new("rules:\n-\n");

    for (size_t line = 2; line < rule->start_mark.line; line++)
        g_string_append_c(document, '\n');
    for (size_t column = 0; column < rule->start_mark.column; column++)
        g_string_append_c(document, ' ');
    g_string_append_len(document, start, MAX(end - start, 0));
    return g_string_free(document, FALSE);
}

/* What is fine of a rule that is not. */
static void look_at_rest(
    Lint *lint, const RuleNodes *nodes, unsigned nth, const yaml_node_t *rule, GHashTable *wrong_fields)
{
    g_autoptr(GError) ignored = NULL; /* too odd a rule */
    RuleDocument *read = NULL;

    if (g_hash_table_contains(wrong_fields, "id") || rule->type != YAML_MAPPING_NODE)
        lint->has_unknown_rules = true;
    if (rule->type != YAML_MAPPING_NODE)
        return;
    g_autofree char *text = rule_rest(nodes, rule, wrong_fields);
    if (rule_document_parse(nodes->file, text_bytes(text), &read, &ignored))
        add_document(lint, nodes->file, nth, read, wrong_fields);
    else
        lint->has_unknown_rules = true;
}

/* Whether something about how it is written was told. */
static bool look_at_node(Lint *lint, const RuleNodes *nodes, unsigned nth, const char *text)
{
    const yaml_node_t *rule = rule_node(nodes, rule_nodes_list(nodes)->data.sequence.items.start[nth - 1]);
    GHashTable *wrong_fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *document = alone(text, rule);
    RuleDocument *read = NULL;

    g_ptr_array_add(lint->field_sets, wrong_fields);
    if (!rule_shape_check(nodes, rule, wrong_fields)) {
        look_at_rest(lint, nodes, nth, rule, wrong_fields);
        return true;
    }
    if (!rule_document_parse(nodes->file, text_bytes(document), &read, &error)) {
        rule_faults_add_error(lint->faults, &(RuleFault){.file = nodes->file, .nth = nth}, error);
        lint->has_unknown_rules = true;
        return true;
    }
    add_document(lint, nodes->file, nth, read, NULL);
    return false;
}

static bool look_at_nodes(Lint *lint, const char *file, yaml_document_t *document, const char *text)
{
    const RuleNodes nodes = {.file = file, .document = document, .faults = lint->faults};
    const yaml_node_t *list = rule_nodes_list(&nodes);
    bool is_told = rule_top_check(&nodes);

    if (list == NULL)
        return is_told;
    const ptrdiff_t count = list->data.sequence.items.top - list->data.sequence.items.start;
    for (unsigned nth = 1; nth <= (size_t)count; nth++)
        is_told |= look_at_node(lint, &nodes, nth, text);
    return is_told;
}

/* What libyaml says is clearer than what libcyaml makes of it. */
static bool tell_syntax(const Lint *lint, const char *file, const yaml_parser_t *parser)
{
    g_autofree char *what = g_strdup_printf("expected YAML: %s", parser->problem);

    if (parser->problem == NULL || parser->error == YAML_READER_ERROR)
        return false;
    rule_faults_add(
        lint->faults, &(RuleFault){.file = file, .line = (unsigned)parser->problem_mark.line + 1, .what = what});
    return true;
}

/* refusal: what libcyaml says, which counts where nothing else is found. */
static void look_at_broken(Lint *lint, const char *file, Bytes text, const GError *refusal)
{
    yaml_parser_t parser;
    yaml_document_t document;
    bool is_told = false;

    if (g_utf8_validate((const char *)text.data, (gssize)text.len, NULL) && yaml_parser_initialize(&parser) != 0) {
        yaml_parser_set_input_string(&parser, text.data, text.len);
        if (yaml_parser_load(&parser, &document) != 0) {
            is_told = look_at_nodes(lint, file, &document, (const char *)text.data);
            yaml_document_delete(&document);
        } else if (tell_syntax(lint, file, &parser)) {
            is_told = lint->has_unknown_rules = true;
        }
        yaml_parser_delete(&parser);
    }
    if (is_told)
        return;
    rule_faults_add_error(lint->faults, &(RuleFault){.file = file}, refusal);
    lint->has_unknown_rules = true;
}

static void look_at_text(Lint *lint, const char *name, const char *text, size_t len)
{
    g_autoptr(GError) error = NULL;
    RuleDocument *document = NULL;
    char *file = g_strdup(name);

    g_ptr_array_add(lint->files, file);
    const Bytes bytes = {.data = (const uint8_t *)text, .len = len};
    if (rule_document_parse(file, bytes, &document, &error))
        add_document(lint, file, 1, document, NULL);
    else
        look_at_broken(lint, file, bytes, error);
}

/* ---- all together ---- */

static void look_at_file(Lint *lint, const char *path)
{
    g_autofree char *text = NULL;
    gsize len = 0;

    if (g_file_get_contents(path, &text, &len, NULL))
        look_at_text(lint, path, text, len);
}

void rule_set_find_faults(
    const char *const *directories, const RuleText *added, const GError *refusal, RuleFaults *faults)
{
    g_auto(Lint) lint;

    lint_init(&lint, faults);
    for (; *directories != NULL; directories++) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        if (!rule_files_list(*directories, paths, NULL))
            continue;
        for (guint i = 0; i < paths->len; i++)
            look_at_file(&lint, g_ptr_array_index(paths, i));
    }
    if (added != NULL)
        look_at_text(&lint, added->name, added->text, strlen(added->text));
    lint_links(&lint);
    if (rule_faults_total(faults) == 0)
        rule_faults_add(faults, &(RuleFault){.what = refusal->message});
    lint_examples(&lint);
    rule_faults_locate(faults);
}
