/* The loop, and the beginning and end of a run. */
#include "workflow/interpreter_internal.h"
#include "workflow/task_resource.h"

enum { MS_PER_S = 1000 };

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

void run_succeed(Interpreter *interpreter, Frame *frame, const json_t *output)
{
    interpreter->output = json_incref((json_t *)output);
    emit(interpreter, frame, "ExecutionSucceeded", history_data_details(NULL, "output", output));
    end_run(interpreter, RUN_SUCCEEDED);
}

void run_fail(Interpreter *interpreter, Frame *frame, TaskError *take_error)
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
void run_limit_history(Interpreter *interpreter)
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
        run_limit_history(interpreter);
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
    run_limit_history(interpreter);
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

    run_succeed(interpreter, root, output);
}
