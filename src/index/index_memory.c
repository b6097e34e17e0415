#include "index/index_memory.h"

#include "index/execution_index_ops.h"

/* The newest event of an execution; its texts are those of its JSON. */
typedef struct MemoryEntry {
    IndexEvent event;
    json_t *json;
} MemoryEntry;

typedef struct MemoryIndex {
    ExecutionIndex base;
    GArray *entries; /* MemoryEntry */
    uint32_t countdown, puts;
} MemoryIndex;

static void entry_clear(gpointer data)
{
    json_decref(((MemoryEntry *)data)->json);
}

static MemoryEntry *entry_at(const MemoryIndex *index, guint i)
{
    return &g_array_index(index->entries, MemoryEntry, i);
}

static bool fail_on_demand(MemoryIndex *index, GError **error)
{
    if (index->countdown > 0 && --index->countdown == 0)
        return fail(error, ERROR_UNAVAILABLE, "index: made to fail");
    return true;
}

static MemoryEntry *find_entry(const MemoryIndex *index, const char *arn)
{
    for (guint i = 0; i < index->entries->len; i++)
        if (g_str_equal(entry_at(index, i)->event.execution.execution_arn, arn))
            return entry_at(index, i);
    return NULL;
}

static bool memory_put(ExecutionIndex *base, G_GNUC_UNUSED DbTx *tx, const IndexEvent *event, GError **error)
{
    MemoryIndex *index = (MemoryIndex *)base;
    MemoryEntry *known = find_entry(index, event->execution.execution_arn);

    index->puts++;
    TRY(fail_on_demand(index, error));
    if (known != NULL && index_event_compare(event, &known->event) <= 0)
        return true;
    const MemoryEntry fresh = {.event = *event, .json = json_incref((json_t *)event->json)};
    if (known == NULL) {
        g_array_append_val(index->entries, fresh);
        return true;
    }
    entry_clear(known);
    *known = fresh;
    return true;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const IndexedExecution *left = &((const MemoryEntry *)a)->event.execution;
    const IndexedExecution *right = &((const MemoryEntry *)b)->event.execution;

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

    TRY(fail_on_demand(index, error));
    g_array_sort(index->entries, newest_first);
    for (guint i = 0; i < index->entries->len && left > 0; i++) {
        const IndexedExecution *execution = &entry_at(index, i)->event.execution;
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

    g_array_unref(index->entries);
    g_free(index);
}

static const ExecutionIndexOps memory_ops = {
    .name = "memory", .put = memory_put, .query = memory_query, .close = memory_close};

ExecutionIndex *index_memory_new(void)
{
    MemoryIndex *index = g_new0(MemoryIndex, 1);

    index->base.ops = &memory_ops;
    index->entries = g_array_new(FALSE, FALSE, sizeof(MemoryEntry));
    g_array_set_clear_func(index->entries, entry_clear);
    return &index->base;
}

void index_memory_fail_call(ExecutionIndex *index, uint32_t number)
{
    ((MemoryIndex *)index)->countdown = number;
}

uint32_t index_memory_puts(const ExecutionIndex *index)
{
    return ((const MemoryIndex *)index)->puts;
}
