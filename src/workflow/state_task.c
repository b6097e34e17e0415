/* Task states: what is scheduled, and what becomes of the answer. Who calls the task is the driver's business. */
#include "workflow/interpreter_internal.h"

#include "workflow/task_resource.h"
#include "workflow/task_token.h"

enum { MS_PER_S = 1000, SECONDS_LIMIT = 99999999 };

/* ---- events ---- */

/* The details that all events of a service integration share; functions and activities have none. */
static json_t *task_details(const TaskResource *resource)
{
    if (resource->kind != TASK_RESOURCE_SERVICE)
        return json_object();
    return json_pack("{s:s, s:s}", "resourceType", resource->service, "resource", resource->action);
}

static int64_t emit_task(Visit *visit, const TaskResource *resource, const char *what, json_t *take_details)
{
    static const char *const families[] = {
        [TASK_RESOURCE_UNKNOWN] = "Task",
        [TASK_RESOURCE_SERVICE] = "Task",
        [TASK_RESOURCE_FUNCTION] = "LambdaFunction",
        [TASK_RESOURCE_ACTIVITY] = "Activity",
    };
    g_autofree char *type = g_strconcat(families[resource->kind], what, NULL);

    return emit(visit->interpreter, visit->frame, type, take_details);
}

/* Adds {"a": 1} to the shared details. */
static json_t *details_with(const TaskResource *resource, json_t *take_more)
{
    json_t *details = task_details(resource);

    json_object_update(details, take_more);
    json_decref(take_more);
    return details;
}

static void add_seconds(json_t *details, const char *name, int64_t seconds)
{
    if (seconds > 0)
        json_object_set_new(details, name, json_integer(seconds));
}

typedef struct TaskLimits {
    int64_t timeout_s, heartbeat_s;
} TaskLimits;

static void emit_scheduled(Visit *visit, const TaskResource *resource, const json_t *input, const TaskLimits *limits)
{
    json_t *details = NULL;

    if (resource->kind == TASK_RESOURCE_SERVICE) {
        g_autofree char *text = asl_json_text(input);
        details = task_details(resource);
        json_object_set_new(details, "region", json_string(visit->interpreter->region));
        json_object_set_new(details, "parameters", json_string(text != NULL ? text : ""));
    } else {
        details = history_data_details(NULL, "input", input);
        json_object_set(details, "resource", json_object_get(visit->state, "Resource"));
    }
    add_seconds(details, "timeoutInSeconds", limits->timeout_s);
    add_seconds(details, "heartbeatInSeconds", limits->heartbeat_s);
    emit_task(visit, resource, "Scheduled", details);
    if (resource->kind != TASK_RESOURCE_ACTIVITY)
        emit_task(visit, resource, "Started", task_details(resource));
}

/* ---- scheduling ---- */

static bool read_seconds(
    const Visit *visit, const AslScope *scope, const char *name, int64_t *ret_seconds, TaskError *ret_error)
{
    g_autoptr(JsonRef) value = NULL;

    TRY(asl_field_value(visit->state, name, scope, &value, ret_error));
    *ret_seconds = json_integer_value(value);
    if (value == NULL || (json_is_integer(value) && *ret_seconds > 0 && *ret_seconds < SECONDS_LIMIT))
        return true;
    g_autofree char *shown = asl_json_text(value);
    return asl_fail(ret_error, ASL_RUNTIME, "The %sPath parameter does not reference a positive integer: %s == %s",
        name, json_string_value(json_object_get(visit->state, name)), shown);
}

static bool read_limits(const Visit *visit, const AslScope *scope, TaskLimits *ret_limits, TaskError *ret_error)
{
    TRY(read_seconds(visit, scope, "TimeoutSeconds", &ret_limits->timeout_s, ret_error));
    return read_seconds(visit, scope, "HeartbeatSeconds", &ret_limits->heartbeat_s, ret_error);
}

/* An activity's time runs from when a worker takes it. */
static void set_limits(Visit *visit, const TaskResource *resource, const TaskLimits *limits)
{
    Frame *frame = visit->frame;
    int64_t now_ms = visit->interpreter->now_ms;
    bool has_begun = resource->kind != TASK_RESOURCE_ACTIVITY;

    frame->timeout_ms = limits->timeout_s * MS_PER_S;
    frame->heartbeat_ms = limits->heartbeat_s * MS_PER_S;
    frame->deadline_ms = has_begun && frame->timeout_ms > 0 ? now_ms + frame->timeout_ms : 0;
    frame->heartbeat_at_ms = has_begun && frame->heartbeat_ms > 0 ? now_ms + frame->heartbeat_ms : 0;
}

/* Parameters may hand the token on, so it is made before them. */
static void make_token(Visit *visit, const TaskResource *resource)
{
    g_clear_pointer(&visit->frame->task, json_decref);
    visit->frame->task = json_object();
    json_object_set(visit->frame->task, "resource", json_object_get(visit->state, "Resource"));
    if (resource->waits != TASK_WAITS_TOKEN && resource->kind != TASK_RESOURCE_ACTIVITY)
        return;
    const json_t *execution = json_object_get(visit->interpreter->execution, "Execution");
    g_autofree char *token = task_token_new(json_string_value(json_object_get(execution, "Id")));
    json_object_set_new(visit->frame->task, "token", json_string(token));
    json_object_set_new(visit->context, "Task", json_pack("{s:s}", "Token", token));
}

bool begin_task(Visit *visit, TaskError *ret_error)
{
    g_auto(TaskResource) resource = task_resource_parse(json_string_value(json_object_get(visit->state, "Resource")));
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) parameters = NULL;
    TaskLimits limits = {0};

    make_token(visit, &resource);
    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    TRY(asl_apply_template(visit->state, "Parameters", &scope, &parameters, ret_error));
    TRY(read_limits(visit, &scope, &limits, ret_error));
    if (asl_is_too_large(parameters))
        return asl_fail(ret_error, ASL_DATA_LIMIT,
            "The state/task '%s' was given an input with a size exceeding the maximum number of bytes service limit.",
            visit->frame->state);
    json_object_set(visit->frame->task, "input", parameters);
    set_limits(visit, &resource, &limits);
    emit_scheduled(visit, &resource, parameters, &limits);
    visit->frame->phase = FRAME_TASK;
    return true;
}

/* ---- on the way ---- */

void task_has_started(Visit *visit, const char *worker_name)
{
    g_auto(TaskResource) resource =
        task_resource_parse(json_string_value(json_object_get(visit->frame->task, "resource")));
    json_t *details = task_details(&resource);

    if (worker_name != NULL)
        json_object_set_new(details, "workerName", json_string(worker_name));
    emit_task(visit, &resource, "Started", details);
}

void task_was_submitted(Visit *visit, const json_t *response)
{
    g_auto(TaskResource) resource =
        task_resource_parse(json_string_value(json_object_get(visit->frame->task, "resource")));

    emit_task(visit, &resource, "Submitted", details_with(&resource, history_data_details(NULL, "output", response)));
}

/* ---- the answer ---- */

static void emit_failure(Visit *visit, const TaskResource *resource, const TaskError *error)
{
    bool is_timeout = g_strcmp0(error->name, ASL_TIMEOUT) == 0 || g_strcmp0(error->name, ASL_HEARTBEAT) == 0;

    emit_task(visit, resource, is_timeout ? "TimedOut" : "Failed",
        details_with(resource, history_error_details(error->name, error->cause)));
}

static bool check_size(const TaskResource *resource, const json_t *result, TaskError *ret_error)
{
    if (!asl_is_too_large(result))
        return true;
    return asl_fail_task(ret_error, ASL_DATA_LIMIT,
        "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.",
        resource->kind == TASK_RESOURCE_SERVICE ? resource->service : resource->arn);
}

bool complete_task(Visit *visit, const json_t *result, TaskError *error)
{
    g_auto(TaskResource) resource =
        task_resource_parse(json_string_value(json_object_get(visit->frame->task, "resource")));

    if (result == NULL || !check_size(&resource, result, error)) {
        emit_failure(visit, &resource, error);
        return false;
    }
    emit_task(visit, &resource, "Succeeded", details_with(&resource, history_data_details(NULL, "output", result)));
    return visit_leave_with_result(visit, result, error);
}

void task_timed_out(Interpreter *interpreter, Frame *frame)
{
    bool is_heartbeat = frame->deadline_ms == 0 || interpreter->now_ms < frame->deadline_ms;
    TaskError error = {.name = g_strdup(ASL_TIMEOUT), .is_heartbeat = is_heartbeat};

    interpreter_complete(interpreter, frame->id, NULL, &error);
}
