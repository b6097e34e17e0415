#include "app/command.h"
#include "app/report.h"
#include "jobs/jobs.h"

static bool verify(const Command *command, int *argc, char ***argv, char **ret_drift, GError **error)
{
    g_autofree char *store = NULL;
    g_autoptr(Db) db = NULL;
    const GOptionEntry entries[] = {
        STORE_ENTRY(&store),
        G_OPTION_ENTRY_NULL,
    };
    JobId id;

    TRY(command_parse(command, entries, "JOB_ID", "Exit status: 0 all holds, 1 something does not, 2 could not look.",
        argc, argv, error));
    if (*argc != 2)
        return fail(error, ERROR_INVALID, "expected one JOB_ID (trawl jobs lists them)");
    TRY(job_id_parse((*argv)[1], &id, error));
    if (!command_read_store(store, &db, error)) {
        g_prefix_error(error, "job %s: ", id.text);
        return false;
    }
    return job_verify(db, &id, ret_drift, error);
}

int command_verify(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *drift = NULL;

    if (!verify(command, &argc, &argv, &drift, &error))
        return command_fail(command, error);
    (void)printf("%s\n", drift != NULL ? drift : "all invariants hold");
    if (!output_finish_stdout(&error))
        return command_fail(command, error);
    return drift != NULL ? EXIT_FOUND : EXIT_CLEAN;
}
