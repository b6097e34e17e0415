#include "workflow/asl/error.h"

#include <math.h>

enum { RETRY_INTERVAL_S = 1, RETRY_ATTEMPTS = 3 };
static const double RETRY_BACKOFF = 2.0;
/* A year: no execution lives longer, and no wait can leave the range of milliseconds. */
static const double RETRY_WAIT_MAX_S = 31622400.0;

void task_error_clear(TaskError *error)
{
    g_clear_pointer(&error->name, g_free);
    g_clear_pointer(&error->cause, g_free);
    error->is_own = error->is_heartbeat = error->says_where = false;
}

TaskError task_error_copy(const TaskError *error)
{
    TaskError copy = *error;

    copy.name = g_strdup(error->name);
    copy.cause = g_strdup(error->cause);
    return copy;
}

bool asl_fail(TaskError *ret_error, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ret_error->name = g_strdup(name);
    ret_error->cause = g_strdup_vprintf(format, args);
    ret_error->is_own = true;
    ret_error->says_where = false;
    va_end(args);
    return false;
}

bool asl_fail_task(TaskError *ret_error, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ret_error->name = g_strdup(name);
    ret_error->cause = g_strdup_vprintf(format, args);
    ret_error->is_own = false;
    va_end(args);
    return false;
}

bool asl_error_is_fatal(const TaskError *error)
{
    return error->is_own && g_strcmp0(error->name, ASL_RUNTIME) == 0;
}

static bool is_timeout(const char *name)
{
    return g_str_equal(name, ASL_TIMEOUT) || g_str_equal(name, ASL_HEARTBEAT);
}

static bool pattern_matches(const char *pattern, const TaskError *error)
{
    const char *name = error->name != NULL ? error->name : "";

    if (g_str_equal(pattern, ASL_ALL))
        return !g_str_equal(name, ASL_RUNTIME) && !(error->is_own && g_str_equal(name, ASL_DATA_LIMIT));
    if (g_str_equal(pattern, ASL_TASK_FAILED))
        return !is_timeout(name) && !g_str_equal(name, ASL_RUNTIME) &&
               !(error->is_own && g_str_equal(name, ASL_DATA_LIMIT));
    if (g_str_equal(pattern, ASL_TIMEOUT))
        return is_timeout(name);
    if (g_str_equal(pattern, ASL_HEARTBEAT))
        return error->is_heartbeat || g_str_equal(name, ASL_HEARTBEAT);
    if (g_str_equal(pattern, ASL_RESULT_PATH)) /* as the documents call what Step Functions reports by another name */
        return g_str_equal(name, ASL_RESULT_PATH) || g_str_equal(name, ASL_PATH_CONFLICT);
    return g_str_equal(pattern, name);
}

bool asl_error_matches(const json_t *error_equals, const TaskError *error)
{
    if (asl_error_is_fatal(error))
        return false;
    for (size_t i = 0; i < json_array_size(error_equals); i++) {
        const char *pattern = json_string_value(json_array_get(error_equals, i));
        if (pattern != NULL && pattern_matches(pattern, error))
            return true;
    }
    return false;
}

static double number_or(const json_t *object, const char *name, double fallback)
{
    const json_t *value = json_object_get(object, name);

    return json_is_number(value) ? json_number_value(value) : fallback;
}

static int64_t wait_ms(const json_t *retrier, json_int_t attempts_used, double unit_random)
{
    double interval = number_or(retrier, "IntervalSeconds", RETRY_INTERVAL_S);
    double backoff = number_or(retrier, "BackoffRate", RETRY_BACKOFF);
    double longest = number_or(retrier, "MaxDelaySeconds", RETRY_WAIT_MAX_S);
    double seconds = fmin(interval * pow(backoff, (double)attempts_used), longest);

    if (g_strcmp0(json_string_value(json_object_get(retrier, "JitterStrategy")), "FULL") == 0)
        seconds *= unit_random;
    return (int64_t)(fmin(seconds, RETRY_WAIT_MAX_S) * 1000.0);
}

bool asl_retry_next(
    const json_t *retriers, const TaskError *error, double unit_random, json_t *counts, int64_t *ret_wait_ms)
{
    while (json_array_size(counts) < json_array_size(retriers))
        json_array_append_new(counts, json_integer(0));
    for (size_t i = 0; i < json_array_size(retriers); i++) {
        const json_t *retrier = json_array_get(retriers, i);
        json_int_t used = json_integer_value(json_array_get(counts, i));
        if (!asl_error_matches(json_object_get(retrier, "ErrorEquals"), error))
            continue;
        if ((double)used >= number_or(retrier, "MaxAttempts", RETRY_ATTEMPTS))
            return false;
        *ret_wait_ms = wait_ms(retrier, used, unit_random);
        json_array_set_new(counts, i, json_integer(used + 1));
        return true;
    }
    return false;
}

const json_t *asl_catch_find(const json_t *catchers, const TaskError *error)
{
    for (size_t i = 0; i < json_array_size(catchers); i++) {
        const json_t *catcher = json_array_get(catchers, i);
        if (asl_error_matches(json_object_get(catcher, "ErrorEquals"), error))
            return catcher;
    }
    return NULL;
}
