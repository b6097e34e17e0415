#include "worker/page_run.h"

#include "base/clock.h"
#include "findings/finding_spool.h"

#include <stdatomic.h>

enum {
    RELEASE_DELAY_MS = 1000,
    RELEASE_DELAY_MAX_MS = 60000,
    COMMIT_TRIES = 5,
    WAIT_SLICE_MS = 200,
    SPOOL_MEMORY_BYTES = 4 << 20
};

typedef struct PageRun {
    const PageContext *context;
    const Claim *claim;
    int64_t extend_at_ms;
    bool is_lost; /* only the lane's thread */
    _Atomic bool is_unwanted;
    _Atomic uint64_t live_objects, live_failed, live_skipped, live_bytes, live_findings;
    FindingSpool *spool; /* under the mutex while objects are scanned; may write its file there: it is the page's own */
    GMutex mutex;
    GCond changed;
    struct {
        uint32_t in_flight;
        uint32_t settled;     /* objects whose outcome is known */
        GArray *exceptions;   /* ObjectException */
        GError *retry_reason; /* the page must be given back */
        GError *failure;      /* our own failure */
    } locked;
} PageRun;

static void object_exception_clear(ObjectException *exception)
{
    g_free(exception->message);
}

static void page_run_init(PageRun *run, const PageContext *context, const Claim *claim)
{
    run->context = context;
    run->claim = claim;
    run->extend_at_ms = clock_monotonic_ms() + context->lease_ms / 3;
    g_mutex_init(&run->mutex);
    g_cond_init(&run->changed);
    run->locked.exceptions = g_array_new(FALSE, TRUE, sizeof(ObjectException));
    g_array_set_clear_func(run->locked.exceptions, (GDestroyNotify)object_exception_clear);
    run->spool = finding_spool_new(context->rules, SPOOL_MEMORY_BYTES);
}

static void page_run_clear(PageRun *run)
{
    LiveCounters *live = run->context->live;

    atomic_fetch_sub(&live->objects, atomic_load(&run->live_objects));
    atomic_fetch_sub(&live->failed, atomic_load(&run->live_failed));
    atomic_fetch_sub(&live->skipped, atomic_load(&run->live_skipped));
    atomic_fetch_sub(&live->bytes, atomic_load(&run->live_bytes));
    atomic_fetch_sub(&live->findings, atomic_load(&run->live_findings));
    g_array_unref(run->locked.exceptions);
    finding_spool_free(run->spool);
    g_clear_error(&run->locked.retry_reason);
    g_clear_error(&run->locked.failure);
    g_mutex_clear(&run->mutex);
    g_cond_clear(&run->changed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PageRun, page_run_clear)

/* ---- what the scan threads call ---- */

static bool page_is_wanted(void *data)
{
    PageRun *run = data;

    return !atomic_load(&run->is_unwanted) && !atomic_load(run->context->is_stopping);
}

static void page_progressed(void *data, uint64_t bytes)
{
    PageRun *run = data;

    atomic_fetch_add(&run->live_bytes, bytes);
    atomic_fetch_add(&run->context->live->bytes, bytes);
}

static void count_live(PageRun *run, const ScanResult *result)
{
    LiveCounters *live = run->context->live;
    uint64_t findings = result->findings != NULL ? finding_set_size(result->findings) : 0;

    atomic_fetch_add(&run->live_objects, 1);
    atomic_fetch_add(&live->objects, 1);
    atomic_fetch_add(&run->live_findings, findings);
    atomic_fetch_add(&live->findings, findings);
    if (result->outcome == SCAN_FAILED) {
        atomic_fetch_add(&run->live_failed, 1);
        atomic_fetch_add(&live->failed, 1);
    } else if (result->outcome == SCAN_SKIPPED) {
        atomic_fetch_add(&run->live_skipped, 1);
        atomic_fetch_add(&live->skipped, 1);
    }
}

static void add_exception_locked(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    ObjectException exception = {
        .ordinal = ordinal,
        .is_skipped = result->outcome == SCAN_SKIPPED,
        .kind = result->kind,
        .message = g_strdup(result->message),
    };

    g_array_append_val(run->locked.exceptions, exception);
}

static void keep_result_locked(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    if (result->outcome == SCAN_RETRY) {
        atomic_store(&run->is_unwanted, true);
        if (run->locked.retry_reason == NULL && result->kind != ERROR_CANCELLED)
            (void)fail(&run->locked.retry_reason, result->kind, "%s", result->message);
        return;
    }
    run->locked.settled++;
    count_live(run, result);
    if (result->outcome != SCAN_READ)
        add_exception_locked(run, ordinal, result);
    if (result->findings != NULL && finding_set_size(result->findings) > 0 && run->locked.failure == NULL &&
        !finding_spool_add(run->spool, ordinal, result->findings, &run->locked.failure))
        atomic_store(&run->is_unwanted, true);
}

static void page_object_done(void *data, uint32_t ordinal, const ScanResult *result, const GError *error)
{
    PageRun *run = data;

    g_mutex_lock(&run->mutex);
    if (result != NULL) {
        keep_result_locked(run, ordinal, result);
    } else if (error != NULL && run->locked.failure == NULL) {
        run->locked.failure = g_error_copy(error);
        atomic_store(&run->is_unwanted, true);
    }
    run->locked.in_flight--;
    g_cond_signal(&run->changed);
    g_mutex_unlock(&run->mutex);
}

/* ---- the lane's side ---- */

/* Keeps the lease while the page is worked on. A lost lease ends the work; any other trouble of the store is left to
 * the commit, which cannot succeed without the lease. */
static void extend_if_due(PageRun *run)
{
    g_autoptr(GError) error = NULL;
    const PageContext *context = run->context;

    if (clock_monotonic_ms() < run->extend_at_ms)
        return;
    run->extend_at_ms = clock_monotonic_ms() + context->lease_ms / 3;
    if (!queue_extend(context->queue, run->claim, context->lease_ms, &error) && error_is(error, ERROR_LOST_LEASE)) {
        run->is_lost = true;
        atomic_store(&run->is_unwanted, true);
    }
}

/* Waits until at most this many objects are in flight. */
static void wait_for_in_flight(PageRun *run, uint32_t most)
{
    for (;;) {
        int64_t until = g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND;
        g_mutex_lock(&run->mutex);
        while (run->locked.in_flight > most && g_cond_wait_until(&run->changed, &run->mutex, until))
            ;
        bool is_there = run->locked.in_flight <= most;
        g_mutex_unlock(&run->mutex);
        extend_if_due(run);
        if (is_there)
            return;
    }
}

static void push_object(PageRun *run, uint32_t ordinal, ObjectStream *take_stream)
{
    ScanTask *task = g_new0(ScanTask, 1);

    *task = (ScanTask){
        .stream = take_stream,
        .name = object_entries_at(run->claim->objects, ordinal)->key,
        .ordinal = ordinal,
        .is_wanted = page_is_wanted,
        .progressed = page_progressed,
        .done = page_object_done,
        .data = run,
    };
    scan_pool_push(run->context->pool, task);
}

/* An object that could not even be asked for counts like one that could not be read. */
static void record_open_failure(PageRun *run, uint32_t ordinal, const GError *error)
{
    ScanResult result = {0};

    scan_result_from_error(error, &result);
    page_object_done(run, ordinal, &result, NULL);
    scan_result_clear(&result);
}

static void scan_objects(PageRun *run)
{
    const Claim *claim = run->claim;

    for (guint i = 0; i < claim->pending->len && page_is_wanted(run); i++) {
        uint32_t ordinal = g_array_index(claim->pending, uint32_t, i);
        g_autoptr(GError) error = NULL;
        ObjectStream *stream = NULL;

        wait_for_in_flight(run, run->context->max_in_flight - 1);
        if (!page_is_wanted(run))
            break;
        g_mutex_lock(&run->mutex);
        run->locked.in_flight++;
        g_mutex_unlock(&run->mutex);
        if (object_source_open(run->context->source, object_entries_at(claim->objects, ordinal), &stream, &error))
            push_object(run, ordinal, stream);
        else
            record_open_failure(run, ordinal, error);
    }
    wait_for_in_flight(run, 0);
}

static const char *key_of(const void *data, uint32_t ordinal)
{
    const Claim *claim = data;

    return object_entries_at(claim->objects, ordinal)->key;
}

static bool store_findings(const PageRun *run, DbTx *tx, GError **error)
{
    const Claim *claim = run->claim;
    FindingPlace page = {
        .job_id = claim->job_id.text, .bucket = claim->bucket, .shard = claim->shard, .page_no = claim->page_no};

    return finding_spool_store(run->spool, tx, &page, key_of, claim, error);
}

static uint64_t pending_bytes(const Claim *claim)
{
    uint64_t bytes = 0;

    for (guint i = 0; i < claim->pending->len; i++)
        bytes += object_entries_at(claim->objects, g_array_index(claim->pending, uint32_t, i))->size_bytes;
    return bytes;
}

static bool commit_once(PageRun *run, GError **error)
{
    const PageContext *context = run->context;
    g_autoptr(DbTx) tx = NULL;
    PageOutcome outcome = {
        .exceptions = run->locked.exceptions,
        .findings = finding_spool_size(run->spool),
        .bytes_done = pending_bytes(run->claim),
    };

    TRY(db_begin(context->db, DB_WRITE, &tx, error));
    TRY(store_findings(run, tx, error));
    TRY(queue_finish(context->queue, tx, run->claim, &outcome, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* One transaction for the whole page. Objects end in any order; they are stored in that of the page. A store that is
 * only busy is asked again while the lease holds. */
static bool commit_page(PageRun *run, PageEnd *ret_end, GError **error)
{
    for (int tries = 1;; tries++) {
        g_autoptr(GError) failure = NULL;
        if (commit_once(run, &failure))
            break;
        if (error_is(failure, ERROR_LOST_LEASE)) {
            *ret_end = PAGE_LOST;
            return true;
        }
        if (!error_is(failure, ERROR_BUSY) || tries == COMMIT_TRIES) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        extend_if_due(run);
    }
    *ret_end = PAGE_DONE;
    return queue_settle(run->context->queue, run->claim, error);
}

static int64_t release_delay_ms(const PageRun *run, uint32_t attempts_before)
{
    if (run->locked.retry_reason == NULL)
        return 0;
    int64_t delay = (int64_t)RELEASE_DELAY_MS << MIN(attempts_before, 6U);
    return MIN(delay, RELEASE_DELAY_MAX_MS);
}

bool page_run(const PageContext *context, const Claim *claim, uint32_t attempts_before, PageEnd *ret_end,
    GError **ret_reason, GError **error)
{
    g_auto(PageRun) run = {0};

    page_run_init(&run, context, claim);
    scan_objects(&run);
    if (run.locked.failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&run.locked.failure));
        return false;
    }
    if (run.is_lost) {
        *ret_end = PAGE_LOST;
        return true;
    }
    if (run.locked.settled == claim->pending->len)
        return commit_page(&run, ret_end, error);

    *ret_end = PAGE_RELEASED;
    TRY(queue_release(context->queue, claim, release_delay_ms(&run, attempts_before), error));
    *ret_reason = g_steal_pointer(&run.locked.retry_reason);
    return true;
}
