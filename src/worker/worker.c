#include "worker/worker.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/jobs.h"
#include "worker/page_run.h"
#include "worker/scan_pool.h"
#include "worker/watch.h"

#include <stdatomic.h>

enum {
    LANES_DEFAULT = 2,
    CONCURRENCY_DEFAULT = 32,
    LEASE_MS_DEFAULT = 60000,
    RETRY_MS_DEFAULT = 1000,
    DEAF_WAIT_MS = 4000, /* between two looks of an idle worker whom nobody can call, and of one whom others can */
    HEARING_WAIT_MS = 30000,
    GIVE_UP_RELEASES = 4, /* of one job in a row, over all lanes */
    RELEASE_DOUBLINGS_MAX = 6,
    STORE_WAIT_MS = 250,
    STORE_WAIT_MAX_MS = 5000,
    STORE_PATIENCE_MS = 300000, /* of a command line; a server waits for ever */
};

struct Worker {
    WorkerOptions options;
    char *owner, *runner, *host_runner, *rules_id;
    char **trial_argv;
    JobId job_id;
    ScanPool *pool;
    GPtrArray *lanes; /* GThread */
    LiveCounters live;
    _Atomic bool is_stopping;
    DbWake *own_wake; /* NULL: the caller's is used */
    Watch *watch;
    GMutex mutex;
    struct {
        int64_t resting_until_ms; /* when the last page that was given back may be had again */
        GError *failure;
        GHashTable *releases; /* job id -> how often in a row; only jobs whose objects are out of reach */
    } locked;
};

typedef struct Lane {
    Worker *worker;
    char *owner;
    uint32_t number;
    bool is_idle;             /* the last look found nothing */
    int64_t trouble_since_ms; /* with the store; 0: none */
    Backoff backoff;
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
    watch_stop(worker->watch);
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

/* The store of objects cannot be reached or refuses our credentials, or the job's rules do not go together. */
static bool page_was_released(Lane *lane, const Claim *claim, const GError *reason, GError **error)
{
    Worker *worker = lane->worker;
    uint32_t releases = count_release(worker, &claim->job_id);

    metric_add(METRIC_PAGES_RELEASED, 1);
    log_page(lane, claim, "page.released", reason);
    g_mutex_lock(&worker->mutex);
    worker->locked.resting_until_ms = clock_monotonic_ms() + (worker->options.retry_ms << RELEASE_DOUBLINGS_MAX);
    g_mutex_unlock(&worker->mutex);
    bool is_patient = worker->options.patience == WORKER_KEEPS_ON;
    if (!is_patient && (error_is(reason, ERROR_CREDENTIALS) || releases >= GIVE_UP_RELEASES))
        give_up(worker, reason);
    return job_waits(worker->options.db, &claim->job_id, reason->message, error);
}

static int64_t store_patience_ms(const Worker *worker)
{
    return worker->options.patience == WORKER_KEEPS_ON ? INT64_MAX / 2 : STORE_PATIENCE_MS;
}

static bool run_with_source(Lane *lane, const Claim *claim, ObjectSource *source, RuleSet *rules, GError **error)
{
    Worker *worker = lane->worker;
    uint32_t lanes = worker->options.lanes;
    g_autoptr(GError) reason = NULL;
    PageEnd end = PAGE_LOST;
    PageContext context = {
        .db = worker->options.db,
        .queue = worker->options.queue,
        .pool = worker->pool,
        .rules = rules,
        .source = source,
        .lease_ms = worker->options.lease_ms,
        .max_in_flight = MAX(1U, worker->options.concurrency / lanes),
        .live = &worker->live,
        .release_delay_ms = release_delay_ms(worker, &claim->job_id),
        .retry_ms = worker->options.retry_ms,
        .is_stopping = &worker->is_stopping,
        .trial_argv = worker->options.trial_argv,
        .max_object_ms = worker->options.scan.limits.max_ms,
        .store_patience_ms = store_patience_ms(worker),
    };

    TRY(page_run(&context, claim, &end, &reason, error));
    switch (end) {
    case PAGE_DONE:
        forget_releases(worker, &claim->job_id);
        metric_add(METRIC_PAGES_FINISHED, 1);
        log_page(lane, claim, "page.done", NULL);
        break;
    case PAGE_LOST:
        metric_add(METRIC_PAGES_LOST, 1);
        log_page(lane, claim, "page.lost", NULL);
        break;
    case PAGE_RELEASED:
        return reason == NULL || page_was_released(lane, claim, reason, error);
    }
    return true;
}

static bool rules_of_job(const Worker *worker, const JobId *id, RuleSet **ret_rules, GError **error)
{
    const RulesProvider *provider = &worker->options.job_rules;

    if (provider->of_job != NULL)
        return provider->of_job(provider->data, id, ret_rules, error);
    *ret_rules = rule_set_ref(worker->options.rules);
    return true;
}

/* Without rules or a source (bad credentials, an unknown directory) the page is given back like one that cannot be
 * fetched. */
static bool lane_run_page(Lane *lane, const Claim *claim, GError **error)
{
    Worker *worker = lane->worker;
    const SourceProvider *sources = &worker->options.sources;
    g_autoptr(GError) reason = NULL;
    g_autoptr(RuleSet) rules = NULL;
    ObjectSource *source = NULL;

    if (!rules_of_job(worker, &claim->job_id, &rules, &reason) ||
        !sources->acquire(sources->data, claim->bucket, claim->options, &source, &reason)) {
        TRY(queue_release(worker->options.queue, claim, release_delay_ms(worker, &claim->job_id), error));
        return page_was_released(lane, claim, reason, error);
    }
    bool is_ok = run_with_source(lane, claim, source, rules, error);
    sources->release(sources->data, source);
    return is_ok;
}

/* An idle lane looks before it reaches for a page: a look disturbs nobody. *ret_wait_ms: when to look again. */
static bool lane_sees_work(
    Lane *lane, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, GError **error)
{
    if (lane->is_idle)
        return queue_look(lane->worker->options.queue, scope, ret_has_work, ret_wait_ms, error);
    *ret_has_work = true;
    *ret_wait_ms = INT64_MAX;
    return true;
}

static bool lane_once(Lane *lane, int64_t *ret_wait_ms, GError **error)
{
    Worker *worker = lane->worker;
    g_autoptr(Claim) claim = NULL;
    ClaimScope scope = worker->options.scope;
    bool has_work = false;

    scope.owner = lane->owner;
    TRY(lane_sees_work(lane, &scope, &has_work, ret_wait_ms, error));
    if (has_work)
        TRY(queue_claim(worker->options.queue, &scope, worker->options.lease_ms, &claim, error));
    lane->is_idle = claim == NULL;
    if (claim == NULL)
        return true;
    metric_add(METRIC_PAGES_CLAIMED, 1);
    watch_found(worker->watch);
    return lane_run_page(lane, claim, error);
}

static void store_was_in_trouble(Lane *lane, const GError *error)
{
    Worker *worker = lane->worker;
    int64_t now_ms = clock_monotonic_ms();

    metric_add(METRIC_DB_ERRORS, 1);
    if (lane->trouble_since_ms == 0)
        lane->trouble_since_ms = now_ms;
    log_error("worker.store", "reason", error->message, NULL);
    bool is_patient = error_is(error, ERROR_BUSY) ||
                      (store_trouble_passes(error) && now_ms - lane->trouble_since_ms < STORE_PATIENCE_MS);
    if (worker->options.patience == WORKER_GIVES_UP && !is_patient)
        give_up(worker, error);
    else
        watch_rest(worker->watch, backoff_next_ms(&lane->backoff));
}

/* What was given back is to be had again before anybody calls. */
static int64_t until_rested(Worker *worker)
{
    g_mutex_lock(&worker->mutex);
    int64_t left_ms = worker->locked.resting_until_ms - clock_monotonic_ms();
    g_mutex_unlock(&worker->mutex);
    return left_ms > 0 ? worker->options.retry_ms : INT64_MAX;
}

static DbWake *worker_db_wake(const Worker *worker)
{
    return worker->own_wake != NULL ? worker->own_wake : worker->options.wake;
}

static void lane_step(Lane *lane)
{
    Worker *worker = lane->worker;
    uint64_t seen = watch_seen(worker->watch);
    g_autoptr(GError) error = NULL;
    int64_t wait_ms = INT64_MAX;
    bool was_idle = lane->is_idle;

    if (!lane_once(lane, &wait_ms, &error)) {
        store_was_in_trouble(lane, error);
        return;
    }
    lane->trouble_since_ms = 0;
    backoff_reset(&lane->backoff);
    if (!lane->is_idle)
        return;
    if (!was_idle)
        db_wake_signal(worker_db_wake(worker), DB_CHANNEL_JOBS); /* whoever follows a job need not ask all the time */
    watch_wait(worker->watch, seen, MIN(wait_ms, until_rested(worker)));
}

static gpointer lane_main(gpointer data)
{
    g_autoptr(Lane) lane = data;

    if (lane->number > 0)
        watch_wait(lane->worker->watch, watch_seen(lane->worker->watch), INT64_MAX);
    while (!atomic_load(&lane->worker->is_stopping))
        lane_step(lane);
    return NULL;
}

static void worker_launch_lane(Worker *worker, uint32_t number)
{
    g_autofree char *name = g_strdup_printf("lane-%u", number);
    Lane *lane = g_new0(Lane, 1);

    lane->worker = worker;
    lane->number = number;
    lane->backoff = (Backoff){.first_ms = STORE_WAIT_MS, .longest_ms = STORE_WAIT_MAX_MS};
    lane->owner = g_strdup_printf("%s#%u", worker->owner, number);
    g_ptr_array_add(worker->lanes, g_thread_new(name, lane_main, lane));
}

static void worker_keep_options(Worker *worker, const WorkerOptions *options)
{
    worker->options = *options;
    worker->owner = g_strdup(options->scope.owner);
    worker->runner = g_strdup(options->scope.runner);
    worker->host_runner = g_strdup(options->scope.host_runner);
    worker->rules_id = g_strdup(options->scope.rules_id);
    worker->trial_argv = g_strdupv((char **)(uintptr_t)options->trial_argv);
    worker->options.scope.runner = worker->runner;
    worker->options.scope.host_runner = worker->host_runner;
    worker->options.scope.rules_id = worker->rules_id;
    worker->options.trial_argv = (const char *const *)worker->trial_argv;
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
    worker->lanes = g_ptr_array_new();
    worker->locked.releases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    worker_keep_options(worker, options);
    worker->own_wake = options->wake == NULL ? db_wake_open(options->db) : NULL;
    worker->watch = watch_new(worker_db_wake(worker), DB_CHANNEL_PAGES, DEAF_WAIT_MS, HEARING_WAIT_MS);
    TRY(scan_pool_start(&pool_options, &worker->pool, error));
    for (uint32_t i = 0; i < worker->options.lanes; i++)
        worker_launch_lane(worker, i);
    *ret_worker = g_steal_pointer(&worker);
    return true;
}

void worker_wake(Worker *worker)
{
    watch_wake(worker->watch);
}

void worker_stop(Worker *worker)
{
    if (worker == NULL)
        return;
    atomic_store(&worker->is_stopping, true);
    if (worker->watch != NULL)
        watch_stop(worker->watch);
    for (guint i = 0; i < worker->lanes->len; i++)
        g_thread_join(g_ptr_array_index(worker->lanes, i));
    scan_pool_stop(worker->pool);
    g_ptr_array_unref(worker->lanes);
    g_hash_table_unref(worker->locked.releases);
    g_clear_error(&worker->locked.failure);
    g_mutex_clear(&worker->mutex);
    watch_free(worker->watch);
    db_wake_close(worker->own_wake);
    g_free(worker->owner);
    g_free(worker->runner);
    g_free(worker->host_runner);
    g_free(worker->rules_id);
    g_strfreev(worker->trial_argv);
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
