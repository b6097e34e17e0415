/* Tasks, as the driver of the interpreter sees them. */
#include "workflow/interpreter_internal.h"
#include "workflow/task_resource.h"

InterpreterTask interpreter_task(const Interpreter *interpreter, int64_t frame_id)
{
    const Frame *frame = run_state_find(interpreter->run, frame_id);

    g_assert(frame != NULL && frame->phase == FRAME_TASK);
    return (InterpreterTask){
        .state = frame->state,
        .resource = json_string_value(json_object_get(frame->task, "resource")),
        .input = json_object_get(frame->task, "input"),
        .token = json_string_value(json_object_get(frame->task, "token")),
        .timeout_ms = frame->timeout_ms,
        .heartbeat_ms = frame->heartbeat_ms,
        .deadline_ms = frame->deadline_ms != 0 ? frame->deadline_ms : INT64_MAX,
        .heartbeat_at_ms = frame->heartbeat_at_ms,
        .entered_event = frame->entered_event,
        .attempt = frame->retries,
    };
}

bool interpreter_task_is_activity(const Interpreter *interpreter, int64_t frame_id)
{
    const Frame *frame = run_state_find(interpreter->run, frame_id);
    g_auto(TaskResource) resource = task_resource_parse(json_string_value(json_object_get(frame->task, "resource")));

    return resource.kind == TASK_RESOURCE_ACTIVITY;
}

/* From now on the answer comes from outside. */
static void let_wait(Interpreter *interpreter, Frame *frame)
{
    json_object_set_new(frame->task, "external", json_true());
    frame->turn = ++interpreter->run->turns;
}

void interpreter_task_offered(Interpreter *interpreter, int64_t frame_id)
{
    let_wait(interpreter, run_state_find(interpreter->run, frame_id));
}

void interpreter_task_not_offered(Interpreter *interpreter, int64_t frame_id, TaskError *take_error)
{
    Frame *frame = run_state_find(interpreter->run, frame_id);
    g_auto(Visit) visit = visit_begin(interpreter, frame);

    emit(interpreter, frame, "ActivityScheduleFailed", history_error_details(take_error->name, take_error->cause));
    frame_fail(interpreter, frame, take_error);
    run_limit_history(interpreter);
}

void interpreter_task_started(Interpreter *interpreter, int64_t frame_id, const TaskStart *start)
{
    Frame *frame = run_state_find(interpreter->run, frame_id);

    if (json_is_true(json_object_get(frame->task, "started")))
        return;
    json_object_set_new(frame->task, "started", json_true());
    frame->deadline_ms = start->deadline_ms;
    frame->heartbeat_at_ms = start->heartbeat_at_ms;
    g_auto(Visit) visit = visit_begin(interpreter, frame);
    task_has_started(&visit, start->worker_name);
    run_limit_history(interpreter);
}

void interpreter_task_submitted(Interpreter *interpreter, int64_t frame_id, const json_t *response)
{
    Frame *frame = run_state_find(interpreter->run, frame_id);

    let_wait(interpreter, frame);
    g_auto(Visit) visit = visit_begin(interpreter, frame);
    task_was_submitted(&visit, response);
    run_limit_history(interpreter);
}

void interpreter_heartbeat(Interpreter *interpreter, int64_t frame_id, int64_t heartbeat_at_ms)
{
    run_state_find(interpreter->run, frame_id)->heartbeat_at_ms = heartbeat_at_ms;
}

void interpreter_complete(Interpreter *interpreter, int64_t frame_id, json_t *take_result, TaskError *take_error)
{
    Frame *frame = run_state_find(interpreter->run, frame_id);
    g_autoptr(JsonRef) result = take_result;
    TaskError error = {0};

    if (take_error != NULL) {
        error = *take_error;
        *take_error = (TaskError){0};
    }
    frame->turn = ++interpreter->run->turns;
    g_auto(Visit) visit = visit_begin(interpreter, frame);
    if (!complete_task(&visit, result, &error))
        frame_fail(interpreter, frame, &error);
    task_error_clear(&error);
    run_limit_history(interpreter);
}
