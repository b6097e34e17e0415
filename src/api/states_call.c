#include "api/states_call.h"

#include "api/page_token.h"
#include "base/clock.h"

#include <stdarg.h>
#include <string.h>

enum {
    ARN_CHARS_MAX = 256,
    SHOWN_CHARS_MAX = 256, /* of a bad value in a message */
    RESULTS_DEFAULT = 100,
    RESULTS_MAX = 1000,
    MS_PER_S = 1000,
    ARN_SERVICE = 2,
    ARN_TYPE = 5,
    ARN_FIELDS_MIN = 7,
};
enum { TOKEN_LIFE_MS = 24 * 3600 * MS_PER_S };

bool states_refuse(StatesCall *call, GError **error, const char *code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    call->code = code;
    return fail(error, ERROR_INVALID, "%s", message);
}

static bool refuse_value(StatesCall *call, const char *name, const char *value, const char *rule, GError **error)
{
    g_autofree char *shown = g_utf8_substring(value, 0, MIN(g_utf8_strlen(value, -1), SHOWN_CHARS_MAX));

    return states_refuse(call, error, "ValidationException",
        "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", shown, name, rule);
}

static bool refuse_type(StatesCall *call, const char *name, const char *type, GError **error)
{
    return states_refuse(call, error, "SerializationException", "member '%s': expected %s", name, type);
}

static const json_t *param(const StatesCall *call, const char *name)
{
    const json_t *value = json_object_get(call->params, name);

    return json_is_null(value) ? NULL : value;
}

static bool check_length(StatesCall *call, TextParam text, const char *value, GError **error)
{
    const size_t chars = (size_t)g_utf8_strlen(value, -1);
    g_autofree char *rule = NULL;

    if (chars < text.min_chars)
        rule = g_strdup_printf("Member must have length greater than or equal to %zu", text.min_chars);
    else if (text.max_chars > 0 && chars > text.max_chars)
        rule = g_strdup_printf("Member must have length less than or equal to %zu", text.max_chars);
    return rule == NULL || refuse_value(call, text.name, value, rule, error);
}

bool states_text(StatesCall *call, TextParam text, const char **ret_text, GError **error)
{
    const json_t *value = param(call, text.name);

    if (value == NULL && text.presence == PARAM_REQUIRED)
        return states_refuse(call, error, "ValidationException",
            "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null",
            text.name);
    *ret_text = NULL;
    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return refuse_type(call, text.name, "a string", error);
    TRY(check_length(call, text, json_string_value(value), error));
    *ret_text = json_string_value(value);
    return true;
}

bool states_number(StatesCall *call, const char *name, int64_t least, int64_t most, int64_t *ret_number, GError **error)
{
    const json_t *value = param(call, name);
    g_autofree char *rule = NULL;

    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return refuse_type(call, name, "an integer", error);
    const int64_t number = json_integer_value(value);
    g_autofree char *shown = g_strdup_printf("%" G_GINT64_FORMAT, number);
    if (number > most)
        rule = g_strdup_printf("Member must have value less than or equal to %" G_GINT64_FORMAT, most);
    else if (number < least)
        rule = g_strdup_printf("Member must have value greater than or equal to %" G_GINT64_FORMAT, least);
    if (rule != NULL)
        return refuse_value(call, name, shown, rule, error);
    *ret_number = number;
    return true;
}

bool states_flag(StatesCall *call, const char *name, bool *ret_flag, GError **error)
{
    const json_t *value = param(call, name);

    if (value == NULL)
        return true;
    if (!json_is_boolean(value))
        return refuse_type(call, name, "a boolean", error);
    *ret_flag = json_is_true(value);
    return true;
}

bool states_choice(StatesCall *call, const char *name, const char *values, const char **ret_value, GError **error)
{
    g_auto(GStrv) allowed = g_strsplit(values, ", ", -1);
    const char *value = NULL;

    TRY(states_text(call, (TextParam){.name = name}, &value, error));
    if (value != NULL && !g_strv_contains((const gchar *const *)allowed, value)) {
        g_autofree char *rule = g_strdup_printf("Member must satisfy enum value set: [%s]", values);
        return refuse_value(call, name, value, rule, error);
    }
    *ret_value = value;
    return true;
}

bool states_max_results(StatesCall *call, uint32_t *ret_limit, GError **error)
{
    int64_t limit = 0;

    TRY(states_number(call, "maxResults", 0, RESULTS_MAX, &limit, error));
    *ret_limit = limit > 0 ? (uint32_t)limit : RESULTS_DEFAULT;
    return true;
}

bool states_arn(StatesCall *call, const char *name, const char *type, const char **ret_arn, GError **error)
{
    const TextParam text = {.name = name, .presence = PARAM_REQUIRED, .min_chars = 1, .max_chars = ARN_CHARS_MAX};

    TRY(states_text(call, text, ret_arn, error));
    g_auto(GStrv) fields = g_strsplit(*ret_arn, ":", -1);
    if (g_strv_length(fields) < ARN_FIELDS_MIN || !g_str_equal(fields[0], "arn") ||
        !g_str_equal(fields[ARN_SERVICE], "states"))
        return states_refuse(call, error, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", *ret_arn);
    if (type != NULL && !g_str_equal(fields[ARN_TYPE], type))
        return states_refuse(
            call, error, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: %s'", fields[ARN_TYPE]);
    return true;
}

/* "<when it was made, in ms>|<text>" */
static bool is_fresh(const char *stamped, const char **ret_text)
{
    char *end = NULL;
    const int64_t made_ms = g_ascii_strtoll(stamped, &end, 10);

    *ret_text = end + 1;
    return *end == '|' && clock_now_ms() - made_ms < TOKEN_LIFE_MS;
}

bool states_token_read(
    StatesCall *call, const char *binding, size_t max_chars, int64_t *ret_number, char **ret_text, GError **error)
{
    const TextParam text = {.name = "nextToken", .min_chars = 1, .max_chars = max_chars};
    const char *token = NULL, *place = NULL;
    g_autoptr(GError) unread = NULL;
    PagePosition position = {0};

    TRY(states_text(call, text, &token, error));
    if (token == NULL)
        return true;
    if (!page_token_read(call->api->token_key, binding, token, &position, &unread) || !is_fresh(position.text, &place))
        return states_refuse(call, error, "InvalidToken", "Invalid Token: 'Invalid token'");
    *ret_number = position.number;
    g_free(*ret_text);
    *ret_text = g_strdup(place);
    return true;
}

json_t *states_token_make(const StatesCall *call, const char *binding, int64_t number, const char *text)
{
    g_autofree char *stamped = g_strdup_printf("%" G_GINT64_FORMAT "|%s", clock_now_ms(), text);
    PagePosition position = {.number = number};

    g_strlcpy(position.text, stamped, sizeof position.text);
    g_autofree char *token = page_token_make(call->api->token_key, binding, &position);
    return json_string(token);
}

json_t *states_time(int64_t time_ms)
{
    return json_real((double)time_ms / MS_PER_S);
}

char *states_execution_prefix(const char *machine_arn)
{
    g_auto(GStrv) parts = g_strsplit(machine_arn, ":stateMachine:", 2);

    return parts[0] != NULL && parts[1] != NULL ? g_strdup_printf("%s:execution:%s:", parts[0], parts[1])
                                                : g_strdup(machine_arn);
}
