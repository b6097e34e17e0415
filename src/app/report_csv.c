/* CSV (RFC 4180): a row a finding, its first place in columns. Objects that were not read are named on standard error,
 * since they are no findings. */
#include "app/report_formats.h"

#include <jansson.h>
#include <string.h>

void report_csv_field(FILE *stream, const char *raw, const char *separator)
{
    g_autofree char *shown = report_is_shown(stream) ? report_printable(raw) : NULL;
    const char *text = shown != NULL ? shown : raw;

    if (text[strcspn(text, "\",\r\n")] == '\0') {
        (void)fprintf(stream, "%s%s", text, separator);
        return;
    }
    (void)fputc('"', stream);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            (void)fputc('"', stream);
        (void)fputc(*at, stream);
    }
    (void)fprintf(stream, "\"%s", separator);
}

static void csv_field(Report *report, const char *raw, const char *separator)
{
    report_csv_field(report->stream, raw, separator);
}

static void csv_nothing(G_GNUC_UNUSED Report *report)
{
}

static void csv_section_begin(Report *report, ReportSection section)
{
    if (section == SECTION_FINDINGS)
        (void)fputs("job_id,bucket,key,detector,category,severity,tier,count,masked,fingerprint,truncated,"
                    "offset,length,line,column,member\r\n",
            report->stream);
}

static void csv_section_end(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED ReportSection section)
{
}

static void csv_job(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const JobStatus *status)
{
}

static void csv_summary(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const FindingSummary *summary)
{
}

static void csv_place(Report *report, const char *locations)
{
    static const char *const numbers[] = {"offset", "length", "line", "column"};
    json_t *all = json_loads(locations, 0, NULL);
    const json_t *first = json_array_get(all, 0);
    const char *member = json_string_value(json_object_get(first, "member"));

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const json_t *number = json_object_get(first, numbers[i]);
        if (number != NULL)
            (void)fprintf(report->stream, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
        (void)fputc(',', report->stream);
    }
    csv_field(report, member != NULL ? member : "", "\r\n");
    json_decref(all);
}

static void csv_finding(Report *report, const StoredFinding *finding)
{
    const char *const before[] = {finding->job_id, finding->bucket, finding->key, finding->detector, finding->category,
        finding->severity, finding->tier};

    for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
        csv_field(report, before[i], ",");
    (void)fprintf(report->stream, "%" G_GUINT64_FORMAT ",", finding->count);
    csv_field(report, finding->masked, ",");
    csv_field(report, finding->fingerprint, ",");
    (void)fprintf(report->stream, "%s,", finding->is_truncated ? "true" : "false");
    csv_place(report, finding->locations);
}

static void csv_unread(G_GNUC_UNUSED Report *report, const UnreadObject *object)
{
    g_autofree char *key = report_printable(object->key);
    g_autofree char *message = report_printable(object->error_message);

    (void)fprintf(stderr, "trawl: not read: %s: %s: %s\n", key, object->error_code, message);
}

static void csv_excluded(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const char *reason, G_GNUC_UNUSED uint64_t objects,
    G_GNUC_UNUSED uint64_t bytes)
{
}

static void csv_suppressed(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const SuppressionSummary *summary)
{
}

const ReportFormat report_format_csv = {
    .begin = csv_nothing,
    .section_begin = csv_section_begin,
    .job = csv_job,
    .summary = csv_summary,
    .finding = csv_finding,
    .unread = csv_unread,
    .excluded = csv_excluded,
    .suppressed = csv_suppressed,
    .section_end = csv_section_end,
    .end = csv_nothing,
};
