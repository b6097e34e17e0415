/* What moves executions on: one is claimed, goes on for a step, and is written back. */
#include "base/clock.h"
#include "workflow/activities.h"
#include "workflow/asl/error.h"
#include "workflow/open_tasks.h"
#include "workflow/redrive.h"
#include "workflow/workflow_parts.h"

enum {
    MS_PER_S = 1000,
    MOVES_PER_STEP = 64,     /* without a task, in one transaction: enough to be fast, few enough to be short */
    HAND_OVER_EVENTS = 1000, /* before the limit: far more than one round of a machine makes */
};

/* What one step does to one execution. */
typedef struct Step {
    Workflow *workflow;
    const Execution *execution;
    Interpreter interpreter;
    OpenTasks open;
    DbTx *tx; /* of what it writes; NULL before there is anything */
    int64_t wake_at_ms;
    int64_t held_until_ms; /* by the monotonic clock */
    bool is_held;          /* the claim stays for the next step */
    bool is_interrupted;   /* its task was told to stop: nothing happened */
    bool is_overtaken;     /* an answer came in between: to be done again */
} Step;

static void step_clear(Step *step)
{
    g_clear_pointer(&step->tx, db_tx_free);
    open_tasks_clear(&step->open);
    interpreter_clear(&step->interpreter);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Step, step_clear)

static bool begin_writing(Step *step, GError **error)
{
    return step->tx != NULL || db_begin(step->workflow->db, DB_WRITE, &step->tx, error);
}

static char *task_token(const Execution *execution, int64_t frame_id, const InterpreterTask *task)
{
    g_autofree char *place = g_strdup_printf("%s|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT,
        execution->arn, frame_id, task->entered_event, task->attempt);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, place, -1);
}

/* Lets an activity's task wait for a worker, in the transaction of the step. */
static bool offer_task(Step *step, int64_t frame_id, GError **error)
{
    InterpreterTask task = interpreter_task(&step->interpreter, frame_id);
    g_auto(Activity) activity = {0};
    bool is_found = false;

    TRY(begin_writing(step, error));
    TRY(activity_find(step->tx, task.resource, &activity, &is_found, error));
    if (!is_found) {
        g_auto(TaskError) told = {0};
        asl_fail_task(&told, "ActivityDoesNotExist", "Activity Does Not Exist: '%s'", task.resource);
        interpreter_task_not_offered(&step->interpreter, frame_id, &told);
        return true;
    }
    interpreter_task_offered(&step->interpreter, frame_id);
    return open_tasks_add(&step->open, step->tx, frame_id, &task, task.resource, step->interpreter.now_ms, error);
}

/* A task that is answered by its token is open before it is called: the answer may be the first thing that happens. */
static bool open_token(Step *step, int64_t frame_id, const InterpreterTask *task, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const int64_t now_ms = step->interpreter.now_ms;

    if (task->token == NULL || !task_caller_has(step->workflow->tasks, task))
        return true;
    if (step->tx != NULL)
        return open_tasks_add(&step->open, step->tx, frame_id, task, NULL, now_ms, error);
    TRY(db_begin(step->workflow->db, DB_WRITE, &tx, error));
    TRY(open_tasks_add(&step->open, tx, frame_id, task, NULL, now_ms, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static void take_answer(
    Step *step, int64_t frame_id, const InterpreterTask *task, json_t *take_result, TaskError *take_told)
{
    if (task->token == NULL || take_result == NULL) {
        interpreter_complete(&step->interpreter, frame_id, take_result, take_told);
        return;
    }
    interpreter_task_submitted(&step->interpreter, frame_id, take_result);
    json_decref(take_result);
    open_tasks_tell(&step->open, &step->interpreter);
}

/* Calls the task that the run is at and takes its answer. */
static bool call_task(Step *step, int64_t frame_id, GError **error)
{
    InterpreterTask task = interpreter_task(&step->interpreter, frame_id);
    g_autofree char *token = task_token(step->execution, frame_id, &task);
    g_auto(TaskError) told = {0};
    json_t *result = NULL;
    bool is_done = false;

    TRY(open_token(step, frame_id, &task, error));
    /* Who took over from a process that died may come too late to call it at all. */
    if (clock_now_ms() < task.deadline_ms)
        TRY(task_caller_call(step->workflow->tasks, step->tx, &task, token, &result, &told, &is_done, error));
    step->is_interrupted = !is_done && g_strcmp0(told.name, TASK_INTERRUPTED) == 0;
    if (step->is_interrupted)
        return true;
    step->interpreter.now_ms = clock_now_ms();
    if (step->interpreter.now_ms >= task.deadline_ms) {
        g_clear_pointer(&result, json_decref);
        task_error_clear(&told);
        told.name = g_strdup(ASL_TIMEOUT);
    }
    take_answer(step, frame_id, &task, result, &told);
    return true;
}

/* Whether somebody else is to go on with the run from here, since its history is nearly full. */
static bool is_to_hand_over(const Step *step, const json_t **ret_input)
{
    const Workflow *workflow = step->workflow;
    int64_t margin = MIN(HAND_OVER_EVENTS, workflow->max_events / 2);

    return workflow->successor.function != NULL &&
           step->interpreter.run->event_count >= workflow->max_events - margin &&
           g_str_equal(step->execution->machine_arn, workflow->successor.machine_arn) &&
           interpreter_is_at_start(&step->interpreter, ret_input);
}

/* Lets the run go on until it needs a task, sleeps, ends or is to be handed over, or has done enough for one
 * transaction. */
static bool go_on(Step *step, GError **error)
{
    Interpreter *interpreter = &step->interpreter;
    const json_t *unused = NULL;
    int64_t value = 0;
    RunProgress progress = RUN_MOVED;

    for (int moves = 0; moves < MOVES_PER_STEP && progress == RUN_MOVED && !is_to_hand_over(step, &unused); moves++) {
        progress = interpreter_advance(interpreter, &value);
        if (progress == RUN_NEEDS_TASK && interpreter_task_is_activity(interpreter, value)) {
            TRY(offer_task(step, value, error));
            progress = RUN_MOVED;
        }
    }
    step->wake_at_ms = progress == RUN_SLEEPS ? value : interpreter->now_ms;
    return true;
}

static bool write_step(Step *step, DbTx *tx, GError **error)
{
    const Interpreter *interpreter = &step->interpreter;

    step->is_held = interpreter->status == RUN_RUNNING && step->wake_at_ms <= interpreter->now_ms &&
                    clock_monotonic_ms() < step->held_until_ms;
    ExecutionStep written = {
        .status = run_status_name(interpreter->status),
        .run = interpreter->run,
        .output = interpreter->output,
        .error = interpreter->error.name,
        .cause = interpreter->error.cause,
        .wake_at_ms = step->wake_at_ms,
        .now_ms = interpreter->now_ms,
        .is_held = step->is_held,
        .history = interpreter->history,
    };

    TRY(execution_write_step(tx, step->execution, &written, error));
    return interpreter->status == RUN_RUNNING || workflow_tell_status(step->workflow, tx, step->execution->arn, error);
}

/* The task that is to be called first in this step; 0: none. An activity's is not called. */
static int64_t waiting_task(Step *step)
{
    RunState *run = step->interpreter.run;
    int64_t events = run->event_count;
    const json_t *unused = NULL;
    int64_t value = 0;

    if (is_to_hand_over(step, &unused))
        return 0;

    /* Asking does nothing if the answer is that a task is needed; if not, it was the first move. */
    if (interpreter_advance(&step->interpreter, &value) != RUN_NEEDS_TASK)
        return 0;
    g_assert(run->event_count == events);
    return interpreter_task_is_activity(&step->interpreter, value) ? 0 : value;
}

static bool hand_over(Step *step, GError **error)
{
    Workflow *workflow = step->workflow;
    const json_t *input = NULL;

    if (!is_to_hand_over(step, &input))
        return true;
    TRY(workflow->successor.function(workflow->successor.data, step->tx, step->execution->arn, input, error));
    interpreter_hand_over(&step->interpreter);
    return true;
}

/* The execution's row comes first: whoever answers a task wants it, too, before the task's. */
static bool commit_alone(Step *step, GError **error)
{
    TRY(begin_writing(step, error));
    TRY(hand_over(step, error));
    TRY(write_step(step, step->tx, error));
    TRY(open_tasks_remove(&step->open, step->tx, step->interpreter.run, &step->is_overtaken, error));
    return step->is_overtaken || db_commit(g_steal_pointer(&step->tx), error);
}

static bool write_part(void *step, DbTx *tx, GError **error)
{
    return write_step(step, tx, error);
}

/* Where one writes at a time, several steps at once cost little more than one; where many do, their commits already go
 * to the disk together. Only a step that has nothing to write but where its execution is can share a transaction. */
static bool is_for_group(const Step *step)
{
    const json_t *unused = NULL;

    return db_writes_in_turn(step->workflow->db) && step->tx == NULL && step->open.tasks->len == 0 &&
           !is_to_hand_over(step, &unused);
}

static bool commit_step(Step *step, GError **error)
{
    if (!is_for_group(step))
        return commit_alone(step, error);
    switch (step_group_write(step->workflow->group, write_part, step, error)) {
    case GROUP_WRITTEN:
        return true;
    case GROUP_SPOILT:
        return commit_alone(step, error);
    case GROUP_FAILED:
        break;
    }
    return false;
}

/* A function that is not of the store is called without a transaction, and may take long. */
static bool call_first(Step *step, int64_t frame_id, GError **error)
{
    Workflow *workflow = step->workflow;
    InterpreterTask task = interpreter_task(&step->interpreter, frame_id);

    if (task_caller_is_within(workflow->tasks, &task)) {
        TRY(begin_writing(step, error));
        return call_task(step, frame_id, error);
    }
    lease_keeper_hold(workflow->keeper, step->execution);
    bool is_called = call_task(step, frame_id, error);
    lease_keeper_drop(workflow->keeper, step->execution);
    return is_called;
}

static bool run_step(Step *step, GError **error)
{
    Workflow *workflow = step->workflow;

    TRY(open_tasks_load(&step->open, workflow->db, step->execution->arn, step->execution->run, error));
    open_tasks_tell(&step->open, &step->interpreter);
    int64_t frame_id = waiting_task(step);
    if (frame_id != 0)
        TRY(call_first(step, frame_id, error));
    if (!step->is_interrupted) {
        TRY(go_on(step, error));
        TRY(commit_step(step, error));
    }
    if (!step->is_interrupted && !step->is_overtaken)
        return true;
    step->is_held = false;
    g_clear_pointer(&step->tx, db_tx_free);
    return execution_release(workflow->db, step->execution, clock_now_ms(), error);
}

/* What a redrive adds to the context object. */
static void add_redrive(json_t *context, const Execution *execution)
{
    json_t *member = json_object_get(context, "Execution");
    g_autofree char *time = clock_format_iso_ms(execution->redriven_ms);

    if (execution->redrives == 0)
        return;
    json_object_set_new(member, "RedriveCount", json_integer(execution->redrives));
    json_object_set_new(member, "RedriveTime", json_string(time));
}

static bool run_and_persist(
    Workflow *workflow, const Execution *execution, int64_t held_until_ms, bool *ret_held, GError **error)
{
    g_auto(History) history = {0};
    json_t *context = execution_context(execution);
    g_auto(Step) step = {
        .workflow = workflow,
        .execution = execution,
        .held_until_ms = held_until_ms,
        .interpreter =
            {
                .definition = execution->definition,
                .run = execution->run,
                .history = &history,
                .execution = context,
                .region = workflow->region,
                .now_ms = clock_now_ms(),
                .started_ms = execution->redriven_ms != 0 ? execution->redriven_ms : execution->started_ms,
                .max_events = workflow->max_events,
            },
    };

    history_init(&history);
    add_redrive(context, execution);
    bool is_done = run_step(&step, error);
    json_decref(context);
    *ret_held = step.is_held;
    return is_done;
}

/* A step, and for a moment those after it: each is committed by itself, and what is claimed need not be read again. */
static bool run_claimed(Workflow *workflow, const Execution *execution, GError **error)
{
    const int64_t until_ms = clock_monotonic_ms() + workflow->hold_ms;
    bool is_held = true;

    while (is_held)
        TRY(run_and_persist(workflow, execution, until_ms, &is_held, error));
    return true;
}

bool workflow_step(Workflow *workflow, const char *runner, bool *ret_ran, int64_t *ret_wait_ms, GError **error)
{
    g_auto(Execution) execution = {0};
    g_autoptr(GError) step_error = NULL;

    const ExecutionWork work = atomic_load(&workflow->is_busy) ? WORK_IS_LIKELY : WORK_IS_UNLIKELY;

    TRY(execution_claim(workflow->db, runner, workflow->lease_ms, work, &execution, ret_ran, ret_wait_ms, error));
    atomic_store(&workflow->is_busy, *ret_ran);
    if (*ret_ran && workflow->claimed != NULL)
        workflow->claimed(workflow->data);
    if (!*ret_ran || run_claimed(workflow, &execution, &step_error))
        return true;
    if (error_is(step_error, ERROR_LOST_LEASE)) /* somebody else went on: what we did is thrown away */
        return true;
    /* Best effort, so that nobody has to wait for our lease to end. */
    g_autoptr(GError) ignored = NULL;
    if (!execution_release(workflow->db, &execution, clock_now_ms() + MS_PER_S, &ignored))
        g_clear_error(&ignored);
    g_propagate_error(error, g_steal_pointer(&step_error));
    return false;
}
