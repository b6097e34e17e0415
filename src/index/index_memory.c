#include "index/index_memory.h"

#include "index/execution_index_ops.h"

typedef struct MemoryIndex {
    ExecutionIndex base;
    GArray *executions; /* IndexedExecution; texts in strings */
    GStringChunk *strings;
    uint32_t countdown;
} MemoryIndex;

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const IndexedExecution *left = a, *right = b;

    if (left->started_ms != right->started_ms)
        return left->started_ms < right->started_ms ? 1 : -1;
    return -g_strcmp0(left->execution_arn, right->execution_arn);
}

static bool fits(const IndexedExecution *execution, const IndexQuery *query)
{
    return execution->started_ms >= query->from_ms && execution->started_ms < query->to_ms &&
           (query->status == NULL || g_str_equal(query->status, execution->status));
}

static bool memory_query(
    ExecutionIndex *base, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error)
{
    MemoryIndex *index = (MemoryIndex *)base;
    uint32_t left = query->limit;

    if (index->countdown > 0 && --index->countdown == 0)
        return fail(error, ERROR_UNAVAILABLE, "index: made to fail");
    g_array_sort(index->executions, newest_first);
    for (guint i = 0; i < index->executions->len && left > 0; i++) {
        const IndexedExecution *execution = &g_array_index(index->executions, IndexedExecution, i);
        if (!fits(execution, query))
            continue;
        TRY(visitor(data, execution, error));
        left--;
    }
    return true;
}

static void memory_close(ExecutionIndex *base)
{
    MemoryIndex *index = (MemoryIndex *)base;

    g_array_unref(index->executions);
    g_string_chunk_free(index->strings);
    g_free(index);
}

static const ExecutionIndexOps memory_ops = {.name = "memory", .query = memory_query, .close = memory_close};

ExecutionIndex *index_memory_new(void)
{
    MemoryIndex *index = g_new0(MemoryIndex, 1);

    index->base.ops = &memory_ops;
    index->executions = g_array_new(FALSE, FALSE, sizeof(IndexedExecution));
    index->strings = g_string_chunk_new(1024);
    return &index->base;
}

void index_memory_put(ExecutionIndex *index, const IndexedExecution *execution)
{
    MemoryIndex *memory = (MemoryIndex *)index;
    IndexedExecution copy = *execution;

    copy.execution_arn = g_string_chunk_insert(memory->strings, execution->execution_arn);
    copy.state_machine_arn = g_string_chunk_insert(memory->strings, execution->state_machine_arn);
    copy.name = g_string_chunk_insert(memory->strings, execution->name);
    copy.status = g_string_chunk_insert(memory->strings, execution->status);
    g_array_append_val(memory->executions, copy);
}

void index_memory_fail_call(ExecutionIndex *index, uint32_t number)
{
    ((MemoryIndex *)index)->countdown = number;
}
