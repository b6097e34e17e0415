/* How a frame leaves its state: with an output, or with an error that is retried, caught or ends it. */
#include "workflow/interpreter_internal.h"

#include <string.h>

enum { ERROR_CHARS_MAX = 256, CAUSE_BYTES_MAX = 32768 };

/* ---- what becomes of an error ---- */

/* Errors of the interpreter say where they happened, also on their way up to the states around. Whatever a task says
 * becomes text of the lengths that Step Functions allows. */
static void polish_error(const Frame *frame, TaskError *error)
{
    const char *cause = error->cause != NULL ? error->cause : "";
    bool is_bare = error->is_own && !error->says_where;

    if (error->name != NULL) {
        g_autofree char *name = g_utf8_make_valid(error->name, -1);
        g_free(error->name);
        error->name = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), ERROR_CHARS_MAX));
    }
    if (error->cause == NULL && !is_bare)
        return;
    g_autofree char *valid = g_utf8_make_valid(cause, -1);
    g_autofree char *full =
        is_bare ? g_strdup_printf(
                      "An error occurred while executing the state '%s' (entered at the event id #%" G_GINT64_FORMAT
                      "). %s",
                      frame->state, frame->entered_event, valid)
                : g_steal_pointer(&valid);
    const char *end = full + MIN(strlen(full), CAUSE_BYTES_MAX);
    g_utf8_validate(full, end - full, &end);
    g_free(error->cause);
    error->cause = g_strndup(full, (size_t)(end - full));
    error->says_where |= is_bare;
}

void frame_forget_work(Frame *frame)
{
    frame_remove_children(frame);
    g_clear_pointer(&frame->task, json_decref);
    frame->timeout_ms = frame->deadline_ms = frame->heartbeat_ms = frame->heartbeat_at_ms = 0;
}

static bool retry(Interpreter *interpreter, Frame *frame, const json_t *state, const TaskError *error)
{
    int64_t wait_ms = 0;

    if (!asl_retry_next(json_object_get(state, "Retry"), error, g_random_double(), frame->retry_counts, &wait_ms))
        return false;
    frame_forget_work(frame);
    frame->phase = FRAME_ATTEMPTS;
    frame->retries++;
    frame->wake_at_ms = interpreter->now_ms + wait_ms;
    return true;
}

/* What a catcher makes of the error: the next state's input and variables. */
static bool catch_output(Visit *visit, const json_t *catcher, const TaskError *error, json_t **ret_output,
    json_t **ret_assigned, TaskError *ret_error)
{
    g_autoptr(JsonRef) told = json_pack("{s:s, s:s}", "Error", error->name != NULL ? error->name : "", "Cause",
        error->cause != NULL ? error->cause : "");
    AslScope scope = visit_scope(visit, told);

    TRY(asl_apply_assign(catcher, &scope, ret_assigned, ret_error));
    return asl_apply_result_path(catcher, visit->frame->data, json_incref(told), ret_output, ret_error);
}

static void exit_state(Visit *visit, const json_t *output, const json_t *assigned);
static void go_on(Interpreter *interpreter, Frame *frame, const char *next, const json_t *output);

/* True if a catcher leads on; otherwise the error stands, or is replaced by that of the catcher's own fields. */
static bool catch_error(Visit *visit, TaskError *error)
{
    const json_t *catcher = asl_catch_find(json_object_get(visit->state, "Catch"), error);
    g_autoptr(JsonRef) output = NULL;
    g_autoptr(JsonRef) assigned = NULL;
    TaskError replaced = {0};

    if (catcher == NULL)
        return false;
    if (!catch_output(visit, catcher, error, &output, &assigned, &replaced)) {
        task_error_clear(error);
        *error = replaced;
        polish_error(visit->frame, error);
        return false;
    }
    frame_forget_work(visit->frame);
    exit_state(visit, output, assigned);
    go_on(visit->interpreter, visit->frame, json_string_value(json_object_get(catcher, "Next")), output);
    return true;
}

static void emit_failed(Interpreter *interpreter, Frame *frame, const json_t *state)
{
    if (is_state_type(state, "Parallel"))
        emit(interpreter, frame, "ParallelStateFailed", NULL);
    else if (is_state_type(state, "Map"))
        emit(interpreter, frame, "MapStateFailed", NULL);
}

void frame_fail(Interpreter *interpreter, Frame *frame, TaskError *take_error)
{
    g_auto(Visit) visit = visit_begin(interpreter, frame);
    g_auto(TaskError) error = *take_error;

    *take_error = (TaskError){0};
    polish_error(frame, &error);
    if (asl_error_is_fatal(&error)) {
        run_fail(interpreter, frame, &error);
        return;
    }
    if (retry(interpreter, frame, visit.state, &error))
        return;
    emit_failed(interpreter, frame, visit.state);
    if (catch_error(&visit, &error))
        return;
    if (frame->parent == NULL || asl_error_is_fatal(&error))
        run_fail(interpreter, frame, &error);
    else
        child_failed(interpreter, frame, &error);
}

/* ---- leaving a state ---- */

static void exit_state(Visit *visit, const json_t *output, const json_t *assigned)
{
    Frame *frame = visit->frame;
    g_autofree char *type = g_strconcat(state_type(visit->state), "StateExited", NULL);
    json_t *details = history_data_details(frame->state, "output", output);
    const char *name = NULL;
    json_t *value = NULL;

    if (json_object_size(assigned) > 0) {
        json_t *texts = json_object();
        json_object_foreach((json_t *)assigned, name, value)
        {
            g_autofree char *text = asl_json_text(value);
            json_object_set_new(texts, name, json_string(text != NULL ? text : ""));
        }
        json_object_set_new(details, "assignedVariables", texts);
        json_object_set_new(details, "assignedVariablesDetails", json_pack("{s:b}", "truncated", 0));
        if (frame->variables == NULL)
            frame->variables = json_object();
        json_object_update(frame->variables, (json_t *)assigned);
    }
    emit(visit->interpreter, frame, type, details);
}

static void go_on(Interpreter *interpreter, Frame *frame, const char *next, const json_t *output)
{
    if (next == NULL) {
        if (frame->parent == NULL)
            run_succeed(interpreter, frame, output);
        else
            child_succeeded(interpreter, frame, output);
        return;
    }
    json_incref((json_t *)output);
    json_decref(frame->data);
    frame->data = (json_t *)output;
    g_free(frame->state);
    frame->state = g_strdup(next);
    frame->phase = FRAME_ENTERS;
    frame->retries = 0;
    frame->wake_at_ms = 0;
    json_array_clear(frame->retry_counts);
    frame_forget_work(frame);
}

bool visit_leave(Visit *visit, const json_t *data, const char *next, json_t *take_assigned, TaskError *ret_error)
{
    g_autoptr(JsonRef) assigned = take_assigned;
    g_autoptr(JsonRef) output = NULL;
    AslScope scope = visit_scope(visit, data);

    TRY(asl_apply_output(visit->state, &scope, &output, ret_error));
    if (asl_is_too_large(output))
        return asl_fail(ret_error, ASL_DATA_LIMIT,
            "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.",
            visit->frame->state);
    exit_state(visit, output, assigned);
    go_on(visit->interpreter, visit->frame, next, output);
    return true;
}

bool visit_leave_with_result(Visit *visit, const json_t *result, TaskError *ret_error)
{
    g_autoptr(JsonRef) assigned = NULL;
    g_autoptr(JsonRef) selected = NULL;
    g_autoptr(JsonRef) merged = NULL;
    AslScope scope = visit_scope(visit, result);

    TRY(asl_apply_assign(visit->state, &scope, &assigned, ret_error));
    TRY(asl_apply_template(visit->state, "ResultSelector", &scope, &selected, ret_error));
    TRY(asl_apply_result_path(visit->state, visit->frame->data, json_incref(selected), &merged, ret_error));
    const char *next = json_string_value(json_object_get(visit->state, "Next"));
    return visit_leave(visit, merged, next, g_steal_pointer(&assigned), ret_error);
}
