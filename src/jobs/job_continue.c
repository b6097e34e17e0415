#include "base/clock.h"
#include "jobs/jobs.h"
#include "jobs/jobs_internal.h"
#include "store/db_wake.h"

/* The runner of the job; NULL without one. */
static bool read_runner(DbTx *tx, const JobId *id, char **ret_runner, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_RUNNER, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "there is no job %s", id->text);
    *ret_runner = g_strdup(db_rows_text(rows, 0));
    return true;
}

bool job_continue(void *workflow, DbTx *tx, const char *execution_arn, const json_t *input, GError **error)
{
    const char *text = json_string_value(json_object_get(input, "job_id"));
    g_autofree char *runner = NULL;
    int64_t generation = 0, now_ms = clock_now_ms();
    JobId id;

    if (text == NULL)
        return fail(error, ERROR_CORRUPT, "execution %s: its batch gave no job_id", execution_arn);
    TRY(job_id_parse(text, &id, error));
    TRY(read_runner(tx, &id, &runner, error));
    TRY(job_query_int(tx, SQL_JOB_GENERATION, &id, &generation, error));
    g_autofree char *name = g_strdup_printf("scan-%s-g%" G_GINT64_FORMAT, id.text, generation + 1);
    g_autofree char *arn = workflow_execution_arn(workflow, JOB_MACHINE, name);
    TRY(workflow_start(workflow, tx, JOB_MACHINE, name, input, runner, error));
    TRY(DB_EXEC(tx, SQL_JOB_EXECUTION_INSERT, NULL, error, db_text(id.text), db_int(generation + 1), db_text(arn),
        db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_JOB_CONTINUE, NULL, error, db_text(id.text), db_text(arn)));
    return db_notify(tx, DB_CHANNEL_EXECUTIONS, error);
}
