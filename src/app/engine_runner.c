/* The threads that let executions go on. */
#include "app/engine_internal.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "worker/page_run.h"

enum {
    TROUBLE_MS = 250,
    TROUBLE_MAX_MS = 5000,
    PATIENCE_MS = 300000, /* of a command line with a store that is away */
};

/* What a runner's thread knows of its trouble with the store. */
typedef struct Trouble {
    int64_t since_ms; /* 0: none */
    Backoff backoff;
} Trouble;

/* One state of one execution: of those without a runner, or of this host's; or of the one job of a scan. */
static bool step_any(Engine *engine, bool *ret_has_run, int64_t *ret_wait_ms, GError **error)
{
    int64_t wait_ms = 0;

    TRY(workflow_step(engine->workflow, engine->runner, ret_has_run, ret_wait_ms, error));
    if (*ret_has_run || engine->runner != NULL || !db_is_shared(engine->db))
        return true;
    TRY(workflow_step(engine->workflow, process_host_runner(), ret_has_run, &wait_ms, error));
    *ret_wait_ms = MIN(*ret_wait_ms, wait_ms);
    return true;
}

/* One question instead of many while there is nothing at all, which is how most servers spend their time. */
static bool has_executions(Engine *engine, bool *ret_has, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;

    *ret_has = true;
    if (engine->runner != NULL)
        return true;
    TRY(db_begin(engine->db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_EXECUTIONS_RUNNING, &rows, error, db_text(process_host_runner())));
    return db_rows_next(rows, ret_has, error);
}

static bool runner_once(Engine *engine, bool *is_busy, GError **error)
{
    uint64_t seen = watch_seen(engine->watch);
    bool has_any = false, has_run = false, was_busy = *is_busy;
    int64_t wait_ms = INT64_MAX;

    TRY(has_executions(engine, &has_any, error));
    if (has_any)
        TRY(step_any(engine, &has_run, &wait_ms, error));
    *is_busy = has_run;
    if (!has_run) {
        if (was_busy)
            db_wake_signal(engine->wake, DB_CHANNEL_JOBS);
        watch_wait(engine->watch, seen, wait_ms);
        return true;
    }
    return jobs_reconcile(engine->db, error);
}

static void runner_give_up(Engine *engine, GError *take_error)
{
    g_mutex_lock(&engine->mutex);
    if (engine->locked.failure == NULL)
        engine->locked.failure = g_steal_pointer(&take_error);
    g_mutex_unlock(&engine->mutex);
    g_clear_error(&take_error);
}

/* What a runner does about trouble with the store. Returns whether it goes on. */
static bool runner_bears(Engine *engine, GError *take_error, Trouble *trouble)
{
    int64_t now_ms = clock_monotonic_ms();

    metric_add(METRIC_DB_ERRORS, 1);
    log_error("runner.store", "reason", take_error->message, NULL);
    if (trouble->since_ms == 0)
        trouble->since_ms = now_ms;
    bool is_hopeless = !store_trouble_passes(take_error) || now_ms - trouble->since_ms >= PATIENCE_MS;
    if (engine->options.patience == WORKER_GIVES_UP && is_hopeless) {
        runner_give_up(engine, take_error);
        return false;
    }
    g_error_free(take_error);
    watch_rest(engine->watch, backoff_next_ms(&trouble->backoff));
    return true;
}

gpointer engine_runner_main(gpointer data)
{
    Engine *engine = data;
    bool is_busy = false;
    Trouble trouble = {.backoff = {.first_ms = TROUBLE_MS, .longest_ms = TROUBLE_MAX_MS}};

    if (atomic_fetch_add(&engine->runners_begun, 1) > 0)
        watch_wait(engine->watch, watch_seen(engine->watch), INT64_MAX); /* and needs no connection so long */
    while (!atomic_load(&engine->is_stopping)) {
        g_autoptr(GError) error = NULL;
        if (!runner_once(engine, &is_busy, &error)) {
            if (!runner_bears(engine, g_steal_pointer(&error), &trouble))
                break;
            continue;
        }
        trouble.since_ms = 0;
        backoff_reset(&trouble.backoff);
    }
    return NULL;
}
