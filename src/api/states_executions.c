/* Executions for Step Functions clients: starting, stopping, telling. */
#include "api/states_call.h"
#include "base/clock.h"
#include "jobs/jobs.h"
#include "workflow/executions.h"
#include "workflow/machines.h"
#include "workflow/redrive.h"

#include <string.h>

enum {
    INPUT_BYTES_MAX = 262144,
    NAME_CHARS_MAX = 80,
    TRACE_CHARS_MAX = 256,
    ERROR_CHARS_MAX = 256,
    CAUSE_CHARS_MAX = 32768,
    CLIENT_TOKEN_CHARS_MAX = 64,
    LIST_TOKEN_CHARS = 3096,
};
#define STATUSES "SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING"

/* ---- StartExecution ---- */

static bool parse_input(StatesCall *call, const char *text, json_t **ret_input, GError **error)
{
    json_error_t where;

    if (*text == '\0')
        return states_refuse(
            call, error, "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'");
    if (strlen(text) > INPUT_BYTES_MAX)
        return states_refuse(call, error, "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
            "than or equal to %d",
            INPUT_BYTES_MAX);
    *ret_input = json_loads(text, JSON_DECODE_ANY, &where);
    if (*ret_input == NULL)
        return states_refuse(call, error, "InvalidExecutionInput",
            "Invalid State Machine Execution Input: '%s at [line: %d, column: %d]'", where.text, where.line,
            where.column);
    return true;
}

static bool read_name(StatesCall *call, char **ret_name, GError **error)
{
    const TextParam text = {.name = "name", .min_chars = 1, .max_chars = NAME_CHARS_MAX};
    const char *name = NULL;

    TRY(states_text(call, text, &name, error));
    if (name != NULL && !workflow_name_is_valid(name))
        return states_refuse(call, error, "InvalidName", "Invalid Name: '%s'", name);
    *ret_name = name != NULL ? g_strdup(name) : g_uuid_string_random();
    return true;
}

static bool find_machine(StatesCall *call, DbTx *tx, const char *arn, StateMachine *ret_machine, GError **error)
{
    bool is_found = false;

    TRY(machine_find(tx, arn, ret_machine, &is_found, error));
    if (!is_found)
        return states_refuse(call, error, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn);
    return true;
}

static bool start_once(StatesCall *call, StartExecution *start, int64_t *ret_started_ms, GError **error)
{
    g_auto(StateMachine) machine = {0};
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(find_machine(call, tx, start->machine_arn, &machine, error));
    start->definition = machine.definition;
    start->role_arn = machine.role_arn;
    TRY(workflow_start_execution(call->api->workflow, tx, start, ret_started_ms, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* Of two that start the same at once, the slower one finds the faster one's when it looks again. */
static bool start(StatesCall *call, StartExecution *start, int64_t *ret_started_ms, GError **error)
{
    g_autoptr(GError) trouble = NULL;

    if (start_once(call, start, ret_started_ms, &trouble))
        return true;
    if (error_is(trouble, ERROR_CONFLICT)) {
        g_clear_error(&trouble);
        if (start_once(call, start, ret_started_ms, &trouble))
            return true;
    }
    if (error_is(trouble, ERROR_CONFLICT))
        return states_refuse(call, error, "ExecutionAlreadyExists", "Execution Already Exists: '%s'", start->arn);
    g_propagate_error(error, g_steal_pointer(&trouble));
    return false;
}

static bool start_with(
    StatesCall *call, const char *machine_arn, const char *input_text, json_t **ret_answer, GError **error)
{
    g_autofree char *prefix = states_execution_prefix(machine_arn);
    g_autofree char *name = NULL;
    json_t *input = NULL;
    int64_t started_ms = 0;

    TRY(read_name(call, &name, error));
    TRY(parse_input(call, input_text, &input, error));
    g_autofree char *arn = g_strconcat(prefix, name, NULL);
    StartExecution execution = {
        .arn = arn, .machine_arn = machine_arn, .name = name, .input = input, .input_text = input_text};
    const bool is_started = start(call, &execution, &started_ms, error);
    json_decref(input);
    TRY(is_started);
    if (call->api->job_changed != NULL)
        call->api->job_changed(call->api->data);
    *ret_answer = json_pack("{s:s, s:o}", "executionArn", arn, "startDate", states_time(started_ms));
    return true;
}

bool states_start_execution(StatesCall *call, json_t **ret_answer, GError **error)
{
    const char *machine_arn = NULL, *input_text = NULL, *unused = NULL;

    TRY(states_arn(call, "stateMachineArn", "stateMachine", &machine_arn, error));
    TRY(states_text(call, (TextParam){.name = "input"}, &input_text, error));
    TRY(states_text(call, (TextParam){.name = "traceHeader", .max_chars = TRACE_CHARS_MAX}, &unused, error));
    return start_with(call, machine_arn, input_text != NULL ? input_text : "{}", ret_answer, error);
}

/* ---- DescribeExecution, StopExecution ---- */

bool states_read_record(StatesCall *call, ExecutionRecord *ret_record, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL;
    bool is_found = false;

    TRY(states_arn(call, "executionArn", "execution", &arn, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(execution_record_find(tx, arn, ret_record, &is_found, error));
    if (!is_found)
        return states_refuse(call, error, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn);
    return true;
}

static void set_text(json_t *root, const char *name, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(root, name, json_string(text));
}

/* What a list tells as well. */
static json_t *summary(const ExecutionRecord *record)
{
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "executionArn", record->arn, "stateMachineArn",
        record->machine_arn, "name", record->name, "status", record->status, "startDate",
        states_time(record->started_ms), "redriveCount", (json_int_t)record->redrive_count);

    if (record->stopped_ms != 0)
        (void)json_object_set_new(root, "stopDate", states_time(record->stopped_ms));
    if (record->redriven_ms != 0)
        (void)json_object_set_new(root, "redriveDate", states_time(record->redriven_ms));
    return root;
}

static void add_data(json_t *root, const ExecutionRecord *record)
{
    set_text(root, "input", record->input);
    (void)json_object_set_new(root, "inputDetails", json_pack("{s:b}", "included", 1));
    if (record->output == NULL)
        return;
    set_text(root, "output", record->output);
    (void)json_object_set_new(root, "outputDetails", json_pack("{s:b}", "included", 1));
}

static bool add_redrive(StatesCall *call, json_t *root, const ExecutionRecord *record, GError **error)
{
    g_autofree char *refusal = NULL;
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(workflow_redrive_refusal(call->api->workflow, tx, record, &refusal, error));
    set_text(root, "redriveStatus", refusal == NULL ? "REDRIVABLE" : "NOT_REDRIVABLE");
    set_text(root, "redriveStatusReason", refusal);
    return true;
}

bool states_describe_execution(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(ExecutionRecord) record = {0};
    const char *included = NULL;

    TRY(states_choice(call, "includedData", "METADATA_ONLY, ALL_DATA", &included, error));
    TRY(states_read_record(call, &record, error));
    json_t *root = summary(&record);
    if (g_strcmp0(included, "METADATA_ONLY") != 0)
        add_data(root, &record);
    set_text(root, "error", record.error);
    set_text(root, "cause", record.cause);
    if (add_redrive(call, root, &record, error))
        *ret_answer = json_incref(root);
    json_decref(root);
    return *ret_answer != NULL;
}

/* ---- RedriveExecution ---- */

static bool redrive(StatesCall *call, const char *arn, const char *client_token, int64_t *ret_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(workflow_redrive(call->api->workflow, tx, arn, client_token, ret_ms, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool states_redrive_execution(StatesCall *call, json_t **ret_answer, GError **error)
{
    const TextParam token = {.name = "clientToken", .min_chars = 1, .max_chars = CLIENT_TOKEN_CHARS_MAX};
    g_auto(ExecutionRecord) record = {0};
    g_autoptr(GError) trouble = NULL;
    const char *client_token = NULL;
    int64_t redriven_ms = 0;

    TRY(states_text(call, token, &client_token, error));
    TRY(states_read_record(call, &record, error));
    if (!redrive(call, record.arn, client_token, &redriven_ms, &trouble)) {
        if (error_is(trouble, ERROR_CONFLICT))
            return states_refuse(call, error, "ExecutionNotRedrivable", "%s", trouble->message);
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    if (call->api->job_changed != NULL)
        call->api->job_changed(call->api->data);
    *ret_answer = json_pack("{s:o}", "redriveDate", states_time(redriven_ms));
    return true;
}

static bool abort_it(StatesCall *call, const char *arn, const char *name, const char *cause, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(workflow_abort(call->api->workflow, tx, arn, name, cause, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    /* A job whose execution was stopped is over at once, not when somebody happens to look. */
    return jobs_reconcile(call->api->db, error);
}

bool states_stop_execution(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(ExecutionRecord) record = {0}, stopped = {0};
    const char *name = NULL, *cause = NULL;
    g_autoptr(GError) trouble = NULL;

    TRY(states_text(call, (TextParam){.name = "error", .max_chars = ERROR_CHARS_MAX}, &name, error));
    TRY(states_text(call, (TextParam){.name = "cause", .max_chars = CAUSE_CHARS_MAX}, &cause, error));
    TRY(states_read_record(call, &record, error));
    /* A step of it may have been written meanwhile; the second look is at what it is then. */
    if (!abort_it(call, record.arn, name, cause, &trouble)) {
        if (!error_is(trouble, ERROR_LOST_LEASE)) {
            g_propagate_error(error, g_steal_pointer(&trouble));
            return false;
        }
        TRY(abort_it(call, record.arn, name, cause, error));
    }
    TRY(states_read_record(call, &stopped, error));
    *ret_answer = json_pack("{s:o}", "stopDate", states_time(stopped.stopped_ms));
    return true;
}

/* ---- ListExecutions ---- */

typedef struct ListPage {
    json_t *items;
    uint32_t limit;
    bool has_more;
    int64_t last_ms;
    char *last_name;
} ListPage;

static void list_one(void *data, const ExecutionRecord *record)
{
    ListPage *page = data;

    if (json_array_size(page->items) == page->limit) {
        page->has_more = true;
        return;
    }
    (void)json_array_append_new(page->items, summary(record));
    page->last_ms = record->started_ms;
    g_free(page->last_name);
    page->last_name = g_strdup(record->name);
}

static bool fill_list(StatesCall *call, ExecutionsQuery *query, ListPage *page, GError **error)
{
    g_auto(StateMachine) machine = {0};
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(find_machine(call, tx, query->machine_arn, &machine, error));
    query->limit = page->limit + 1;
    return executions_list(tx, query, list_one, page, error);
}

static bool list_from(
    StatesCall *call, ExecutionsQuery *query, const char *redrive_filter, json_t **ret_answer, GError **error)
{
    g_autofree char *binding = g_strdup_printf("ListExecutions|%s|%s|%s", query->machine_arn,
        query->status != NULL ? query->status : "", redrive_filter != NULL ? redrive_filter : "");
    g_autofree char *prefix = states_execution_prefix(query->machine_arn);
    g_autofree char *name = g_strdup("");
    ListPage page = {0};

    TRY(states_token_read(call, binding, LIST_TOKEN_CHARS, &query->before_ms, &name, error));
    g_autofree char *before = g_strconcat(prefix, name, NULL);
    query->before_arn = before;
    TRY(states_max_results(call, &page.limit, error));
    page.items = json_array();
    if (redrive_filter != NULL)
        query->redrives = strcmp(redrive_filter, "REDRIVEN") == 0 ? REDRIVES_ONLY : REDRIVES_NONE;
    const bool is_listed = fill_list(call, query, &page, error);
    json_t *root = json_pack("{s:o}", "executions", page.items);
    if (is_listed && page.has_more)
        (void)json_object_set_new(root, "nextToken", states_token_make(call, binding, page.last_ms, page.last_name));
    g_free(page.last_name);
    if (is_listed)
        *ret_answer = json_incref(root);
    json_decref(root);
    return is_listed;
}

bool states_list_executions(StatesCall *call, json_t **ret_answer, GError **error)
{
    ExecutionsQuery query = {.before_ms = INT64_MAX};
    const char *map_run = NULL, *redrive_filter = NULL;

    TRY(states_text(call, (TextParam){.name = "mapRunArn"}, &map_run, error));
    if (map_run != NULL)
        return states_refuse(call, error, "ResourceNotFound", "Map Run Does Not Exist: '%s'", map_run);
    TRY(states_choice(call, "statusFilter", STATUSES, &query.status, error));
    TRY(states_choice(call, "redriveFilter", "REDRIVEN, NOT_REDRIVEN", &redrive_filter, error));
    TRY(states_arn(call, "stateMachineArn", "stateMachine", &query.machine_arn, error));
    if (g_strcmp0(query.status, "PENDING_REDRIVE") == 0)
        return states_refuse(
            call, error, "ValidationException", "statusFilter PENDING_REDRIVE is for executions of a Map Run only");
    return list_from(call, &query, redrive_filter, ret_answer, error);
}
