#include "app/engine_internal.h"

#include "app/command.h"
#include "app/trial_command.h"
#include "base/log.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "queue/queue_store.h"
#include "worker/page_run.h"
#include "workflow/scanner_machine.h"

#include <string.h>

enum {
    HOLD_MS = 50,        /* an execution, before others have a turn */
    DEAF_WAIT_MS = 4000, /* between two looks for executions that are due, as worker.c has it for pages */
    HEARING_WAIT_MS = 30000,
};

/* ---- opening ---- */

static bool open_key(Engine *engine, const char *store_path, GError **error)
{
    g_autofree char *beside = g_strconcat(store_path, ".key", NULL);
    const char *path = engine->options.fingerprint_key_file;

    return fingerprint_key_open(engine->db, path != NULL ? path : beside, &engine->key, error);
}

static bool open_rules(Engine *engine, GError **error)
{
    const EngineOptions *options = &engine->options;

    TRY(command_rule_directories(options->rules, options->rule_defaults, &engine->rule_directories, error));
    engine->trial_argv = trial_command_line(engine->rule_directories, &options->scan);
    return command_load_rules(engine->rule_directories, options->rules, &engine->rules, error);
}

static void open_rulebook(Engine *engine)
{
    g_autofree char *cache = command_cache_directory();

    engine->rulebook = rulebook_new(&(RulebookOptions){.db = engine->db,
        .directories = (const char *const *)engine->rule_directories,
        .cache_dir = cache,
        .installed = engine->rules});
}

/* An allow list may name custom rules, too. If they do not go together with those of the installation, whoever can
 * remove one must be able to start. */
static bool rules_to_name(Engine *engine, RuleSet **ret_rules, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (engine->options.allow_files != NULL && !rulebook_rules(engine->rulebook, ret_rules, &reason)) {
        if (!error_is(reason, ERROR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return false;
        }
        log_error("rules.custom", "reason", reason->message, NULL);
    }
    if (*ret_rules == NULL)
        *ret_rules = rule_set_ref(engine->rules);
    return true;
}

static bool open_suppressor(Engine *engine, GError **error)
{
    g_autoptr(RuleSet) rules = NULL;

    TRY(rules_to_name(engine, &rules, error));
    const SuppressorOptions options = {
        .allow_files = (const char *const *)engine->options.allow_files,
        .baseline_file = engine->options.baseline_file,
        .rules = rules,
        .key = &engine->key,
    };

    TRY(suppressor_load(&options, &engine->suppressor, error));
    engine->options.scan.suppressor = engine->suppressor;
    return true;
}

/* Whoever has claimed an execution may be with it for long: another runner is to look for more. */
static void look_further(void *data)
{
    watch_found(((Engine *)data)->watch);
}

static bool open_workflow(Engine *engine, GError **error)
{
    engine->workflow = workflow_new(&(WorkflowOptions){.db = engine->db,
        .lease_ms = engine->options.lease_ms,
        .hold_ms = HOLD_MS,
        .claimed = look_further,
        .data = engine});
    engine->index = status_feed_open(engine->db, engine->workflow);
    engine->batch_task = (BatchTask){.db = engine->db, .sources = engine->sources};
    workflow_register_task(engine->workflow, JOB_FUNCTION, batch_task_run, &engine->batch_task);
    workflow_set_successor(engine->workflow, JOB_MACHINE, job_continue, engine->workflow);
    return workflow_add_machine(engine->workflow, JOB_MACHINE, scanner_machine_definition(), error);
}

bool engine_open(const EngineOptions *options, Engine **ret_engine, GError **error)
{
    g_autoptr(Engine) engine = g_new0(Engine, 1);
    g_autofree char *path = NULL;

    engine->options = *options;
    g_mutex_init(&engine->mutex);
    TRY(open_rules(engine, error));
    if (options->patience == WORKER_KEEPS_ON)
        TRY(command_await_store(options->store, &engine->db, &path, error));
    else
        TRY(command_open_store(options->store, &engine->db, &path, error));
    open_rulebook(engine);
    TRY(open_key(engine, path, error));
    TRY(open_suppressor(engine, error));
    TRY(source_pool_new(options->ca_file, options->concurrency, &engine->sources, error));
    engine->queue = queue_store_open(engine->db);
    engine->wake = db_wake_open(engine->db);
    engine->watch = watch_new(engine->wake, DB_CHANNEL_EXECUTIONS, DEAF_WAIT_MS, HEARING_WAIT_MS);
    TRY(open_workflow(engine, error));
    *ret_engine = g_steal_pointer(&engine);
    return true;
}

void engine_close(Engine *engine)
{
    if (engine == NULL)
        return;
    engine_stop(engine);
    watch_free(engine->watch);
    db_wake_close(engine->wake);
    g_strfreev(engine->trial_argv);
    workflow_free(engine->workflow);
    execution_index_close(engine->index);
    queue_close(engine->queue);
    source_pool_free(engine->sources);
    suppressor_free(engine->suppressor);
    rulebook_free(engine->rulebook);
    g_strfreev(engine->rule_directories);
    rule_set_unref(engine->rules);
    db_close(engine->db);
    explicit_bzero(&engine->key, sizeof engine->key);
    g_mutex_clear(&engine->mutex);
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

DbWake *engine_db_wake(Engine *engine)
{
    return engine->wake;
}

RuleSet *engine_rules(Engine *engine)
{
    return engine->rules;
}

Rulebook *engine_rulebook(Engine *engine)
{
    return engine->rulebook;
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

bool engine_list(Engine *engine, const JobId *id, uint64_t *ret_objects, GError **error)
{
    return batch_task_list_all(&engine->batch_task, id, ret_objects, error);
}

static bool rules_of_job(void *data, const JobId *id, RuleSet **ret_rules, GError **error)
{
    return rulebook_rules_of_job(((Engine *)data)->rulebook, id, ret_rules, error);
}

static bool start_worker(Engine *engine, const char *runner, const JobId *job_id, GError **error)
{
    const EngineOptions *options = &engine->options;
    bool is_of_fleet = runner == NULL;
    Worker *started = NULL;
    WorkerOptions worker = {
        .db = engine->db,
        .queue = engine->queue,
        .rules = engine->rules,
        .key = &engine->key,
        .sources = source_pool_provider(engine->sources),
        .job_rules = {.of_job = rules_of_job, .data = engine},
        .scan = options->scan,
        .scope = {.owner = process_identity(),
            .runner = runner,
            .host_runner = is_of_fleet ? process_host_runner() : NULL,
            .job_id = job_id,
            .rules_id = is_of_fleet ? rule_set_id(engine->rules) : NULL},
        .scan_threads = options->scan_threads,
        .concurrency = options->concurrency,
        .lease_ms = options->lease_ms,
        .patience = options->patience,
        .wake = engine->wake,
        .trial_argv = (const char *const *)engine->trial_argv,
    };

    TRY(worker_start(&worker, &started, error));
    g_atomic_pointer_set(&engine->worker, started);
    return true;
}

static void start_housekeeping(Engine *engine)
{
    const HousekeepingOptions options = {
        .db = engine->db,
        .queue = engine->queue,
        .workflow = engine->workflow,
        .rules_id = rule_set_id(engine->rules),
        .duty = engine->runner == NULL ? HOUSEKEEPING_OF_FLEET : HOUSEKEEPING_OF_SCAN,
        .lease_ms = engine->options.lease_ms,
    };

    engine->housekeeping = housekeeping_start(&options);
}

bool engine_start(Engine *engine, const char *runner, const JobId *job_id, GError **error)
{
    atomic_store(&engine->is_stopping, false);
    watch_start(engine->watch);
    if (engine->options.work == ENGINE_SCANS)
        TRY(start_worker(engine, runner, job_id, error));
    engine->runner = g_strdup(runner);
    atomic_store(&engine->runners_begun, 0);
    size_t runners = runner != NULL ? 1 : SERVER_RUNNERS; /* a job of one process has one execution */
    for (size_t i = 0; i < runners; i++)
        engine->runner_threads[i] = g_thread_new("runner", engine_runner_main, engine);
    start_housekeeping(engine);
    return true;
}

void engine_wake(Engine *engine)
{
    watch_wake(engine->watch);
}

void engine_cancel(Engine *engine)
{
    atomic_store(&engine->is_stopping, true); /* or the runner would try what is broken off again and again */
    source_pool_cancel(engine->sources);
}

void engine_stop(Engine *engine)
{
    atomic_store(&engine->is_stopping, true);
    if (engine->watch != NULL)
        watch_stop(engine->watch);
    for (size_t i = 0; i < SERVER_RUNNERS; i++)
        g_clear_pointer(&engine->runner_threads[i], g_thread_join);
    g_clear_pointer(&engine->housekeeping, housekeeping_stop);
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
