/* The execution index: which executions there were, by date, over all state machines, newest first.
 *
 * It is fed with the events that EventBridge carries of every change of an execution's status, which may come late,
 * more than once and out of order: what an execution's newest status is, it decides itself. Any thread. */
#pragma once

#include "base/error.h"
#include "store/db.h"

#include <jansson.h>
#include <stdint.h>

typedef struct ExecutionIndex ExecutionIndex;

/* Borrowed until the visitor returns. */
typedef struct IndexedExecution {
    const char *execution_arn, *state_machine_arn, *name;
    const char *status; /* RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE */
    int64_t started_ms;
    int64_t stopped_ms; /* 0 while it runs */
} IndexedExecution;

typedef struct IndexQuery {
    int64_t from_ms;    /* started at or after; 0: from the beginning */
    int64_t to_ms;      /* started before; 0: without end */
    const char *status; /* NULL: all */
    uint32_t limit;     /* 0: all */
} IndexQuery;

typedef bool (*IndexVisitor)(void *data, const IndexedExecution *execution, GError **error);

void execution_index_close(ExecutionIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExecutionIndex, execution_index_close)

/* Takes in one event ("Step Functions Execution Status Change"), as part of a writing transaction on the store: it
 * counts if that commits. An event that was taken in before, or that tells of an earlier status than the index knows,
 * changes nothing. INVALID if the event has not the shape that Step Functions gives it. */
FALLIBLE bool execution_index_put(ExecutionIndex *index, DbTx *tx, const json_t *event, GError **error);

/* Newest start first; of equal starts the greater ARN first. INVALID if status is not one of the above, or the range
 * ends before it begins. */
FALLIBLE bool execution_index_query(
    ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error);
