#include "worker/page_run.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "jobs/jobs.h"
#include "worker/page_internal.h"

#include <stdatomic.h>

enum { COMMIT_WAIT_MS = 250, COMMIT_WAIT_MAX_MS = 5000, SPOOL_MEMORY_BYTES = 4 << 20 };

bool store_trouble_passes(const GError *error)
{
    return error_is(error, ERROR_UNAVAILABLE) || error_is(error, ERROR_BUSY) || error_is(error, ERROR_TIMEOUT);
}

static void object_exception_clear(ObjectException *exception)
{
    g_free(exception->message);
}

static void doubt_clear(Doubt *doubt)
{
    g_free(doubt->message);
}

/* One zero for each object of the page. */
static GByteArray *marks_new(const Claim *claim)
{
    GByteArray *marks = g_byte_array_sized_new(claim->objects->len);

    g_byte_array_set_size(marks, claim->objects->len);
    for (guint i = 0; i < marks->len; i++)
        marks->data[i] = 0;
    return marks;
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
    run->locked.doubts = g_array_new(FALSE, TRUE, sizeof(Doubt));
    g_array_set_clear_func(run->locked.doubts, (GDestroyNotify)doubt_clear);
    run->locked.is_settled = marks_new(claim);
    run->tries = marks_new(claim);
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
    g_array_unref(run->locked.doubts);
    g_byte_array_unref(run->locked.is_settled);
    g_byte_array_unref(run->tries);
    finding_spool_free(run->spool);
    g_clear_error(&run->locked.retry_reason);
    g_clear_error(&run->locked.failure);
    g_mutex_clear(&run->mutex);
    g_cond_clear(&run->changed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PageRun, page_run_clear)

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
    TRY(job_waits_no_more(tx, &run->claim->job_id, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* The lease is gone, unless it went with our own commit, whose answer we never got. */
static bool page_was_refused(const PageRun *run, PageEnd *ret_end, GError **error)
{
    bool is_ours = false;

    TRY(queue_is_finished(run->context->queue, run->claim, &is_ours, error));
    *ret_end = is_ours ? PAGE_DONE : PAGE_LOST;
    return true;
}

static bool try_to_commit(PageRun *run, PageEnd *ret_end, GError **error)
{
    g_autoptr(GError) failure = NULL;

    *ret_end = PAGE_DONE;
    if (!run->is_lost && commit_once(run, &failure))
        return true;
    if (run->is_lost || error_is(failure, ERROR_LOST_LEASE))
        return page_was_refused(run, ret_end, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* One transaction for the whole page. Objects end in any order; they are stored in that of the page. What was scanned
 * is not thrown away because the store is away: the fence says whether it is still ours when the store comes back. */
static bool commit_page(PageRun *run, PageEnd *ret_end, GError **error)
{
    int64_t end_ms = clock_monotonic_ms() + run->context->store_patience_ms;
    Backoff backoff = {.first_ms = COMMIT_WAIT_MS, .longest_ms = COMMIT_WAIT_MAX_MS};

    for (;;) {
        g_autoptr(GError) failure = NULL;
        if (try_to_commit(run, ret_end, &failure))
            break;
        bool is_worth_it = store_trouble_passes(failure) && clock_monotonic_ms() < end_ms && page_is_wanted(run);
        if (!is_worth_it) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        page_rest(run, backoff_next_ms(&backoff));
    }
    return *ret_end != PAGE_DONE || queue_settle(run->context->queue, run->claim, error);
}

/* Nothing of the page counts, as if it had not been claimed. Somebody who took it over meanwhile keeps it. */
static bool give_back(PageRun *run, PageEnd *ret_end, GError **ret_reason, GError **error)
{
    const PageContext *context = run->context;
    g_autoptr(GError) problem = NULL;
    int64_t delay_ms = run->locked.retry_reason != NULL ? context->release_delay_ms : 0;

    if (!queue_release(context->queue, run->claim, delay_ms, &problem)) {
        *ret_end = PAGE_LOST;
        if (error_is(problem, ERROR_LOST_LEASE))
            return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_end = PAGE_RELEASED;
    *ret_reason = g_steal_pointer(&run->locked.retry_reason);
    return true;
}

bool page_run(const PageContext *context, const Claim *claim, PageEnd *ret_end, GError **ret_reason, GError **error)
{
    g_auto(PageRun) run = {0};

    page_run_init(&run, context, claim);
    page_scan(&run);
    if (run.locked.failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&run.locked.failure));
        return false;
    }
    if (run.locked.settled == claim->pending->len)
        return commit_page(&run, ret_end, error);
    if (run.is_lost) {
        *ret_end = PAGE_LOST;
        return true;
    }
    return give_back(&run, ret_end, ret_reason, error);
}
