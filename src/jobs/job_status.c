#include "base/clock.h"
#include "jobs/jobs_internal.h"

#include <jansson.h>
#include <string.h>

/* Columns of job_read. */
enum {
    COLUMN_COUNTS = 14,
    COLUMN_FAILURES = 23,
    COLUMN_CANCELLED,
    COLUMN_BASE,
    COLUMN_BASE_SETTLED,
    COLUMN_IDLE,
    COLUMN_WAITING
};

typedef struct Snapshot {
    bool is_there;
    int64_t epoch, duration_ms;
    JobStatus counts; /* only counts, failures and times */
} Snapshot;

static void snapshot_clear(Snapshot *snapshot)
{
    job_status_clear(&snapshot->counts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Snapshot, snapshot_clear)

/* The row of job_facts, with what the rules need beside the status. */
typedef struct FactsRow {
    int64_t epoch;
    JobFacts facts; /* without the execution and the time */
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
    g_free(status->waiting_for);
    g_clear_pointer(&status->failures, g_array_unref);
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
    status->waiting_for = g_strdup(db_rows_text(rows, COLUMN_WAITING));
}

static void read_counts(const DbRows *rows, int first, JobStatus *status)
{
    uint64_t *const counts[] = {&status->total, &status->queued, &status->processing, &status->succeeded,
        &status->failed, &status->skipped, &status->bytes_total, &status->bytes_done, &status->total_findings};

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        *counts[i] = count_at(rows, first + (int)i);
}

static void failure_clear(gpointer data)
{
    g_free(((FailureCount *)data)->reason);
}

static gint compare_failures(gconstpointer one, gconstpointer other)
{
    return strcmp(((const FailureCount *)one)->reason, ((const FailureCount *)other)->reason);
}

/* {"too_large": 3, …} */
static GArray *parse_failures(const char *text)
{
    GArray *failures = g_array_new(FALSE, FALSE, sizeof(FailureCount));
    json_t *object = json_loads(text != NULL ? text : "{}", 0, NULL);
    const char *reason = NULL;
    json_t *objects = NULL;

    g_array_set_clear_func(failures, failure_clear);
    json_object_foreach(object, reason, objects)
    {
        FailureCount failure = {.reason = g_strdup(reason), .objects = (uint64_t)json_integer_value(objects)};
        g_array_append_val(failures, failure);
    }
    g_array_sort(failures, compare_failures);
    json_decref(object);
    return failures;
}

static FactsRow read_facts(const DbRows *rows)
{
    return (FactsRow){.epoch = db_rows_int(rows, 7),
        .facts = {.mode = mode_from_name(db_rows_text(rows, 6)),
            .is_cancelled = db_rows_int(rows, COLUMN_CANCELLED) != 0,
            .open_shards = count_at(rows, 13),
            .base_ms = db_rows_int(rows, COLUMN_BASE),
            .base_settled = count_at(rows, COLUMN_BASE_SETTLED),
            .idle_ms = db_rows_int(rows, COLUMN_IDLE)}};
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
    read_counts(rows, COLUMN_COUNTS, status);
    status->failures = parse_failures(db_rows_text(rows, COLUMN_FAILURES));
    *ret_row = read_facts(rows);
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

static bool read_snapshot(DbTx *tx, const JobId *id, Snapshot *snapshot, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_JOB_SNAPSHOT_READ, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &snapshot->is_there, error));
    if (!snapshot->is_there)
        return true;
    snapshot->counts.updated_ms = db_rows_int(rows, 0);
    read_counts(rows, 1, &snapshot->counts);
    snapshot->epoch = db_rows_int(rows, 10);
    snapshot->counts.cache_refreshed_ms = db_rows_int(rows, 11);
    snapshot->counts.failures = parse_failures(db_rows_text(rows, 12));
    return read_refresh_duration(tx, &snapshot->duration_ms, error);
}

static void use_snapshot(JobStatus *status, Snapshot *snapshot)
{
    JobStatus *counts = &snapshot->counts;

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
    g_array_unref(status->failures);
    status->failures = g_steal_pointer(&counts->failures);
    status->is_cached = true;
    status->cache_refreshed_ms = counts->cache_refreshed_ms;
    status->cache_duration_ms = snapshot->duration_ms;
}

/* A snapshot of another epoch was taken before the job's state changed: its counts and that state do not go together.
 */
static bool apply_cache(DbTx *tx, const FactsRow *row, int64_t now_ms, JobStatus *status, GError **error)
{
    g_auto(Snapshot) snapshot = {0};

    if (now_ms - status->created_ms < JOB_REFRESH_MS)
        return true;
    TRY(read_snapshot(tx, &status->job_id, &snapshot, error));
    if (snapshot.is_there && snapshot.epoch == row->epoch)
        use_snapshot(status, &snapshot);
    return true;
}

bool job_status_read(
    DbTx *tx, const JobId *id, JobFreshness freshness, JobStatus *ret_status, JobMode *ret_mode, GError **error)
{
    g_auto(JobStatus) status = {0};
    FactsRow row = {0};
    int64_t now_ms = clock_now_ms();

    TRY(read_job(tx, id, &status, &row, error));
    if (freshness == JOB_CACHED)
        TRY(apply_cache(tx, &row, now_ms, &status, error));
    row.facts.execution_status = status.execution_status;
    row.facts.now_ms = status.is_cached ? status.cache_refreshed_ms : now_ms;
    job_status_judge(&status, &row.facts);
    if (ret_mode != NULL)
        *ret_mode = row.facts.mode;
    *ret_status = status;
    status = (JobStatus){0};
    return true;
}

bool job_status(Db *db, const JobId *id, JobFreshness freshness, JobStatus *ret_status, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return job_status_read(tx, id, freshness, ret_status, NULL, error);
}
