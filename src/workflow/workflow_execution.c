/* The life of an execution as others see it: it is started, told of, aborted. */
#include "base/clock.h"
#include "workflow/asl/data.h"
#include "workflow/machines.h"
#include "workflow/workflow_parts.h"

#include <string.h>

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

json_t *execution_context(const Execution *execution)
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

    TRY(workflow_check_name("an execution", start->name, error));
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
