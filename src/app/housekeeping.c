#include "app/housekeeping.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "store/db_wake.h"

#include <stdatomic.h>

enum {
    FIRST_MS = 200,  /* a small scan is over before, and needs none */
    BUSY_MS = 5000,  /* between two rounds while pages move */
    IDLE_MS = 60000, /* while they do not, and others of a fleet would also come round */
    SHORTEST_MS = 500,
    DRIFT_MS = 60000,
    LISTINGS_MS = 30000,
    SILENT_MS = 120000, /* longer than a request to a slow store takes with its repetitions */
    DRIFT_JOBS = 20,
    FREE_ROWS = 20000,
    ADOPT_MS = 30000,
    REFUSED_MS = 120000,
};

struct Housekeeping {
    HousekeepingOptions options;
    GThread *thread;
    int64_t drift_at_ms, refused_at_ms, listings_at_ms;
    JobId drift_position;
    uint64_t moved; /* pages of this process, when it last looked */
    GMutex mutex;
    GCond changed;
    struct {
        bool is_stopping;
    } locked;
};

/* Whether this round is ours. $2: for how long it is nobody else's. */
static bool take_turn(Housekeeping *housekeeping, int64_t turn_ms, bool *ret_is_ours, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(housekeeping->options.db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_HOUSEKEEPING_TURN, &changed, error, db_int(turn_ms)));
    *ret_is_ours = changed == 1;
    return db_commit(g_steal_pointer(&tx), error);
}

static bool sweep(Housekeeping *housekeeping, GError **error)
{
    uint32_t pages = 0;

    TRY(queue_sweep(housekeeping->options.queue, &pages, error));
    metric_add(METRIC_PAGES_EXPIRED, pages);
    if (pages > 0)
        log_warning("pages.abandoned", "pages", log_int(pages), NULL);
    return true;
}

static bool tell_drift(G_GNUC_UNUSED void *data, const JobId *id, const char *drift, G_GNUC_UNUSED GError **error)
{
    metric_add(METRIC_DRIFT, 1);
    log_error("job.drift", "job", id->text, "drift", drift, NULL);
    return true;
}

static bool look_for_drift(Housekeeping *housekeeping, GError **error)
{
    if (clock_monotonic_ms() < housekeeping->drift_at_ms)
        return true;
    housekeeping->drift_at_ms = clock_monotonic_ms() + DRIFT_MS;
    return jobs_reconcile_drift(
        housekeeping->options.db, &housekeeping->drift_position, DRIFT_JOBS, tell_drift, NULL, error);
}

/* A request that lists (serve --sync) dies with its process. */
static bool adopt_listings(Housekeeping *housekeeping, GError **error)
{
    const HousekeepingOptions *options = &housekeeping->options;
    uint32_t jobs = 0;

    if (clock_monotonic_ms() < housekeeping->listings_at_ms)
        return true;
    housekeeping->listings_at_ms = clock_monotonic_ms() + LISTINGS_MS;
    TRY(jobs_adopt_listings(options->db, options->workflow, SILENT_MS, &jobs, error));
    if (jobs > 0)
        log_warning("jobs.listing_adopted", "jobs", log_int(jobs), "reason",
            "the server that listed them is gone: the built-in workflow goes on", NULL);
    return true;
}

static bool free_deleted(Housekeeping *housekeeping, GError **error)
{
    bool has_more = false;

    return jobs_free_deleted(housekeeping->options.db, FREE_ROWS, &has_more, error);
}

/* Jobs whose first scan had other rules are left to workers that have those; but when nobody works on them any more,
 * they are finished with ours rather than never. */
static bool adopt_jobs(Housekeeping *housekeeping, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(housekeeping->options.db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_JOBS_ADOPT_RULES, &changed, error, db_text(housekeeping->options.rules_id),
        db_text(process_host_runner()), db_int(ADOPT_MS)));
    if (changed == 0)
        return true;
    log_warning("jobs.rules_changed", "jobs", log_int(changed), "rules", housekeeping->options.rules_id, "reason",
        "no worker with the rules of their first scan has worked on them lately", NULL);
    TRY(db_notify(tx, DB_CHANNEL_PAGES, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* Every process says for itself which jobs it leaves alone. */
static bool tell_refused_jobs(Housekeeping *housekeeping, GError **error)
{
    const char *rules_id = housekeeping->options.rules_id;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    if (clock_monotonic_ms() < housekeeping->refused_at_ms)
        return true;
    housekeeping->refused_at_ms = clock_monotonic_ms() + REFUSED_MS;
    TRY(db_begin(housekeeping->options.db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOBS_OF_OTHER_RULES, &rows, error, db_text(rules_id), db_text(process_host_runner())));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        log_warning("job.other_rules", "job", db_rows_text(rows, 0), "rules", db_rows_text(rows, 1), "ours", rules_id,
            "reason", "its pages are left to workers with the rules of its first scan", NULL);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool do_round(Housekeeping *housekeeping, int64_t round_ms, GError **error)
{
    bool is_ours = false, is_refreshed = false;

    if (housekeeping->options.duty == HOUSEKEEPING_OF_SCAN)
        return sweep(housekeeping, error);
    TRY(tell_refused_jobs(housekeeping, error));
    TRY(take_turn(housekeeping, round_ms - round_ms / 4, &is_ours, error)); /* rounds are drawn from their upper half */
    if (!is_ours)
        return true;
    TRY(sweep(housekeeping, error));
    TRY(jobs_reconcile(housekeeping->options.db, error));
    TRY(adopt_jobs(housekeeping, error));
    TRY(adopt_listings(housekeeping, error));
    TRY(jobs_refresh_if_stale(housekeeping->options.db, JOB_REFRESH_MS, &is_refreshed, error));
    metric_add(METRIC_REFRESHES, is_refreshed ? 1 : 0);
    TRY(look_for_drift(housekeeping, error));
    return free_deleted(housekeeping, error);
}

/* Short leases are swept as often as they end. */
static int64_t next_round_ms(Housekeeping *housekeeping)
{
    uint64_t moved = metric_get(METRIC_PAGES_CLAIMED) + metric_get(METRIC_PAGES_FINISHED);
    int64_t lease_ms = housekeeping->options.lease_ms;
    bool is_busy = moved != housekeeping->moved || !db_is_shared(housekeeping->options.db);
    int64_t round_ms = is_busy ? BUSY_MS : IDLE_MS;

    housekeeping->moved = moved;
    return lease_ms > 0 ? CLAMP(lease_ms, SHORTEST_MS, round_ms) : round_ms;
}

static bool wait_for_round(Housekeeping *housekeeping, int64_t wait_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&housekeeping->mutex);
    int64_t end_us = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;

    while (!housekeeping->locked.is_stopping)
        if (!g_cond_wait_until(&housekeeping->changed, &housekeeping->mutex, end_us))
            break;
    return !housekeeping->locked.is_stopping;
}

/* After trouble the first round comes late: whoever could not reach the store either has a moment to commit what it
 * holds. */
static gpointer housekeeping_main(gpointer data)
{
    Housekeeping *housekeeping = data;
    int64_t wait_ms = FIRST_MS;

    while (wait_for_round(housekeeping, wait_ms)) {
        g_autoptr(GError) error = NULL;
        int64_t round_ms = next_round_ms(housekeeping);
        if (!do_round(housekeeping, round_ms, &error)) {
            metric_add(METRIC_DB_ERRORS, 1);
            log_error("housekeeping.store", "reason", error->message, NULL);
            round_ms = MAX(round_ms, BUSY_MS);
        }
        wait_ms = jittered_ms(round_ms);
    }
    return NULL;
}

Housekeeping *housekeeping_start(const HousekeepingOptions *options)
{
    Housekeeping *housekeeping = g_new0(Housekeeping, 1);

    housekeeping->options = *options;
    g_mutex_init(&housekeeping->mutex);
    g_cond_init(&housekeeping->changed);
    housekeeping->thread = g_thread_new("housekeeping", housekeeping_main, housekeeping);
    return housekeeping;
}

void housekeeping_stop(Housekeeping *housekeeping)
{
    if (housekeeping == NULL)
        return;
    g_mutex_lock(&housekeeping->mutex);
    housekeeping->locked.is_stopping = true;
    g_cond_broadcast(&housekeeping->changed);
    g_mutex_unlock(&housekeeping->mutex);
    g_thread_join(housekeeping->thread);
    g_mutex_clear(&housekeeping->mutex);
    g_cond_clear(&housekeeping->changed);
    g_free(housekeeping);
}
