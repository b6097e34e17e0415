/* Executions of state machines in the Amazon States Language, kept in the store after every step.
 *
 * Any process may go on with a run: it takes a lease with a fence, lets the interpreter go on, and persists what
 * follows in one transaction. A task that was cut short runs again, so tasks repeat without harm. Any thread. */
#pragma once

#include "base/error.h"
#include "store/db.h"

#include <jansson.h>

typedef struct Workflow Workflow;

/* A task's error as ASL sees it: a name for ErrorEquals and a cause for people. */
typedef struct TaskError {
    char *name;
    char *cause;
    /* left alone by tasks: */
    bool is_own;       /* raised by the interpreter itself */
    bool is_heartbeat; /* a time-out for want of a sign of life */
    bool says_where;   /* the cause names the state that it happened in */
} TaskError;

/* The name of the error with which a task says that it was told to stop: nothing of the step is stored, no retry is
 * counted, and the execution is free for whoever goes on with it. */
#define TASK_INTERRUPTED "trawl.Cancelled"

/* One function that Task states can invoke (arn:aws:states:::lambda:invoke with FunctionName, or its own ARN). Input is
 * the Payload. True with *ret_output (a new reference); false with *ret_error filled. Called without any lock or
 * transaction; may take long. */
typedef bool (*TaskFunction)(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error);

/* As before, for functions that want to know more of the call. */
typedef struct TaskCall {
    const json_t *input;
    const char
        *token; /* the same for every repetition of this attempt: what was done under it need not be done again */
    int64_t deadline_ms; /* when the state's TimeoutSeconds are over: an answer after that is not taken; INT64_MAX */
} TaskCall;
typedef bool (*TaskCallFunction)(void *data, const TaskCall *call, json_t **ret_output, TaskError *ret_error);

/* A function whose effect is in the same store: it runs inside the transaction that takes its answer, so both happen
 * once, or neither. It must not take long. False with *error set if the store failed, without if the task did. */
typedef bool (*TaskTxFunction)(
    void *data, DbTx *tx, const TaskCall *call, json_t **ret_output, TaskError *ret_error, GError **error);

typedef struct WorkflowOptions {
    Db *db;             /* borrowed */
    const char *region; /* parts of ARNs; NULL for us-east-1, 000000000000 */
    const char *account;
    int64_t lease_ms;   /* 0: 30 s; renewed while a task runs */
    int64_t hold_ms;    /* so long an execution that can go on at once keeps its claim; 0: a step, then others' turn */
    int64_t max_events; /* of an execution's history; 0: Step Functions' 25,000 */
    void (*claimed)(void *data); /* NULL, or called by workflow_step() with an execution claimed, before what may take
                                  * long: others may have to look for more */
    void *data;
} WorkflowOptions;

Workflow *workflow_new(const WorkflowOptions *options);
void workflow_free(Workflow *workflow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workflow, workflow_free)

/* Before any run. */
void workflow_register_task(Workflow *workflow, const char *function_name, TaskFunction function, void *data);
void workflow_register_call(Workflow *workflow, const char *function_name, TaskCallFunction function, void *data);
void workflow_register_tx_task(Workflow *workflow, const char *function_name, TaskTxFunction function, void *data);

/* Parses and validates a definition and keeps it under a name. INVALID lists what is wrong, each with its JSON pointer;
 * what this interpreter does not know is refused here, not met at run time. */
FALLIBLE bool workflow_add_machine(Workflow *workflow, const char *name, const char *definition, GError **error);

/* Who goes on with what an execution of a machine was doing, before its history is full: called inside the transaction
 * that ends it as a success, when it is about to enter its first state again with this input. */
typedef bool (*WorkflowSuccessor)(void *data, DbTx *tx, const char *execution_arn, const json_t *input, GError **error);
/* Before any run; for one machine. */
void workflow_set_successor(Workflow *workflow, const char *machine, WorkflowSuccessor successor, void *data);

/* Told of every change of an execution's status (its start is one), inside the transaction that makes the change:
 * event is EventBridge's "Step Functions Execution Status Change", borrowed. What fails here undoes the change. */
typedef bool (*WorkflowStatusSink)(void *data, DbTx *tx, const json_t *event, GError **error);
/* Before any run. Whoever changes executions of one store has the same sink, or some of its events are missing. */
void workflow_set_status_sink(Workflow *workflow, WorkflowStatusSink sink, void *data);

/* Whether the execution is somebody's who would not know if it went on by itself: *ret_refusal says so in words, owned
 * by the caller; NULL if not. */
typedef bool (*WorkflowRedriveGuard)(
    void *data, DbTx *tx, const char *execution_arn, char **ret_refusal, GError **error);
/* Before any run. */
void workflow_set_redrive_guard(Workflow *workflow, WorkflowRedriveGuard guard, void *data);

/* "arn:aws:states:<region>:<account>:execution:<machine>:<name>", owned by the caller. */
char *workflow_execution_arn(const Workflow *workflow, const char *machine, const char *name);

/* Starts an execution inside the caller's transaction. Idempotent: the same name and input while it runs is no error;
 * otherwise CONFLICT. runner: as jobs.runner. */
FALLIBLE bool workflow_start(Workflow *workflow, DbTx *tx, const char *machine, const char *name, const json_t *input,
    const char *runner, GError **error);

/* An execution of a machine that need not be one of workflow_add_machine(). */
typedef struct StartExecution {
    const char *arn, *machine_arn, *name;
    const char *definition; /* valid */
    const char *role_arn;   /* shown to the run, and nothing else; NULL: that of a machine made without one */
    const char *runner;     /* as jobs.runner */
    const json_t *input;
    const char *input_text; /* how the input is shown to those who ask; NULL: as it is written here */
} StartExecution;

/* As workflow_start(); *ret_started_ms is when it began, which may be long ago. */
FALLIBLE bool workflow_start_execution(
    Workflow *workflow, DbTx *tx, const StartExecution *start, int64_t *ret_started_ms, GError **error);

typedef struct ExecutionStatus {
    char status[16]; /* RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED */
    char *error;
    char *cause;
    char *output; /* JSON text */
    int64_t started_ms, stopped_ms;
} ExecutionStatus;

void execution_status_clear(ExecutionStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecutionStatus, execution_status_clear)

/* NOT_FOUND if there is no such execution. */
FALLIBLE bool workflow_describe(DbTx *tx, const char *execution_arn, ExecutionStatus *ret_status, GError **error);

/* Ends a running execution as ABORTED, inside the caller's transaction; a step that runs meanwhile is thrown away.
 * error and cause may be NULL. No change if it has ended already. NOT_FOUND if there is no such execution. */
FALLIBLE bool workflow_abort(
    Workflow *workflow, DbTx *tx, const char *execution_arn, const char *error_name, const char *cause, GError **error);

/* Goes on with one execution that is due and free, of those with this runner (NULL: without one): answers the task it
 * is at, runs what needs no task up to the next one, and writes that in one transaction.
 * *ret_ran false: nothing is due; *ret_wait_ms then says how long until something may be by itself (at
 * most 1 min): what others start or give back meanwhile is told by DB_CHANNEL_EXECUTIONS. */
FALLIBLE bool workflow_step(
    Workflow *workflow, const char *runner, bool *ret_ran, int64_t *ret_wait_ms, GError **error);
