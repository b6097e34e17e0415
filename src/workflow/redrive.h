/* Redriving: an execution that failed, timed out or was stopped goes on from there, under the same ARN. Any thread. */
#pragma once

#include "workflow/executions.h"
#include "workflow/workflow.h"

/* Why it cannot be redriven, in words, owned by the caller; *ret_refusal NULL: it can. The one place that decides: for
 * those who ask, for the event of its end, and for redriving itself. */
FALLIBLE bool workflow_redrive_refusal(
    Workflow *workflow, DbTx *tx, const ExecutionRecord *record, char **ret_refusal, GError **error);

/* How many events a history holds. */
int64_t workflow_max_events(const Workflow *workflow);

/* States that failed or were cut short are tried again, with all their attempts; in Map and Parallel states only the
 * iterations and branches that had not succeeded. The time of the machine's TimeoutSeconds begins anew. Within the
 * caller's transaction. CONFLICT with workflow_redrive_refusal() if it cannot be, NOT_FOUND if there is none. A
 * client_token (or NULL) that was given within 15 minutes changes nothing, and gives the time of then. */
FALLIBLE bool workflow_redrive(Workflow *workflow, DbTx *tx, const char *execution_arn, const char *client_token,
    int64_t *ret_redriven_ms, GError **error);
