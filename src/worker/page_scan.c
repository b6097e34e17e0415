/* The objects of one page: fetched ahead, handed to the scan threads, gathered. */
#include "base/clock.h"
#include "worker/page_internal.h"

#include <stdatomic.h>
#include <string.h>

enum {
    WAIT_SLICE_MS = 200,
    DOUBTS_MAX = 8,   /* in one pass, before it is asked whether the store is there */
    OBJECT_TRIES = 3, /* of an object that a store does not give although it is there */
};

/* ---- what the scan threads call ---- */

bool page_is_wanted(void *data)
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

static void settle_locked(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    run->locked.settled++;
    run->locked.is_settled->data[ordinal] = 1;
    count_live(run, result);
    if (result->outcome != SCAN_READ)
        add_exception_locked(run, ordinal, result);
    bool has_rows = finding_set_size(result->findings) > 0 || finding_set_suppressed(result->findings) > 0;
    if (has_rows && run->locked.failure == NULL &&
        !finding_spool_add(run->spool, ordinal, result->findings, &run->locked.failure))
        atomic_store(&run->is_unwanted, true);
}

/* Whether this may as well be the trouble of one object. A store that asks to slow down or refuses credentials does so
 * for all. */
static bool is_doubtful(ErrorKind kind)
{
    return kind == ERROR_UNAVAILABLE || kind == ERROR_TIMEOUT;
}

static void add_doubt_locked(PageRun *run, uint32_t ordinal, ErrorKind kind, const char *message)
{
    Doubt doubt = {.ordinal = ordinal, .kind = kind, .message = g_strdup(message)};

    g_array_append_val(run->locked.doubts, doubt);
}

static void keep_retry_locked(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    if (is_doubtful(result->kind)) {
        add_doubt_locked(run, ordinal, result->kind, result->message);
        return;
    }
    atomic_store(&run->is_unwanted, true);
    if (run->locked.retry_reason == NULL && result->kind != ERROR_CANCELLED)
        (void)fail(&run->locked.retry_reason, result->kind, "%s", result->message);
}

static void keep_result_locked(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    if (result->outcome == SCAN_RETRY)
        keep_retry_locked(run, ordinal, result);
    else
        settle_locked(run, ordinal, result);
}

/* No memory for matching, say. It may pass; but what comes again and again with an object that is scanned alone is the
 * object's. */
static void keep_trouble_locked(PageRun *run, uint32_t ordinal, const GError *trouble)
{
    if (page_is_isolated(run)) {
        add_doubt_locked(run, ordinal, error_kind(trouble), trouble->message);
        return;
    }
    if (run->locked.failure == NULL)
        run->locked.failure = g_error_copy(trouble);
    atomic_store(&run->is_unwanted, true);
}

static void page_object_done(void *data, uint32_t ordinal, const ScanResult *result, const GError *error)
{
    PageRun *run = data;

    g_mutex_lock(&run->mutex);
    if (result != NULL)
        keep_result_locked(run, ordinal, result);
    else if (error != NULL)
        keep_trouble_locked(run, ordinal, error);
    run->locked.in_flight--;
    g_cond_signal(&run->changed);
    g_mutex_unlock(&run->mutex);
}

/* ---- the lane's side ---- */

bool page_is_isolated(const PageRun *run)
{
    return run->context->trial_argv != NULL && run->claim->attempt > PAGE_ABANDONS_MAX;
}

void page_lose(PageRun *run)
{
    run->is_lost = true;
    atomic_store(&run->is_unwanted, true);
}

void page_extend_if_due(PageRun *run)
{
    g_autoptr(GError) error = NULL;
    const PageContext *context = run->context;

    if (clock_monotonic_ms() < run->extend_at_ms)
        return;
    bool is_extended = queue_extend(context->queue, run->claim, context->lease_ms, &error);
    run->extend_at_ms = clock_monotonic_ms() + (is_extended ? context->lease_ms / 3 : context->retry_ms);
    if (!is_extended && error_is(error, ERROR_LOST_LEASE))
        page_lose(run);
}

/* Waits until at most this many objects are in flight. */
void page_wait_for_in_flight(PageRun *run, uint32_t most)
{
    for (;;) {
        int64_t until = g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND;
        g_mutex_lock(&run->mutex);
        while (run->locked.in_flight > most && g_cond_wait_until(&run->changed, &run->mutex, until))
            ;
        bool is_there = run->locked.in_flight <= most;
        g_mutex_unlock(&run->mutex);
        page_extend_if_due(run);
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
        .rules = run->context->rules,
        .ordinal = ordinal,
        .is_wanted = page_is_wanted,
        .progressed = page_progressed,
        .done = page_object_done,
        .data = run,
    };
    scan_pool_push(run->context->pool, task);
}

void page_settle(PageRun *run, uint32_t ordinal, const ScanResult *result)
{
    g_mutex_lock(&run->mutex);
    settle_locked(run, ordinal, result);
    g_mutex_unlock(&run->mutex);
}

void page_not_opened(PageRun *run, uint32_t ordinal, const GError *error)
{
    ScanResult result = {0};

    scan_result_from_error(error, &result);
    g_mutex_lock(&run->mutex);
    keep_result_locked(run, ordinal, &result);
    g_mutex_unlock(&run->mutex);
    scan_result_clear(&result);
}

void page_open_object(PageRun *run, uint32_t ordinal)
{
    g_autoptr(GError) error = NULL;
    ObjectStream *stream = NULL;

    if (!object_source_open(run->context->source, object_entries_at(run->claim->objects, ordinal), &stream, &error)) {
        page_not_opened(run, ordinal, error);
        return;
    }
    g_mutex_lock(&run->mutex);
    run->locked.in_flight++;
    g_mutex_unlock(&run->mutex);
    push_object(run, ordinal, stream);
}

bool page_object_is_due(PageRun *run, uint32_t ordinal)
{
    g_mutex_lock(&run->mutex);
    bool is_due = run->locked.is_settled->data[ordinal] == 0 && run->locked.doubts->len < DOUBTS_MAX;
    g_mutex_unlock(&run->mutex);
    return is_due;
}

/* Every object that is not settled yet, once. */
static void scan_pass(PageRun *run)
{
    const Claim *claim = run->claim;

    for (guint i = 0; i < claim->pending->len && page_is_wanted(run); i++) {
        uint32_t ordinal = g_array_index(claim->pending, uint32_t, i);
        if (!page_object_is_due(run, ordinal))
            continue;
        page_wait_for_in_flight(run, run->context->max_in_flight - 1);
        if (page_is_wanted(run))
            page_open_object(run, ordinal);
    }
    page_wait_for_in_flight(run, 0);
}

/* A listing of the object alone says whether its store is there and takes our credentials. A refusal is an answer, too.
 */
static bool store_answers(PageRun *run, const Doubt *doubt, GError **ret_why)
{
    const ObjectEntry *entry = object_entries_at(run->claim->objects, doubt->ordinal);
    /* An escaped key is the key itself up to its first escape. */
    g_autofree char *prefix = g_strndup(entry->key, entry->is_escaped ? strcspn(entry->key, "%") : strlen(entry->key));
    ListRequest request = {.prefix = prefix, .start_after = ""};
    g_auto(ListPage) page = {0};
    g_autoptr(GError) why = NULL;

    run->extend_at_ms = 0; /* it may take a while */
    page_extend_if_due(run);
    if (object_source_list(run->context->source, &request, &page, &why) || error_is(why, ERROR_FORBIDDEN) ||
        error_is(why, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(ret_why, g_steal_pointer(&why));
    return false;
}

static void fail_object(PageRun *run, const Doubt *doubt)
{
    ScanResult result = {.outcome = SCAN_FAILED, .kind = doubt->kind, .message = doubt->message};

    page_settle(run, doubt->ordinal, &result);
}

/* The store is there: objects that it still does not give are at fault themselves. A timeout was long enough the first
 * time. *ret_wait_ms: until the next pass. */
static void judge_doubts(PageRun *run, int64_t *ret_wait_ms)
{
    int64_t wait_ms = 0;

    for (guint i = 0; i < run->locked.doubts->len; i++) {
        const Doubt *doubt = &g_array_index(run->locked.doubts, Doubt, i);
        uint8_t tries = ++run->tries->data[doubt->ordinal];
        if (doubt->kind == ERROR_TIMEOUT || tries == OBJECT_TRIES)
            fail_object(run, doubt);
        else
            wait_ms = MAX(wait_ms, run->context->retry_ms << (tries - 1));
    }
    g_array_set_size(run->locked.doubts, 0);
    *ret_wait_ms = wait_ms;
}

void page_rest(PageRun *run, int64_t wait_ms)
{
    int64_t until_ms = clock_monotonic_ms() + wait_ms;

    for (int64_t left_ms = wait_ms; left_ms > 0 && page_is_wanted(run); left_ms = until_ms - clock_monotonic_ms()) {
        int64_t slice_us = MIN(left_ms, WAIT_SLICE_MS) * G_TIME_SPAN_MILLISECOND;
        g_mutex_lock(&run->mutex);
        (void)g_cond_wait_until(&run->changed, &run->mutex, g_get_monotonic_time() + slice_us);
        g_mutex_unlock(&run->mutex);
        page_extend_if_due(run);
    }
}

void page_scan(PageRun *run)
{
    for (;;) {
        g_autoptr(GError) why = NULL;
        int64_t wait_ms = 0;

        if (page_is_isolated(run))
            page_isolated_pass(run);
        else
            scan_pass(run);
        if (!page_is_wanted(run) || run->locked.doubts->len == 0)
            return;
        if (!store_answers(run, &g_array_index(run->locked.doubts, Doubt, 0), &why)) {
            if (!error_is(why, ERROR_CANCELLED))
                run->locked.retry_reason = g_steal_pointer(&why);
            return;
        }
        judge_doubts(run, &wait_ms);
        page_rest(run, wait_ms);
    }
}
