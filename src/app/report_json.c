/* JSON: one document with the sections as arrays. JSON lines: a line a finding, then a line an object that was not read
 * ("type": "unread"), what filters left out ("excluded"), what is not reported ("suppressed"); what is streamed is
 * never held. */
#include "app/report_formats.h"
#include "findings/finding_json.h"
#include "jobs/job_json.h"

static const char *const section_names[] = {
    [SECTION_JOBS] = "jobs",
    [SECTION_SUMMARY] = "summary",
    [SECTION_FINDINGS] = "findings",
    [SECTION_UNREAD] = "unread",
    [SECTION_EXCLUDED] = "excluded",
    [SECTION_SUPPRESSED] = "suppressed",
    [SECTION_SUPPRESSIONS] = "suppressions",
};

/* The reference is taken. */
static void json_row(Report *report, json_t *take_row)
{
    (void)fputs(report->rows++ == 0 ? "\n    " : ",\n    ", report->stream);
    (void)json_dumpf(take_row, report->stream, report_json_flags(report->stream));
    json_decref(take_row);
}

static void json_begin(Report *report)
{
    if (!report->is_findings_only)
        (void)fputs("{\n  \"version\": 1,\n", report->stream);
}

static void json_section_begin(Report *report, ReportSection section)
{
    if (!report->is_findings_only)
        (void)fprintf(report->stream, "  \"%s\": ", section_names[section]);
    (void)fputc('[', report->stream);
}

static void json_section_end(Report *report, ReportSection section)
{
    (void)fputs(report->rows > 0 ? "\n  ]" : "]", report->stream);
    if (!report->is_findings_only)
        (void)fputs(section == SECTION_SUPPRESSIONS ? "\n" : ",\n", report->stream);
}

static void json_end(Report *report)
{
    (void)fputs(report->is_findings_only ? "\n" : "}\n", report->stream);
}

static void json_job(Report *report, const JobStatus *status)
{
    json_row(report, job_status_json(status));
}

static void json_summary(Report *report, const FindingSummary *summary)
{
    json_row(report, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "job_id", report->job->text, "severity",
                         summary->severity, "category", summary->category, "detector", summary->detector, "values",
                         (json_int_t)summary->values, "count", (json_int_t)summary->count, "objects",
                         (json_int_t)summary->objects, "truncated", (int)summary->is_truncated));
}

static void json_finding(Report *report, const StoredFinding *finding)
{
    json_row(report, finding_json(finding));
}

static json_t *unread_json(const Report *report, const UnreadObject *object)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:i}", "job_id", report->job->text, "key", job_json_text(object->key),
        "status", object->status, "error_code", job_json_text(object->error_code), "error_message",
        job_json_text(object->error_message), "attempts", (int)object->attempts);
}

static void json_unread(Report *report, const UnreadObject *object)
{
    json_row(report, unread_json(report, object));
}

static json_t *excluded_json(const Report *report, const char *reason, uint64_t objects, uint64_t bytes)
{
    return json_pack("{s:s, s:s, s:I, s:I}", "job_id", report->job->text, "reason", reason, "objects",
        (json_int_t)objects, "bytes", (json_int_t)bytes);
}

static void json_excluded(Report *report, const char *reason, uint64_t objects, uint64_t bytes)
{
    json_row(report, excluded_json(report, reason, objects, bytes));
}

static void json_suppressed(Report *report, const SuppressionSummary *summary)
{
    json_row(report,
        json_pack("{s:s, s:s, s:s, s:I, s:I}", "job_id", report->job->text, "detector", summary->detector, "reason",
            summary->reason, "count", (json_int_t)summary->count, "objects", (json_int_t)summary->objects));
}

static void json_suppression(Report *report, const StoredSuppression *suppression)
{
    json_row(report, suppression_json(suppression));
}

const ReportFormat report_format_json = {
    .begin = json_begin,
    .section_begin = json_section_begin,
    .job = json_job,
    .summary = json_summary,
    .finding = json_finding,
    .unread = json_unread,
    .excluded = json_excluded,
    .suppressed = json_suppressed,
    .suppression = json_suppression,
    .section_end = json_section_end,
    .end = json_end,
};

static void jsonl_nothing(G_GNUC_UNUSED Report *report)
{
}

static void jsonl_section(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED ReportSection section)
{
}

static void jsonl_job(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const JobStatus *status)
{
}

static void jsonl_summary(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const FindingSummary *summary)
{
}

static void jsonl_suppressed(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const SuppressionSummary *summary)
{
}

static void jsonl_line(Report *report, const char *type, json_t *take_row)
{
    (void)json_object_set_new(take_row, "type", json_string(type));
    (void)json_dumpf(take_row, report->stream, report_json_flags(report->stream));
    (void)fputc('\n', report->stream);
    json_decref(take_row);
}

static void jsonl_finding(Report *report, const StoredFinding *finding)
{
    jsonl_line(report, "finding", finding_json(finding));
}

static void jsonl_unread(Report *report, const UnreadObject *object)
{
    jsonl_line(report, "unread", unread_json(report, object));
}

static void jsonl_excluded(Report *report, const char *reason, uint64_t objects, uint64_t bytes)
{
    jsonl_line(report, "excluded", excluded_json(report, reason, objects, bytes));
}

static void jsonl_suppression(Report *report, const StoredSuppression *suppression)
{
    jsonl_line(report, "suppressed", suppression_json(suppression));
}

const ReportFormat report_format_jsonl = {
    .begin = jsonl_nothing,
    .section_begin = jsonl_section,
    .job = jsonl_job,
    .summary = jsonl_summary,
    .finding = jsonl_finding,
    .unread = jsonl_unread,
    .excluded = jsonl_excluded,
    .suppressed = jsonl_suppressed,
    .suppression = jsonl_suppression,
    .section_end = jsonl_section,
    .end = jsonl_nothing,
};
