/* Runs a machine in memory, without a store: tasks answer what they are told to, and time is its own. The interpreter
 * is the same as that of stored executions. Any thread. */
#pragma once

#include "workflow/history.h"
#include "workflow/interpreter.h"

typedef struct DryRunOptions {
    const json_t *definition; /* valid */
    const json_t *input;
    const json_t *mocks; /* state name -> [{"output"} or {"error", "cause"}, …], one for each attempt in turn, the last
                            one repeating; "seconds" beside them is how long the attempt takes. NULL: none */
    double speed;        /* waits are this many times shorter; 0: none takes any time */
    int64_t max_events;  /* 0: Step Functions' 25,000 */
    int64_t started_ms;  /* what the clock of the run shows at its start */
    void (*on_event)(void *data, const HistoryEvent *event); /* as they happen; or NULL */
    void *data;
} DryRunOptions;

typedef struct DryRunResult {
    RunStatus status;
    json_t *output; /* of a success */
    TaskError error;
    History history;
} DryRunResult;

void dry_run_result_clear(DryRunResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DryRunResult, dry_run_result_clear)

/* INVALID if mocks are not of that form. A Task state without a mock fails with States.TaskFailed, and says so. */
FALLIBLE bool dry_run(const DryRunOptions *options, DryRunResult *ret_result, GError **error);
