#include "workflow/workflow.h"

#include "base/clock.h"
#include "workflow/asl_validate.h"
#include "workflow/execution_row.h"
#include "workflow/lease_keeper.h"

#include <string.h>

enum { LEASE_MS = 30000, MS_PER_S = 1000, NAME_CHARS_MAX = 80 };
#define NAME_BANNED "<>{}[]?*\"#%\\^|~`$&,;:/ "

struct Workflow {
    Db *db;
    char *region, *account;
    int64_t lease_ms, max_events;
    GHashTable *tasks; /* name -> TaskEntry; complete before the first step */
    LeaseKeeper *keeper;
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
    workflow->max_events = options->max_events;
    workflow->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    workflow->keeper = lease_keeper_new(options->db, workflow->lease_ms);
    workflow->locked.machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&workflow->mutex);
    return workflow;
}

void workflow_free(Workflow *workflow)
{
    if (workflow == NULL)
        return;
    lease_keeper_free(workflow->keeper);
    g_hash_table_unref(workflow->tasks);
    g_hash_table_unref(workflow->locked.machines);
    g_mutex_clear(&workflow->mutex);
    g_free(workflow->region);
    g_free(workflow->account);
    g_free(workflow);
}

void workflow_register_task(Workflow *workflow, const char *function_name, TaskFunction function, void *data)
{
    TaskEntry *entry = g_new(TaskEntry, 1);

    *entry = (TaskEntry){.function = function, .data = data};
    g_hash_table_insert(workflow->tasks, g_strdup(function_name), entry);
}

static bool check_name(const char *what, const char *name, GError **error)
{
    glong chars = g_utf8_validate(name, -1, NULL) ? g_utf8_strlen(name, -1) : 0;

    if (chars < 1 || chars > NAME_CHARS_MAX)
        return fail(error, ERROR_INVALID, "name of %s: expected 1 to %d characters", what, NAME_CHARS_MAX);
    for (const char *at = name; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c) || g_unichar_iscntrl(c) || (c < 128 && strchr(NAME_BANNED, (int)c) != NULL))
            return fail(error, ERROR_INVALID, "name of %s: '%s' has a character that ARNs cannot hold", what, name);
    }
    return true;
}

bool workflow_add_machine(Workflow *workflow, const char *name, const char *definition, GError **error)
{
    json_error_t where = {0};

    TRY(check_name("a state machine", name, error));
    json_t *parsed = json_loads(definition, JSON_REJECT_DUPLICATES, &where);
    if (parsed == NULL)
        return fail(error, ERROR_INVALID, "no JSON: line %d, column %d: %s", where.line, where.column, where.text);
    bool is_valid = asl_validate(parsed, error);
    json_decref(parsed);
    if (!is_valid)
        return false;
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
static bool find_started(DbTx *tx, const char *arn, const json_t *input, bool *ret_started, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_EXECUTION_DESCRIBE, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, ret_started, error));
    if (*ret_started && !is_same_running(rows, input))
        return fail(error, ERROR_CONFLICT, "execution %s exists already", arn);
    return true;
}

static bool start_new(DbTx *tx, NewExecution *execution, GError **error)
{
    json_t *definition = asl_json_parse(execution->definition);

    execution->start_at = json_string_value(json_object_get(definition, "StartAt"));
    bool is_inserted = execution_insert(tx, execution, error);
    json_decref(definition);
    return is_inserted;
}

bool workflow_start(Workflow *workflow, DbTx *tx, const char *machine, const char *name, const json_t *input,
    const char *runner, GError **error)
{
    g_autofree char *definition = find_machine(workflow, machine);
    g_autofree char *machine_part = g_strconcat("stateMachine:", machine, NULL);
    g_autofree char *machine_arn = make_arn(workflow, machine_part);
    g_autofree char *arn = workflow_execution_arn(workflow, machine, name);
    bool is_started = false;

    if (definition == NULL)
        return fail(error, ERROR_NOT_FOUND, "there is no state machine %s", machine);
    TRY(check_name("an execution", name, error));
    TRY(find_started(tx, arn, input, &is_started, error));
    if (is_started)
        return true;
    NewExecution execution = {
        .arn = arn,
        .machine_arn = machine_arn,
        .name = name,
        .definition = definition,
        .runner = runner,
        .input = input,
    };
    return start_new(tx, &execution, error);
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
    execution->event_count = db_rows_int(rows, 2);
    return true;
}

bool workflow_abort(DbTx *tx, const char *execution_arn, const char *error_name, const char *cause, GError **error)
{
    g_auto(Execution) execution = {.arn = g_strdup(execution_arn)};
    g_auto(TaskError) told = {.name = g_strdup(error_name), .cause = g_strdup(cause)};
    g_auto(History) history = {0};
    bool is_running = false;

    TRY(read_position(tx, &execution, &is_running, error));
    if (!is_running)
        return true;
    history_init(&history);
    history_add(&history, "ExecutionAborted", history_error_details(error_name, cause));
    ExecutionStep step = {.status = "ABORTED", .error = &told, .history = &history};
    return execution_write_step(tx, &execution, &step, error);
}

static void set_time(json_t *object, const char *name, int64_t time_ms)
{
    g_autofree char *text = clock_format_iso_ms(time_ms);

    json_object_set_new(object, name, json_string(text));
}

/* The context object, for paths that start with "$$". */
static json_t *make_context(const Execution *execution)
{
    json_int_t retries = 0;
    for (size_t i = 0; i < json_array_size(execution->retry_counts); i++)
        retries += json_integer_value(json_array_get(execution->retry_counts, i));

    const char *machine_name = strrchr(execution->machine_arn, ':');
    json_t *run = json_pack("{s:s, s:O?, s:s, s:i}", "Id", execution->arn, "Input", execution->input, "Name",
        execution->name, "RedriveCount", 0);
    json_t *state = json_pack("{s:s?, s:I}", "Name", execution->state_name, "RetryCount", retries);
    json_t *machine =
        json_pack("{s:s, s:s}", "Id", execution->machine_arn, "Name", machine_name != NULL ? machine_name + 1 : "");
    set_time(run, "StartTime", execution->started_ms);
    set_time(state, "EnteredTime", execution->entered_ms);
    return json_pack("{s:o, s:o, s:o}", "Execution", run, "State", state, "StateMachine", machine);
}

/* When the execution must have ended, by its machine's TimeoutSeconds. */
static int64_t deadline_ms(const Execution *execution)
{
    const json_t *seconds = json_object_get(execution->definition, "TimeoutSeconds");

    return seconds != NULL ? execution->started_ms + json_integer_value(seconds) * MS_PER_S : INT64_MAX;
}

static void run_state(Workflow *workflow, const Execution *execution, History *history, Transition *ret_transition)
{
    json_t *context = make_context(execution);
    const json_t *states = json_object_get(execution->definition, "States");
    bool is_resumed = json_array_size(execution->retry_counts) > 0;
    StateRun run = {
        .name = execution->state_name,
        .state = json_object_get(states, execution->state_name != NULL ? execution->state_name : ""),
        .raw_input = execution->state_input,
        .context = context,
        .region = workflow->region,
        .tasks = workflow->tasks,
        .is_resumed = is_resumed,
        .retry_counts = execution->retry_counts,
        .entered_event_id = is_resumed ? execution->entered_event_id : execution->event_count + 1,
        .history = history,
    };

    lease_keeper_hold(workflow->keeper, execution);
    state_run(&run, ret_transition);
    lease_keeper_drop(workflow->keeper, execution);
    json_decref(context);
}

/* An execution that would never end stops at the limit: the last event the history can hold says so. */
static void limit_history(
    const Workflow *workflow, const Execution *execution, History *history, Transition *transition)
{
    GArray *events = history->events;
    int64_t total = execution->event_count + events->len;
    bool is_ended = transition->kind == TRANSITION_END || transition->kind == TRANSITION_FAIL;

    if (workflow->max_events == 0 || total < workflow->max_events || (total == workflow->max_events && is_ended))
        return;
    g_array_set_size(events, (guint)MAX(workflow->max_events - 1 - execution->event_count, 0));
    transition_clear(transition);
    transition->kind = TRANSITION_FAIL;
    asl_fail(&transition->error, ASL_RUNTIME,
        "The execution reached the maximum number of history events (%" G_GINT64_FORMAT ").", workflow->max_events);
    history_add(history, "ExecutionFailed", history_error_details(transition->error.name, transition->error.cause));
}

/* What a transition makes of the row; points into its arguments. */
static ExecutionStep make_step(
    const Execution *execution, const Transition *transition, const History *history, const json_t *no_counts)
{
    static const char *const statuses[] = {
        [TRANSITION_NEXT] = "RUNNING",
        [TRANSITION_AGAIN] = "RUNNING",
        [TRANSITION_UNDO] = "RUNNING",
        [TRANSITION_END] = "SUCCEEDED",
        [TRANSITION_FAIL] = "FAILED",
    };
    bool is_again = transition->kind == TRANSITION_AGAIN;
    int64_t now_ms = clock_now_ms();

    return (ExecutionStep){
        .status = statuses[transition->kind],
        .state_name = is_again ? execution->state_name : transition->next,
        .data = is_again ? execution->state_input : transition->output,
        .retry_counts = is_again ? execution->retry_counts : no_counts,
        .entered_ms = is_again ? execution->entered_ms : now_ms,
        .wake_at_ms = is_again ? MIN(transition->wake_at_ms, deadline_ms(execution)) : now_ms,
        .error = &transition->error,
        .history = history,
    };
}

static bool persist(Workflow *workflow, const Execution *execution, const Transition *transition,
    const History *history, GError **error)
{
    if (transition->kind == TRANSITION_UNDO)
        return execution_release(workflow->db, execution, clock_now_ms(), error);
    json_t *no_counts = json_array();
    ExecutionStep step = make_step(execution, transition, history, no_counts);
    bool is_persisted = execution_persist(workflow->db, execution, &step, error);
    json_decref(no_counts);
    return is_persisted;
}

static bool persist_timeout(Workflow *workflow, const Execution *execution, GError **error)
{
    g_auto(TaskError) told = {0};
    g_auto(History) history = {0};

    asl_fail(&told, ASL_TIMEOUT, "The execution took longer than its machine's TimeoutSeconds.");
    history_init(&history);
    history_add(&history, "ExecutionTimedOut", history_error_details(told.name, told.cause));
    ExecutionStep step = {.status = "TIMED_OUT", .error = &told, .history = &history};
    return execution_persist(workflow->db, execution, &step, error);
}

static bool run_and_persist(Workflow *workflow, const Execution *execution, GError **error)
{
    g_auto(History) history = {0};
    g_auto(Transition) transition = {0};

    if (clock_now_ms() >= deadline_ms(execution))
        return persist_timeout(workflow, execution, error);
    history_init(&history);
    run_state(workflow, execution, &history, &transition);
    limit_history(workflow, execution, &history, &transition);
    return persist(workflow, execution, &transition, &history, error);
}

bool workflow_step(Workflow *workflow, const char *runner, bool *ret_ran, int64_t *ret_wait_ms, GError **error)
{
    g_auto(Execution) execution = {0};
    g_autoptr(GError) step_error = NULL;

    TRY(execution_claim(workflow->db, runner, workflow->lease_ms, &execution, ret_ran, ret_wait_ms, error));
    if (!*ret_ran || run_and_persist(workflow, &execution, &step_error))
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
