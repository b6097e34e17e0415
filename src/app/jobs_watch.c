/* trawl jobs watch: a line that is redrawn on a terminal, a line a change elsewhere, until the job is over. */
#include "app/job_printer.h"
#include "app/jobs_command.h"
#include "app/report.h"
#include "jobs/jobs.h"

#include <unistd.h>

enum { TERMINAL_WAIT_MS = 250, PLAIN_WAIT_MS = 1000 };

typedef struct Watch {
    OutputFormat format;
    bool is_terminal;
    bool has_trouble; /* with the store; told once */
    char *shown;      /* what stood in the last line */
} Watch;

static void watch_clear(Watch *watch)
{
    g_clear_pointer(&watch->shown, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

static bool is_over(const JobStatus *status)
{
    return !g_str_equal(status->status, "listing") && !g_str_equal(status->status, "processing");
}

static bool can_redraw(void)
{
    const char *term = g_getenv("TERM");

    return isatty(STDOUT_FILENO) && term != NULL && !g_str_equal(term, "dumb");
}

/* What makes a new line: rates and times change always. */
static char *state_of(const JobStatus *status)
{
    return g_strdup_printf("%s%s: %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s objects, %.2f%%, %" G_GUINT64_FORMAT
                           " findings, %" G_GUINT64_FORMAT " failed",
        status->status, status->is_paused ? " (paused)" : "", status->succeeded + status->failed + status->skipped,
        status->total, status->is_listing_complete ? "" : "+", status->progress_percent, status->total_findings,
        status->failed);
}

static void show_redrawn(const JobStatus *status, const char *state)
{
    g_autoptr(GString) line = g_string_new(state);

    if (status->objects_per_second > 0 && !is_over(status))
        g_string_append_printf(line, ", %.1f objects/s", status->objects_per_second);
    if (status->eta_seconds > 0)
        g_string_append_printf(line, ", %" G_GINT64_FORMAT " s left", status->eta_seconds);
    (void)printf("\r\033[K%s%s", line->str, is_over(status) ? "\n" : "");
}

static void show(Watch *watch, const JobStatus *status)
{
    g_autofree char *state = state_of(status);
    const bool is_new = watch->shown == NULL || !g_str_equal(watch->shown, state);

    if (watch->format == FORMAT_TABLE && watch->is_terminal)
        show_redrawn(status, state);
    else if (is_new && watch->format == FORMAT_TABLE)
        (void)printf("%s\n", state);
    else if (is_new)
        job_print_one(status, FORMAT_JSONL);
    (void)fflush(stdout);
    g_free(watch->shown);
    watch->shown = g_steal_pointer(&state);
}

/* A store that is away comes back; what it is like is told once. */
static bool bears(Watch *watch, GError *take_error, GError **error)
{
    g_autoptr(GError) trouble = take_error;

    if (watch->shown == NULL || !error_kind_is_retryable(error_kind(trouble))) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    if (!watch->has_trouble)
        (void)fprintf(stderr, "trawl jobs: %s; trying again\n", trouble->message);
    watch->has_trouble = true;
    return true;
}

static ExitStatus exit_status_of(const JobStatus *status)
{
    if (!g_str_equal(status->status, "completed"))
        return EXIT_TROUBLE;
    if (status->total_findings > 0)
        return EXIT_FOUND;
    return status->failed + status->skipped > 0 ? EXIT_INCOMPLETE : EXIT_CLEAN;
}

static bool look(Watch *watch, Db *db, const JobId *id, JobStatus *status, GError **error)
{
    GError *trouble = NULL;

    if (!job_status(db, id, JOB_REAL_TIME, status, &trouble))
        return bears(watch, trouble, error);
    watch->has_trouble = false;
    show(watch, status);
    return true;
}

bool jobs_watch(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error)
{
    g_auto(Watch) watch = {.format = options->format, .is_terminal = can_redraw()};

    if (options->format != FORMAT_TABLE && options->format != FORMAT_JSONL)
        return fail(error, ERROR_INVALID, "--format '%s': watch takes table or jsonl", options->format_name);
    for (;;) {
        g_auto(JobStatus) status = {0};
        TRY(look(&watch, db, &options->job, &status, error));
        if (!watch.has_trouble && is_over(&status)) {
            *ret_status = exit_status_of(&status);
            return true;
        }
        TRY(output_finish_stdout(error));
        g_usleep((watch.is_terminal ? TERMINAL_WAIT_MS : PLAIN_WAIT_MS) * (gulong)G_TIME_SPAN_MILLISECOND);
    }
}
