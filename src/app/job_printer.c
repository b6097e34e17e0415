#include "app/job_printer.h"

#include "app/report.h"
#include "base/clock.h"
#include "jobs/job_json.h"

void print_json_row(const json_t *row, OutputFormat format, uint64_t rows)
{
    if (format == FORMAT_JSON)
        (void)fputs(rows == 0 ? "[\n  " : ",\n  ", stdout);
    (void)json_dumpf(row, stdout, report_json_flags(stdout));
    if (format == FORMAT_JSONL)
        (void)fputc('\n', stdout);
}

void print_csv_text(const char *text, const char *separator)
{
    g_autofree char *shown = report_is_shown(stdout) ? report_printable(text) : g_strdup(text);
    g_auto(GStrv) parts = g_strsplit(shown, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);

    (void)printf("\"%s\"%s", doubled, separator);
}

static void print_table_row(const JobPrinter *printer, const JobStatus *status)
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

static void print_csv_row(const JobStatus *status)
{
    g_autofree char *created = clock_format_iso(status->created_ms);

    (void)printf("%s,", status->job_id.text);
    print_csv_text(status->bucket, ",");
    print_csv_text(status->prefix, ",");
    (void)printf("%s,%s,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
                 ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%.2f\r\n",
        created, status->status, status->total, status->queued, status->processing, status->succeeded, status->failed,
        status->skipped, status->total_findings, status->progress_percent);
}

void job_printer_begin(const JobPrinter *printer)
{
    if (printer->format == FORMAT_CSV) /* also of no jobs at all */
        (void)fputs("job_id,bucket,prefix,created_at,status,total,queued,processing,succeeded,failed,skipped,"
                    "total_findings,progress_percent\r\n",
            stdout);
}

static void print_job_json(const JobPrinter *printer, const JobStatus *status)
{
    json_t *row = job_status_json(status);

    print_json_row(row, printer->format, printer->rows);
    json_decref(row);
}

static void print_job(JobPrinter *printer, const JobStatus *status)
{
    switch (printer->format) {
    case FORMAT_TABLE:
        print_table_row(printer, status);
        break;
    case FORMAT_CSV:
        print_csv_row(status);
        break;
    case FORMAT_JSON:
    case FORMAT_JSONL:
        print_job_json(printer, status);
        break;
    }
    printer->rows++;
}

bool job_printer_job(void *data, const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    print_job(data, status);
    return true;
}

void job_printer_end(const JobPrinter *printer)
{
    if (printer->format == FORMAT_JSON)
        (void)fputs(printer->rows == 0 ? "[]\n" : "\n]\n", stdout);
}

/* ---- one job ---- */

static void print_failures(const JobStatus *status)
{
    for (guint i = 0; status->failures != NULL && i < status->failures->len; i++) {
        const FailureCount *failure = &g_array_index(status->failures, FailureCount, i);
        (void)printf("failed: %" G_GUINT64_FORMAT " %s\n", failure->objects, failure->reason);
    }
}

/* Since a snapshot's counts are not this moment's, their age is told. */
static void print_age(const JobStatus *status)
{
    g_autofree char *refreshed = status->is_cached ? clock_format_iso(status->cache_refreshed_ms) : NULL;

    if (refreshed != NULL)
        (void)printf("counts of %s; --real-time tells those of now\n", refreshed);
}

static void print_details(const JobStatus *status)
{
    g_autofree char *done = g_format_size(status->bytes_done), *total = g_format_size(status->bytes_total);
    g_autofree char *cause = status->cause != NULL ? report_printable(status->cause) : NULL;
    g_autofree char *waiting_for = status->waiting_for != NULL ? report_printable(status->waiting_for) : NULL;

    (void)printf("%s%s%s%s\n", status->status_message, status->is_paused ? " (paused)" : "", cause != NULL ? ": " : "",
        cause != NULL ? cause : "");
    (void)printf("%" G_GUINT64_FORMAT " queued, %" G_GUINT64_FORMAT " processing, %" G_GUINT64_FORMAT
                 " succeeded, %" G_GUINT64_FORMAT " failed, %" G_GUINT64_FORMAT " skipped; %s of %s\n",
        status->queued, status->processing, status->succeeded, status->failed, status->skipped, done, total);
    print_failures(status);
    if (waiting_for != NULL)
        (void)printf("waiting: %s\n", waiting_for);
    if (status->execution_arn != NULL)
        (void)printf(
            "%s: %s\n", status->execution_arn, status->execution_status != NULL ? status->execution_status : "unknown");
    print_age(status);
}

void job_print_one(const JobStatus *status, OutputFormat format)
{
    JobPrinter printer = {.format = format == FORMAT_JSON ? FORMAT_JSONL : format};

    job_printer_begin(&printer);
    print_job(&printer, status);
    if (format == FORMAT_TABLE)
        print_details(status);
}
