#include "app/command.h"
#include "app/report.h"
#include "base/clock.h"
#include "jobs/job_json.h"
#include "jobs/jobs.h"

enum { LIST_LIMIT_DEFAULT = 100, LIST_LIMIT_MAX = 100000 };

typedef struct JobsOptions {
    char *store, *format, *status, *bucket;
    int limit;
} JobsOptions;

static void jobs_options_clear(JobsOptions *options)
{
    g_free(options->store);
    g_free(options->format);
    g_free(options->status);
    g_free(options->bucket);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobsOptions, jobs_options_clear)

typedef struct JobPrinter {
    OutputFormat format;
    uint64_t rows;
} JobPrinter;

static void print_table_row(JobPrinter *printer, const JobStatus *status)
{
    g_autofree char *created = clock_format_iso(status->created_ms);
    g_autofree char *bucket = report_printable(status->bucket);
    g_autofree char *prefix = report_printable(status->prefix);

    if (printer->rows == 0)
        (void)printf("%-36s  %-20s  %-10s %9s %10s %8s  %s\n", "JOB", "CREATED", "STATUS", "PROGRESS", "OBJECTS",
            "FINDINGS", "BUCKET");
    (void)printf("%-36s  %-20s  %-10s %8.2f%% %10" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT "  %s%s%s\n",
        status->job_id.text, created, status->status, status->progress_percent, status->total, status->total_findings,
        bucket, prefix[0] != '\0' ? "/" : "", prefix);
}

static void print_csv_text(const char *text)
{
    g_autofree char *shown = report_is_shown(stdout) ? report_printable(text) : g_strdup(text);
    g_auto(GStrv) parts = g_strsplit(shown, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);

    (void)printf("\"%s\",", doubled);
}

static void print_csv_row(const JobStatus *status)
{
    g_autofree char *created = clock_format_iso(status->created_ms);

    (void)printf("%s,", status->job_id.text);
    print_csv_text(status->bucket);
    print_csv_text(status->prefix);
    (void)printf("%s,%s,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
                 ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%.2f\r\n",
        created, status->status, status->total, status->queued, status->processing, status->succeeded, status->failed,
        status->skipped, status->total_findings, status->progress_percent);
}

static void print_json_row(const JobPrinter *printer, const JobStatus *status)
{
    json_t *row = job_status_json(status);

    if (printer->format == FORMAT_JSON)
        (void)fputs(printer->rows == 0 ? "[\n  " : ",\n  ", stdout);
    (void)json_dumpf(row, stdout, report_json_flags(stdout));
    if (printer->format == FORMAT_JSONL)
        (void)fputc('\n', stdout);
    json_decref(row);
}

static bool print_job(void *data, const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    JobPrinter *printer = data;

    switch (printer->format) {
    case FORMAT_TABLE:
        print_table_row(printer, status);
        break;
    case FORMAT_CSV:
        print_csv_row(status);
        break;
    case FORMAT_JSON:
    case FORMAT_JSONL:
        print_json_row(printer, status);
        break;
    }
    printer->rows++;
    return true;
}

static void print_csv_head(void)
{
    (void)fputs("job_id,bucket,prefix,created_at,status,total,queued,processing,succeeded,failed,skipped,"
                "total_findings,progress_percent\r\n",
        stdout);
}

static bool list_jobs(Db *db, const JobsOptions *options, OutputFormat format, GError **error)
{
    JobPrinter printer = {.format = format};
    JobQuery query = {
        .status = options->status, .bucket = options->bucket, .before_id = "", .limit = (uint32_t)options->limit};

    if (format == FORMAT_CSV)
        print_csv_head(); /* also of no jobs at all */
    TRY(jobs_visit(db, &query, print_job, &printer, error));
    if (format == FORMAT_JSON)
        (void)fputs(printer.rows == 0 ? "[]\n" : "\n]\n", stdout);
    return true;
}

/* One job as the whole report's head and all its sections would be too much: its status alone. */
static bool show_job(Db *db, const char *text, OutputFormat format, GError **error)
{
    g_auto(JobStatus) status = {0};
    JobPrinter printer = {.format = format == FORMAT_JSON ? FORMAT_JSONL : format};
    JobId id;

    TRY(job_id_parse(text, &id, error));
    TRY(job_status(db, &id, JOB_REAL_TIME, &status, error));
    if (format == FORMAT_CSV)
        print_csv_head();
    TRY(print_job(&printer, &status, error));
    if (format == FORMAT_TABLE && status.cause != NULL)
        (void)printf("%s: %s\n", status.status_message, status.cause);
    return true;
}

static bool check_status(const char *status, GError **error)
{
    static const char *const known[] = {"listing", "processing", "completed", "failed", "aborted", NULL};

    if (status == NULL || g_strv_contains(known, status))
        return true;
    return fail(
        error, ERROR_INVALID, "--status '%s': expected listing, processing, completed, failed or aborted", status);
}

static bool run(const Command *command, int *argc, char ***argv, GError **error)
{
    g_auto(JobsOptions) options = {.limit = LIST_LIMIT_DEFAULT};
    g_autoptr(Db) db = NULL;
    OutputFormat format;
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options.store),
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options.format, "table (default), json, jsonl or csv", "FORMAT"},
        {"status", 0, 0, G_OPTION_ARG_STRING, &options.status, "Only jobs of this status", "STATUS"},
        {"bucket", 0, 0, G_OPTION_ARG_STRING, &options.bucket, "Only jobs on this bucket", "BUCKET"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "At most so many, newest first (default 100)", "N"},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "[list | show JOB_ID]", NULL, argc, argv, error));
    TRY(output_format_parse(options.format, &format, error));
    if (options.limit < 1 || options.limit > LIST_LIMIT_MAX)
        return fail(error, ERROR_INVALID, "--limit %d: expected a number from 1 to %d", options.limit, LIST_LIMIT_MAX);
    TRY(check_status(options.status, error));
    const char *what = *argc > 1 ? (*argv)[1] : "list";
    bool is_show = *argc == 3 && g_str_equal(what, "show");
    if (!is_show && (*argc > 2 || !g_str_equal(what, "list")))
        return fail(error, ERROR_INVALID, "'%s': expected list, or show JOB_ID", what);
    TRY(command_read_store(options.store, &db, error));
    if (is_show)
        TRY(show_job(db, (*argv)[2], format, error));
    else
        TRY(list_jobs(db, &options, format, error));
    return output_finish_stdout(error);
}

int command_jobs(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return run(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
