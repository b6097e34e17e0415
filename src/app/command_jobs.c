/* trawl jobs: one set of options for all its subcommands, each of which says which of them it takes. */
#include "app/jobs_command.h"
#include "app/report.h"
#include "base/clock.h"
#include "jobs/jobs.h"

#include <limits.h>
#include <string.h>

enum { LIMIT_DEFAULT = 100, LIMIT_NOT_GIVEN = INT_MIN };

typedef struct Subcommand {
    const char *name;
    bool takes_job;
    const char *const flags[7]; /* beside --store */
    JobsFunction run;
} Subcommand;

static const Subcommand subcommands[] = {
    {"list", false, {"format", "status", "bucket", "from", "to", "limit"}, jobs_list},
    {"show", true, {"format", "real-time"}, jobs_show},
    {"watch", true, {"format"}, jobs_watch},
    {"objects", true, {"format", "status", "key", "limit"}, jobs_objects},
    {"cancel", true, {"format"}, jobs_cancel},
    {"pause", true, {"format"}, jobs_pause},
    {"resume", true, {"format"}, jobs_resume},
    {"retry", true, {"format", "all"}, jobs_retry},
};

static const char details[] =
    "list                newest first (this is what trawl jobs alone does)\n"
    "show JOB            one job; from the last snapshot, or with --real-time of this moment\n"
    "watch JOB           follow it to its end; exit status as of trawl scan: 0 nothing found, 1 something found,\n"
    "                    2 it failed, 3 nothing found but some objects were not read\n"
    "objects JOB         its objects, with the reason where one was not read\n"
    "cancel JOB          end it; what was found stays\n"
    "pause, resume JOB   hand out no more of its objects; go on\n"
    "retry JOB           scan what failed again, or --all; go on with a job that failed or was cancelled\n\n"
    "TIME is ISO 8601, such as 2025-11-09 or 2025-11-09T10:00:00Z.";

static void jobs_options_clear(JobsOptions *options)
{
    g_free(options->store);
    g_free(options->format_name);
    g_free(options->status);
    g_free(options->bucket);
    g_free(options->from);
    g_free(options->to);
    g_free(options->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobsOptions, jobs_options_clear)

static bool find_subcommand(const char *name, const Subcommand **ret_subcommand, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(subcommands); i++)
        if (g_str_equal(name, subcommands[i].name)) {
            *ret_subcommand = &subcommands[i];
            return true;
        }
    return fail(error, ERROR_INVALID,
        "'%s': expected list, or show, watch, objects, cancel, pause, resume or retry with a JOB_ID", name);
}

static bool takes_flag(const Subcommand *subcommand, const char *flag)
{
    for (size_t i = 0; i < G_N_ELEMENTS(subcommand->flags) && subcommand->flags[i] != NULL; i++)
        if (g_str_equal(flag, subcommand->flags[i]))
            return true;
    return false;
}

/* A flag that a subcommand would ignore is a mistake. */
static bool check_flags(const Subcommand *subcommand, const JobsOptions *options, GError **error)
{
    const struct {
        const char *flag;
        bool is_given;
    } given[] = {
        {"status", options->status != NULL},
        {"bucket", options->bucket != NULL},
        {"from", options->from != NULL},
        {"to", options->to != NULL},
        {"key", options->key != NULL},
        {"limit", options->limit != LIMIT_NOT_GIVEN},
        {"real-time", options->is_real_time != FALSE},
        {"all", options->is_all != FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(given); i++)
        if (given[i].is_given && !takes_flag(subcommand, given[i].flag))
            return fail(error, ERROR_INVALID, "--%s is nothing that %s takes", given[i].flag, subcommand->name);
    return true;
}

static bool check_status(const char *status, const char *const *known, GError **error)
{
    g_autofree char *names = g_strjoinv(", ", (char **)(uintptr_t)known);

    if (status == NULL || g_strv_contains(known, status))
        return true;
    return fail(error, ERROR_INVALID, "--status '%s': expected one of %s", status, names);
}

static bool parse_time(const char *flag, const char *text, int64_t *ret_ms, GError **error)
{
    if (text == NULL || clock_parse_day_or_iso(text, ret_ms, error))
        return true;
    g_prefix_error(error, "%s: ", flag);
    return false;
}

static bool check_values(const Subcommand *subcommand, JobsOptions *options, GError **error)
{
    static const char *const of_jobs[] = {"listing", "processing", "completed", "failed", "aborted", NULL};
    static const char *const of_objects[] = {"queued", "processing", "succeeded", "failed", "skipped", NULL};

    TRY(output_format_parse(options->format_name, &options->format, error));
    TRY(check_status(options->status, subcommand->takes_job ? of_objects : of_jobs, error));
    TRY(parse_time("--from", options->from, &options->from_ms, error));
    TRY(parse_time("--to", options->to, &options->to_ms, error));
    if (options->limit == LIMIT_NOT_GIVEN)
        options->limit = LIMIT_DEFAULT;
    if (options->limit < 1)
        return fail(error, ERROR_INVALID, "--limit %d: expected a number from 1 to %d", options->limit, INT_MAX);
    return true;
}

static bool take_arguments(
    int argc, char **argv, JobsOptions *options, const Subcommand **ret_subcommand, GError **error)
{
    const Subcommand *subcommand = NULL;

    TRY(find_subcommand(argc > 1 ? argv[1] : "list", &subcommand, error));
    if (subcommand->takes_job && argc != 3)
        return fail(error, ERROR_INVALID, "%s: expected one JOB_ID (trawl jobs lists them)", subcommand->name);
    if (!subcommand->takes_job && argc > 2)
        return fail(error, ERROR_INVALID, "'%s': expected nothing after %s", argv[2], subcommand->name);
    if (subcommand->takes_job)
        TRY(job_id_parse(argv[2], &options->job, error));
    TRY(check_flags(subcommand, options, error));
    *ret_subcommand = subcommand;
    return check_values(subcommand, options, error);
}

static bool run(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error)
{
    g_auto(JobsOptions) options = {.limit = LIMIT_NOT_GIVEN};
    const Subcommand *subcommand = NULL;
    g_autoptr(Db) db = NULL;
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options.store),
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options.format_name, "table (default), json, jsonl or csv", "FORMAT"},
        {"status", 0, 0, G_OPTION_ARG_STRING, &options.status, "list, objects: only those of this status", "STATUS"},
        {"bucket", 0, 0, G_OPTION_ARG_STRING, &options.bucket, "list: only jobs on this bucket", "BUCKET"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options.from, "list: made at this time or later", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options.to, "list: made before this time", "TIME"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "list, objects: at most so many (default 100)", "N"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &options.key, "objects: only this one", "KEY"},
        {"real-time", 0, 0, G_OPTION_ARG_NONE, &options.is_real_time, "show: counts of this moment", NULL},
        {"all", 0, 0, G_OPTION_ARG_NONE, &options.is_all, "retry: every object, not only what failed", NULL},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "[list | WHAT JOB_ID]", details, argc, argv, error));
    TRY(take_arguments(*argc, *argv, &options, &subcommand, error));
    if (!command_read_store(options.store, &db, error)) {
        if (subcommand->takes_job)
            g_prefix_error(error, "job %s: ", options.job.text);
        return false;
    }
    TRY(subcommand->run(db, &options, ret_status, error));
    return output_finish_stdout(error);
}

int command_jobs(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    ExitStatus status = EXIT_CLEAN;

    return run(command, &argc, &argv, &status, &error) ? (int)status : command_fail(command, error);
}
