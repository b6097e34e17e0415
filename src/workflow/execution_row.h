/* Internal to workflow/: the rows of executions: who may go on with one, where it is, and what a step made of it.
 *
 * A claim raises the fence; every later write is guarded by it. */
#pragma once

#include "base/error.h"
#include "store/db.h"
#include "workflow/history.h"
#include "workflow/interpreter.h"
#include "workflow/run_state.h"

/* One claimed execution, as it was at the claim. */
typedef struct Execution {
    char *arn;
    int64_t fence;
    char *machine_arn, *name, *role_arn;
    json_t *definition;
    json_t *input;
    RunState *run;
    int64_t started_ms;
    int64_t signals;               /* what had come from outside */
    int64_t redrives, redriven_ms; /* or 0 */
} Execution;

void execution_clear(Execution *execution);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Execution, execution_clear)

/* A new execution, before its first state. */
typedef struct NewExecution {
    const char *arn, *machine_arn, *name, *definition, *role_arn, *runner;
    const json_t *input;
    const char *input_text; /* NULL: written from input */
    const RunState *run;
    const History *history;
    int64_t started_ms;
} NewExecution;
FALLIBLE bool execution_add_events(DbTx *tx, const char *arn, const History *history, GError **error);
FALLIBLE bool execution_insert(DbTx *tx, const NewExecution *execution, GError **error);

/* Whether to claim at once, or to look first, which disturbs nobody. */
typedef enum ExecutionWork { WORK_IS_UNLIKELY, WORK_IS_LIKELY } ExecutionWork;

/* Claims one that is due and free, or whose owner is dead on this host. *ret_claimed false: none, and *ret_wait_ms says
 * how long there will be none. */
FALLIBLE bool execution_claim(Db *db, const char *runner, int64_t lease_ms, ExecutionWork work,
    Execution *ret_execution, bool *ret_claimed, int64_t *ret_wait_ms, GError **error);

/* LOST_LEASE if the fence has moved on. */
FALLIBLE bool execution_renew(Db *db, const char *arn, int64_t fence, int64_t lease_ms, GError **error);
/* Gives the claim back; nothing happened. */
FALLIBLE bool execution_release(Db *db, const Execution *execution, int64_t wake_at_ms, GError **error);

/* How an execution ends, or goes on: what one transaction writes. */
typedef struct ExecutionStep {
    const char *status; /* RUNNING: goes on where run is */
    const RunState *run;
    const json_t *output;
    const char *error, *cause;
    int64_t wake_at_ms, now_ms;
    bool is_held; /* the claim stays for the next step */
    const History *history;
} ExecutionStep;

/* LOST_LEASE if the fence has moved on: nothing is written, and the caller rolls back. */
FALLIBLE bool execution_write_step(DbTx *tx, const Execution *execution, const ExecutionStep *step, GError **error);
