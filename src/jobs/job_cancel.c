/* A job is cancelled, paused and resumed by whoever asks for it. */
#include "base/clock.h"
#include "jobs/jobs_internal.h"
#include "store/db_wake.h"

#define CANCEL_ERROR "trawl.Cancelled"
#define CANCEL_CAUSE "The job was cancelled."

static bool fail_over(const JobStatus *status, GError **error)
{
    return fail(error, ERROR_CONFLICT, "job %s: it is %s already", status->job_id.text, status->status);
}

static bool fail_legacy(const JobStatus *status, GError **error)
{
    return fail(error, ERROR_CONFLICT, "job %s: it was made by an older scanner, which alone can change it",
        status->job_id.text);
}

/* The state of a job that goes on; *ret_tx is the transaction to change it in. */
static bool begin_change(Db *db, const JobId *id, DbTx **ret_tx, JobStatus *status, GError **error)
{
    JobMode mode = JOB_ASYNC;

    TRY(job_begin(db, id, ret_tx, error));
    TRY(job_status_read(*ret_tx, id, JOB_REAL_TIME, status, &mode, error));
    return mode != JOB_LEGACY || fail_legacy(status, error);
}

/* One that runs elsewhere, or did, is not ours to end; the job is cancelled all the same. */
static bool abort_execution(Workflow *workflow, DbTx *tx, const JobStatus *status, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (status->execution_arn == NULL)
        return true;
    if (workflow_abort(workflow, tx, status->execution_arn, CANCEL_ERROR, CANCEL_CAUSE, &failure) ||
        error_is(failure, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool cancel(Workflow *workflow, DbTx *tx, const JobStatus *status, GError **error)
{
    const JobId *id = &status->job_id;

    TRY(job_drop_pages(tx, id, error));
    TRY(abort_execution(workflow, tx, status, error));
    TRY(job_executions_close(tx, id, "ABORTED", error));
    TRY(DB_EXEC(tx, SQL_JOB_CANCEL, NULL, error, db_text(id->text), db_int(clock_now_ms())));
    return db_notify(tx, DB_CHANNEL_JOBS, error);
}

bool job_cancel(Db *db, Workflow *workflow, const JobId *id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(JobStatus) status = {0};

    TRY(begin_change(db, id, &tx, &status, error));
    if (g_str_equal(status.status, "aborted"))
        return true;
    if (job_status_is_over(&status))
        return fail_over(&status, error);
    TRY(cancel(workflow, tx, &status, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool job_discard(Db *db, Workflow *workflow, const JobId *id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(JobStatus) status = {0};

    TRY(begin_change(db, id, &tx, &status, error));
    if (job_status_is_over(&status))
        return true;
    TRY(cancel(workflow, tx, &status, error));
    TRY(DB_EXEC(tx, SQL_JOB_HIDE, NULL, error, db_text(id->text), db_int(clock_now_ms())));
    return db_commit(g_steal_pointer(&tx), error);
}

bool job_pause(Db *db, const JobId *id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(JobStatus) status = {0};

    TRY(begin_change(db, id, &tx, &status, error));
    if (job_status_is_over(&status))
        return fail_over(&status, error);
    if (status.is_paused)
        return true;
    TRY(job_speed_restart(tx, &status, 0, error));
    TRY(DB_EXEC(tx, SQL_JOB_PAUSE, NULL, error, db_text(id->text), db_int(1), db_int(clock_now_ms())));
    TRY(db_notify(tx, DB_CHANNEL_JOBS, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* Since the last sample, the one of the pause or of a refresh after it, nobody worked on the job. */
static bool read_idle(DbTx *tx, const JobId *id, int64_t *ret_idle_ms, GError **error)
{
    int64_t sampled_ms = 0;

    TRY(job_query_int(tx, SQL_JOB_SPEED_SAMPLED, id, &sampled_ms, error));
    *ret_idle_ms = sampled_ms > 0 ? clock_now_ms() - sampled_ms : 0;
    return true;
}

bool job_resume(Db *db, const JobId *id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(JobStatus) status = {0};
    int64_t idle_ms = 0;

    TRY(begin_change(db, id, &tx, &status, error));
    if (job_status_is_over(&status))
        return fail_over(&status, error);
    if (!status.is_paused)
        return true;
    TRY(read_idle(tx, id, &idle_ms, error));
    TRY(job_speed_restart(tx, &status, idle_ms, error));
    TRY(DB_EXEC(tx, SQL_JOB_PAUSE, NULL, error, db_text(id->text), db_int(0), db_int(clock_now_ms())));
    TRY(db_notify(tx, DB_CHANNEL_JOBS, error));
    TRY(db_notify(tx, DB_CHANNEL_PAGES, error));
    return db_commit(g_steal_pointer(&tx), error);
}
