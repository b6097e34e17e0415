#include "worker/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "worker/page_run.h"
#include "worker/scan_pool.h"

#include <stdatomic.h>

enum {
    LANES_DEFAULT = 2,
    CONCURRENCY_DEFAULT = 32,
    LEASE_MS_DEFAULT = 60000,
    RETRY_MS_DEFAULT = 1000,
    POLL_MS = 500,
    GIVE_UP_RELEASES = 4, /* of one job in a row, over all lanes */
    RELEASE_DOUBLINGS_MAX = 6,
    STORE_TROUBLE_MS = 1000,
};

struct Worker {
    WorkerOptions options;
    char *owner, *runner;
    JobId job_id;
    ScanPool *pool;
    GPtrArray *lanes; /* GThread */
    LiveCounters live;
    _Atomic bool is_stopping;
    GMutex mutex;
    GCond woken;
    struct {
        uint64_t wakes;
        GError *failure;
        GHashTable *releases; /* job id -> how often in a row; only jobs whose objects are out of reach */
    } locked;
};

typedef struct Lane {
    Worker *worker;
    char *owner;
} Lane;

static void lane_free(Lane *lane)
{
    g_free(lane->owner);
    g_free(lane);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lane, lane_free)

static void give_up(Worker *worker, const GError *reason)
{
    g_mutex_lock(&worker->mutex);
    if (worker->locked.failure == NULL)
        worker->locked.failure = g_error_copy(reason);
    g_mutex_unlock(&worker->mutex);
    atomic_store(&worker->is_stopping, true);
    worker_wake(worker);
}

static uint64_t wakes_so_far(Worker *worker)
{
    g_mutex_lock(&worker->mutex);
    uint64_t wakes = worker->locked.wakes;
    g_mutex_unlock(&worker->mutex);
    return wakes;
}

/* Until somebody wakes us, we stop, or the time is over. wakes: as many as there had been before the lane looked for
 * work, so that none is lost in between. */
static void lane_wait(Worker *worker, uint64_t wakes, int64_t wait_ms)
{
    int64_t until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&worker->mutex);
    while (wakes == worker->locked.wakes && !atomic_load(&worker->is_stopping))
        if (!g_cond_wait_until(&worker->woken, &worker->mutex, until))
            break;
    g_mutex_unlock(&worker->mutex);
}

static void log_page(const Lane *lane, const Claim *claim, const char *event, const GError *reason)
{
    log_event(reason != NULL ? LOG_WARNING : LOG_INFO, event, "job", claim->job_id.text, "shard", log_int(claim->shard),
        "page", log_int(claim->page_no), "attempt", log_int(claim->attempt), "objects", log_int(claim->pending->len),
        "owner", lane->owner, "reason", reason != NULL ? reason->message : "", NULL);
}

static uint32_t releases_of(Worker *worker, const JobId *job_id)
{
    g_mutex_lock(&worker->mutex);
    uint32_t releases = GPOINTER_TO_UINT(g_hash_table_lookup(worker->locked.releases, job_id->text));
    g_mutex_unlock(&worker->mutex);
    return releases;
}

static uint32_t count_release(Worker *worker, const JobId *job_id)
{
    g_mutex_lock(&worker->mutex);
    uint32_t releases = GPOINTER_TO_UINT(g_hash_table_lookup(worker->locked.releases, job_id->text)) + 1;
    g_hash_table_insert(worker->locked.releases, g_strdup(job_id->text), GUINT_TO_POINTER(releases));
    g_mutex_unlock(&worker->mutex);
    return releases;
}

static void forget_releases(Worker *worker, const JobId *job_id)
{
    g_mutex_lock(&worker->mutex);
    g_hash_table_remove(worker->locked.releases, job_id->text);
    g_mutex_unlock(&worker->mutex);
}

static int64_t release_delay_ms(Worker *worker, const JobId *job_id)
{
    return worker->options.retry_ms << MIN(releases_of(worker, job_id), (uint32_t)RELEASE_DOUBLINGS_MAX);
}

/* The store of objects cannot be reached or refuses our credentials. */
static void page_was_released(Lane *lane, const Claim *claim, const GError *reason)
{
    Worker *worker = lane->worker;
    uint32_t releases = count_release(worker, &claim->job_id);

    log_page(lane, claim, "page.released", reason);
    if (worker->options.patience == WORKER_KEEPS_ON)
        return;
    if (error_is(reason, ERROR_CREDENTIALS) || releases >= GIVE_UP_RELEASES)
        give_up(worker, reason);
}

static bool run_with_source(Lane *lane, const Claim *claim, ObjectSource *source, GError **error)
{
    Worker *worker = lane->worker;
    uint32_t lanes = worker->options.lanes;
    g_autoptr(GError) reason = NULL;
    PageEnd end = PAGE_LOST;
    PageContext context = {
        .db = worker->options.db,
        .queue = worker->options.queue,
        .pool = worker->pool,
        .rules = worker->options.rules,
        .source = source,
        .lease_ms = worker->options.lease_ms,
        .max_in_flight = MAX(1U, worker->options.concurrency / lanes),
        .live = &worker->live,
        .release_delay_ms = release_delay_ms(worker, &claim->job_id),
        .retry_ms = worker->options.retry_ms,
        .is_stopping = &worker->is_stopping,
    };

    TRY(page_run(&context, claim, &end, &reason, error));
    switch (end) {
    case PAGE_DONE:
        forget_releases(worker, &claim->job_id);
        log_page(lane, claim, "page.done", NULL);
        break;
    case PAGE_LOST:
        log_page(lane, claim, "page.lost", NULL);
        break;
    case PAGE_RELEASED:
        if (reason != NULL)
            page_was_released(lane, claim, reason);
        break;
    }
    return true;
}

/* Without a source (bad credentials, an unknown directory) the page is given back like one that cannot be fetched. */
static bool lane_run_page(Lane *lane, const Claim *claim, GError **error)
{
    Worker *worker = lane->worker;
    const SourceProvider *sources = &worker->options.sources;
    g_autoptr(GError) reason = NULL;
    ObjectSource *source = NULL;

    if (!sources->acquire(sources->data, claim->bucket, claim->options, &source, &reason)) {
        TRY(queue_release(worker->options.queue, claim, release_delay_ms(worker, &claim->job_id), error));
        page_was_released(lane, claim, reason);
        return true;
    }
    bool is_ok = run_with_source(lane, claim, source, error);
    sources->release(sources->data, source);
    return is_ok;
}

static bool lane_once(Lane *lane, bool *ret_worked, GError **error)
{
    Worker *worker = lane->worker;
    g_autoptr(Claim) claim = NULL;
    ClaimScope scope = worker->options.scope;

    scope.owner = lane->owner;
    TRY(queue_claim(worker->options.queue, &scope, worker->options.lease_ms, &claim, error));
    *ret_worked = claim != NULL;
    return claim == NULL || lane_run_page(lane, claim, error);
}

static void store_was_in_trouble(Worker *worker, const GError *error)
{
    log_error("worker.store", "reason", error->message, NULL);
    if (worker->options.patience == WORKER_GIVES_UP && !error_is(error, ERROR_BUSY))
        give_up(worker, error);
    else
        lane_wait(worker, wakes_so_far(worker), STORE_TROUBLE_MS);
}

static gpointer lane_main(gpointer data)
{
    g_autoptr(Lane) lane = data;
    Worker *worker = lane->worker;

    while (!atomic_load(&worker->is_stopping)) {
        g_autoptr(GError) error = NULL;
        uint64_t wakes = wakes_so_far(worker);
        bool has_worked = false;
        if (!lane_once(lane, &has_worked, &error))
            store_was_in_trouble(worker, error);
        else if (!has_worked)
            lane_wait(worker, wakes, POLL_MS);
    }
    return NULL;
}

static void worker_launch_lane(Worker *worker, uint32_t number)
{
    g_autofree char *name = g_strdup_printf("lane-%u", number);
    Lane *lane = g_new0(Lane, 1);

    lane->worker = worker;
    lane->owner = g_strdup_printf("%s#%u", worker->owner, number);
    g_ptr_array_add(worker->lanes, g_thread_new(name, lane_main, lane));
}

static void worker_keep_options(Worker *worker, const WorkerOptions *options)
{
    worker->options = *options;
    worker->owner = g_strdup(options->scope.owner);
    worker->runner = g_strdup(options->scope.runner);
    worker->options.scope.runner = worker->runner;
    if (options->scope.job_id != NULL) {
        worker->job_id = *options->scope.job_id;
        worker->options.scope.job_id = &worker->job_id;
    }
    if (worker->options.lanes == 0)
        worker->options.lanes = LANES_DEFAULT;
    if (worker->options.concurrency == 0)
        worker->options.concurrency = CONCURRENCY_DEFAULT;
    if (worker->options.lease_ms == 0)
        worker->options.lease_ms = LEASE_MS_DEFAULT;
    if (worker->options.retry_ms == 0)
        worker->options.retry_ms = RETRY_MS_DEFAULT;
}

bool worker_start(const WorkerOptions *options, Worker **ret_worker, GError **error)
{
    g_autoptr(Worker) worker = g_new0(Worker, 1);
    ScanPoolOptions pool_options = {
        .rules = options->rules, .key = options->key, .scan = options->scan, .threads = options->scan_threads};

    g_mutex_init(&worker->mutex);
    g_cond_init(&worker->woken);
    worker->lanes = g_ptr_array_new();
    worker->locked.releases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    worker_keep_options(worker, options);
    TRY(scan_pool_start(&pool_options, &worker->pool, error));
    for (uint32_t i = 0; i < worker->options.lanes; i++)
        worker_launch_lane(worker, i);
    *ret_worker = g_steal_pointer(&worker);
    return true;
}

void worker_wake(Worker *worker)
{
    g_mutex_lock(&worker->mutex);
    worker->locked.wakes++;
    g_cond_broadcast(&worker->woken);
    g_mutex_unlock(&worker->mutex);
}

void worker_stop(Worker *worker)
{
    if (worker == NULL)
        return;
    atomic_store(&worker->is_stopping, true);
    worker_wake(worker);
    for (guint i = 0; i < worker->lanes->len; i++)
        g_thread_join(g_ptr_array_index(worker->lanes, i));
    scan_pool_stop(worker->pool);
    g_ptr_array_unref(worker->lanes);
    g_hash_table_unref(worker->locked.releases);
    g_clear_error(&worker->locked.failure);
    g_mutex_clear(&worker->mutex);
    g_cond_clear(&worker->woken);
    g_free(worker->owner);
    g_free(worker->runner);
    g_free(worker);
}

WorkerLive worker_live(Worker *worker)
{
    return (WorkerLive){
        .objects = atomic_load(&worker->live.objects),
        .failed = atomic_load(&worker->live.failed),
        .skipped = atomic_load(&worker->live.skipped),
        .bytes = atomic_load(&worker->live.bytes),
        .findings = atomic_load(&worker->live.findings),
    };
}

bool worker_failure(Worker *worker, GError **ret_error)
{
    g_mutex_lock(&worker->mutex);
    bool has_failed = worker->locked.failure != NULL;
    if (has_failed)
        *ret_error = g_error_copy(worker->locked.failure);
    g_mutex_unlock(&worker->mutex);
    return has_failed;
}
