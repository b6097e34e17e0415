/* The execution index as its adapters see it: an adapter embeds ExecutionIndex as the first member of its struct. */
#pragma once

#include "index/execution_index.h"

typedef struct ExecutionIndexOps {
    const char *name;
    /* The query has been checked; to_ms is INT64_MAX and limit UINT32_MAX where there is none. */
    bool (*query)(ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error);
    void (*close)(ExecutionIndex *index);
} ExecutionIndexOps;

struct ExecutionIndex {
    const ExecutionIndexOps *ops;
};
