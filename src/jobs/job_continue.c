#include "base/clock.h"
#include "jobs/jobs.h"
#include "jobs/jobs_internal.h"
#include "store/db_wake.h"

bool job_continue(void *workflow, DbTx *tx, const char *execution_arn, const json_t *input, GError **error)
{
    const char *text = json_string_value(json_object_get(input, "job_id"));
    g_autofree char *runner = NULL;
    int64_t generation = 0, unused = 0, now_ms = clock_now_ms();
    JobId id;

    if (text == NULL)
        return fail(error, ERROR_CORRUPT, "execution %s: its batch gave no job_id", execution_arn);
    TRY(job_id_parse(text, &id, error));
    /* A cancel at the same time would end the execution before this one, and leave the next one running. */
    TRY(job_query_int(tx, SQL_JOB_LOCK, &id, &unused, error));
    TRY(job_read_runner(tx, &id, &runner, error));
    TRY(job_query_int(tx, SQL_JOB_GENERATION, &id, &generation, error));
    g_autofree char *name = g_strdup_printf("scan-%s-g%" G_GINT64_FORMAT, id.text, generation + 1);
    g_autofree char *arn = workflow_execution_arn(workflow, JOB_MACHINE, name);
    TRY(workflow_start(workflow, tx, JOB_MACHINE, name, input, runner, error));
    TRY(DB_EXEC(tx, SQL_JOB_EXECUTION_INSERT, NULL, error, db_text(id.text), db_int(generation + 1), db_text(arn),
        db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_JOB_CONTINUE, NULL, error, db_text(id.text), db_text(arn)));
    return db_notify(tx, DB_CHANNEL_EXECUTIONS, error);
}
