/* The execution index as its adapters see it: an adapter embeds ExecutionIndex as the first member of its struct. */
#pragma once

#include "index/execution_index.h"

/* What an event tells; borrowed. */
typedef struct IndexEvent {
    const char *id;
    const json_t *json; /* the whole event */
    IndexedExecution execution;
    /* Of two events of one execution the one with the greater started_ms, then redrive_count, then rank is newer. */
    int64_t redrive_count;
    int64_t rank; /* RUNNING 0, PENDING_REDRIVE 1, ended 2 */
} IndexEvent;

typedef struct ExecutionIndexOps {
    const char *name;
    /* Idempotent, in any order. tx: see execution_index_put(); an adapter that is no part of the store is behind an
     * outbox, and is given NULL. */
    bool (*put)(ExecutionIndex *index, DbTx *tx, const IndexEvent *event, GError **error);
    /* The query has been checked; to_ms is INT64_MAX and limit UINT32_MAX where there is none. */
    bool (*query)(ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error);
    void (*close)(ExecutionIndex *index);
} ExecutionIndexOps;

struct ExecutionIndex {
    const ExecutionIndexOps *ops;
};

/* Negative, 0 or positive: left is older than, as old as, newer than right. */
int index_event_compare(const IndexEvent *left, const IndexEvent *right);
