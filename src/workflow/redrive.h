/* Redriving: an execution that failed, timed out or was stopped goes on from there, under the same ARN. Any thread. */
#pragma once

#include "workflow/workflow.h"

/* What decides on it, of an execution. */
typedef struct Redrivable {
    const char *status;
    int64_t stopped_ms, event_count;
    int64_t max_events; /* of its history */
    int64_t redrives;   /* so far */
} Redrivable;

/* Why it cannot be redriven, in words, owned by the caller; NULL: it can. */
char *redrive_refusal(const Redrivable *execution, int64_t now_ms);

/* How many events a history holds. */
int64_t workflow_max_events(const Workflow *workflow);

/* States that failed or were cut short are tried again, with all their attempts; in Map and Parallel states only the
 * iterations and branches that had not succeeded. The time of the machine's TimeoutSeconds begins anew. Within the
 * caller's transaction. CONFLICT with redrive_refusal() if it cannot be, NOT_FOUND if there is none. A client_token
 * (or NULL) that was given within 15 minutes changes nothing, and gives the time of then. */
FALLIBLE bool workflow_redrive(Workflow *workflow, DbTx *tx, const char *execution_arn, const char *client_token,
    int64_t *ret_redriven_ms, GError **error);
