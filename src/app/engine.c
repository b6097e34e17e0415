#include "app/engine.h"

#include "app/batch_task.h"
#include "app/command.h"
#include "app/source_pool.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "queue/queue_store.h"
#include "workflow/scanner_machine.h"

#include <stdatomic.h>
#include <string.h>

/* A server steps several executions at once: a bucket that hangs while it is listed must not hold up the others. */
enum { SWEEP_MS = 5000, TROUBLE_MS = 1000, GIVE_UP_TROUBLES = 10, CHORES_MS = 1000, SERVER_RUNNERS = 8 };

struct Engine {
    EngineOptions options;
    Db *db;
    RuleSet *rules;
    FingerprintKey key;
    Workflow *workflow;
    SourcePool *sources;
    Queue *queue;
    BatchTask batch_task;
    Worker *worker;                          /* atomic: requests may come before engine_start() has set it */
    GThread *runner_threads[SERVER_RUNNERS]; /* those that run come first */
    GThread *chores_thread;
    char *runner;
    _Atomic bool is_stopping;
    GMutex mutex;
    GCond woken;
    struct {
        uint64_t wakes;
        GError *failure;
    } locked;
};

/* ---- the runner: executions, sweeping, snapshots ---- */

static uint64_t wakes_so_far(Engine *engine)
{
    g_mutex_lock(&engine->mutex);
    uint64_t wakes = engine->locked.wakes;
    g_mutex_unlock(&engine->mutex);
    return wakes;
}

/* wakes: as many as there had been before the caller looked for work, so that none is lost in between. */
static void runner_wait(Engine *engine, uint64_t wakes, int64_t wait_ms)
{
    int64_t until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&engine->mutex);
    while (wakes == engine->locked.wakes && !atomic_load(&engine->is_stopping))
        if (!g_cond_wait_until(&engine->woken, &engine->mutex, until))
            break;
    g_mutex_unlock(&engine->mutex);
}

static void wake_worker(Engine *engine)
{
    Worker *worker = g_atomic_pointer_get(&engine->worker);

    if (worker != NULL)
        worker_wake(worker);
}

void engine_wake(Engine *engine)
{
    g_mutex_lock(&engine->mutex);
    engine->locked.wakes++;
    g_cond_broadcast(&engine->woken);
    g_mutex_unlock(&engine->mutex);
    wake_worker(engine);
}

static void pages_were_listed(void *data)
{
    wake_worker(data);
}

typedef struct Chores {
    int64_t sweep_at_ms, refresh_at_ms;
} Chores;

static bool do_chores(Engine *engine, Chores *chores, GError **error)
{
    int64_t now = clock_monotonic_ms();
    uint32_t pages = 0;

    if (now >= chores->sweep_at_ms) {
        chores->sweep_at_ms = now + SWEEP_MS;
        TRY(queue_sweep(engine->queue, &pages, error));
    }
    if (now >= chores->refresh_at_ms) {
        chores->refresh_at_ms = now + JOB_REFRESH_MS;
        TRY(jobs_refresh_progress(engine->db, error));
    }
    return true;
}

static bool runner_once(Engine *engine, GError **error)
{
    uint64_t wakes = wakes_so_far(engine);
    bool has_run = false;
    int64_t wait_ms = 0;

    TRY(workflow_step(engine->workflow, engine->runner, &has_run, &wait_ms, error));
    TRY(jobs_reconcile(engine->db, error));
    if (!has_run)
        runner_wait(engine, wakes, wait_ms);
    return true;
}

static void runner_give_up(Engine *engine, GError *take_error)
{
    g_mutex_lock(&engine->mutex);
    if (engine->locked.failure == NULL)
        engine->locked.failure = g_steal_pointer(&take_error);
    g_mutex_unlock(&engine->mutex);
    g_clear_error(&take_error);
}

/* What a thread does about trouble with the store. Returns whether it goes on. */
static bool runner_bears(Engine *engine, GError *take_error, uint32_t *troubles)
{
    log_error("runner.store", "reason", take_error->message, NULL);
    (*troubles)++;
    bool is_hopeless = !error_is(take_error, ERROR_BUSY) || *troubles >= GIVE_UP_TROUBLES;
    if (engine->options.patience == WORKER_GIVES_UP && is_hopeless) {
        runner_give_up(engine, take_error);
        return false;
    }
    g_error_free(take_error);
    runner_wait(engine, wakes_so_far(engine), TROUBLE_MS);
    return true;
}

static gpointer runner_main(gpointer data)
{
    Engine *engine = data;
    uint32_t troubles = 0;

    while (!atomic_load(&engine->is_stopping)) {
        g_autoptr(GError) error = NULL;
        if (runner_once(engine, &error))
            troubles = 0;
        else if (!runner_bears(engine, g_steal_pointer(&error), &troubles))
            break;
    }
    return NULL;
}

/* Apart from the runners, all of which a hanging server may hold up. */
static gpointer chores_main(gpointer data)
{
    Engine *engine = data;
    Chores chores = {.refresh_at_ms = engine->runner != NULL ? INT64_MAX : 0};
    uint32_t troubles = 0;

    while (!atomic_load(&engine->is_stopping)) {
        g_autoptr(GError) error = NULL;
        if (do_chores(engine, &chores, &error)) {
            troubles = 0;
            runner_wait(engine, wakes_so_far(engine), CHORES_MS);
        } else if (!runner_bears(engine, g_steal_pointer(&error), &troubles)) {
            break;
        }
    }
    return NULL;
}

/* ---- opening ---- */

static bool open_key(Engine *engine, const char *store_path, GError **error)
{
    g_autofree char *beside = g_strconcat(store_path, ".key", NULL);
    const char *path = engine->options.fingerprint_key_file;

    return fingerprint_key_open(engine->db, path != NULL ? path : beside, &engine->key, error);
}

static bool open_rules(Engine *engine, GError **error)
{
    g_auto(GStrv) directories = NULL;
    g_autofree char *cache = command_cache_directory();

    TRY(command_rule_directories(engine->options.rules, &directories, error));
    return rule_set_load((const char *const *)directories, cache, &engine->rules, error);
}

static bool open_workflow(Engine *engine, GError **error)
{
    engine->workflow = workflow_new(&(WorkflowOptions){.db = engine->db});
    engine->batch_task =
        (BatchTask){.db = engine->db, .sources = engine->sources, .batch_listed = pages_were_listed, .data = engine};
    workflow_register_task(engine->workflow, JOB_FUNCTION, batch_task_run, &engine->batch_task);
    return workflow_add_machine(engine->workflow, JOB_MACHINE, scanner_machine_definition(), error);
}

bool engine_open(const EngineOptions *options, Engine **ret_engine, GError **error)
{
    g_autoptr(Engine) engine = g_new0(Engine, 1);
    g_autofree char *path = NULL;

    engine->options = *options;
    g_mutex_init(&engine->mutex);
    g_cond_init(&engine->woken);
    TRY(open_rules(engine, error));
    TRY(command_open_store(options->store, &engine->db, &path, error));
    TRY(open_key(engine, path, error));
    TRY(source_pool_new(options->ca_file, options->concurrency, &engine->sources, error));
    engine->queue = queue_store_open(engine->db);
    TRY(open_workflow(engine, error));
    *ret_engine = g_steal_pointer(&engine);
    return true;
}

void engine_close(Engine *engine)
{
    if (engine == NULL)
        return;
    engine_stop(engine);
    workflow_free(engine->workflow);
    queue_close(engine->queue);
    source_pool_free(engine->sources);
    rule_set_unref(engine->rules);
    db_close(engine->db);
    explicit_bzero(&engine->key, sizeof engine->key);
    g_mutex_clear(&engine->mutex);
    g_cond_clear(&engine->woken);
    g_free(engine);
}

Db *engine_db(Engine *engine)
{
    return engine->db;
}

Workflow *engine_workflow(Engine *engine)
{
    return engine->workflow;
}

RuleSet *engine_rules(Engine *engine)
{
    return engine->rules;
}

const FingerprintKey *engine_key(Engine *engine)
{
    return &engine->key;
}

bool engine_probe(Engine *engine, const char *bucket, const char *prefix, const char *options_json, GError **error)
{
    ObjectSource *source = NULL;
    g_auto(ListPage) page = {0};
    ListRequest request = {.prefix = prefix, .start_after = ""};

    TRY(source_pool_acquire(engine->sources, bucket, options_json, &source, error));
    bool is_ok = object_source_list(source, &request, &page, error);
    source_pool_release(engine->sources, source);
    return is_ok;
}

bool engine_start(Engine *engine, const char *runner, const JobId *job_id, GError **error)
{
    const EngineOptions *options = &engine->options;
    WorkerOptions worker = {
        .db = engine->db,
        .queue = engine->queue,
        .rules = engine->rules,
        .key = &engine->key,
        .sources = source_pool_provider(engine->sources),
        .scan = options->scan,
        .scope = {.owner = process_identity(), .runner = runner, .job_id = job_id},
        .scan_threads = options->scan_threads,
        .concurrency = options->concurrency,
        .patience = options->patience,
    };
    Worker *started = NULL;

    atomic_store(&engine->is_stopping, false);
    TRY(worker_start(&worker, &started, error));
    g_atomic_pointer_set(&engine->worker, started);
    engine->runner = g_strdup(runner);
    size_t runners = runner != NULL ? 1 : SERVER_RUNNERS; /* a job of one process has one execution */
    for (size_t i = 0; i < runners; i++)
        engine->runner_threads[i] = g_thread_new("runner", runner_main, engine);
    engine->chores_thread = g_thread_new("chores", chores_main, engine);
    return true;
}

void engine_cancel(Engine *engine)
{
    atomic_store(&engine->is_stopping, true); /* or the runner would try what is broken off again and again */
    source_pool_cancel(engine->sources);
}

void engine_stop(Engine *engine)
{
    atomic_store(&engine->is_stopping, true);
    if (engine->chores_thread != NULL) {
        engine_wake(engine);
        for (size_t i = 0; i < SERVER_RUNNERS; i++)
            g_clear_pointer(&engine->runner_threads[i], g_thread_join);
        g_clear_pointer(&engine->chores_thread, g_thread_join);
    }
    worker_stop(engine->worker);
    engine->worker = NULL;
    g_clear_pointer(&engine->runner, g_free);
    g_clear_error(&engine->locked.failure);
}

WorkerLive engine_live(Engine *engine)
{
    return worker_live(engine->worker);
}

bool engine_failure(Engine *engine, GError **ret_error)
{
    g_mutex_lock(&engine->mutex);
    bool has_failed = engine->locked.failure != NULL;
    if (has_failed)
        *ret_error = g_error_copy(engine->locked.failure);
    g_mutex_unlock(&engine->mutex);
    return has_failed || worker_failure(engine->worker, ret_error);
}
