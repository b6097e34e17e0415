#include "base/clock.h"
#include "jobs/job_facts.h"
#include "jobs/jobs.h"

enum { VISIT_CHUNK = 100 };

typedef struct Snapshot {
    bool is_there;
    int64_t epoch, duration_ms;
    JobStatus counts; /* only counts and times; owns nothing */
} Snapshot;

/* The row of job_facts, with what the rules need beside the status. */
typedef struct FactsRow {
    JobMode mode;
    int64_t epoch;
    uint64_t open_shards;
} FactsRow;

void job_status_clear(JobStatus *status)
{
    g_free(status->bucket);
    g_free(status->prefix);
    g_free(status->options);
    g_free(status->runner);
    g_free(status->status_message);
    g_free(status->execution_status);
    g_free(status->execution_arn);
    g_free(status->error);
    g_free(status->cause);
    *status = (JobStatus){0};
}

static JobMode mode_from_name(const char *name)
{
    if (g_str_equal(name, "sync"))
        return JOB_SYNC;
    return g_str_equal(name, "legacy") ? JOB_LEGACY : JOB_ASYNC;
}

static uint64_t count_at(const DbRows *rows, int column)
{
    int64_t count = db_rows_int(rows, column);

    return count > 0 ? (uint64_t)count : 0;
}

static void read_texts(const DbRows *rows, JobStatus *status)
{
    status->bucket = g_strdup(db_rows_text(rows, 0));
    status->prefix = g_strdup(db_rows_text(rows, 1));
    status->options = g_strdup(db_rows_text(rows, 2));
    status->runner = g_strdup(db_rows_text(rows, 3));
    status->execution_arn = g_strdup(db_rows_text(rows, 9));
    status->execution_status = g_strdup(db_rows_text(rows, 10));
    status->error = g_strdup(db_rows_text(rows, 11));
    status->cause = g_strdup(db_rows_text(rows, 12));
}

static void read_counts(const DbRows *rows, int first, JobStatus *status)
{
    uint64_t *const counts[] = {&status->total, &status->queued, &status->processing, &status->succeeded,
        &status->failed, &status->skipped, &status->bytes_total, &status->bytes_done, &status->total_findings};

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        *counts[i] = count_at(rows, first + (int)i);
}

static bool read_job(DbTx *tx, const JobId *id, JobStatus *status, FactsRow *ret_row, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_READ, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "job %s: there is no such job", id->text);
    status->job_id = *id;
    read_texts(rows, status);
    status->created_ms = db_rows_int(rows, 4);
    status->updated_ms = db_rows_int(rows, 5);
    status->is_paused = db_rows_int(rows, 8) != 0;
    read_counts(rows, 14, status);
    *ret_row = (FactsRow){.mode = mode_from_name(db_rows_text(rows, 6)),
        .epoch = db_rows_int(rows, 7),
        .open_shards = count_at(rows, 13)};
    return true;
}

static bool read_refresh_duration(DbTx *tx, int64_t *ret_ms, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_META_GET, &rows, error, db_text("job_progress_refresh_ms")));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_ms = has_row ? db_rows_int(rows, 0) : 0;
    return true;
}

static bool read_snapshot(DbTx *tx, const JobId *id, Snapshot *ret_snapshot, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    Snapshot snapshot = {0};

    TRY(DB_QUERY(tx, SQL_JOB_SNAPSHOT_READ, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &snapshot.is_there, error));
    if (snapshot.is_there) {
        snapshot.counts.updated_ms = db_rows_int(rows, 0);
        read_counts(rows, 1, &snapshot.counts);
        snapshot.epoch = db_rows_int(rows, 10);
        snapshot.counts.cache_refreshed_ms = db_rows_int(rows, 11);
        TRY(read_refresh_duration(tx, &snapshot.duration_ms, error));
    }
    *ret_snapshot = snapshot;
    return true;
}

static void use_snapshot(JobStatus *status, const Snapshot *snapshot)
{
    const JobStatus *counts = &snapshot->counts;

    status->total = counts->total;
    status->queued = counts->queued;
    status->processing = counts->processing;
    status->succeeded = counts->succeeded;
    status->failed = counts->failed;
    status->skipped = counts->skipped;
    status->bytes_total = counts->bytes_total;
    status->bytes_done = counts->bytes_done;
    status->total_findings = counts->total_findings;
    status->updated_ms = counts->updated_ms;
    status->is_cached = true;
    status->cache_refreshed_ms = counts->cache_refreshed_ms;
    status->cache_duration_ms = snapshot->duration_ms;
}

/* A snapshot of another epoch was taken before the job's state changed: its counts and that state do not go together.
 */
static bool apply_cache(DbTx *tx, const FactsRow *row, int64_t now_ms, JobStatus *status, GError **error)
{
    Snapshot snapshot = {0};

    if (now_ms - status->created_ms < JOB_REFRESH_MS)
        return true;
    TRY(read_snapshot(tx, &status->job_id, &snapshot, error));
    if (snapshot.is_there && snapshot.epoch == row->epoch)
        use_snapshot(status, &snapshot);
    return true;
}

static bool read_status(DbTx *tx, const JobId *id, JobFreshness freshness, JobStatus *ret_status, GError **error)
{
    g_auto(JobStatus) status = {0};
    FactsRow row = {0};
    int64_t now_ms = clock_now_ms();

    TRY(read_job(tx, id, &status, &row, error));
    if (freshness == JOB_CACHED)
        TRY(apply_cache(tx, &row, now_ms, &status, error));
    job_status_judge(&status, &(JobFacts){.mode = row.mode,
                                  .has_execution = status.execution_arn != NULL,
                                  .execution_status = status.execution_status,
                                  .open_shards = row.open_shards,
                                  .now_ms = status.is_cached ? status.cache_refreshed_ms : now_ms});
    *ret_status = status;
    status = (JobStatus){0};
    return true;
}

bool job_status(Db *db, const JobId *id, JobFreshness freshness, JobStatus *ret_status, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return read_status(tx, id, freshness, ret_status, error);
}

/* Where the next chunk begins. */
typedef struct Position {
    int64_t before_created_ms;
    JobId before_id;
} Position;

static bool read_ids(DbTx *tx, const JobQuery *query, Position *position, GArray *ids, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOBS_PAGE, &rows, error, db_int(position->before_created_ms),
        db_text(position->before_id.text), db_text(query->bucket), db_int(VISIT_CHUNK)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        TRY(job_id_parse(db_rows_text(rows, 0), &position->before_id, error));
        position->before_created_ms = db_rows_int(rows, 1);
        g_array_append_val(ids, position->before_id);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* Statuses of the next jobs, read together; *ret_is_end when there are no more. */
static bool read_chunk(
    Db *db, const JobQuery *query, Position *position, GArray *statuses, bool *ret_is_end, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(JobId));
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(read_ids(tx, query, position, ids, error));
    for (guint i = 0; i < ids->len; i++) {
        JobStatus status = {0};
        TRY(read_status(tx, &g_array_index(ids, JobId, i), JOB_REAL_TIME, &status, error));
        g_array_append_val(statuses, status);
    }
    *ret_is_end = ids->len < VISIT_CHUNK;
    return true;
}

static GArray *statuses_new(void)
{
    GArray *statuses = g_array_new(FALSE, FALSE, sizeof(JobStatus));

    g_array_set_clear_func(statuses, (GDestroyNotify)job_status_clear);
    return statuses;
}

bool jobs_visit(Db *db, const JobQuery *query, JobVisitor visitor, void *data, GError **error)
{
    Position position = {.before_created_ms = query->before_created_ms > 0 ? query->before_created_ms : INT64_MAX};
    uint32_t left = query->limit > 0 ? query->limit : UINT32_MAX;
    bool is_end = false;

    if (query->before_id != NULL)
        g_strlcpy(position.before_id.text, query->before_id, sizeof position.before_id.text);
    while (left > 0 && !is_end) {
        g_autoptr(GArray) statuses = statuses_new();
        TRY(read_chunk(db, query, &position, statuses, &is_end, error));
        for (guint i = 0; i < statuses->len && left > 0; i++) {
            const JobStatus *status = &g_array_index(statuses, JobStatus, i);
            if (query->status != NULL && !g_str_equal(query->status, status->status))
                continue;
            TRY(visitor(data, status, error));
            left--;
        }
    }
    return true;
}

bool jobs_refresh_progress(Db *db, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t start_ms = clock_monotonic_ms();

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_JOB_PROGRESS_REFRESH, NULL, error, db_int(clock_now_ms())));
    g_autofree char *duration = g_strdup_printf("%" G_GINT64_FORMAT, clock_monotonic_ms() - start_ms);
    TRY(DB_EXEC(tx, SQL_META_SET, NULL, error, db_text("job_progress_refresh_ms"), db_text(duration)));
    return db_commit(g_steal_pointer(&tx), error);
}
