/* What every change of a job's state is made of; each inside the caller's transaction. */
#include "base/clock.h"
#include "jobs/jobs_internal.h"

bool job_begin(Db *db, const JobId *id, DbTx **ret_tx, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t unused = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(job_query_int(tx, SQL_JOB_LOCK, id, &unused, error));
    *ret_tx = g_steal_pointer(&tx);
    return true;
}

bool job_query_int(DbTx *tx, DbStatement statement, const JobId *id, int64_t *ret_value, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, statement, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_value = has_row ? db_rows_int(rows, 0) : 0;
    return true;
}

bool job_read_runner(DbTx *tx, const JobId *id, char **ret_runner, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_RUNNER, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "job %s: there is no such job", id->text);
    *ret_runner = g_strdup(db_rows_text(rows, 0));
    return true;
}

bool job_waits(Db *db, const JobId *id, const char *reason, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_JOB_WAITS, NULL, error, db_text(id->text), db_text(reason)));
    return db_commit(g_steal_pointer(&tx), error);
}

bool job_waits_no_more(DbTx *tx, const JobId *id, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_JOB_WAITS_NO_MORE, error, db_text(id->text));
}

bool job_epoch_raise(DbTx *tx, const JobId *id, GError **error)
{
    return DB_EXEC(tx, SQL_JOB_EPOCH_RAISE, NULL, error, db_text(id->text), db_int(clock_now_ms()));
}

bool job_counters_add(DbTx *tx, const JobId *id, const CounterDeltas *deltas, GError **error)
{
    return DB_EXEC(tx, SQL_COUNTERS_ADD, NULL, error, db_text(id->text), db_int(deltas->queued),
        db_int(deltas->processing), db_int(deltas->succeeded), db_int(deltas->failed), db_int(deltas->skipped),
        db_int(deltas->bytes_done), db_int(deltas->findings), db_int(clock_now_ms()));
}

/* The shards first: a batch that is under way then stores nothing more, so that no page comes in behind our back. */
bool job_drop_pages(DbTx *tx, const JobId *id, GError **error)
{
    int64_t now_ms = clock_now_ms(), leased = 0;

    TRY(DB_EXEC(tx, SQL_JOB_SHARDS_STOP, NULL, error, db_text(id->text), db_int(now_ms)));
    TRY(job_query_int(tx, SQL_JOB_UNFINISHED_LOCK, id, &leased, error));
    TRY(DB_EXEC(tx, SQL_JOB_PAGES_DROP, NULL, error, db_text(id->text), db_int(now_ms)));
    return leased == 0 || job_counters_add(tx, id, &(CounterDeltas){.queued = leased, .processing = -leased}, error);
}

bool job_executions_close(DbTx *tx, const JobId *id, const char *status, GError **error)
{
    return DB_EXEC(tx, SQL_JOB_EXECUTIONS_CLOSE, NULL, error, db_text(id->text), db_text(status));
}

bool job_speed_restart(DbTx *tx, const JobStatus *status, int64_t idle_ms, GError **error)
{
    uint64_t settled = status->succeeded + status->failed + status->skipped;

    return DB_EXEC(tx, SQL_JOB_SPEED_RESTART, NULL, error, db_text(status->job_id.text), db_int(clock_now_ms()),
        db_int((int64_t)settled), db_int(MAX(idle_ms, 0)));
}
