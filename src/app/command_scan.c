#include "app/command.h"
#include "app/engine.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/scan_options.h"
#include "app/scan_target.h"
#include "base/clock.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "worker/page_run.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 100, STOP_GRACE_MS = 5000 };

/* A job that is to be made: its place was looked at already. */
typedef struct PlannedJob {
    ScanTarget target;
    char *options; /* JSON */
} PlannedJob;

static void planned_job_clear(gpointer data)
{
    PlannedJob *planned = data;

    scan_target_clear(&planned->target);
    g_free(planned->options);
}

typedef struct Scan {
    const Command *command;
    ScanCommandOptions options;
    Engine *engine;
    OutputFormat format;
    Output output, baseline;
    GArray *planned; /* PlannedJob */
    GArray *jobs;    /* JobId of every job that was begun */
} Scan;

static volatile sig_atomic_t was_interrupted;

/* The first signal stops cleanly, a second one at once. */
static void interrupted(int number)
{
    was_interrupted = 1;
    (void)signal(number, SIG_DFL);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = interrupted, .sa_flags = SA_RESTART};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
}

static void scan_clear(Scan *scan)
{
    output_clear(&scan->output);
    output_clear(&scan->baseline);
    engine_close(scan->engine);
    scan_command_options_clear(&scan->options);
    g_clear_pointer(&scan->planned, g_array_unref);
    g_clear_pointer(&scan->jobs, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

static bool is_over(const JobStatus *status)
{
    return !g_str_equal(status->status, "listing") && !g_str_equal(status->status, "processing");
}

/* A store that is away for a while is waited for, as the engine does; it gives up before long. *ret_is_there false: the
 * status is not known now. */
static bool read_status(Scan *scan, const JobId *id, JobStatus *ret_status, bool *ret_is_there, GError **error)
{
    g_autoptr(GError) problem = NULL;

    *ret_is_there = job_status(engine_db(scan->engine), id, JOB_REAL_TIME, ret_status, &problem);
    if (*ret_is_there || store_trouble_passes(problem))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Follows the job until it ends, the user stops it, or the engine gives up. */
static bool follow_job(Scan *scan, const JobId *id, Progress *progress, GError **error)
{
    DbWake *wake = engine_db_wake(scan->engine);

    for (;;) {
        uint64_t seen = db_wake_seen(wake, DB_CHANNEL_JOBS);
        g_auto(JobStatus) status = {0};
        WorkerLive live = engine_live(scan->engine);
        bool is_there = false;

        TRY(read_status(scan, id, &status, &is_there, error));
        if (is_there && is_over(&status))
            return true;
        if (engine_failure(scan->engine, error))
            return false;
        if (was_interrupted != 0)
            return fail(error, ERROR_CANCELLED, "stopped");
        if (is_there)
            progress_show(progress, &status, &live);
        (void)db_wake_wait(wake, DB_CHANNEL_JOBS, seen, LOOK_MS);
    }
}

static void print_resume_command(const Scan *scan, const JobId *id)
{
    g_autofree char *command = scan_command_resume(&scan->options, id->text);

    (void)fprintf(stderr, "The job is kept. To go on with it:\n  %s\n", command);
}

static gpointer end_late(G_GNUC_UNUSED gpointer data)
{
    g_usleep((gulong)STOP_GRACE_MS * G_TIME_SPAN_MILLISECOND);
    _exit(EXIT_TROUBLE); /* whatever hangs loses nothing: its lease ends with this process */
}

static bool run_job(Scan *scan, const JobId *id, GError **error)
{
    Progress progress;

    progress_start(&progress, scan->options.is_quiet ? PROGRESS_QUIET : progress_mode_of_terminal());
    TRY(engine_start(scan->engine, process_identity(), id, error));
    bool is_ok = follow_job(scan, id, &progress, error);
    progress_end(&progress);
    if (!is_ok) {
        print_resume_command(scan, id);
        g_thread_unref(g_thread_new("end-late", end_late, NULL));
        engine_cancel(scan->engine);
    }
    engine_stop(scan->engine);
    return is_ok;
}

/* Understands the URI and sees whether its bucket or directory can be listed at all. */
static bool plan_job(Scan *scan, const char *uri, GError **error)
{
    PlannedJob planned = {0};

    TRY(scan_target_parse(uri, &planned.target, error));
    g_array_append_val(scan->planned, planned); /* owned from here on */
    PlannedJob *kept = &g_array_index(scan->planned, PlannedJob, scan->planned->len - 1);
    TRY(scan_command_job_options(&scan->options, &kept->target, &kept->options, error));
    return engine_probe(scan->engine, kept->target.bucket, kept->target.prefix, kept->options, error);
}

static bool create_and_run(Scan *scan, const PlannedJob *planned, GError **error)
{
    JobId id;
    JobSpec spec = {
        .bucket = planned->target.bucket,
        .prefix = planned->target.prefix,
        .options = planned->options,
        .runner = process_identity(),
        .rules_id = rule_set_id(engine_rules(scan->engine)),
    };

    TRY(job_create(engine_db(scan->engine), engine_workflow(scan->engine), &spec, &id, error));
    g_array_append_val(scan->jobs, id);
    return run_job(scan, &id, error);
}

static bool resume_job(Scan *scan, const char *job, GError **error)
{
    JobId id;

    TRY(job_id_parse(job, &id, error));
    TRY(job_take_over(engine_db(scan->engine), &id, process_identity(), error));
    g_array_append_val(scan->jobs, id);
    return run_job(scan, &id, error);
}

static bool scan_open(Scan *scan, int *argc, char ***argv, GError **error)
{
    EngineOptions engine;

    scan->planned = g_array_new(FALSE, FALSE, sizeof(PlannedJob));
    g_array_set_clear_func(scan->planned, planned_job_clear);
    scan->jobs = g_array_new(FALSE, FALSE, sizeof(JobId));
    TRY(scan_command_options_parse(scan->command, argc, argv, &scan->options, error));
    TRY(output_format_parse(scan->options.format, &scan->format, error));
    TRY(scan_command_engine_options(&scan->options, &engine, error));
    return engine_open(&engine, &scan->engine, error);
}

/* All places are looked at before the first job begins, so that a slip in the last URI costs no time. */
static bool scan_all(Scan *scan, int argc, char **argv, GError **error)
{
    for (int i = 1; i < argc; i++)
        TRY(plan_job(scan, argv[i], error));
    TRY(output_open(scan->options.output, &scan->output, error));
    if (scan->options.write_baseline != NULL)
        TRY(output_open(scan->options.write_baseline, &scan->baseline, error));
    catch_signals();
    if (scan->options.resume != NULL)
        TRY(resume_job(scan, scan->options.resume, error));
    for (guint i = 0; i < scan->planned->len; i++)
        TRY(create_and_run(scan, &g_array_index(scan->planned, PlannedJob, i), error));
    return true;
}

static bool write_report(Scan *scan, GError **error)
{
    TRY(report_write(engine_db(scan->engine), scan->jobs, scan->format, scan->output.stream, error));
    return output_finish(&scan->output, error);
}

/* Of all jobs together. A job that failed knows too little for one. */
static bool write_baseline(Scan *scan, GError **error)
{
    g_autofree FindingQuery *queries = g_new0(FindingQuery, scan->jobs->len);

    if (scan->options.write_baseline == NULL)
        return true;
    for (guint i = 0; i < scan->jobs->len; i++)
        queries[i] = (FindingQuery){.job_id = g_array_index(scan->jobs, JobId, i).text, .sequence = FINDINGS_BY_PLACE};
    TRY(report_baseline(engine_db(scan->engine), queries, scan->jobs->len, scan->baseline.stream, error));
    return output_finish(&scan->baseline, error);
}

/* What the jobs came to, told by the worst: a job that failed, then findings, then objects that were not read. */
static bool exit_status(const Scan *scan, int *ret_status, GError **error)
{
    bool has_failed = false, has_found = false, has_unread = false;

    for (guint i = 0; i < scan->jobs->len; i++) {
        const JobId *id = &g_array_index(scan->jobs, JobId, i);
        g_auto(JobStatus) status = {0};
        TRY(job_status(engine_db(scan->engine), id, JOB_REAL_TIME, &status, error));
        has_failed |= !g_str_equal(status.status, "completed");
        has_found |= status.total_findings > 0;
        has_unread |= status.failed + status.skipped > 0;
        if (!g_str_equal(status.status, "completed"))
            (void)fprintf(stderr, "trawl scan: %s: %s: %s\n", status.bucket, status.status_message,
                status.cause != NULL ? status.cause : "no cause was given");
    }
    *ret_status = has_failed ? EXIT_TROUBLE : has_found ? EXIT_FOUND : has_unread ? EXIT_INCOMPLETE : EXIT_CLEAN;
    return true;
}

int command_scan(const Command *command, int argc, char **argv)
{
    g_auto(Scan) scan = {.command = command};
    g_autoptr(GError) error = NULL;
    int status = EXIT_TROUBLE;

    if (!scan_open(&scan, &argc, &argv, &error))
        return command_fail(command, error);
    if (!scan_all(&scan, argc, argv, &error))
        return command_fail(command, error);
    if (!write_report(&scan, &error) || !exit_status(&scan, &status, &error))
        return command_fail(command, error);
    if (status != EXIT_TROUBLE && !write_baseline(&scan, &error))
        return command_fail(command, error);
    return status;
}
