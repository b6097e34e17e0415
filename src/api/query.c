#include "api/query.h"

#include "base/clock.h"

#include <string.h>

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000 };

static const HttpPair *find_first(const HttpCall *call, const char *name)
{
    for (size_t i = 0; i < call->query_count; i++)
        if (strcmp(call->query[i].name, name) == 0)
            return &call->query[i];
    return NULL;
}

const char *query_get(const HttpCall *call, const char *name)
{
    const HttpPair *pair = find_first(call, name);

    return pair != NULL ? pair->value : NULL;
}

bool query_check(const HttpCall *call, const char *const *known, GError **error)
{
    for (size_t i = 0; i < call->query_count; i++) {
        const HttpPair *pair = &call->query[i];
        if (!g_strv_contains(known, pair->name)) {
            g_autofree char *names = g_strjoinv(", ", (char **)(uintptr_t)known);
            return fail(error, ERROR_INVALID, "query parameter '%.64s' is not known here; expected %s", pair->name,
                *names != '\0' ? names : "none");
        }
        if (find_first(call, pair->name) != pair)
            return fail(error, ERROR_INVALID, "query parameter '%s' is given twice", pair->name);
        if (*pair->value == '\0')
            return fail(error, ERROR_INVALID, "query parameter '%s' is empty", pair->name);
    }
    return true;
}

bool query_flag(const HttpCall *call, const char *name, bool *ret_is_set, GError **error)
{
    const char *value = query_get(call, name);

    if (value != NULL && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return fail(error, ERROR_INVALID, "query parameter '%s': expected true or false, got '%.64s'", name, value);
    *ret_is_set = value != NULL && strcmp(value, "true") == 0;
    return true;
}

bool query_limit(const HttpCall *call, uint32_t *ret_limit, GError **error)
{
    const char *value = query_get(call, "limit");
    guint64 limit = LIMIT_DEFAULT;

    if (value != NULL && !g_ascii_string_to_unsigned(value, 10, 1, LIMIT_MAX, &limit, NULL))
        return fail(error, ERROR_INVALID, "query parameter 'limit': expected a whole number from 1 to %d, got '%.64s'",
            LIMIT_MAX, value);
    *ret_limit = (uint32_t)limit;
    return true;
}

bool query_time(const HttpCall *call, const char *name, int64_t *ret_time_ms, GError **error)
{
    const char *value = query_get(call, name);

    if (value == NULL || clock_parse_day_or_iso(value, ret_time_ms, error))
        return true;
    g_prefix_error(error, "query parameter '%s': ", name);
    return false;
}

char *query_binding(const HttpCall *call, const char *const *known)
{
    GString *binding = g_string_new(call->path);

    for (; *known != NULL; known++) {
        const char *value = query_get(call, *known);
        if (value != NULL && strcmp(*known, "limit") != 0 && strcmp(*known, "nextToken") != 0)
            g_string_append_printf(binding, "\n%s=%zu:%s", *known, strlen(value), value);
    }
    return g_string_free(binding, FALSE);
}
