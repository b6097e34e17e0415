#include "app/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { TERMINAL_INTERVAL_MS = 200, PLAIN_INTERVAL_MS = 5000, RATE_AFTER_MS = 500 };

ProgressMode progress_mode_of_terminal(void)
{
    const char *term = g_getenv("TERM");
    bool can_move = isatty(STDERR_FILENO) && term != NULL && !g_str_equal(term, "dumb");

    return can_move ? PROGRESS_TERMINAL : PROGRESS_PLAIN;
}

void progress_start(Progress *progress, ProgressMode mode)
{
    *progress = (Progress){.mode = mode, .started_ms = clock_monotonic_ms()};
    progress->next_ms = progress->started_ms + (mode == PROGRESS_PLAIN ? PLAIN_INTERVAL_MS : 0);
}

int64_t progress_interval_ms(const Progress *progress)
{
    return progress->mode == PROGRESS_TERMINAL ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
}

static void append_duration(GString *line, int64_t seconds)
{
    if (seconds >= 3600)
        g_string_append_printf(line, "%dh %02dm", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    else if (seconds >= 60)
        g_string_append_printf(line, "%dm %02ds", (int)(seconds / 60), (int)(seconds % 60));
    else
        g_string_append_printf(line, "%ds", (int)seconds);
}

static void append_rate(Progress *progress, GString *line, const JobStatus *status, uint64_t settled)
{
    int64_t elapsed_ms = clock_monotonic_ms() - progress->started_ms;

    if (elapsed_ms < RATE_AFTER_MS || settled <= progress->settled_before)
        return;
    double rate = (double)(settled - progress->settled_before) * 1000.0 / (double)elapsed_ms;
    g_string_append_printf(line, ", %.0f objects/s", rate);
    if (!status->is_listing_complete || rate <= 0.0 || status->total <= settled)
        return;
    g_string_append(line, ", ");
    append_duration(line, (int64_t)((double)(status->total - settled) / rate) + 1);
    g_string_append(line, " left");
}

static GString *progress_line(Progress *progress, const JobStatus *status, const WorkerLive *live)
{
    GString *line = g_string_new(NULL);
    uint64_t stored = status->succeeded + status->failed + status->skipped;
    uint64_t settled = MIN(stored + live->objects, status->total);
    g_autofree char *done = g_format_size(MIN(status->bytes_done + live->bytes, status->bytes_total));
    g_autofree char *total = g_format_size(status->bytes_total);

    g_string_append_printf(line,
        "%s: %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s objects, %s/%s, %" G_GUINT64_FORMAT
        " findings, %" G_GUINT64_FORMAT " failed",
        status->is_listing_complete ? "scanning" : "listing", settled, status->total,
        status->is_listing_complete ? "" : "+", done, total, status->total_findings + live->findings,
        status->failed + live->failed);
    append_rate(progress, line, status, settled);
    return line;
}

void progress_show(Progress *progress, const JobStatus *status, const WorkerLive *live)
{
    int64_t now = clock_monotonic_ms();

    if (!progress->has_settled_before) {
        progress->has_settled_before = true;
        progress->settled_before = status->succeeded + status->failed + status->skipped;
    }
    if (progress->mode == PROGRESS_QUIET || now < progress->next_ms)
        return;
    progress->next_ms = now + progress_interval_ms(progress);
    GString *line = progress_line(progress, status, live);
    bool is_terminal = progress->mode == PROGRESS_TERMINAL;
    (void)fprintf(stderr, is_terminal ? "\r\033[K%s" : "%s\n", line->str);
    (void)fflush(stderr);
    progress->has_line = is_terminal;
    g_string_free(line, TRUE);
}

void progress_end(Progress *progress)
{
    if (progress->has_line)
        (void)fprintf(stderr, "\r\033[K");
    progress->has_line = false;
}
