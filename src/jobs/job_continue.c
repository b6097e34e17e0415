#include "base/clock.h"
#include "jobs/jobs.h"
#include "jobs/jobs_internal.h"
#include "store/db_wake.h"

#include <string.h>

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

/* A listing that nobody is doing any more. */
typedef struct LeftListing {
    JobId id;
    char *bucket, *prefix;
} LeftListing;

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

/* Its name says which job that would be: "…:scan-<job_id>", "…:scan-<job_id>-g2". */
static bool job_of_execution(DbTx *tx, const char *execution_arn, JobId *ret_id, bool *ret_found, GError **error)
{
    static const char begin[] = ":" JOB_MACHINE ":scan-";
    const char *name = strstr(execution_arn, begin);
    g_autofree char *text = name != NULL ? g_strndup(name + strlen(begin), sizeof ret_id->text - 1) : NULL;
    g_autoptr(DbRows) rows = NULL;

    *ret_found = false;
    if (text == NULL || !job_id_parse(text, ret_id, NULL))
        return true;
    TRY(DB_QUERY(tx, SQL_JOB_HAS_EXECUTION, &rows, error, db_text(ret_id->text), db_text(execution_arn)));
    return db_rows_next(rows, ret_found, error);
}

bool job_redrive_refusal(
    G_GNUC_UNUSED void *unused, DbTx *tx, const char *execution_arn, char **ret_refusal, GError **error)
{
    bool is_of_job = false;
    JobId id = {{0}};

    TRY(job_of_execution(tx, execution_arn, &id, &is_of_job, error));
    if (is_of_job)
        *ret_refusal = g_strdup_printf(
            "Execution belongs to the job %s and cannot be redriven; POST /jobs/%s/retry goes on with it", id.text,
            id.text);
    return true;
}

static void left_listing_clear(gpointer data)
{
    LeftListing *left = data;

    g_free(left->bucket);
    g_free(left->prefix);
}

static bool find_left(Db *db, int64_t before_ms, GArray *found, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOB_LISTINGS_LEFT, &rows, error, db_int(before_ms)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        LeftListing left = {0};
        TRY(job_id_parse(db_rows_text(rows, 0), &left.id, error));
        left.bucket = g_strdup(db_rows_text(rows, 1));
        left.prefix = g_strdup(db_rows_text(rows, 2));
        g_array_append_val(found, left);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* *jobs stays if somebody was faster. */
static bool adopt(Db *db, Workflow *workflow, const LeftListing *left, uint32_t *jobs, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;
    g_autoptr(JsonValue) input = json_pack("{s:s, s:s, s:s, s:n, s:i}", "job_id", left->id.text, "bucket", left->bucket,
        "prefix", left->prefix, "continuation_token", "objects_processed", 0);

    if (input == NULL)
        return fail(error, ERROR_CORRUPT, "job %s: its bucket or prefix is not UTF-8", left->id.text);
    TRY(job_begin(db, &left->id, &tx, error));
    TRY(DB_EXEC(tx, SQL_JOB_SET_ASYNC, &changed, error, db_text(left->id.text), db_int(clock_now_ms())));
    if (changed == 0)
        return true;
    TRY(job_continue(workflow, tx, left->id.text, input, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    (*jobs)++;
    return true;
}

bool jobs_adopt_listings(Db *db, Workflow *workflow, int64_t silent_ms, uint32_t *ret_jobs, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(LeftListing));

    g_array_set_clear_func(found, left_listing_clear);
    *ret_jobs = 0;
    TRY(find_left(db, clock_now_ms() - silent_ms, found, error));
    for (guint i = 0; i < found->len; i++)
        TRY(adopt(db, workflow, &g_array_index(found, LeftListing, i), ret_jobs, error));
    return true;
}
