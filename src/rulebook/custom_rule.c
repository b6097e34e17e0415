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
        return fail(error, ERROR_INVALID, "field 'severity': expected the first step to be of 1 occurrence");
    if (json_object_get(rule, "severity_by_occurrences") != NULL)
        return fail(error, ERROR_INVALID, "field 'severity_by_occurrences': only beside one severity, not a list");
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
            return fail(error, ERROR_INVALID, "field '%s' is missing", needed_fields[i]);
    return true;
}

/* "custom rule: rule acme.badge: distance: 301: …" is told by the name of the field alone. */
static void name_field(const char *id, GError **error)
{
    g_autofree char *head = g_strdup_printf(WHERE ": rule %s: ", id);
    const char *message = (*error)->message;

    if (!g_str_has_prefix(message, head))
        return;
    const char *field = message + strlen(head);
    size_t len = strspn(field, "abcdefghijklmnopqrstuvwxyz_");
    char *told = field[len] == ':' ? g_strdup_printf("field '%.*s'%s", (int)len, field, field + len) : g_strdup(field);
    g_free((*error)->message);
    (*error)->message = told;
}

/* By itself: neither a cache nor the other rules are asked for, so that it takes milliseconds. */
static bool try_rule(const char *id, const char *document, GError **error)
{
    const char *const nowhere[] = {NULL};
    const char *const documents[] = {document, NULL};
    g_autofree char *text = custom_rules_text(documents);
    const RuleText added = {.name = WHERE, .text = text};
    g_autoptr(RuleSet) rules = NULL;
    GError *reason = NULL;

    if (rule_set_load_with(nowhere, &added, NULL, &rules, &reason) && rule_set_check_examples(rules, NULL, &reason))
        return true;
    name_field(id, &reason);
    g_propagate_error(error, reason);
    return false;
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

bool custom_rule_read(const json_t *given, CustomRuleText *ret_rule, GError **error)
{
    g_auto(CustomRuleText) read = {0};

    if (!json_is_object(given))
        return fail(error, ERROR_INVALID, "a rule: expected a JSON object");
    TRY(check_fields(given, error));
    TRY(check_needed(given, error));
    g_autoptr(JsonValue) rule = NULL;
    read.version = json_integer_value(json_object_get(given, "version"));
    TRY(complete(given, &rule, &read.document, error));
    read.id = g_strdup(json_string_value(json_object_get(rule, "id")));
    TRY(try_rule(read.id, read.document, error));
    *ret_rule = read;
    read = (CustomRuleText){0};
    return true;
}

/* ---- all that is wrong ---- */

/* "field 'distance': expected …" */
static void note_refusal(RuleFaults *faults, const GError *refusal)
{
    static const char head[] = "field '";
    const char *name = g_str_has_prefix(refusal->message, head) ? refusal->message + strlen(head) : NULL;
    const char *end = name != NULL ? strstr(name, "': ") : NULL;
    g_autofree char *field = end != NULL ? g_strndup(name, (gsize)(end - name)) : NULL;

    rule_faults_add(faults,
        &(RuleFault){.file = WHERE, .field = field, .what = end != NULL ? end + strlen("': ") : refusal->message});
}

static void find_field_faults(const json_t *given, RuleFaults *faults)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)given, name, value)
    {
        g_autoptr(GError) refusal = NULL;
        if (!rule_field_check(name, value, &refusal))
            note_refusal(faults, refusal);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(needed_fields); i++)
        if (json_object_get(given, needed_fields[i]) == NULL)
            rule_faults_add(faults, &(RuleFault){.file = WHERE, .field = needed_fields[i], .what = "is missing"});
}

static void find_faults_together(const char *document, RuleFaults *faults)
{
    const char *const nowhere[] = {NULL};
    const char *const documents[] = {document, NULL};
    g_autofree char *text = custom_rules_text(documents);
    const RuleText added = {.name = WHERE, .text = text};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) refusal = NULL, trouble = NULL;

    if (!rule_set_load_with(nowhere, &added, NULL, &rules, &refusal))
        rule_set_find_faults(nowhere, &added, refusal, faults);
    else if (!rule_set_find_example_faults(rules, NULL, faults, &trouble))
        note_refusal(faults, trouble);
}

void custom_rule_find_faults(const json_t *given, RuleFaults *faults)
{
    g_autoptr(JsonValue) rule = NULL;
    g_autoptr(GError) refusal = NULL;
    g_autofree char *document = NULL;

    if (!json_is_object(given))
        return;
    find_field_faults(given, faults);
    if (rule_faults_total(faults) > 0)
        return;
    if (complete(given, &rule, &document, &refusal))
        find_faults_together(document, faults);
    else
        note_refusal(faults, refusal);
}
