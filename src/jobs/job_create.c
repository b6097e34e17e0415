#include "base/clock.h"
#include "base/process.h"
#include "jobs/job_options.h"
#include "jobs/jobs.h"
#include "store/db_wake.h"

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

static bool check_spec(const JobSpec *spec, GError **error)
{
    g_auto(JobOptions) options = {0};

    if (spec->bucket == NULL || *spec->bucket == '\0')
        return fail(error, ERROR_INVALID, "bucket: expected a bucket's name or file:///directory");
    return job_options_parse(spec->options, &options, error);
}

/* arn NULL: whoever makes it lists it. */
static bool insert_job(DbTx *tx, const JobId *id, const JobSpec *spec, const char *arn, GError **error)
{
    int64_t now_ms = clock_now_ms();
    const char *prefix = spec->prefix != NULL ? spec->prefix : "";
    const char *options = spec->options != NULL && *spec->options != '\0' ? spec->options : "{}";
    const char *rules_id = spec->rules_id != NULL ? spec->rules_id : "";

    TRY(DB_EXEC(tx, SQL_JOB_INSERT, NULL, error, db_text(id->text), db_text(spec->bucket), db_text(prefix),
        db_text(arn), db_int(now_ms), db_text(spec->runner), db_text(options), db_text(rules_id)));
    if (arn != NULL)
        TRY(DB_EXEC(
            tx, SQL_JOB_EXECUTION_INSERT, NULL, error, db_text(id->text), db_int(1), db_text(arn), db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_JOB_COUNTERS_INSERT, NULL, error, db_text(id->text), db_int(now_ms)));
    return DB_EXEC(tx, SQL_SHARD_INSERT, NULL, error, db_text(id->text), db_int(0), db_int(now_ms));
}

static json_t *input_of(const JobId *id, const JobSpec *spec)
{
    return json_pack("{s:s, s:s, s:s, s:n, s:i}", "job_id", id->text, "bucket", spec->bucket, "prefix",
        spec->prefix != NULL ? spec->prefix : "", "continuation_token", "objects_processed", 0);
}

/* Where hosts share a store, a job whose directory is on this one belongs to it. */
static const char *runner_of(const Db *db, const JobSpec *spec)
{
    bool is_of_host = spec->runner == NULL && db_is_shared(db) && g_str_has_prefix(spec->bucket, "file://");

    return is_of_host ? process_host_runner() : spec->runner;
}

bool job_create(Db *db, Workflow *workflow, const JobSpec *spec, JobId *ret_id, GError **error)
{
    JobId id = job_id_new();
    g_autofree char *name = g_strconcat("scan-", id.text, NULL);
    g_autofree char *arn = workflow_execution_arn(workflow, JOB_MACHINE, name);
    g_autoptr(DbTx) tx = NULL;
    JobSpec owned = *spec;

    TRY(check_spec(spec, error));
    owned.runner = runner_of(db, spec);
    g_autoptr(JsonValue) input = input_of(&id, spec);
    if (input == NULL)
        return fail(error, ERROR_INVALID, "bucket and prefix: expected valid UTF-8");
    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(insert_job(tx, &id, &owned, arn, error));
    TRY(workflow_start(workflow, tx, JOB_MACHINE, name, input, owned.runner, error));
    TRY(db_notify(tx, DB_CHANNEL_EXECUTIONS, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_id = id;
    return true;
}

bool job_create_sync(Db *db, const JobSpec *spec, JobId *ret_id, GError **error)
{
    JobId id = job_id_new();
    g_autoptr(DbTx) tx = NULL;
    JobSpec owned = *spec;

    TRY(check_spec(spec, error));
    owned.runner = runner_of(db, spec);
    g_autoptr(JsonValue) input = input_of(&id, spec); /* for whoever has to finish it */
    if (input == NULL)
        return fail(error, ERROR_INVALID, "bucket and prefix: expected valid UTF-8");
    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(insert_job(tx, &id, &owned, NULL, error));
    TRY(DB_EXEC(tx, SQL_JOB_SET_SYNC, NULL, error, db_text(id.text)));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_id = id;
    return true;
}
