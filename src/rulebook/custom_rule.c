#include "rulebook/custom_rule.h"

#include "detect/detect.h"
#include "rulebook/rule_field.h"

#include <string.h>

#define WHERE "custom rule"

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

void custom_rule_text_clear(CustomRuleText *rule)
{
    g_free(rule->id);
    g_free(rule->document);
    *rule = (CustomRuleText){0};
}

char *custom_rules_text(const char *const *documents)
{
    g_autofree char *list = g_strjoinv(", ", (char **)(uintptr_t)documents);

    return g_strdup_printf("{\"rules\": [%s]}", list);
}

static bool check_fields(const json_t *given, GError **error)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)given, name, value) TRY(rule_field_check(name, value, error));
    return true;
}

static void set_missing(json_t *rule, const char *name, json_t *take_value)
{
    if (json_object_get(rule, name) != NULL)
        json_decref(take_value);
    else
        (void)json_object_set_new(rule, name, take_value);
}

/* As a list the first step is the severity itself. */
static bool split_severity(json_t *rule, GError **error)
{
    json_t *steps = json_object_get(rule, "severity");

    if (!json_is_array(steps))
        return true;
    const json_t *first = json_array_get(steps, 0);
    if (json_integer_value(json_object_get(first, "occurrences")) != 1)
        return fail_at(error, &(ErrorPlace){.field = "severity"}, "expected the first step to be of 1 occurrence");
    if (json_object_get(rule, "severity_by_occurrences") != NULL)
        return fail_at(
            error, &(ErrorPlace){.field = "severity_by_occurrences"}, "only beside one severity, not a list");
    g_autoptr(JsonValue) rest = json_copy(steps);
    (void)json_object_set(rule, "severity", json_object_get(first, "severity"));
    (void)json_array_remove(rest, 0);
    if (json_array_size(rest) > 0)
        (void)json_object_set(rule, "severity_by_occurrences", rest);
    return true;
}

static bool fill_in(json_t *rule, GError **error)
{
    TRY(split_severity(rule, error));
    set_missing(rule, "name", json_copy(json_object_get(rule, "id")));
    set_missing(rule, "description", json_copy(json_object_get(rule, "name")));
    set_missing(rule, "category", json_string("personal"));
    set_missing(rule, "severity", json_string("medium"));
    set_missing(rule, "mask", json_string("all"));
    set_missing(rule, "engine", json_string("literal"));
    return true;
}

static const char *const needed_fields[] = {"id", "examples"};

static bool check_needed(const json_t *rule, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(needed_fields); i++)
        if (json_object_get(rule, needed_fields[i]) == NULL)
            return fail_at(error, &(ErrorPlace){.field = needed_fields[i]}, "is missing");
    return true;
}

/* By itself: neither a cache nor the other rules are asked for, so that it takes milliseconds. */
static bool try_rule(const char *document, GError **error)
{
    const char *const nowhere[] = {NULL};
    const char *const documents[] = {document, NULL};
    g_autofree char *text = custom_rules_text(documents);
    const RuleText added = {.name = WHERE, .text = text};
    g_autoptr(RuleSet) rules = NULL;

    return rule_set_load_with(nowhere, &added, NULL, &rules, error) && rule_set_check_examples(rules, NULL, error);
}

/* The rule without its version, nothing missing, and its text. */
static bool complete(const json_t *given, json_t **ret_rule, char **ret_document, GError **error)
{
    g_autoptr(JsonValue) rule = json_deep_copy(given);

    (void)json_object_del(rule, "version");
    TRY(fill_in(rule, error));
    char *document = json_dumps(rule, JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    *ret_document = g_strdup(document);
    free(document);
    *ret_rule = g_steal_pointer(&rule);
    return true;
}

static bool read_rule(const json_t *given, CustomRuleText *ret_rule, GError **error)
{
    g_auto(CustomRuleText) read = {0};
    g_autoptr(JsonValue) rule = NULL;

    if (!json_is_object(given))
        return fail(error, ERROR_INVALID, "a rule: expected a JSON object");
    TRY(check_fields(given, error));
    TRY(check_needed(given, error));
    read.version = json_integer_value(json_object_get(given, "version"));
    TRY(complete(given, &rule, &read.document, error));
    read.id = g_strdup(json_string_value(json_object_get(rule, "id")));
    TRY(try_rule(read.document, error));
    *ret_rule = read;
    read = (CustomRuleText){0};
    return true;
}

bool custom_rule_read(const json_t *given, CustomRuleText *ret_rule, GError **error)
{
    GError *reason = NULL;

    if (read_rule(given, ret_rule, &reason))
        return true;
    const char *field = error_place(reason).field;
    if (field == NULL) {
        g_propagate_error(error, reason);
        return false;
    }
    /* Where it stands among rules is nothing to a client that sent one. */
    (void)fail(error, error_kind(reason), "field '%s': %s", field, error_what(reason));
    g_error_free(reason);
    return false;
}

/* ---- all that is wrong ---- */

static void note_refusal(RuleFaults *faults, const GError *refusal)
{
    rule_faults_add(
        faults, &(RuleFault){.file = WHERE, .field = error_place(refusal).field, .what = error_what(refusal)});
}

/* Those that are wrong go into the set. */
static void find_field_faults(const json_t *given, RuleFaults *faults, GHashTable *wrong_fields)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)given, name, value)
    {
        g_autoptr(GError) refusal = NULL;
        if (rule_field_check(name, value, &refusal))
            continue;
        note_refusal(faults, refusal);
        (void)g_hash_table_add(wrong_fields, (gpointer)name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(needed_fields); i++) {
        if (json_object_get(given, needed_fields[i]) != NULL)
            continue;
        rule_faults_add(faults, &(RuleFault){.file = WHERE, .field = needed_fields[i], .what = "is missing"});
        (void)g_hash_table_add(wrong_fields, (gpointer)needed_fields[i]);
    }
}

/* What is left of the rule without them: what every rule must have says something that is fine by itself. */
static json_t *rest_of(const json_t *given, GHashTable *wrong_fields)
{
    json_t *rest = json_deep_copy(given);
    GHashTableIter iter;
    gpointer name = NULL;

    g_hash_table_iter_init(&iter, wrong_fields);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        (void)json_object_del(rest, name);
    set_missing(rest, "id", json_string("rest.of_rule"));
    set_missing(rest, "examples", json_pack("{s:[s],s:[s]}", "match", "x", "no_match", "x"));
    return rest;
}

static bool only_tells(GHashTable *fields)
{
    GHashTableIter iter;
    gpointer name = NULL;

    g_hash_table_iter_init(&iter, fields);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!rule_field_only_tells(name))
            return false;
    return true;
}

typedef enum ExampleUse { EXAMPLES_RUN, EXAMPLES_LEFT } ExampleUse;

static void find_faults_together(const char *document, ExampleUse use, RuleFaults *faults)
{
    const char *const nowhere[] = {NULL};
    const char *const documents[] = {document, NULL};
    g_autofree char *text = custom_rules_text(documents);
    const RuleText added = {.name = WHERE, .text = text};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) refusal = NULL, trouble = NULL;

    if (!rule_set_load_with(nowhere, &added, NULL, &rules, &refusal))
        rule_set_find_faults(nowhere, &added, refusal, faults);
    else if (use == EXAMPLES_RUN && !rule_set_find_example_faults(rules, NULL, faults, &trouble))
        note_refusal(faults, trouble);
}

/* Where fields were left out, what is wrong may be wrong since they were. */
static void add_those_of_rest(const RuleFaults *found, GHashTable *wrong_fields, RuleFaults *faults)
{
    for (uint32_t i = 0; i < rule_faults_kept(found); i++) {
        const RuleFault *fault = rule_faults_at(found, i);
        if (!fault->is_of_several && fault->field != NULL && !g_hash_table_contains(wrong_fields, fault->field))
            rule_faults_add(faults, fault);
    }
}

void custom_rule_find_faults(const json_t *given, RuleFaults *faults)
{
    g_autoptr(GHashTable) wrong_fields = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(RuleFaults) of_rest = rule_faults_new();
    g_autoptr(JsonValue) rule = NULL;
    g_autoptr(GError) refusal = NULL;
    g_autofree char *document = NULL;

    if (!json_is_object(given))
        return;
    find_field_faults(given, faults, wrong_fields);
    bool is_whole = g_hash_table_size(wrong_fields) == 0;
    g_autoptr(JsonValue) rest = is_whole ? json_deep_copy(given) : rest_of(given, wrong_fields);
    if (!complete(rest, &rule, &document, &refusal)) {
        note_refusal(faults, refusal);
        return;
    }
    if (is_whole) {
        find_faults_together(document, EXAMPLES_RUN, faults);
        return;
    }
    find_faults_together(document, only_tells(wrong_fields) ? EXAMPLES_RUN : EXAMPLES_LEFT, of_rest);
    add_those_of_rest(of_rest, wrong_fields, faults);
}
