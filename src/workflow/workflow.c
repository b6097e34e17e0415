/* A Workflow itself: its machines, tasks and listeners; the names and ARNs of what it has. */
#include "workflow/workflow.h"

#include "workflow/activities.h"
#include "workflow/asl/validate.h"
#include "workflow/machines.h"
#include "workflow/redrive.h"
#include "workflow/status_event.h"
#include "workflow/workflow_parts.h"

#include <string.h>

enum { LEASE_MS = 30000, NAME_CHARS_MAX = 80, MAX_EVENTS = 25000, HOLDS_PER_LEASE = 4 };
#define NAME_BANNED "<>{}[]?*\"#%\\^|~`$&,;:/ "

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

bool workflow_check_name(const char *what, const char *name, GError **error)
{
    if (!workflow_name_is_valid(name))
        return fail(error, ERROR_INVALID, "name of %s: expected 1 to %d characters that ARNs can hold, got '%s'", what,
            NAME_CHARS_MAX, name);
    return true;
}

bool workflow_add_machine(Workflow *workflow, const char *name, const char *definition, GError **error)
{
    json_t *parsed = NULL;

    TRY(workflow_check_name("a state machine", name, error));
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
