/* The snapshot of all jobs: refreshed, and summed up. */
#include "base/clock.h"
#include "jobs/jobs_internal.h"

/* Where both engines note the last refresh. */
#define META_STARTED  "job_progress_refresh_started"
#define META_DURATION "job_progress_refresh_ms"

static bool read_meta(DbTx *tx, const char *name, int64_t *ret_value, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_META_GET, &rows, error, db_text(name)));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_value = has_row ? g_ascii_strtoll(db_rows_text(rows, 0), NULL, 10) : 0;
    return true;
}

static bool write_meta(DbTx *tx, const char *name, int64_t value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    return DB_EXEC(tx, SQL_META_SET, NULL, error, db_text(name), db_text(text));
}

static bool run_refresh(DbTx *tx, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_query(tx, SQL_JOB_PROGRESS_REBUILD, NULL, 0, &rows, error));
    return db_rows_next(rows, &has_row, error);
}

/* What PostgreSQL's refresh_job_progress() does by itself is done here for the other engine; noting it twice does no
 * harm. */
static bool refresh(DbTx *tx, GError **error)
{
    int64_t started_ms = clock_now_ms(), start_ms = clock_monotonic_ms();

    TRY(db_exec(tx, SQL_JOB_PROGRESS_CLEAR, NULL, 0, NULL, error));
    TRY(DB_EXEC(tx, SQL_JOB_PROGRESS_REFRESH, NULL, error, db_int(started_ms)));
    TRY(run_refresh(tx, error));
    TRY(DB_EXEC(tx, SQL_JOB_SPEED_MOVE, NULL, error, db_int(started_ms)));
    TRY(DB_EXEC(tx, SQL_JOB_SPEED_BEGIN, NULL, error, db_int(started_ms)));
    TRY(write_meta(tx, META_STARTED, started_ms, error));
    return write_meta(tx, META_DURATION, clock_monotonic_ms() - start_ms, error);
}

bool jobs_refresh_progress(Db *db, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(refresh(tx, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static bool is_stale(DbTx *tx, int64_t interval_ms, bool *ret_is_stale, GError **error)
{
    int64_t started_ms = 0, now_ms = clock_now_ms();

    TRY(read_meta(tx, META_STARTED, &started_ms, error));
    *ret_is_stale = started_ms == 0 || started_ms > now_ms || now_ms - started_ms >= interval_ms;
    return true;
}

/* Looks without disturbing anybody first. */
static bool look(Db *db, int64_t interval_ms, bool *ret_is_stale, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return is_stale(tx, interval_ms, ret_is_stale, error);
}

/* Whoever comes second finds the place taken, or the refresh done. */
static bool take_refresh(DbTx *tx, bool *ret_is_ours, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_query(tx, SQL_JOB_PROGRESS_TRY_LOCK, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_is_ours = has_row && db_rows_int(rows, 0) == 1;
    return true;
}

bool jobs_refresh_if_stale(Db *db, int64_t interval_ms, bool *ret_is_refreshed, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    bool is_needed = false;

    *ret_is_refreshed = false;
    TRY(look(db, interval_ms, &is_needed, error));
    if (!is_needed)
        return true;
    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(take_refresh(tx, &is_needed, error));
    if (is_needed)
        TRY(is_stale(tx, interval_ms, &is_needed, error));
    if (!is_needed)
        return true;
    TRY(refresh(tx, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_is_refreshed = true;
    return true;
}

static bool read_refresh(DbTx *tx, int64_t *ret_refreshed_ms, int64_t *ret_duration_ms, GError **error)
{
    TRY(read_meta(tx, META_STARTED, ret_refreshed_ms, error));
    return read_meta(tx, META_DURATION, ret_duration_ms, error);
}

bool jobs_refresh_state(Db *db, int64_t *ret_refreshed_ms, int64_t *ret_duration_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return read_refresh(tx, ret_refreshed_ms, ret_duration_ms, error);
}

static bool read_statistics(DbTx *tx, DbStatement statement, JobsStatistics *statistics, GError **error)
{
    uint64_t *const counts[] = {&statistics->total_jobs, &statistics->completed_jobs, &statistics->in_progress_jobs,
        &statistics->failed_jobs, &statistics->aborted_jobs, &statistics->paused_jobs, &statistics->total_objects,
        &statistics->total_findings, &statistics->bytes_total, &statistics->bytes_done};
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_query(tx, statement, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        *counts[i] = (uint64_t)MAX(db_rows_int(rows, (int)i), 0);
    statistics->average_progress = db_rows_real(rows, (int)G_N_ELEMENTS(counts));
    return true;
}

bool jobs_statistics(Db *db, JobFreshness freshness, JobsStatistics *ret_statistics, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    JobsStatistics statistics = {0};

    TRY(db_begin(db, DB_READ, &tx, error));
    if (freshness == JOB_CACHED)
        TRY(read_refresh(tx, &statistics.cache_refreshed_ms, &statistics.cache_duration_ms, error));
    statistics.is_cached = statistics.cache_refreshed_ms > 0;
    TRY(read_statistics(
        tx, statistics.is_cached ? SQL_JOBS_STATISTICS_CACHED : SQL_JOBS_STATISTICS, &statistics, error));
    *ret_statistics = statistics;
    return true;
}
