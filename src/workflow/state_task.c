#include "workflow/state_task.h"

#include "base/ids.h"

#include <string.h>

enum { ARN_FUNCTION_FIELD = 6, ARN_FIELDS_MAX = 8, HTTP_OK = 200 };

/* The events of the two ways in which a Task names a function. */
typedef struct TaskEvents {
    const char *scheduled, *started, *succeeded, *failed;
} TaskEvents;

static const TaskEvents invoke_events = {"TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskFailed"};
static const TaskEvents function_events = {
    "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded", "LambdaFunctionFailed"};

static bool is_lambda_function(char **fields, guint count)
{
    return count > ARN_FUNCTION_FIELD && count <= ARN_FIELDS_MAX && g_str_equal(fields[2], "lambda") &&
           g_str_equal(fields[5], "function") && *fields[ARN_FUNCTION_FIELD] != '\0';
}

TaskResource task_resource_kind(const char *arn)
{
    g_auto(GStrv) fields = g_strsplit(arn, ":", -1);
    guint count = g_strv_length(fields);

    if (count < ARN_FUNCTION_FIELD || !g_str_equal(fields[0], "arn"))
        return TASK_RESOURCE_UNKNOWN;
    if (is_lambda_function(fields, count))
        return TASK_RESOURCE_FUNCTION;
    return g_str_equal(fields[2], "states") && g_str_has_suffix(arn, ":::lambda:invoke") && count == 7
               ? TASK_RESOURCE_INVOKE
               : TASK_RESOURCE_UNKNOWN;
}

char *task_function_name(const char *name_or_arn)
{
    g_auto(GStrv) fields = g_strsplit(name_or_arn, ":", -1);
    guint count = g_strv_length(fields);

    if (count >= 3 && is_lambda_function(fields, count))
        return g_strdup(fields[ARN_FUNCTION_FIELD]);
    return g_strdup(count > 0 ? fields[0] : "");
}

/* The details that all events of lambda:invoke share; direct functions have none. */
static json_t *task_details(const TaskEvents *events)
{
    if (events == &function_events)
        return json_object();
    return json_pack("{s:s, s:s}", "resourceType", "lambda", "resource", "invoke");
}

static json_t *scheduled_details(const StateRun *run, const TaskEvents *events, const json_t *parameters)
{
    if (events == &function_events) {
        json_t *details = history_data_details(NULL, "input", parameters);
        json_object_set(details, "resource", json_object_get(run->state, "Resource"));
        return details;
    }
    json_t *details = task_details(events);
    g_autofree char *text = asl_json_text(parameters);
    json_object_set_new(details, "region", json_string(run->region));
    json_object_set_new(details, "parameters", json_string(text != NULL ? text : ""));
    return details;
}

static void add_result(StateRun *run, const TaskEvents *events, const json_t *result)
{
    json_t *details = task_details(events);
    json_t *data = history_data_details(NULL, "output", result);

    json_object_update(details, data);
    json_decref(data);
    history_add(run->history, events->succeeded, details);
}

static void add_failure(StateRun *run, const TaskEvents *events, const TaskError *error)
{
    json_t *details = task_details(events);
    json_t *data = history_error_details(error->name, error->cause);

    json_object_update(details, data);
    json_decref(data);
    history_add(run->history, events->failed, details);
}

/* What Lambda's Invoke gives, as Step Functions shows it. */
static json_t *invoke_result(json_t *take_payload)
{
    JobId request = job_id_new();

    return json_pack("{s:s, s:o, s:{s:{}, s:{}, s:i}, s:{s:s}, s:i}", "ExecutedVersion", "$LATEST", "Payload",
        take_payload, "SdkHttpMetadata", "AllHttpHeaders", "HttpHeaders", "HttpStatusCode", HTTP_OK,
        "SdkResponseMetadata", "RequestId", request.text, "StatusCode", HTTP_OK);
}

static bool call_function(
    StateRun *run, const char *function_name, const json_t *payload, json_t **ret_output, TaskError *ret_error)
{
    g_autofree char *name = task_function_name(function_name);
    const TaskEntry *entry = g_hash_table_lookup(run->tasks, name);
    json_t *output = NULL;

    if (entry == NULL)
        return asl_fail(ret_error, ASL_RESOURCE_NOT_FOUND, "There is no function '%s'.", name);
    if (!entry->function(entry->data, payload, &output, ret_error)) {
        if (ret_error->name == NULL)
            ret_error->name = g_strdup(ASL_TASK_FAILED);
        return false;
    }
    *ret_output = output != NULL ? output : json_null();
    return true;
}

static bool check_size(const json_t *result, TaskError *ret_error)
{
    g_autofree char *text = asl_json_text(result);

    if (text != NULL && strlen(text) <= ASL_DATA_BYTES_MAX)
        return true;
    return asl_fail(ret_error, ASL_DATA_LIMIT, "The task returned a result of more than %d bytes.", ASL_DATA_BYTES_MAX);
}

static bool run_function(
    StateRun *run, TaskResource resource, const json_t *parameters, json_t **ret_result, TaskError *ret_error)
{
    if (resource == TASK_RESOURCE_FUNCTION) {
        const char *arn = json_string_value(json_object_get(run->state, "Resource"));
        return call_function(run, arn, parameters, ret_result, ret_error);
    }
    const char *name = json_string_value(json_object_get(parameters, "FunctionName"));
    const json_t *payload = json_object_get(parameters, "Payload");
    json_t *none = json_object();
    json_t *output = NULL;
    bool is_done = name != NULL ? call_function(run, name, payload != NULL ? payload : none, &output, ret_error)
                                : asl_fail(ret_error, ASL_RUNTIME, "FunctionName is no string.");
    json_decref(none);
    if (is_done)
        *ret_result = invoke_result(output);
    return is_done;
}

bool task_invoke(StateRun *run, const json_t *parameters, json_t **ret_result, TaskError *ret_error)
{
    TaskResource resource = task_resource_kind(json_string_value(json_object_get(run->state, "Resource")));
    const TaskEvents *events = resource == TASK_RESOURCE_INVOKE ? &invoke_events : &function_events;
    json_t *result = NULL;

    history_add(run->history, events->scheduled, scheduled_details(run, events, parameters));
    history_add(run->history, events->started, task_details(events));
    if (!run_function(run, resource, parameters, &result, ret_error) || !check_size(result, ret_error)) {
        json_decref(result);
        add_failure(run, events, ret_error);
        return false;
    }
    add_result(run, events, result);
    *ret_result = result;
    return true;
}
