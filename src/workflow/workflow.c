#include "workflow/workflow.h"

#include "base/clock.h"
#include "workflow/activities.h"
#include "workflow/asl/data.h"
#include "workflow/asl/validate.h"
#include "workflow/execution_row.h"
#include "workflow/lease_keeper.h"
#include "workflow/machines.h"
#include "workflow/open_tasks.h"
#include "workflow/redrive.h"
#include "workflow/status_event.h"
#include "workflow/step_group.h"
#include "workflow/task_caller.h"
#include "workflow/workflow_internal.h"

#include <stdatomic.h>
#include <string.h>

/* Moves without a task that one transaction may hold: enough to be fast, few enough to be short. */
enum {
    LEASE_MS = 30000,
    MS_PER_S = 1000,
    NAME_CHARS_MAX = 80,
    MOVES_PER_STEP = 64,
    MAX_EVENTS = 25000,
    HOLDS_PER_LEASE = 4
};
/* So many events before the limit an execution hands over: far more than one round of its machine makes. */
enum { HAND_OVER_EVENTS = 1000 };
#define NAME_BANNED "<>{}[]?*\"#%\\^|~`$&,;:/ "

struct Workflow {
    Db *db;
    char *region, *account;
    int64_t lease_ms, hold_ms, max_events;
    void (*claimed)(void *data);
    void *data;
    _Atomic bool is_busy; /* the last look for work found some */
    TaskCaller *tasks;    /* complete before the first step */
    LeaseKeeper *keeper;
    StepGroup *group;
    struct {
        char *machine_arn;
        WorkflowSuccessor function;
        void *data;
    } successor;
    struct {
        WorkflowStatusSink function; /* NULL: nobody wants to know */
        void *data;
    } status_sink;
    struct {
        WorkflowRedriveGuard function; /* NULL: all may go on by themselves */
        void *data;
    } redrive_guard;
    GMutex mutex;
    struct {
        GHashTable *machines; /* name -> definition, JSON text */
    } locked;
};

Workflow *workflow_new(const WorkflowOptions *options)
{
    Workflow *workflow = g_new0(Workflow, 1);

    workflow->db = options->db;
    workflow->region = g_strdup(options->region != NULL ? options->region : "us-east-1");
    workflow->account = g_strdup(options->account != NULL ? options->account : "000000000000");
    workflow->lease_ms = options->lease_ms > 0 ? options->lease_ms : LEASE_MS;
    workflow->hold_ms = MIN(options->hold_ms, workflow->lease_ms / HOLDS_PER_LEASE);
    workflow->max_events = options->max_events > 0 ? options->max_events : MAX_EVENTS;
    workflow->claimed = options->claimed;
    workflow->data = options->data;
    workflow->tasks = task_caller_new();
    workflow->keeper = lease_keeper_new(options->db, workflow->lease_ms);
    workflow->group = step_group_new(options->db);
    workflow->locked.machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&workflow->mutex);
    return workflow;
}

void workflow_free(Workflow *workflow)
{
    if (workflow == NULL)
        return;
    lease_keeper_free(workflow->keeper);
    step_group_free(workflow->group);
    task_caller_free(workflow->tasks);
    g_hash_table_unref(workflow->locked.machines);
    g_mutex_clear(&workflow->mutex);
    g_free(workflow->successor.machine_arn);
    g_free(workflow->region);
    g_free(workflow->account);
    g_free(workflow);
}

void workflow_register_task(Workflow *workflow, const char *function_name, TaskFunction function, void *data)
{
    task_caller_add(workflow->tasks, function_name, &(TaskEntry){.simple = function, .data = data});
}

void workflow_register_call(Workflow *workflow, const char *function_name, TaskCallFunction function, void *data)
{
    task_caller_add(workflow->tasks, function_name, &(TaskEntry){.call = function, .data = data});
}

void workflow_register_tx_task(Workflow *workflow, const char *function_name, TaskTxFunction function, void *data)
{
    task_caller_add(workflow->tasks, function_name, &(TaskEntry){.within = function, .data = data});
}

bool workflow_name_is_valid(const char *name)
{
    glong chars = g_utf8_validate(name, -1, NULL) ? g_utf8_strlen(name, -1) : 0;

    if (chars < 1 || chars > NAME_CHARS_MAX)
        return false;
    for (const char *at = name; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c) || g_unichar_iscntrl(c) || (c < 128 && strchr(NAME_BANNED, (int)c) != NULL))
            return false;
    }
    return true;
}

static bool check_name(const char *what, const char *name, GError **error)
{
    if (!workflow_name_is_valid(name))
        return fail(error, ERROR_INVALID, "name of %s: expected 1 to %d characters that ARNs can hold, got '%s'", what,
            NAME_CHARS_MAX, name);
    return true;
}

bool workflow_add_machine(Workflow *workflow, const char *name, const char *definition, GError **error)
{
    json_t *parsed = NULL;

    TRY(check_name("a state machine", name, error));
    TRY(asl_parse_machine(definition, &parsed, error));
    json_decref(parsed);
    g_mutex_lock(&workflow->mutex);
    g_hash_table_insert(workflow->locked.machines, g_strdup(name), g_strdup(definition));
    g_mutex_unlock(&workflow->mutex);
    return true;
}

static char *make_arn(const Workflow *workflow, const char *rest)
{
    return g_strdup_printf("arn:aws:states:%s:%s:%s", workflow->region, workflow->account, rest);
}

char *workflow_execution_arn(const Workflow *workflow, const char *machine, const char *name)
{
    g_autofree char *rest = g_strdup_printf("execution:%s:%s", machine, name);

    return make_arn(workflow, rest);
}

char *workflow_machine_arn(const Workflow *workflow, const char *machine)
{
    g_autofree char *rest = g_strconcat("stateMachine:", machine, NULL);

    return make_arn(workflow, rest);
}

int64_t workflow_max_events(const Workflow *workflow)
{
    return workflow->max_events;
}

char *workflow_activity_arn(const Workflow *workflow, const char *name)
{
    g_autofree char *rest = g_strconcat("activity:", name, NULL);

    return make_arn(workflow, rest);
}

void workflow_set_successor(Workflow *workflow, const char *machine, WorkflowSuccessor successor, void *data)
{
    g_free(workflow->successor.machine_arn);
    workflow->successor.machine_arn = workflow_machine_arn(workflow, machine);
    workflow->successor.function = successor;
    workflow->successor.data = data;
}

void workflow_set_status_sink(Workflow *workflow, WorkflowStatusSink sink, void *data)
{
    workflow->status_sink.function = sink;
    workflow->status_sink.data = data;
}

void workflow_set_redrive_guard(Workflow *workflow, WorkflowRedriveGuard guard, void *data)
{
    workflow->redrive_guard.function = guard;
    workflow->redrive_guard.data = data;
}

bool workflow_guard_redrive(Workflow *workflow, DbTx *tx, const char *arn, char **ret_refusal, GError **error)
{
    *ret_refusal = NULL;
    return workflow->redrive_guard.function == NULL ||
           workflow->redrive_guard.function(workflow->redrive_guard.data, tx, arn, ret_refusal, error);
}

bool workflow_tell_status(Workflow *workflow, DbTx *tx, const char *execution_arn, GError **error)
{
    g_auto(ExecutionRecord) record = {0};
    g_autofree char *refusal = NULL;

    if (workflow->status_sink.function == NULL)
        return true;
    TRY(status_event_read(tx, execution_arn, &record, error));
    TRY(workflow_redrive_refusal(workflow, tx, &record, &refusal, error));
    json_t *event = status_event_json(&record, refusal);
    const bool is_told = workflow->status_sink.function(workflow->status_sink.data, tx, event, error);
    json_decref(event);
    return is_told;
}

static char *find_machine(Workflow *workflow, const char *name)
{
    g_mutex_lock(&workflow->mutex);
    char *definition = g_strdup(g_hash_table_lookup(workflow->locked.machines, name));
    g_mutex_unlock(&workflow->mutex);
    return definition;
}

static bool is_same_running(const DbRows *rows, const json_t *input)
{
    json_t *first = asl_json_parse(db_rows_text(rows, 6));
    bool is_same = g_str_equal(db_rows_text(rows, 0), "RUNNING") && json_equal(first, input);

    json_decref(first);
    return is_same;
}

/* Starting the same once more is no error while the first runs. */
static bool find_started(
    DbTx *tx, const char *arn, const json_t *input, bool *ret_started, int64_t *ret_started_ms, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_EXECUTION_DESCRIBE, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, ret_started, error));
    if (*ret_started && !is_same_running(rows, input))
        return fail(error, ERROR_CONFLICT, "execution %s exists already", arn);
    if (*ret_started)
        *ret_started_ms = db_rows_int(rows, 4);
    return true;
}

/* Execution and StateMachine of the context object. */
static json_t *execution_context(const Execution *execution)
{
    const char *machine = strrchr(execution->machine_arn, ':');
    g_autofree char *started = clock_format_iso_ms(execution->started_ms);

    return json_pack("{s:{s:s, s:O?, s:s, s:s, s:s, s:i}, s:{s:s, s:s}}", "Execution", "Id", execution->arn, "Input",
        execution->input, "Name", execution->name, "RoleArn", execution->role_arn, "StartTime", started, "RedriveCount",
        0, "StateMachine", "Id", execution->machine_arn, "Name", machine != NULL ? machine + 1 : "");
}

static json_t *context_of_new(const NewExecution *execution)
{
    const Execution shown = {
        .arn = (char *)execution->arn,
        .name = (char *)execution->name,
        .machine_arn = (char *)execution->machine_arn,
        .role_arn = (char *)execution->role_arn,
        .input = (json_t *)execution->input,
        .started_ms = execution->started_ms,
    };

    return execution_context(&shown);
}

static bool start_new(Workflow *workflow, DbTx *tx, const NewExecution *named, int64_t *ret_started_ms, GError **error)
{
    NewExecution filled = *named, *execution = &filled;
    json_t *definition = asl_json_parse(execution->definition);
    g_autoptr(RunState) run =
        run_state_new(json_string_value(json_object_get(definition, "StartAt")), execution->input);
    g_auto(History) history = {0};
    int64_t now_ms = execution->started_ms = clock_now_ms();
    json_t *context = context_of_new(execution);
    g_auto(Interpreter) interpreter = {
        .definition = definition, .run = run, .history = &history, .execution = context, .now_ms = now_ms};

    history_init(&history);
    interpreter_start(&interpreter, execution->input);
    execution->run = run;
    execution->history = &history;
    bool is_inserted = execution_insert(tx, execution, error);
    json_decref(context);
    json_decref(definition);
    *ret_started_ms = now_ms;
    return is_inserted && workflow_tell_status(workflow, tx, execution->arn, error);
}

bool workflow_start_execution(
    Workflow *workflow, DbTx *tx, const StartExecution *start, int64_t *ret_started_ms, GError **error)
{
    g_autofree char *own_role = machine_own_role(start->machine_arn);
    bool is_started = false;

    TRY(check_name("an execution", start->name, error));
    TRY(find_started(tx, start->arn, start->input, &is_started, ret_started_ms, error));
    if (is_started)
        return true;
    const NewExecution execution = {
        .arn = start->arn,
        .machine_arn = start->machine_arn,
        .name = start->name,
        .definition = start->definition,
        .role_arn = start->role_arn != NULL ? start->role_arn : own_role,
        .runner = start->runner,
        .input = start->input,
        .input_text = start->input_text,
    };
    return start_new(workflow, tx, &execution, ret_started_ms, error);
}

bool workflow_start(Workflow *workflow, DbTx *tx, const char *machine, const char *name, const json_t *input,
    const char *runner, GError **error)
{
    g_autofree char *definition = find_machine(workflow, machine);
    g_autofree char *machine_arn = workflow_machine_arn(workflow, machine);
    g_autofree char *arn = workflow_execution_arn(workflow, machine, name);
    int64_t unused = 0;

    if (definition == NULL)
        return fail(error, ERROR_NOT_FOUND, "there is no state machine %s", machine);
    const StartExecution start = {
        .arn = arn,
        .machine_arn = machine_arn,
        .name = name,
        .definition = definition,
        .runner = runner,
        .input = input,
    };
    return workflow_start_execution(workflow, tx, &start, &unused, error);
}

void execution_status_clear(ExecutionStatus *status)
{
    g_clear_pointer(&status->error, g_free);
    g_clear_pointer(&status->cause, g_free);
    g_clear_pointer(&status->output, g_free);
}

bool workflow_describe(DbTx *tx, const char *execution_arn, ExecutionStatus *ret_status, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_DESCRIBE, &rows, error, db_text(execution_arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "there is no execution %s", execution_arn);
    *ret_status = (ExecutionStatus){
        .error = g_strdup(db_rows_text(rows, 1)),
        .cause = g_strdup(db_rows_text(rows, 2)),
        .output = g_strdup(db_rows_text(rows, 3)),
        .started_ms = db_rows_int(rows, 4),
        .stopped_ms = db_rows_int(rows, 5),
    };
    g_strlcpy(ret_status->status, db_rows_text(rows, 0), sizeof ret_status->status);
    return true;
}

/* Fence and number of events of a running execution; *ret_running false if it has ended. */
static bool read_position(DbTx *tx, Execution *execution, bool *ret_running, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_POSITION, &rows, error, db_text(execution->arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "there is no execution %s", execution->arn);
    *ret_running = g_str_equal(db_rows_text(rows, 0), "RUNNING");
    execution->fence = db_rows_int(rows, 1);
    execution->run = g_new0(RunState, 1);
    execution->run->event_count = db_rows_int(rows, 2);
    return true;
}

bool workflow_abort(
    Workflow *workflow, DbTx *tx, const char *execution_arn, const char *error_name, const char *cause, GError **error)
{
    g_auto(Execution) execution = {.arn = g_strdup(execution_arn)};
    g_auto(History) history = {0};
    bool is_running = false;
    int64_t now_ms = clock_now_ms();

    TRY(read_position(tx, &execution, &is_running, error));
    if (!is_running)
        return true;
    history_init(&history);
    history_add(&history, ++execution.run->event_count, 0, "ExecutionAborted", now_ms,
        history_error_details(error_name, cause));
    ExecutionStep step = {
        .status = "ABORTED",
        .run = execution.run,
        .error = error_name,
        .cause = cause,
        .now_ms = now_ms,
        .history = &history,
    };
    TRY(execution_write_step(tx, &execution, &step, error));
    TRY(DB_EXEC(tx, SQL_OPEN_TASKS_REMOVE, NULL, error, db_text(execution_arn)));
    return workflow_tell_status(workflow, tx, execution_arn, error);
}

/* ---- one step ---- */

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
