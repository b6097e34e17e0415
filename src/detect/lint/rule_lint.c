#include "detect/lint/rule_lint.h"

#include "detect/class_rules.h"

#include <string.h>

/* A rule that could be read. Its file's name is borrowed from the lint, the rest from its document. */
typedef struct ReadRule {
    const char *file;
    unsigned nth; /* of the file, from 1 */
    const RawRule *raw;
} ReadRule;

typedef struct Lint {
    RuleFaults *faults;
    GPtrArray *documents; /* RuleDocument */
    GPtrArray *files;     /* char *: their names */
    GArray *rules;        /* ReadRule */
} Lint;

static void complain(const Lint *lint, const ReadRule *rule, const char *text)
{
    g_autofree char *message = g_strdup_printf("rule %s: %s", rule->raw->id, text);

    rule_faults_add_message(lint->faults, rule->file, rule->nth, message);
}

/* ---- a rule by itself ---- */

static void complain_of_words(GPtrArray *complaints, const char *field, char *const *words, unsigned count)
{
    static const char keywords[] = "keywords";
    Vocabulary *vocabulary = vocabulary_new(1);

    for (unsigned i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        if (!vocabulary_add(vocabulary, 0, words[i], &error))
            g_ptr_array_add(complaints, g_strconcat(field, error->message + strlen(keywords), NULL));
    }
    vocabulary_free(vocabulary);
}

static void complain_of_class(GPtrArray *complaints, const CompiledRule *rule)
{
    ClassRules *rules = class_rules_new(CLASS_RULES_ALL);
    g_autoptr(GError) error = NULL;

    if (rule->engine == ENGINE_CLASS && !class_rules_add(rules, rule, &error))
        g_ptr_array_add(complaints, g_strdup(error->message));
    class_rules_free(rules);
}

static void look_at_rule(const Lint *lint, const ReadRule *read, RuleFacts *facts, FactsState state)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    const RawRule *raw = read->raw;
    CompiledRule rule;

    if (compiled_rule_complain(&rule, raw, facts, state, complaints)) {
        complain_of_class(complaints, &rule);
        compiled_rule_clear(&rule);
    }
    complain_of_words(complaints, "keywords", raw->keywords, raw->keywords_count);
    complain_of_words(complaints, "field_keywords", raw->field_keywords, raw->field_keywords_count);
    complain_of_words(complaints, "veto", raw->veto, raw->veto_count);
    for (guint i = 0; i < complaints->len; i++)
        complain(lint, read, g_ptr_array_index(complaints, i));
}

/* first: which rule of its file the document begins with. */
static void add_document(const Lint *lint, const char *file, unsigned first, RuleDocument *take_document)
{
    g_autofree bool *are_known = g_new0(bool, take_document->rules_count);

    g_ptr_array_add(lint->documents, take_document);
    rule_facts_find_all(take_document->rules, take_document->rules_count, take_document->facts, are_known);
    for (unsigned i = 0; i < take_document->rules_count; i++) {
        const ReadRule rule = {.file = file, .nth = first + i, .raw = &take_document->rules[i]};
        look_at_rule(lint, &rule, &take_document->facts[i], are_known[i] ? FACTS_KNOWN : FACTS_UNKNOWN);
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

/* Whether something about how it is written was told. */
static bool look_at_node(const Lint *lint, const RuleNodes *nodes, unsigned nth, const char *text)
{
    const yaml_node_t *rule = rule_node(nodes, rule_nodes_list(nodes)->data.sequence.items.start[nth - 1]);
    g_autoptr(GError) error = NULL;
    g_autofree char *document = alone(text, rule);
    RuleDocument *read = NULL;

    if (!rule_shape_check(nodes, rule))
        return true;
    const Bytes bytes = {.data = (const uint8_t *)document, .len = strlen(document)};
    if (!rule_document_parse(nodes->file, bytes, &read, &error)) {
        rule_faults_add_message(lint->faults, nodes->file, nth, error->message);
        return true;
    }
    add_document(lint, nodes->file, nth, read);
    return false;
}

static bool look_at_nodes(const Lint *lint, const char *file, yaml_document_t *document, const char *text)
{
    const RuleNodes nodes = {.file = file, .document = document, .faults = lint->faults};
    const yaml_node_t *list = rule_nodes_list(&nodes);
    bool is_told = false;

    if (list == NULL)
        return false;
    const ptrdiff_t count = list->data.sequence.items.top - list->data.sequence.items.start;
    for (unsigned nth = 1; nth <= (size_t)count; nth++)
        is_told |= look_at_node(lint, &nodes, nth, text);
    return is_told;
}

/* refusal: what libcyaml says, which counts where nothing else is found. */
static void look_at_broken(const Lint *lint, const char *file, const char *text, const GError *refusal)
{
    yaml_parser_t parser;
    yaml_document_t document;
    bool is_told = false;

    if (g_utf8_validate(text, -1, NULL) && yaml_parser_initialize(&parser) != 0) {
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
        if (yaml_parser_load(&parser, &document) != 0) {
            is_told = look_at_nodes(lint, file, &document, text);
            yaml_document_delete(&document);
        }
        yaml_parser_delete(&parser);
    }
    if (!is_told)
        rule_faults_add_message(lint->faults, file, 0, refusal->message);
}

static void look_at_text(const Lint *lint, const char *name, const char *text, size_t len)
{
    g_autoptr(GError) error = NULL;
    RuleDocument *document = NULL;
    char *file = g_strdup(name);

    g_ptr_array_add(lint->files, file);
    if (rule_document_parse(file, (Bytes){.data = (const uint8_t *)text, .len = len}, &document, &error))
        add_document(lint, file, 1, document);
    else
        look_at_broken(lint, file, text, error);
}

/* ---- all together ---- */

/* All that pair and beats may name. */
static void look_at_ids(const Lint *lint, GHashTable *names)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < lint->rules->len; i++) {
        const ReadRule *rule = &g_array_index(lint->rules, ReadRule, i);
        const ReadRule *other = g_hash_table_lookup(ids, rule->raw->id);
        if (other != NULL) {
            g_autofree char *text = g_strdup_printf("id: there is another rule with this id in %s", other->file);
            complain(lint, rule, text);
        } else {
            (void)g_hash_table_insert(ids, rule->raw->id, (gpointer)rule);
        }
        (void)g_hash_table_add(names, rule->raw->id);
        if (rule->raw->detector != NULL)
            (void)g_hash_table_add(names, rule->raw->detector);
    }
}

static void look_at_names(
    const Lint *lint, const ReadRule *rule, const char *field, char *const *given, unsigned count, GHashTable *names)
{
    for (unsigned i = 0; i < count; i++) {
        if (g_hash_table_contains(names, given[i]))
            continue;
        g_autofree char *text = g_strdup_printf("%s: there is no rule or detector '%s'", field, given[i]);
        complain(lint, rule, text);
    }
}

static void look_at_links(const Lint *lint)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    bool is_whole = rule_faults_total(lint->faults) == 0;

    look_at_ids(lint, names);
    for (guint i = 0; is_whole && i < lint->rules->len; i++) {
        const ReadRule *rule = &g_array_index(lint->rules, ReadRule, i);
        look_at_names(lint, rule, "pair", rule->raw->pair, rule->raw->pair_count, names);
        look_at_names(lint, rule, "beats", rule->raw->beats, rule->raw->beats_count, names);
    }
}

static void look_at_file(const Lint *lint, const char *path)
{
    g_autofree char *text = NULL;
    gsize len = 0;

    if (g_file_get_contents(path, &text, &len, NULL))
        look_at_text(lint, path, text, len);
}

void rule_set_find_faults(
    const char *const *directories, const RuleText *added, const GError *refusal, RuleFaults *faults)
{
    g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func((GDestroyNotify)rule_document_free);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(ReadRule));
    const Lint lint = {.faults = faults, .documents = documents, .files = files, .rules = rules};

    for (; *directories != NULL; directories++) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        if (!rule_files_list(*directories, paths, NULL))
            continue;
        for (guint i = 0; i < paths->len; i++)
            look_at_file(&lint, g_ptr_array_index(paths, i));
    }
    if (added != NULL)
        look_at_text(&lint, added->name, added->text, strlen(added->text));
    look_at_links(&lint);
    if (rule_faults_total(faults) == 0)
        rule_faults_add_message(faults, "rules", 0, refusal->message);
    rule_faults_locate(faults);
}
