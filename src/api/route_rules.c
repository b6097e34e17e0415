/* Rules: those of the installation are shown; custom ones are made, replaced and removed. */
#include "api/api_internal.h"
#include "api/body.h"
#include "api/page_token.h"
#include "api/query.h"
#include "base/clock.h"
#include "base/log.h"
#include "rulebook/custom_rule.h"

#include <string.h>

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

static json_t *steps_json(const Rule *rule)
{
    json_t *steps = json_array();

    for (uint32_t i = 0; i < rule->severity_step_count; i++)
        (void)json_array_append_new(
            steps, json_pack("{s:I,s:s}", "occurrences", (json_int_t)rule->severity_steps[i].occurrences, "severity",
                       severity_name(rule->severity_steps[i].severity)));
    return steps;
}

static json_t *installed_json(const Rule *rule)
{
    json_t *compliance = json_array();

    for (uint32_t i = 0; i < rule->compliance_count; i++)
        (void)json_array_append_new(compliance, reply_text(rule->compliance[i]));
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:s,s:o,s:o}", "id", rule->id, "origin", "built_in", "detector",
        rule->detector, "name", reply_text(rule->name), "description", reply_text(rule->description), "category",
        rule->category, "severity", severity_name(rule->severity), "severity_by_occurrences", steps_json(rule),
        "compliance", compliance);
}

static json_t *custom_json(const CustomRule *rule)
{
    g_autofree char *created = clock_format_iso(rule->created_ms);
    g_autofree char *updated = clock_format_iso(rule->updated_ms);
    g_autoptr(JsonValue) document = json_loads(rule->document, 0, NULL);
    json_t *told = json_pack("{s:s,s:s,s:s,s:I,s:s,s:s}", "id", rule->id, "origin", "custom", "detector", rule->id,
        "version", (json_int_t)rule->version, "created_at", created, "updated_at", updated);

    (void)json_object_update_missing(told, document);
    return told;
}

static bool find_installed(const Api *api, const char *id, const Rule **ret_rule)
{
    const RuleSet *rules = rulebook_installed(api->rulebook);

    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        *ret_rule = rule_set_rule(rules, i);
        if (strcmp((*ret_rule)->id, id) == 0)
            return true;
    }
    return false;
}

bool route_rule(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const no_query[] = {NULL};
    g_auto(CustomRule) rule = {0};
    const Rule *installed = NULL;

    TRY(query_check(request->call, no_query, error));
    if (find_installed(api, request->id, &installed)) {
        *ret_reply = reply_json(200, installed_json(installed));
        return true;
    }
    TRY(rulebook_find(api->rulebook, request->id, &rule, error));
    *ret_reply = reply_json(200, custom_json(&rule));
    return true;
}

/* ---- the list ---- */

typedef struct RulesQuery {
    const char *origin, *category, *severity; /* NULL: all */
    char after[480];                          /* id; "" from the start */
    uint32_t limit;
} RulesQuery;

static bool fits(const RulesQuery *query, const json_t *rule)
{
    const char *const filters[][2] = {
        {"origin", query->origin}, {"category", query->category}, {"severity", query->severity}};

    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        const char *value = json_string_value(json_object_get(rule, filters[i][0]));
        if (filters[i][1] != NULL && g_strcmp0(value, filters[i][1]) != 0)
            return false;
    }
    return strcmp(json_string_value(json_object_get(rule, "id")), query->after) > 0;
}

static void add_if_fits(GPtrArray *rules, const RulesQuery *query, json_t *take_rule)
{
    if (fits(query, take_rule))
        g_ptr_array_add(rules, take_rule);
    else
        json_decref(take_rule);
}

static int id_order(gconstpointer left, gconstpointer right)
{
    return strcmp(json_string_value(json_object_get(*(json_t *const *)left, "id")),
        json_string_value(json_object_get(*(json_t *const *)right, "id")));
}

/* All that fit, in order of id. */
static bool gather(const Api *api, const RulesQuery *query, GPtrArray *rules, GError **error)
{
    const RuleSet *installed = rulebook_installed(api->rulebook);
    g_autoptr(GArray) custom = NULL;

    TRY(rulebook_list(api->rulebook, &custom, error));
    for (guint i = 0; i < custom->len; i++)
        add_if_fits(rules, query, custom_json(&g_array_index(custom, CustomRule, i)));
    for (uint32_t i = 0; i < rule_set_size(installed); i++)
        add_if_fits(rules, query, installed_json(rule_set_rule(installed, i)));
    g_ptr_array_sort(rules, id_order);
    return true;
}

static bool check_name(const HttpCall *call, const char *name, const char *const *names, GError **error)
{
    const char *value = query_get(call, name);

    if (value == NULL || g_strv_contains(names, value))
        return true;
    g_autofree char *list = g_strjoinv(", ", (char **)(uintptr_t)names);
    return fail(error, ERROR_INVALID, "query parameter '%s': expected one of %s, got '%.64s'", name, list, value);
}

static bool read_query(const HttpCall *call, RulesQuery *query, GError **error)
{
    static const char *const origins[] = {"built_in", "custom", NULL};
    static const char *const categories[] = {"financial", "personal", "government", "health", "secret", NULL};
    static const char *const severities[] = {"low", "medium", "high", "critical", NULL};

    TRY(check_name(call, "origin", origins, error));
    TRY(check_name(call, "category", categories, error));
    TRY(check_name(call, "severity", severities, error));
    query->origin = query_get(call, "origin");
    query->category = query_get(call, "category");
    query->severity = query_get(call, "severity");
    return query_limit(call, &query->limit, error);
}

static json_t *page_of(const Api *api, const char *binding, const RulesQuery *query, const GPtrArray *rules)
{
    guint count = MIN(rules->len, query->limit);
    json_t *page = json_array();
    g_autofree char *token = NULL;

    for (guint i = 0; i < count; i++)
        (void)json_array_append(page, g_ptr_array_index(rules, i));
    if (count < rules->len) {
        PagePosition position = {0};
        g_strlcpy(position.text, json_string_value(json_object_get(g_ptr_array_index(rules, count - 1), "id")),
            sizeof position.text);
        token = page_token_make(api->token_key, binding, &position);
    }
    return json_pack("{s:o,s:s?}", "rules", page, "nextToken", token);
}

bool route_rules(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"limit", "nextToken", "origin", "category", "severity", NULL};
    const HttpCall *call = request->call;
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    PagePosition from = {0};
    RulesQuery query = {0};

    TRY(query_check(call, known, error));
    TRY(read_query(call, &query, error));
    g_autofree char *binding = query_binding(call, known);
    if (query_get(call, "nextToken") != NULL)
        TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));
    g_strlcpy(query.after, from.text, sizeof query.after);
    TRY(gather(api, &query, rules, error));
    *ret_reply = reply_json(200, page_of(api, binding, &query, rules));
    return true;
}

/* ---- changes ---- */

static void log_change(const char *event, const char *id, int64_t version)
{
    log_info(event, "rule", id, "version", log_int(version), NULL);
}

static json_t *fault_json(const RuleFault *fault)
{
    return json_pack("{s:s?,s:o}", "field", fault->field, "message", reply_text(fault->what));
}

/* Beside the error, which is the first of them. */
static json_t *faults_json(const RuleFaults *faults)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < rule_faults_kept(faults); i++)
        (void)json_array_append_new(list, fault_json(rule_faults_at(faults, i)));
    if (rule_faults_total(faults) > rule_faults_kept(faults)) {
        g_autofree char *more =
            g_strdup_printf("and %" G_GUINT64_FORMAT " more", rule_faults_total(faults) - rule_faults_kept(faults));
        (void)json_array_append_new(list, fault_json(&(RuleFault){.what = more}));
    }
    return list;
}

/* False with the error unless it is the rule that is wrong: then all that is wrong with it is told. */
static bool refuse_rule(const json_t *given, GError *take_error, HttpReply **ret_reply, GError **error)
{
    g_autoptr(RuleFaults) faults = rule_faults_new();

    if (error_is(take_error, ERROR_INVALID))
        custom_rule_find_faults(given, faults);
    if (rule_faults_total(faults) == 0) {
        g_propagate_error(error, take_error);
        return false;
    }
    *ret_reply = reply_error_with(ERROR_INVALID, take_error->message, "errors", faults_json(faults));
    g_error_free(take_error);
    return true;
}

bool route_rule_put(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const no_query[] = {NULL};
    g_autoptr(JsonValue) given = NULL;
    g_auto(CustomRule) rule = {0};
    RulebookChange change = RULEBOOK_UNCHANGED;
    GError *refusal = NULL;

    TRY(query_check(request->call, no_query, error));
    TRY(body_object(request->call->body, &given, error));
    if (!rulebook_put(api->rulebook, given, &rule, &change, &refusal))
        return refuse_rule(given, refusal, ret_reply, error);
    if (change != RULEBOOK_UNCHANGED)
        log_change("rule.kept", rule.id, rule.version);
    *ret_reply = reply_json(change == RULEBOOK_CREATED ? 201 : 200, custom_json(&rule));
    return true;
}

bool route_rule_delete(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const no_query[] = {NULL};

    TRY(query_check(request->call, no_query, error));
    TRY(rulebook_delete(api->rulebook, request->id, error));
    log_change("rule.deleted", request->id, 0);
    *ret_reply = reply_json(200, json_pack("{s:s,s:b}", "id", request->id, "deleted", 1));
    return true;
}
