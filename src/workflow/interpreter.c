/* The loop, the end of a run, and what becomes of errors. */
#include "workflow/interpreter_internal.h"
#include "workflow/task_resource.h"

#include <string.h>

enum { MS_PER_S = 1000, ERROR_CHARS_MAX = 256, CAUSE_BYTES_MAX = 32768 };

const char *run_status_name(RunStatus status)
{
    static const char *const names[] = {
        [RUN_RUNNING] = "RUNNING",
        [RUN_SUCCEEDED] = "SUCCEEDED",
        [RUN_FAILED] = "FAILED",
        [RUN_TIMED_OUT] = "TIMED_OUT",
    };

    return names[status];
}

void interpreter_clear(Interpreter *interpreter)
{
    g_clear_pointer(&interpreter->output, json_decref);
    task_error_clear(&interpreter->error);
}

/* ---- events ---- */

int64_t emit_beside(Interpreter *interpreter, const Frame *frame, const char *type, json_t *take_details)
{
    int64_t id = ++interpreter->run->event_count;

    history_add(interpreter->history, id, frame->last_event, type, interpreter->now_ms, take_details);
    return id;
}

int64_t emit(Interpreter *interpreter, Frame *frame, const char *type, json_t *take_details)
{
    return frame->last_event = emit_beside(interpreter, frame, type, take_details);
}

void interpreter_start(Interpreter *interpreter, const json_t *input)
{
    json_t *details = history_data_details(NULL, "input", input);
    const json_t *execution = json_object_get(interpreter->execution, "Execution");

    json_object_set(details, "roleArn", json_object_get(execution, "RoleArn"));
    history_add(
        interpreter->history, ++interpreter->run->event_count, 0, "ExecutionStarted", interpreter->now_ms, details);
}

/* ---- the end of the run ---- */

/* Where a run has ended badly is kept, for it may be redriven. */
static void end_run(Interpreter *interpreter, RunStatus status)
{
    RunState *run = interpreter->run;
    RunState *over = g_new0(RunState, 1);

    over->root = g_steal_pointer(&run->root);
    over->ended = g_steal_pointer(&run->ended);
    if (status != RUN_SUCCEEDED)
        run->ended = over->root != NULL ? g_steal_pointer(&over->root) : g_steal_pointer(&over->ended);
    run_state_free(over);
    interpreter->status = status;
}

static void succeed(Interpreter *interpreter, Frame *frame, const json_t *output)
{
    interpreter->output = json_incref((json_t *)output);
    emit(interpreter, frame, "ExecutionSucceeded", history_data_details(NULL, "output", output));
    end_run(interpreter, RUN_SUCCEEDED);
}

static void fail_run(Interpreter *interpreter, Frame *frame, TaskError *take_error)
{
    interpreter->error = *take_error;
    *take_error = (TaskError){0};
    emit(interpreter, frame, "ExecutionFailed",
        history_error_details(interpreter->error.name, interpreter->error.cause));
    end_run(interpreter, RUN_FAILED);
}

static void time_out_run(Interpreter *interpreter)
{
    history_add(interpreter->history, ++interpreter->run->event_count, 0, "ExecutionTimedOut", interpreter->now_ms,
        history_error_details(ASL_TIMEOUT, NULL));
    end_run(interpreter, RUN_TIMED_OUT);
}

/* When the execution must have ended, by its machine's TimeoutSeconds. */
static int64_t run_deadline(const Interpreter *interpreter)
{
    const json_t *seconds = json_object_get(interpreter->definition, "TimeoutSeconds");

    return seconds != NULL ? interpreter->started_ms + json_integer_value(seconds) * MS_PER_S : INT64_MAX;
}

/* An execution that would never end stops at the limit: the last event that the history can hold says so. */
static void limit_history(Interpreter *interpreter)
{
    int64_t max = interpreter->max_events;
    RunState *run = interpreter->run;

    if (max == 0 || run->event_count < max || (run->event_count == max && interpreter->status == RUN_SUCCEEDED))
        return;
    history_cut(interpreter->history, max - 1);
    run->event_count = max;
    interpreter_clear(interpreter);
    asl_fail(&interpreter->error, ASL_RUNTIME,
        "The execution reached the maximum number of history events (%" G_GINT64_FORMAT ").", max);
    history_add(interpreter->history, max, max - 1, "ExecutionFailed", interpreter->now_ms,
        history_error_details(interpreter->error.name, interpreter->error.cause));
    end_run(interpreter, RUN_FAILED);
}

/* ---- where a frame is in the definition ---- */

const char *state_type(const json_t *state)
{
    return json_string_value(json_object_get(state, "Type"));
}

const json_t *frame_machine(const Interpreter *interpreter, const Frame *frame)
{
    if (frame->parent == NULL)
        return interpreter->definition;
    const json_t *state = frame_state(interpreter, frame->parent);
    if (is_state_type(state, "Parallel"))
        return json_array_get(json_object_get(state, "Branches"), (size_t)frame->index);
    const json_t *processor = json_object_get(state, "ItemProcessor");
    return processor != NULL ? processor : json_object_get(state, "Iterator");
}

const json_t *frame_state(const Interpreter *interpreter, const Frame *frame)
{
    const json_t *states = json_object_get(frame_machine(interpreter, frame), "States");

    return json_object_get(states, frame->state != NULL ? frame->state : "");
}

/* ---- what becomes of an error ---- */

/* Errors of the interpreter say where they happened. Whatever a task says becomes text of the lengths that Step
 * Functions allows. */
static void polish_error(const Frame *frame, TaskError *error)
{
    static const char prefix[] = "An error occurred while executing the state '";
    const char *cause = error->cause != NULL ? error->cause : "";
    bool is_bare = error->is_own && !g_str_has_prefix(cause, prefix);

    if (error->name != NULL) {
        g_autofree char *name = g_utf8_make_valid(error->name, -1);
        g_free(error->name);
        error->name = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), ERROR_CHARS_MAX));
    }
    if (error->cause == NULL && !is_bare)
        return;
    g_autofree char *valid = g_utf8_make_valid(cause, -1);
    g_autofree char *full = is_bare ? g_strdup_printf("%s%s' (entered at the event id #%" G_GINT64_FORMAT "). %s",
                                          prefix, frame->state, frame->entered_event, valid)
                                    : g_steal_pointer(&valid);
    const char *end = full + MIN(strlen(full), CAUSE_BYTES_MAX);
    g_utf8_validate(full, end - full, &end);
    g_free(error->cause);
    error->cause = g_strndup(full, (size_t)(end - full));
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
        fail_run(interpreter, frame, &error);
        return;
    }
    if (retry(interpreter, frame, visit.state, &error))
        return;
    emit_failed(interpreter, frame, visit.state);
    if (catch_error(&visit, &error))
        return;
    if (frame->parent == NULL || asl_error_is_fatal(&error))
        fail_run(interpreter, frame, &error);
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
            succeed(interpreter, frame, output);
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

/* ---- the loop ---- */

typedef struct Choice {
    const Interpreter *interpreter;
    Frame *next;
    int64_t wake_at_ms;
} Choice;

/* When the frame can go on: now, or the time; INT64_MAX if only something from outside lets it. */
static int64_t due_ms(const Frame *frame)
{
    switch (frame->phase) {
    case FRAME_ENTERS:
        return 0;
    case FRAME_ATTEMPTS:
    case FRAME_WAITS:
        return frame->wake_at_ms;
    case FRAME_TASK:
        if (!json_is_true(json_object_get(frame->task, "external")))
            return 0;
        return MIN(frame->deadline_ms != 0 ? frame->deadline_ms : INT64_MAX,
            frame->heartbeat_at_ms != 0 ? frame->heartbeat_at_ms : INT64_MAX);
    case FRAME_FANS_OUT:
    case FRAME_PHASES:
        break;
    }
    return INT64_MAX;
}

static void consider(Frame *frame, void *data)
{
    Choice *choice = data;
    int64_t due = due_ms(frame);

    if (due > choice->interpreter->now_ms)
        choice->wake_at_ms = MIN(choice->wake_at_ms, due);
    else if (choice->next == NULL || frame->turn < choice->next->turn)
        choice->next = frame;
}

static void enter(Visit *visit)
{
    Frame *frame = visit->frame;
    g_autofree char *type = g_strconcat(state_type(visit->state), "StateEntered", NULL);

    frame->entered_ms = visit->interpreter->now_ms;
    frame->entered_event =
        emit(visit->interpreter, frame, type, history_data_details(frame->state, "input", frame->data));
}

static void run_frame(Interpreter *interpreter, Frame *frame)
{
    TaskError error = {0};

    if (frame->phase == FRAME_TASK) {
        task_timed_out(interpreter, frame);
        return;
    }
    {
        g_auto(Visit) entering = visit_begin(interpreter, frame);
        if (frame->phase == FRAME_ENTERS && state_type(entering.state) != NULL)
            enter(&entering);
    }
    g_auto(Visit) visit = visit_begin(interpreter, frame); /* its context tells when the state was entered */
    bool is_done = frame->phase == FRAME_WAITS ? end_wait(&visit, &error) : begin_state(&visit, &error);
    if (!is_done)
        frame_fail(interpreter, frame, &error);
}

RunProgress interpreter_advance(Interpreter *interpreter, int64_t *ret_value)
{
    Choice choice = {.interpreter = interpreter, .wake_at_ms = run_deadline(interpreter)};

    if (interpreter->run->root == NULL)
        return RUN_ENDED;
    if (interpreter->now_ms >= choice.wake_at_ms) {
        time_out_run(interpreter);
        limit_history(interpreter);
        return RUN_MOVED;
    }
    run_state_each(interpreter->run, consider, &choice);
    if (choice.next == NULL) {
        *ret_value = choice.wake_at_ms;
        return RUN_SLEEPS;
    }
    if (choice.next->phase == FRAME_TASK && !json_is_true(json_object_get(choice.next->task, "external"))) {
        *ret_value = choice.next->id;
        return RUN_NEEDS_TASK;
    }
    choice.next->turn = ++interpreter->run->turns;
    run_frame(interpreter, choice.next);
    limit_history(interpreter);
    return RUN_MOVED;
}

bool interpreter_is_at_start(const Interpreter *interpreter, const json_t **ret_input)
{
    const Frame *root = interpreter->run->root;
    const char *start = json_string_value(json_object_get(interpreter->definition, "StartAt"));

    if (root == NULL || root->phase != FRAME_ENTERS || g_strcmp0(root->state, start) != 0)
        return false;
    *ret_input = root->data;
    return true;
}

void interpreter_hand_over(Interpreter *interpreter)
{
    Frame *root = interpreter->run->root;
    g_autoptr(JsonRef) output = json_incref(root->data);

    succeed(interpreter, root, output);
}

/* ---- tasks, as the driver sees them ---- */

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
    limit_history(interpreter);
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
    limit_history(interpreter);
}

void interpreter_task_submitted(Interpreter *interpreter, int64_t frame_id, const json_t *response)
{
    Frame *frame = run_state_find(interpreter->run, frame_id);

    let_wait(interpreter, frame);
    g_auto(Visit) visit = visit_begin(interpreter, frame);
    task_was_submitted(&visit, response);
    limit_history(interpreter);
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
    limit_history(interpreter);
}
