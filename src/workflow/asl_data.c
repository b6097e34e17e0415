#include "workflow/asl_data.h"

#include <string.h>

char *asl_json_text(const json_t *value)
{
    return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
}

json_t *asl_json_parse(const char *text)
{
    return text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

/* InputPath and OutputPath: absent is "$", null is an empty object. */
static bool select_path(
    const json_t *state, const char *field, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const json_t *path = json_object_get(state, field);

    if (json_is_null(path)) {
        *ret_value = json_object();
        return true;
    }
    const char *text = path != NULL ? json_string_value(path) : "$";
    const json_t *value = asl_path_find(text, scope);
    if (value == NULL)
        return asl_fail(ret_error, ASL_RUNTIME, "%s '%s' finds nothing in the state's data.", field, text);
    *ret_value = json_incref((json_t *)value);
    return true;
}

bool asl_apply_input(const json_t *state, const AslScope *raw, json_t **ret_value, TaskError *ret_error)
{
    return select_path(state, "InputPath", raw, ret_value, ret_error);
}

bool asl_apply_output(const json_t *state, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    return select_path(state, "OutputPath", scope, ret_value, ret_error);
}

static bool fill_value(const json_t *value, const AslScope *scope, json_t **ret_value, TaskError *ret_error);

/* "name.$": "$.path" becomes "name": what is there. */
static bool fill_member(
    const char *key, const json_t *value, const AslScope *scope, json_t *target, TaskError *ret_error)
{
    json_t *filled = NULL;

    if (!g_str_has_suffix(key, ".$")) {
        TRY(fill_value(value, scope, &filled, ret_error));
        json_object_set_new(target, key, filled);
        return true;
    }
    const char *path = json_string_value(value);
    const json_t *found = path != NULL ? asl_path_find(path, scope) : NULL;
    if (found == NULL)
        return asl_fail(ret_error, ASL_PARAMETER_PATH, "The path '%s' of the field '%s' finds nothing in the input.",
            path != NULL ? path : "", key);
    g_autofree char *name = g_strndup(key, strlen(key) - strlen(".$"));
    json_object_set(target, name, (json_t *)found);
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
        if (!fill_value(json_array_get(array, i), scope, &element, ret_error)) {
            json_decref(filled);
            return false;
        }
        json_array_append_new(filled, element);
    }
    *ret_value = filled;
    return true;
}

static bool fill_value(const json_t *value, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    if (json_is_object(value))
        return fill_object(value, scope, ret_value, ret_error);
    if (json_is_array(value))
        return fill_array(value, scope, ret_value, ret_error);
    *ret_value = json_incref((json_t *)value);
    return true;
}

static bool fill_field(
    const json_t *state, const char *field, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const json_t *payload = json_object_get(state, field);

    if (payload != NULL)
        return fill_value(payload, scope, ret_value, ret_error);
    *ret_value = json_incref((json_t *)scope->input);
    return true;
}

bool asl_apply_parameters(const json_t *state, const AslScope *input, json_t **ret_value, TaskError *ret_error)
{
    return fill_field(state, "Parameters", input, ret_value, ret_error);
}

bool asl_apply_result_selector(const json_t *state, const AslScope *result, json_t **ret_value, TaskError *ret_error)
{
    return fill_field(state, "ResultSelector", result, ret_value, ret_error);
}

bool asl_apply_result_path(
    const json_t *holder, const json_t *raw_input, json_t *take_result, json_t **ret_value, TaskError *ret_error)
{
    const json_t *path = json_object_get(holder, "ResultPath");

    if (json_is_null(path)) {
        json_decref(take_result);
        *ret_value = json_incref((json_t *)raw_input);
        return true;
    }
    const char *text = path != NULL ? json_string_value(path) : "$";
    json_t *merged = asl_path_put(text, raw_input, take_result);
    if (merged == NULL)
        return asl_fail(ret_error, ASL_RESULT_PATH, "ResultPath '%s' does not fit the state's input.", text);
    *ret_value = merged;
    return true;
}

bool asl_text_field(
    const json_t *state, const char *name, const AslScope *input, char **ret_value, TaskError *ret_error)
{
    g_autofree char *path_name = g_strconcat(name, "Path", NULL);
    const char *path = json_string_value(json_object_get(state, path_name));

    if (path == NULL) {
        *ret_value = g_strdup(json_string_value(json_object_get(state, name)));
        return true;
    }
    const json_t *value = asl_path_find(path, input);
    if (!json_is_string(value))
        return asl_fail(ret_error, ASL_RUNTIME, "%s '%s' does not lead to a string.", path_name, path);
    *ret_value = g_strdup(json_string_value(value));
    return true;
}
