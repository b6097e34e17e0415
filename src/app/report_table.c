/* The report for people: sections with a heading, columns lined up where their width is known. */
#include "app/report_formats.h"
#include "findings/finding_json.h"

#include <jansson.h>

enum { FINDINGS_SHOWN = 1000, UNREAD_SHOWN = 1000 };

static void table_begin(G_GNUC_UNUSED Report *report)
{
}

static void table_section_begin(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED ReportSection section)
{
}

/* The heading comes with the first row, so that an empty section is not there. */
static void table_heading(Report *report, const char *heading)
{
    if (report->rows++ == 0)
        (void)fprintf(report->stream, "%s%s\n", report->is_findings_only ? "" : "\n", heading);
}

static void table_job(Report *report, const JobStatus *status)
{
    g_autofree char *bucket = report_printable(status->bucket);
    g_autofree char *prefix = report_printable(status->prefix);
    g_autofree char *bytes = g_format_size(status->bytes_done);
    bool is_local = g_str_has_prefix(bucket, "file://");

    (void)fprintf(report->stream, "%s%s%s%s  job %s  %s\n", is_local ? "" : "s3://", bucket,
        prefix[0] != '\0' ? "/" : "", prefix, status->job_id.text, status->status);
    (void)fprintf(report->stream,
        "%" G_GUINT64_FORMAT " objects: %" G_GUINT64_FORMAT " read, %" G_GUINT64_FORMAT
        " not understood, %" G_GUINT64_FORMAT " failed; %s; %" G_GUINT64_FORMAT " findings",
        status->total, status->succeeded,
        status->skipped - MIN(report->partly_searched + report->partly_unpacked, status->skipped), status->failed,
        bytes, status->total_findings);
    if (report->suppressed > 0)
        (void)fprintf(report->stream, ", %" G_GUINT64_FORMAT " places suppressed", report->suppressed);
    (void)fputc('\n', report->stream);
    if (report->partly_searched > 0)
        (void)fprintf(report->stream,
            "%" G_GUINT64_FORMAT " objects: read, but searched without some rules (rule_limit)\n",
            report->partly_searched);
    if (report->partly_unpacked > 0)
        (void)fprintf(report->stream,
            "%" G_GUINT64_FORMAT " objects: read, but for some compressed text in them (unpack_limit)\n",
            report->partly_unpacked);
}

static void table_summary(Report *report, const FindingSummary *summary)
{
    table_heading(report, "SEVERITY  DETECTOR                        VALUES    PLACES   OBJECTS");
    (void)fprintf(report->stream, "%-9s %-28s %8" G_GUINT64_FORMAT "%s %9" G_GUINT64_FORMAT " %9" G_GUINT64_FORMAT "\n",
        summary->severity, summary->detector, summary->values, summary->is_truncated ? "+" : " ", summary->count,
        summary->objects);
}

static void table_place(Report *report, const json_t *first)
{
    const char *member = json_string_value(json_object_get(first, "member"));
    g_autofree char *shown = member != NULL ? report_printable(member) : NULL;

    if (shown != NULL)
        (void)fprintf(report->stream, "!%s", shown);
    if (first != NULL)
        (void)fprintf(report->stream, ":%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT,
            json_integer_value(json_object_get(first, "line")), json_integer_value(json_object_get(first, "column")));
}

/* Nothing for an empty list. */
static void table_list(Report *report, const char *name, const json_t *texts)
{
    const json_t *text = NULL;
    size_t i = 0;

    json_array_foreach(texts, i, text)
    {
        g_autofree char *shown = report_printable(json_string_value(text));
        if (i == 0)
            (void)fprintf(report->stream, "  %s: %s", name, shown);
        else
            (void)fprintf(report->stream, ", %s", shown);
    }
}

static void table_finding(Report *report, const StoredFinding *finding)
{
    g_autofree char *key = report_printable(finding->key);
    g_autofree char *masked = report_printable(finding->is_truncated ? "(further values)" : finding->masked);

    table_heading(report, "SEVERITY  TIER       DETECTOR                      COUNT  VALUE");
    (void)fprintf(report->stream, "%-9s %-10s %-28s %6" G_GUINT64_FORMAT "  %s\n          %s", finding->severity,
        finding->tier, finding->detector, finding->count, masked, key);
    json_t *told = finding_json(finding);
    table_place(report, json_array_get(json_object_get(told, "locations"), 0));
    table_list(report, "compliance", json_object_get(told, "compliance"));
    table_list(report, "also", json_object_get(told, "also"));
    json_decref(told);
    (void)fputc('\n', report->stream);
}

static void table_unread(Report *report, const UnreadObject *object)
{
    g_autofree char *key = report_printable(object->key);
    g_autofree char *message = report_printable(object->error_message);

    table_heading(report, "NOT READ  REASON");
    if (report->rows <= UNREAD_SHOWN)
        (void)fprintf(report->stream, "%-9s %s\n          %s: %s\n", object->status, key, object->error_code, message);
}

static void table_excluded(Report *report, const char *reason, uint64_t objects, uint64_t bytes)
{
    g_autofree char *size = g_format_size(bytes);

    table_heading(report, "LEFT OUT BY FILTERS");
    (void)fprintf(report->stream, "%-14s %" G_GUINT64_FORMAT " objects, %s\n", reason, objects, size);
}

static void table_suppressed(Report *report, const SuppressionSummary *summary)
{
    table_heading(report, "SUPPRESSED DETECTOR                        PLACES   OBJECTS");
    (void)fprintf(report->stream, "%-10s %-28s %9" G_GUINT64_FORMAT " %9" G_GUINT64_FORMAT "\n", summary->reason,
        summary->detector, summary->count, summary->objects);
}

static void table_suppression(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const StoredSuppression *suppression)
{
}

static const char *job_name(const Report *report)
{
    return report->job_ids->len == 1 ? report->job->text : "JOB";
}

static void table_section_end(Report *report, ReportSection section)
{
    if (report->is_findings_only)
        return;
    if (section == SECTION_FINDINGS && report->findings > report->rows)
        (void)fprintf(report->stream, "… and %" G_GUINT64_FORMAT " more: trawl findings %s, or --format json\n",
            report->findings - report->rows, job_name(report));
    if (section == SECTION_UNREAD && report->rows > UNREAD_SHOWN)
        (void)fprintf(report->stream, "… and %" G_GUINT64_FORMAT " more: --format json\n", report->rows - UNREAD_SHOWN);
    if (section == SECTION_SUPPRESSED && report->rows > 0)
        (void)fprintf(
            report->stream, "place by place: trawl findings %s --suppressed, or --format json\n", job_name(report));
}

static void table_end(G_GNUC_UNUSED Report *report)
{
}

const ReportFormat report_format_table = {
    .findings_shown = FINDINGS_SHOWN,
    .begin = table_begin,
    .section_begin = table_section_begin,
    .job = table_job,
    .summary = table_summary,
    .finding = table_finding,
    .unread = table_unread,
    .excluded = table_excluded,
    .suppressed = table_suppressed,
    .suppression = table_suppression,
    .section_end = table_section_end,
    .end = table_end,
};
