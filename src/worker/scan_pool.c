#include "worker/scan_pool.h"

struct ScanPool {
    GAsyncQueue *tasks;  /* ScanTask; &end_mark tells one thread to end */
    GPtrArray *threads;  /* GThread */
    GPtrArray *scanners; /* ObjectScanner, one a thread */
    const FingerprintKey *key;
    ScanOptions scan;
    ScanTask end_mark;
};

typedef struct ScanThread {
    ScanPool *pool;
    RuleSet *rules; /* borrowed */
    ObjectScanner *scanner;
    RuleSet *other_rules;         /* of the last task with other rules; NULL: there was none */
    ObjectScanner *other_scanner; /* for them */
} ScanThread;

static void scan_thread_free(ScanThread *thread)
{
    object_scanner_free(thread->other_scanner);
    rule_set_unref(thread->other_rules);
    g_free(thread);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScanThread, scan_thread_free)

/* Reads the object for the scanner, tells progress, and breaks off as soon as the result is no longer wanted. */
static bool read_wanted(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    ScanTask *task = data;

    if (!task->is_wanted(task->data))
        return fail(error, ERROR_CANCELLED, "the scan is stopping");
    TRY(object_stream_read(task->stream, buffer, capacity, ret_len, error));
    task->progressed(task->data, *ret_len);
    return true;
}

static bool scanner_for(ScanThread *self, RuleSet *rules, ObjectScanner **ret_scanner, GError **error)
{
    const ScanPool *pool = self->pool;

    if (rules != self->rules && rules != self->other_rules) {
        g_clear_pointer(&self->other_scanner, object_scanner_free);
        g_clear_pointer(&self->other_rules, rule_set_unref);
        TRY(object_scanner_new(rules, pool->key, &pool->scan, &self->other_scanner, error));
        self->other_rules = rule_set_ref(rules);
    }
    *ret_scanner = rules == self->rules ? self->scanner : self->other_scanner;
    return true;
}

static bool scan_task(ScanThread *self, ScanTask *task, ScanResult *ret_result, GError **error)
{
    ByteReader reader = {.read = read_wanted, .data = task};
    ObjectScanner *scanner = NULL;

    TRY(scanner_for(self, task->rules, &scanner, error));
    return scan_object(scanner, task->name, &reader, ret_result, error);
}

/* The stream is closed before the page hears of the end, since the page may then let its source go. */
static void run_task(ScanThread *self, ScanTask *take_task)
{
    g_autofree ScanTask *task = take_task;
    g_autoptr(GError) error = NULL;
    g_auto(ScanResult) result = {0};
    bool is_scanned = task->is_wanted(task->data) && scan_task(self, task, &result, &error);

    object_stream_close(task->stream);
    task->done(task->data, task->ordinal, is_scanned ? &result : NULL, error);
}

static gpointer scan_thread_main(gpointer data)
{
    g_autoptr(ScanThread) self = data;

    for (;;) {
        ScanTask *task = g_async_queue_pop(self->pool->tasks);
        if (task == &self->pool->end_mark)
            return NULL;
        run_task(self, task);
    }
}

static void scan_pool_launch(ScanPool *pool, ObjectScanner *scanner, RuleSet *rules, uint32_t number)
{
    g_autofree char *name = g_strdup_printf("scan-%u", number);
    ScanThread *thread = g_new0(ScanThread, 1);

    thread->pool = pool;
    thread->scanner = scanner;
    thread->rules = rules;
    g_ptr_array_add(pool->threads, g_thread_new(name, scan_thread_main, thread));
}

bool scan_pool_start(const ScanPoolOptions *options, ScanPool **ret_pool, GError **error)
{
    g_autoptr(ScanPool) pool = g_new0(ScanPool, 1);
    uint32_t threads = options->threads != 0 ? options->threads : g_get_num_processors();

    pool->key = options->key;
    pool->scan = options->scan;
    pool->tasks = g_async_queue_new();
    pool->threads = g_ptr_array_new();
    pool->scanners = g_ptr_array_new_with_free_func((GDestroyNotify)object_scanner_free);
    for (uint32_t i = 0; i < threads; i++) {
        ObjectScanner *scanner = NULL;
        TRY(object_scanner_new(options->rules, options->key, &options->scan, &scanner, error));
        g_ptr_array_add(pool->scanners, scanner);
        scan_pool_launch(pool, scanner, options->rules, i);
    }
    *ret_pool = g_steal_pointer(&pool);
    return true;
}

void scan_pool_push(ScanPool *pool, ScanTask *take_task)
{
    g_async_queue_push(pool->tasks, take_task);
}

void scan_pool_stop(ScanPool *pool)
{
    if (pool == NULL)
        return;
    for (guint i = 0; i < pool->threads->len; i++)
        g_async_queue_push(pool->tasks, &pool->end_mark);
    for (guint i = 0; i < pool->threads->len; i++)
        g_thread_join(g_ptr_array_index(pool->threads, i));
    g_ptr_array_unref(pool->threads);
    g_ptr_array_unref(pool->scanners);
    g_async_queue_unref(pool->tasks);
    g_free(pool);
}
