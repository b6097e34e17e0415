#include "api/scan_options.h"

#include <string.h>

enum { PATTERNS_MAX = 100, TEXT_MAX_BYTES = 1024, REGION_MAX_BYTES = 32 };

typedef bool (*OptionCheck)(const char *name, const json_t *value, GError **error);

typedef enum OptionOwner { OWNER_CLIENT, OWNER_OPERATOR } OptionOwner;

/* A client may give what is listed here and nothing else: an option that job_options learns later is not open to
 * clients before somebody has thought about it. */
typedef struct OptionRule {
    const char *name;
    OptionCheck check;
    OptionOwner owner;
    const char *flag; /* how an operator gives it */
} OptionRule;

const char *scan_json_type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static bool fail_type(const char *name, const char *expected, const json_t *value, GError **error)
{
    return fail(
        error, ERROR_INVALID, "field 'options.%s': expected %s, got %s", name, expected, scan_json_type_name(value));
}

static bool check_text(const char *name, const json_t *value, GError **error)
{
    if (!json_is_string(value))
        return fail_type(name, "a string", value, error);
    const size_t len = json_string_length(value);
    if (len == 0 || len > TEXT_MAX_BYTES)
        return fail(error, ERROR_INVALID, "field 'options.%s': expected 1 to %d bytes", name, TEXT_MAX_BYTES);
    return true;
}

static bool check_endpoint(const char *name, const json_t *value, GError **error)
{
    TRY(check_text(name, value, error));
    g_autoptr(GUri) uri = g_uri_parse(json_string_value(value), G_URI_FLAGS_HAS_PASSWORD, NULL);
    const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : "";
    const bool is_http = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;

    if (!is_http || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' || g_uri_get_userinfo(uri) != NULL)
        return fail(error, ERROR_INVALID,
            "field 'options.%s': expected http://HOST[:PORT] or https://HOST[:PORT], without user and password", name);
    return true;
}

/* It becomes part of a host name, so it may not hold anything that could end one. */
static bool check_region(const char *name, const json_t *value, GError **error)
{
    static const char allowed[] = G_CSET_a_2_z G_CSET_DIGITS "-";

    TRY(check_text(name, value, error));
    const char *text = json_string_value(value);
    if (strlen(text) > REGION_MAX_BYTES || strspn(text, allowed) != strlen(text))
        return fail(error, ERROR_INVALID,
            "field 'options.%s': expected a region such as eu-central-1 (lower-case letters, digits and '-')", name);
    return true;
}

static bool check_addressing(const char *name, const json_t *value, GError **error)
{
    static const char *const styles[] = {"auto", "path", "virtual", NULL};

    TRY(check_text(name, value, error));
    if (!g_strv_contains(styles, json_string_value(value)))
        return fail(error, ERROR_INVALID, "field 'options.%s': expected auto, path or virtual", name);
    return true;
}

static bool check_flag(const char *name, const json_t *value, GError **error)
{
    return json_is_boolean(value) ? true : fail_type(name, "true or false", value, error);
}

static bool check_size(const char *name, const json_t *value, GError **error)
{
    if (!json_is_integer(value))
        return fail_type(name, "a whole number of bytes", value, error);
    if (json_integer_value(value) < 1)
        return fail(error, ERROR_INVALID, "field 'options.%s': expected at least 1 byte", name);
    return true;
}

static bool check_patterns(const char *name, const json_t *value, GError **error)
{
    size_t i = 0;
    json_t *pattern = NULL;

    if (!json_is_array(value))
        return fail_type(name, "an array of patterns", value, error);
    if (json_array_size(value) > PATTERNS_MAX)
        return fail(error, ERROR_INVALID, "field 'options.%s': expected at most %d patterns", name, PATTERNS_MAX);
    json_array_foreach(value, i, pattern)
    {
        g_autofree char *place = g_strdup_printf("%s[%zu]", name, i);
        TRY(check_text(place, pattern, error));
    }
    return true;
}

static const OptionRule option_rules[] = {
    {"include", check_patterns, OWNER_CLIENT, NULL},
    {"exclude", check_patterns, OWNER_CLIENT, NULL},
    {"max_object_bytes", check_size, OWNER_CLIENT, NULL},
    {"region", check_region, OWNER_CLIENT, NULL},
    {"addressing", check_addressing, OWNER_CLIENT, NULL},
    {"anonymous", check_flag, OWNER_CLIENT, NULL},
    {"endpoint", check_endpoint, OWNER_OPERATOR, "--endpoint"},
    {"profile", check_text, OWNER_OPERATOR, "--profile"},
};

static const OptionRule *find_rule(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(option_rules); i++)
        if (strcmp(option_rules[i].name, name) == 0)
            return &option_rules[i];
    return NULL;
}

static bool fail_unknown(const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(option_rules); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", option_rules[i].name);
    return fail(error, ERROR_INVALID, "field 'options.%.64s' is not known; expected some of %s", name, names->str);
}

/* Asking for what the operator chose anyway is no choice of the client's. */
static bool may_choose(const OptionRule *rule, const json_t *value, const ScanPolicy *policy)
{
    return rule->owner == OWNER_CLIENT || policy->client_endpoints == API_ENDPOINTS_ALLOWED ||
           json_equal(json_object_get(policy->default_options, rule->name), value);
}

static bool check_option(const char *name, const json_t *value, const ScanPolicy *policy, GError **error)
{
    const OptionRule *rule = find_rule(name);

    if (rule == NULL)
        return fail_unknown(name, error);
    TRY(rule->check(name, value, error));
    if (!may_choose(rule, value, policy))
        return fail(error, ERROR_FORBIDDEN,
            "field 'options.%s': API clients may not choose it; the operator gives it to 'trawl serve' with %s", name,
            rule->flag);
    return true;
}

bool scan_options_merge(const json_t *options, const ScanPolicy *policy, json_t **ret_merged, GError **error)
{
    const char *name = NULL;
    json_t *value = NULL;

    if (options != NULL && !json_is_object(options))
        return fail(error, ERROR_INVALID, "field 'options': expected an object, got %s", scan_json_type_name(options));
    json_t *given = (json_t *)(uintptr_t)options; /* jansson iterates without const */
    json_object_foreach(given, name, value) TRY(check_option(name, value, policy, error));

    json_t *merged = policy->default_options != NULL ? json_deep_copy(policy->default_options) : json_object();
    if (given != NULL)
        (void)json_object_update(merged, given);
    *ret_merged = merged;
    return true;
}
