/* trawl prune: jobs of long ago go, at once for readers, then row by row. */
#include "app/command.h"
#include "app/duration.h"
#include "app/report.h"
#include "base/clock.h"
#include "jobs/jobs.h"

enum { ROWS_A_STEP = 5000 };

typedef struct PruneOptions {
    char *store, *older_than;
    gboolean is_dry_run;
} PruneOptions;

static void prune_options_clear(PruneOptions *options)
{
    g_free(options->store);
    g_free(options->older_than);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PruneOptions, prune_options_clear)

static bool parse(
    const Command *command, int *argc, char ***argv, PruneOptions *options, int64_t *ret_ms, GError **error)
{
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options->store),
        {"older-than", 0, 0, G_OPTION_ARG_STRING, &options->older_than,
            "Jobs that ended longer ago: a number with h, d, w or m (30 days)", "DURATION"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options->is_dry_run, "Only say how many that would be", NULL},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "--older-than DURATION",
        "Jobs that are over and have not changed for so long go, with their objects and findings. Jobs that are\n"
        "listing, processing or paused stay. Stopped halfway, the next prune does the rest. Silent when there is\n"
        "nothing to do.",
        argc, argv, error));
    if (*argc > 1)
        return fail(error, ERROR_INVALID, "'%s': expected no argument", (*argv)[1]);
    if (options->older_than == NULL)
        return fail(error, ERROR_INVALID, "expected --older-than DURATION, such as --older-than 90d");
    return duration_parse("--older-than", options->older_than, ret_ms, error);
}

static bool free_rows(Db *db, GError **error)
{
    bool has_more = true;

    while (has_more)
        TRY(jobs_free_deleted(db, ROWS_A_STEP, &has_more, error));
    return true;
}

static bool prune(const Command *command, int *argc, char ***argv, GError **error)
{
    g_auto(PruneOptions) options = {0};
    g_autoptr(Db) db = NULL;
    int64_t age_ms = 0;
    uint64_t jobs = 0;

    TRY(parse(command, argc, argv, &options, &age_ms, error));
    TRY(command_read_store(options.store, &db, error));
    const int64_t before_ms = clock_now_ms() - age_ms;
    if (options.is_dry_run)
        TRY(jobs_prune_count(db, before_ms, &jobs, error));
    else
        TRY(jobs_prune(db, before_ms, &jobs, error));
    if (jobs > 0 || options.is_dry_run)
        (void)printf("%s%" G_GUINT64_FORMAT " job%s\n", options.is_dry_run ? "would prune " : "pruned ", jobs,
            jobs == 1 ? "" : "s");
    (void)fflush(stdout);
    if (!options.is_dry_run)
        TRY(free_rows(db, error));
    return output_finish_stdout(error);
}

int command_prune(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return prune(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
