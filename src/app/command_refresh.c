/* trawl refresh: the snapshot of all jobs' progress, once; for cron where no server runs. */
#include "app/command.h"
#include "app/report.h"
#include "base/clock.h"
#include "jobs/jobs.h"

static bool refresh(const Command *command, int *argc, char ***argv, GError **error)
{
    g_autofree char *store = NULL;
    g_autoptr(Db) db = NULL;
    const GOptionEntry entries[] = {STORE_ENTRY(&store), G_OPTION_ENTRY_NULL};

    TRY(command_parse(command, entries, "",
        "trawl serve refreshes by itself. Without --store, RDS_PROXY_ENDPOINT, RDS_USERNAME and RDS_PASSWORD name one.",
        argc, argv, error));
    if (*argc > 1)
        return fail(error, ERROR_INVALID, "'%s': expected no argument", (*argv)[1]);
    TRY(command_read_store(store, &db, error));
    int64_t start_ms = clock_monotonic_ms();
    TRY(jobs_refresh_progress(db, error));
    (void)printf("refreshed in %" G_GINT64_FORMAT " ms\n", clock_monotonic_ms() - start_ms);
    return output_finish_stdout(error);
}

int command_refresh(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return refresh(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
