/* What happens to a job around it: its process died, its execution ended. */
#include "base/clock.h"
#include "base/process.h"
#include "jobs/jobs_internal.h"

/* The pages that are leased become free; what they count as processing is queued again. */
static bool end_leases(DbTx *tx, const JobId *id, GError **error)
{
    int64_t leased = 0;

    TRY(job_query_int(tx, SQL_JOB_UNFINISHED_LOCK, id, &leased, error));
    TRY(DB_EXEC(tx, SQL_JOB_PAGES_REQUEUE, NULL, error, db_text(id->text), db_int(clock_now_ms())));
    return leased == 0 || job_counters_add(tx, id, &(CounterDeltas){.queued = leased, .processing = -leased}, error);
}

static bool check_is_dead(const JobId *id, const char *runner, GError **error)
{
    if (runner == NULL)
        return fail(error, ERROR_CONFLICT, "job %s: it belongs to the servers (trawl serve), not to a scan", id->text);
    switch (process_life(runner)) {
    case PROCESS_ALIVE:
        return fail(error, ERROR_CONFLICT, "job %s: the process that runs it is alive (%s)", id->text, runner);
    case PROCESS_UNKNOWN:
        return fail(error, ERROR_CONFLICT, "job %s: it is run from another host (%s)", id->text, runner);
    case PROCESS_DEAD:
        return true;
    }
    return true;
}

static bool take_over(DbTx *tx, const JobId *id, const char *from, const char *to, GError **error)
{
    int64_t changed = 0;

    TRY(DB_EXEC(
        tx, SQL_JOB_TAKE_OVER, &changed, error, db_text(id->text), db_text(from), db_text(to), db_int(clock_now_ms())));
    if (changed != 1)
        return fail(error, ERROR_CONFLICT, "job %s: another process was faster to take it over", id->text);
    TRY(DB_EXEC(tx, SQL_JOB_EXECUTIONS_TAKE_OVER, NULL, error, db_text(id->text), db_text(to)));
    return end_leases(tx, id, error);
}

bool job_take_over(Db *db, const JobId *id, const char *runner, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *from = NULL;

    TRY(job_begin(db, id, &tx, error));
    TRY(job_read_runner(tx, id, &from, error));
    if (g_strcmp0(from, runner) == 0)
        return true; /* ours already */
    TRY(check_is_dead(id, from, error));
    TRY(take_over(tx, id, from, runner, error));
    return db_commit(g_steal_pointer(&tx), error);
}

typedef struct EndedExecution {
    JobId job_id;
    int64_t generation;
    char status[16];
} EndedExecution;

static bool find_ended(Db *db, GArray *ended, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(db_query(tx, SQL_JOB_EXECUTIONS_ENDED, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        EndedExecution execution = {.generation = db_rows_int(rows, 1)};
        TRY(job_id_parse(db_rows_text(rows, 0), &execution.job_id, error));
        g_strlcpy(execution.status, db_rows_text(rows, 2), sizeof execution.status);
        g_array_append_val(ended, execution);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* Whether it is still the latest of its job, which a retry may have changed since it was found. */
static bool is_latest(DbTx *tx, const EndedExecution *execution, bool *ret_is_latest, GError **error)
{
    int64_t generation = 0;

    TRY(job_query_int(tx, SQL_JOB_GENERATION, &execution->job_id, &generation, error));
    *ret_is_latest = generation == execution->generation;
    return true;
}

static bool note_end(Db *db, const EndedExecution *execution, GError **error)
{
    const JobId *id = &execution->job_id;
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;
    bool has_ended_job = false;

    TRY(job_begin(db, id, &tx, error));
    TRY(is_latest(tx, execution, &has_ended_job, error));
    if (has_ended_job && !g_str_equal(execution->status, "SUCCEEDED"))
        TRY(job_drop_pages(tx, id, error));
    TRY(DB_EXEC(tx, SQL_JOB_EXECUTION_NOTE, &changed, error, db_text(id->text), db_int(execution->generation),
        db_text(execution->status)));
    if (changed == 0)
        return true; /* somebody else has: nothing of this is committed */
    TRY(job_epoch_raise(tx, id, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool jobs_reconcile(Db *db, GError **error)
{
    g_autoptr(GArray) ended = g_array_new(FALSE, FALSE, sizeof(EndedExecution));

    TRY(find_ended(db, ended, error));
    for (guint i = 0; i < ended->len; i++)
        TRY(note_end(db, &g_array_index(ended, EndedExecution, i), error));
    return true;
}
