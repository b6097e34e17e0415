#include "app/command.h"
#include "app/report.h"
#include "jobs/jobs.h"

static bool collect_id(void *data, const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    g_array_append_val((GArray *)data, status->job_id);
    return true;
}

static bool verify_one(const char *store, const char *job, ExitStatus *ret_status, GError **error)
{
    g_autofree char *drift = NULL;
    g_autoptr(Db) db = NULL;
    JobId id;

    TRY(job_id_parse(job, &id, error));
    if (!command_read_store(store, &db, error)) {
        g_prefix_error(error, "job %s: ", id.text);
        return false;
    }
    TRY(job_verify(db, &id, &drift, error));
    (void)printf("%s\n", drift != NULL ? drift : "all invariants hold");
    *ret_status = drift != NULL ? EXIT_FOUND : EXIT_CLEAN;
    return output_finish_stdout(error);
}

/* Which jobs there are is read first: a check may take long, and a list that is read meanwhile would be in its way. */
static bool verify_all(const char *store, ExitStatus *ret_status, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(JobId));
    g_autoptr(Db) db = NULL;
    uint64_t broken = 0;

    TRY(command_read_store(store, &db, error));
    TRY(jobs_visit(db, &(JobQuery){.before_id = ""}, collect_id, ids, error));
    for (guint i = 0; i < ids->len; i++) {
        const JobId *id = &g_array_index(ids, JobId, i);
        g_autofree char *drift = NULL;
        TRY(job_verify(db, id, &drift, error));
        if (drift == NULL)
            continue;
        broken++;
        (void)printf("job %s:\n%s\n", id->text, drift);
    }
    (void)printf("%u jobs, %" G_GUINT64_FORMAT " with something that does not hold\n", ids->len, broken);
    *ret_status = broken > 0 ? EXIT_FOUND : EXIT_CLEAN;
    return output_finish_stdout(error);
}

static bool verify(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error)
{
    g_autofree char *store = NULL;
    gboolean is_all = FALSE;
    const GOptionEntry entries[] = {
        STORE_ENTRY(&store),
        {"all", 0, 0, G_OPTION_ARG_NONE, &is_all, "Every job in the store", NULL},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "JOB_ID | --all",
        "Exit status: 0 all holds, 1 something does not, 2 could not look.", argc, argv, error));
    if (is_all && *argc == 1)
        return verify_all(store, ret_status, error);
    if (is_all || *argc != 2)
        return fail(error, ERROR_INVALID, "expected one JOB_ID (trawl jobs lists them), or --all");
    return verify_one(store, (*argv)[1], ret_status, error);
}

int command_verify(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    ExitStatus status = EXIT_CLEAN;

    return verify(command, &argc, &argv, &status, &error) ? (int)status : command_fail(command, error);
}
