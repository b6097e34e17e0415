#include "workflow/asl/data.h"

#include "workflow/asl/intrinsic.h"

#include <string.h>

static bool fail_no_results(const char *path, TaskError *ret_error)
{
    g_autofree char *shown = asl_path_text(path);

    return asl_fail(ret_error, ASL_RUNTIME, "Invalid path '%s' : No results for path: %s", path, shown);
}

/* InputPath and OutputPath: absent is "$", null is an empty object. */
static bool select_path(
    const json_t *state, const char *field, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const json_t *path = json_object_get(state, field);

    if (path == NULL) {
        *ret_value = json_incref((json_t *)scope->input);
        return true;
    }
    if (json_is_null(path)) {
        *ret_value = json_object();
        return true;
    }
    const char *text = json_string_value(path);
    if (asl_path_find(text, scope, ret_value) == JSON_PATH_FOUND)
        return true;
    return fail_no_results(text, ret_error);
}

bool asl_apply_input(const json_t *state, const AslScope *raw, json_t **ret_value, TaskError *ret_error)
{
    return select_path(state, "InputPath", raw, ret_value, ret_error);
}

bool asl_apply_output(const json_t *state, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    return select_path(state, "OutputPath", scope, ret_value, ret_error);
}

static bool fail_not_found(const char *path, const char *field, const AslScope *scope, TaskError *ret_error)
{
    g_autofree char *input = asl_json_text(g_str_has_prefix(path, "$$") ? scope->context : scope->input);

    return asl_fail(ret_error, ASL_RUNTIME,
        "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", path, field, input);
}

/* What stands behind "name.$": a function, or a path. An index behind the end of an array gives null here, and only
 * here. */
static bool resolve(
    const char *key, const json_t *value, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const char *text = json_string_value(value);

    if (text != NULL && asl_is_intrinsic(text))
        return asl_intrinsic_call(text, scope, ret_value, ret_error);
    JsonPathResult result = text != NULL ? asl_path_find(text, scope, ret_value) : JSON_PATH_NOTHING;
    if (result == JSON_PATH_FOUND)
        return true;
    if (result == JSON_PATH_PAST_END) {
        *ret_value = json_null();
        return true;
    }
    return fail_not_found(text != NULL ? text : "", key, scope, ret_error);
}

/* "name.$": "$.path" becomes "name": what is there. */
static bool fill_member(
    const char *key, const json_t *value, const AslScope *scope, json_t *target, TaskError *ret_error)
{
    json_t *filled = NULL;

    if (!g_str_has_suffix(key, ".$")) {
        TRY(asl_fill_template(value, scope, &filled, ret_error));
        json_object_set_new(target, key, filled);
        return true;
    }
    TRY(resolve(key, value, scope, &filled, ret_error));
    g_autofree char *name = g_strndup(key, strlen(key) - strlen(".$"));
    json_object_set_new(target, name, filled);
    return true;
}

static bool fill_object(const json_t *object, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    json_t *filled = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)object, key, value)
    {
        if (!fill_member(key, value, scope, filled, ret_error)) {
            json_decref(filled);
            return false;
        }
    }
    *ret_value = filled;
    return true;
}

static bool fill_array(const json_t *array, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    json_t *filled = json_array();

    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *element = NULL;
        if (!asl_fill_template(json_array_get(array, i), scope, &element, ret_error)) {
            json_decref(filled);
            return false;
        }
        json_array_append_new(filled, element);
    }
    *ret_value = filled;
    return true;
}

bool asl_fill_template(const json_t *template, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    if (json_is_object(template))
        return fill_object(template, scope, ret_value, ret_error);
    if (json_is_array(template))
        return fill_array(template, scope, ret_value, ret_error);
    *ret_value = json_incref((json_t *)template);
    return true;
}

bool asl_apply_template(
    const json_t *state, const char *field, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const json_t *template = json_object_get(state, field);

    if (template != NULL)
        return asl_fill_template(template, scope, ret_value, ret_error);
    *ret_value = json_incref((json_t *)scope->input);
    return true;
}

bool asl_apply_assign(const json_t *holder, const AslScope *scope, json_t **ret_variables, TaskError *ret_error)
{
    const json_t *template = json_object_get(holder, "Assign");

    if (template == NULL) {
        *ret_variables = NULL;
        return true;
    }
    TRY(asl_fill_template(template, scope, ret_variables, ret_error));
    if (!asl_is_too_large(*ret_variables))
        return true;
    g_clear_pointer(ret_variables, json_decref);
    return asl_fail(ret_error, ASL_DATA_LIMIT, "The variables that the state assigns are larger than %d bytes.",
        ASL_DATA_BYTES_MAX);
}

bool asl_apply_result_path(
    const json_t *holder, const json_t *raw_input, json_t *take_result, json_t **ret_value, TaskError *ret_error)
{
    const json_t *path = json_object_get(holder, "ResultPath");
    g_autofree char *step = NULL;

    if (json_is_null(path)) {
        json_decref(take_result);
        *ret_value = json_incref((json_t *)raw_input);
        return true;
    }
    const char *text = path != NULL ? json_string_value(path) : "$";
    json_t *merged = asl_path_put(text, raw_input, take_result, &step);
    if (merged == NULL) {
        g_autofree char *input = asl_json_text(raw_input);
        return asl_fail(ret_error, ASL_PATH_CONFLICT, "Unable to apply step \"%s\" to input %s", step, input);
    }
    *ret_value = merged;
    return true;
}

/* The service tells a missing value in three ways, according to the field. */
static bool fail_field_path(const char *path_name, const char *path, const AslScope *scope, TaskError *ret_error)
{
    if (g_str_equal(path_name, "ErrorPath") || g_str_equal(path_name, "CausePath"))
        return fail_not_found(path, path_name, scope, ret_error);
    if (g_str_equal(path_name, "TimeoutSecondsPath") || g_str_equal(path_name, "HeartbeatSecondsPath"))
        return fail_no_results(path, ret_error);
    return asl_fail(ret_error, ASL_RUNTIME, "The %s parameter does not reference an input value: %s", path_name, path);
}

bool asl_field_value(
    const json_t *state, const char *name, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    g_autofree char *path_name = g_strconcat(name, "Path", NULL);
    const char *path = json_string_value(json_object_get(state, path_name));

    if (path == NULL) {
        *ret_value = json_incref(json_object_get(state, name));
        return true;
    }
    if (asl_is_intrinsic(path))
        return asl_intrinsic_call(path, scope, ret_value, ret_error);
    if (asl_path_find(path, scope, ret_value) == JSON_PATH_FOUND)
        return true;
    return fail_field_path(path_name, path, scope, ret_error);
}

bool asl_whole_number(const json_t *value, int64_t *ret_number)
{
    if (json_is_string(value))
        return g_ascii_string_to_signed(json_string_value(value), 10, INT64_MIN, INT64_MAX, ret_number, NULL);
    *ret_number = json_integer_value(value);
    return json_is_integer(value);
}

bool asl_text_field(
    const json_t *state, const char *name, const AslScope *scope, char **ret_value, TaskError *ret_error)
{
    json_t *value = NULL;

    TRY(asl_field_value(state, name, scope, &value, ret_error));
    *ret_value = g_strdup(json_string_value(value));
    bool is_text = value == NULL || json_is_string(value);
    json_decref(value);
    if (!is_text)
        return asl_fail(ret_error, ASL_RUNTIME, "The %sPath parameter does not reference a string.", name);
    return true;
}
