/* Objects are queued again, and a job that failed or was cancelled goes on.
 *
 * A job has any number of pages, so they are taken in batches, in the order of their keys; each batch is one
 * transaction, after which counters, pages, exceptions and findings agree. Between a batch and its repetition after a
 * crash nothing is remembered but what the pages themselves say. */
#include "base/clock.h"
#include "jobs/jobs_internal.h"
#include "store/db_wake.h"

#include <jansson.h>

/* So much is changed in one transaction: pages, or rows of findings and exceptions that go with them. */
enum { BATCH_PAGES = 500, BATCH_ROWS = 50000 };

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

typedef struct PageKey {
    int64_t shard, page_no;
} PageKey;

/* The pages of a batch: behind after, up to and with end. */
typedef struct PageRange {
    PageKey after, end;
    bool is_empty;
} PageRange;

typedef struct Retry {
    Db *db;
    Workflow *workflow;
    const JobId *id;
    JobRetryScope scope;
    bool has_begun; /* the job itself has been dealt with */
    JobRetried result;
} Retry;

typedef struct RetrySums {
    int64_t pages, succeeded, failed, skipped, findings, bytes_done;
} RetrySums;

void job_retried_clear(JobRetried *retried)
{
    g_clear_pointer(&retried->execution_arn, g_free);
}

/* $1 to $5 of all statements about a range. */
#define RANGE_VALUES(id, range)                                                                                        \
    db_text((id)->text), db_int((range)->after.shard), db_int((range)->after.page_no), db_int((range)->end.shard),     \
        db_int((range)->end.page_no)

/* The next pages that the scope is about, with how many rows hang on them. */
static bool find_range(DbTx *tx, const Retry *retry, const PageKey *after, PageRange *ret_range, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    PageRange range = {.after = *after, .end = *after, .is_empty = true};
    int64_t weight = 0;
    bool has_row = false;
    DbStatement statement = retry->scope == JOB_RETRY_FAILED ? SQL_RETRY_FAILED_PAGES : SQL_RETRY_ALL_PAGES;

    TRY(DB_QUERY(tx, statement, &rows, error, db_text(retry->id->text), db_int(after->shard), db_int(after->page_no),
        db_int(BATCH_PAGES)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row && weight < BATCH_ROWS) {
        range.end = (PageKey){db_rows_int(rows, 0), db_rows_int(rows, 1)};
        range.is_empty = false;
        weight += db_rows_int(rows, 2);
        TRY(db_rows_next(rows, &has_row, error));
    }
    *ret_range = range;
    return true;
}

static bool read_sums(
    DbTx *tx, DbStatement statement, const JobId *id, const PageRange *range, RetrySums *ret_sums, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, statement, &rows, error, RANGE_VALUES(id, range)));
    TRY(db_rows_next(rows, &has_row, error));
    if (has_row)
        *ret_sums = (RetrySums){.pages = db_rows_int(rows, 0),
            .succeeded = db_rows_int(rows, 1),
            .failed = db_rows_int(rows, 2),
            .skipped = db_rows_int(rows, 3),
            .findings = db_rows_int(rows, 4),
            .bytes_done = db_rows_int(rows, 5)};
    return true;
}

typedef struct ReasonCount {
    char code[32];
    int64_t objects;
} ReasonCount;

/* What failed on the pages of the range, by reason, is no failure any more. */
static bool take_failures_back(
    DbTx *tx, DbStatement statement, const JobId *id, const PageRange *range, int64_t *ret_objects, GError **error)
{
    g_autoptr(GArray) reasons = g_array_new(FALSE, FALSE, sizeof(ReasonCount));
    g_autoptr(DbRows) rows = NULL;
    int64_t objects = 0;
    bool has_row = false;

    TRY(DB_QUERY(tx, statement, &rows, error, RANGE_VALUES(id, range)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        ReasonCount reason = {.objects = db_rows_int(rows, 1)};
        g_strlcpy(reason.code, db_rows_text(rows, 0), sizeof reason.code);
        g_array_append_val(reasons, reason);
        objects += reason.objects;
        TRY(db_rows_next(rows, &has_row, error));
    }
    for (guint i = 0; i < reasons->len; i++) {
        const ReasonCount *reason = &g_array_index(reasons, ReasonCount, i);
        TRY(DB_EXEC(tx, SQL_JOB_FAILURES_ADD, NULL, error, db_text(id->text), db_int(0), db_text(reason->code),
            db_int(-reason->objects)));
    }
    *ret_objects = objects;
    return true;
}

/* A done page never has a queued exception: those of this batch are told by that until their pages are queued. */
static bool retry_failed(DbTx *tx, const JobId *id, const PageRange *range, RetrySums *ret_moved, GError **error)
{
    RetrySums before = {0}, after = {0};
    int64_t now_ms = clock_now_ms(), failed = 0, pages = 0, findings = 0;

    TRY(DB_EXEC(tx, SQL_RETRY_FAILED_EXCEPTIONS, NULL, error, RANGE_VALUES(id, range), db_int(now_ms)));
    TRY(take_failures_back(tx, SQL_RETRY_FAILED_REASONS, id, range, &failed, error));
    TRY(read_sums(tx, SQL_RETRY_FAILED_SUMS, id, range, &before, error));
    TRY(DB_EXEC(tx, SQL_RETRY_FAILED_BYTES, NULL, error, RANGE_VALUES(id, range)));
    TRY(read_sums(tx, SQL_RETRY_FAILED_SUMS, id, range, &after, error));
    TRY(DB_EXEC(tx, SQL_RETRY_FAILED_QUEUE, &pages, error, RANGE_VALUES(id, range), db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_RETRY_FAILED_FINDINGS, &findings, error, RANGE_VALUES(id, range)));
    TRY(DB_EXEC(tx, SQL_RETRY_FAILED_SUPPRESSIONS, NULL, error, RANGE_VALUES(id, range)));
    *ret_moved = (RetrySums){
        .pages = pages, .failed = failed, .findings = findings, .bytes_done = before.bytes_done - after.bytes_done};
    return true;
}

/* No page of a job that goes on is dropped: those of this batch are told by that until they are queued. */
static bool retry_all(DbTx *tx, const JobId *id, const PageRange *range, RetrySums *ret_moved, GError **error)
{
    int64_t now_ms = clock_now_ms(), failed = 0;

    TRY(DB_EXEC(tx, SQL_RETRY_ALL_MARK, NULL, error, RANGE_VALUES(id, range)));
    TRY(read_sums(tx, SQL_RETRY_ALL_SUMS, id, range, ret_moved, error));
    TRY(take_failures_back(tx, SQL_RETRY_ALL_REASONS, id, range, &failed, error));
    TRY(DB_EXEC(tx, SQL_RETRY_ALL_FINDINGS, NULL, error, RANGE_VALUES(id, range)));
    TRY(DB_EXEC(tx, SQL_RETRY_ALL_SUPPRESSIONS, NULL, error, RANGE_VALUES(id, range)));
    TRY(DB_EXEC(tx, SQL_RETRY_ALL_EXCEPTIONS, NULL, error, RANGE_VALUES(id, range)));
    return DB_EXEC(tx, SQL_RETRY_ALL_QUEUE, NULL, error, RANGE_VALUES(id, range), db_int(now_ms));
}

static bool run_batch(DbTx *tx, Retry *retry, const PageRange *range, GError **error)
{
    RetrySums moved = {0};

    if (retry->scope == JOB_RETRY_FAILED)
        TRY(retry_failed(tx, retry->id, range, &moved, error));
    else
        TRY(retry_all(tx, retry->id, range, &moved, error));
    int64_t objects = moved.succeeded + moved.failed + moved.skipped;
    TRY(job_counters_add(tx, retry->id,
        &(CounterDeltas){.queued = objects,
            .succeeded = -moved.succeeded,
            .failed = -moved.failed,
            .skipped = -moved.skipped,
            .findings = -moved.findings,
            .bytes_done = -moved.bytes_done},
        error));
    retry->result.objects += (uint64_t)objects;
    retry->result.pages += (uint64_t)moved.pages;
    return true;
}

/* The next execution of the job's chain. */
static bool start_next(DbTx *tx, Retry *retry, const JobStatus *status, GError **error)
{
    const JobId *id = retry->id;
    int64_t generation = 0;

    TRY(job_query_int(tx, SQL_JOB_GENERATION, id, &generation, error));
    generation++;
    g_autofree char *name = g_strdup_printf("scan-%s-g%d", id->text, (int)generation);
    g_autofree char *arn = workflow_execution_arn(retry->workflow, JOB_MACHINE, name);
    g_autoptr(JsonValue) input = json_pack("{s:s, s:s, s:s, s:n, s:I}", "job_id", id->text, "bucket", status->bucket,
        "prefix", status->prefix, "continuation_token", "objects_processed", (json_int_t)status->total);
    if (input == NULL)
        return fail(error, ERROR_CORRUPT, "job %s: its bucket or prefix is not UTF-8", id->text);
    TRY(workflow_start(retry->workflow, tx, JOB_MACHINE, name, input, status->runner, error));
    TRY(DB_EXEC(tx, SQL_JOB_EXECUTION_INSERT, NULL, error, db_text(id->text), db_int(generation), db_text(arn),
        db_int(clock_now_ms())));
    retry->result.is_continued = true;
    retry->result.execution_arn = g_steal_pointer(&arn);
    return true;
}

/* A job that failed or was cancelled goes on: listing where it was, and every page that was dropped. */
static bool revive(DbTx *tx, Retry *retry, const JobStatus *status, GError **error)
{
    const JobId *id = retry->id;
    int64_t now_ms = clock_now_ms(), dropped = 0, pages = 0;

    TRY(job_query_int(tx, SQL_RETRY_DROPPED_OBJECTS, id, &dropped, error));
    TRY(job_executions_close(tx, id, status->execution_status != NULL ? status->execution_status : "ABORTED", error));
    if (status->execution_arn != NULL ||
        !status->is_listing_complete) /* whoever listed it at once does not come back */
        TRY(start_next(tx, retry, status, error));
    TRY(DB_EXEC(tx, SQL_JOB_SHARDS_GO_ON, NULL, error, db_text(id->text), db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_JOB_PAGES_RESTORE, &pages, error, db_text(id->text), db_int(now_ms)));
    retry->result.objects += (uint64_t)dropped;
    retry->result.pages += (uint64_t)pages;
    return true;
}

static bool fail_nothing(const Retry *retry, const JobStatus *status, GError **error)
{
    return fail(error, ERROR_CONFLICT, "job %s: there is nothing to retry: it is %s, and %s", retry->id->text,
        status->status, retry->scope == JOB_RETRY_FAILED ? "no object failed" : "no object was scanned");
}

static bool has_ended_badly(const JobStatus *status)
{
    return g_str_equal(status->status, "failed") || g_str_equal(status->status, "aborted");
}

/* What the job itself needs, once, with the first batch. status is that of before. */
static bool begin_job(DbTx *tx, Retry *retry, const JobStatus *status, GError **error)
{
    if (has_ended_badly(status))
        return revive(tx, retry, status, error);
    g_free(retry->result.execution_arn);
    retry->result.execution_arn = g_strdup(status->execution_arn);
    return true;
}

/* The job's row comes last, as everywhere: a batch of the listing that is under way has the counters and wants it. */
static bool end_beginning(DbTx *tx, const Retry *retry, const JobStatus *status, GError **error)
{
    if (retry->has_begun || !job_status_is_over(status))
        return true;
    return DB_EXEC(tx, SQL_JOB_REVIVE, NULL, error, db_text(retry->id->text), db_text(retry->result.execution_arn),
        db_int(clock_now_ms()));
}

/* Settled objects are fewer now; what lay between the end of the job and now was no work. */
static bool measure_anew(DbTx *tx, const Retry *retry, const JobStatus *before, GError **error)
{
    int64_t idle_ms = job_status_is_over(before) ? clock_now_ms() - before->updated_ms : 0;
    g_auto(JobStatus) status = {0};

    TRY(job_status_read(tx, retry->id, JOB_REAL_TIME, &status, NULL, error));
    return job_speed_restart(tx, &status, idle_ms, error);
}

static bool check_mode(const Retry *retry, JobMode mode, GError **error)
{
    return mode != JOB_LEGACY ||
           fail(error, ERROR_CONFLICT, "job %s: it was made by an older scanner, which alone can change it",
               retry->id->text);
}

static bool wake(DbTx *tx, const Retry *retry, GError **error)
{
    if (retry->result.is_continued)
        TRY(db_notify(tx, DB_CHANNEL_EXECUTIONS, error));
    TRY(db_notify(tx, DB_CHANNEL_JOBS, error));
    return db_notify(tx, DB_CHANNEL_PAGES, error);
}

/* A batch, and what the job itself needs before it. *ret_has_changed false: nothing is to be committed. */
static bool change(
    DbTx *tx, Retry *retry, const JobStatus *status, PageRange *range, bool *ret_has_changed, GError **error)
{
    const uint64_t objects = retry->result.objects, pages = retry->result.pages;
    const PageKey after = range->after;

    if (!retry->has_begun)
        TRY(begin_job(tx, retry, status, error));
    TRY(find_range(tx, retry, &after, range, error));
    if (!range->is_empty)
        TRY(run_batch(tx, retry, range, error));
    *ret_has_changed = retry->result.objects > objects || (!retry->has_begun && has_ended_badly(status));
    if (!*ret_has_changed) {
        retry->result.pages = pages;
        return true;
    }
    TRY(end_beginning(tx, retry, status, error));
    TRY(measure_anew(tx, retry, status, error));
    TRY(job_epoch_raise(tx, retry->id, error));
    return wake(tx, retry, error);
}

/* One transaction. *after: where the next one goes on; *ret_is_end: there is none. */
static bool run_step(Retry *retry, PageKey *after, bool *ret_is_end, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(JobStatus) status = {0};
    PageRange range = {.after = *after};
    JobMode mode = JOB_ASYNC;
    bool has_changed = false;

    TRY(job_begin(retry->db, retry->id, &tx, error));
    TRY(job_status_read(tx, retry->id, JOB_REAL_TIME, &status, &mode, error));
    TRY(check_mode(retry, mode, error));
    if (retry->has_begun && has_ended_badly(&status)) /* somebody cancelled it meanwhile */
        return fail(error, ERROR_CONFLICT, "job %s: it is %s now", retry->id->text, status.status);
    TRY(change(tx, retry, &status, &range, &has_changed, error));
    if (has_changed)
        TRY(db_commit(g_steal_pointer(&tx), error));
    retry->has_begun = retry->has_begun || has_changed;
    *after = range.end;
    *ret_is_end = range.is_empty;
    return !*ret_is_end || retry->has_begun || fail_nothing(retry, &status, error);
}

bool job_retry(
    Db *db, Workflow *workflow, const JobId *id, JobRetryScope scope, JobRetried *ret_retried, GError **error)
{
    Retry retry = {.db = db, .workflow = workflow, .id = id, .scope = scope};
    PageKey after = {-1, -1};
    bool is_end = false, is_ok = true;

    while (is_ok && !is_end)
        is_ok = run_step(&retry, &after, &is_end, error);
    if (is_ok && ret_retried != NULL) {
        *ret_retried = retry.result;
        retry.result = (JobRetried){0};
    }
    job_retried_clear(&retry.result);
    return is_ok;
}
