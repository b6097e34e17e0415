#include "app/report.h"

#include "app/report_formats.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

static const ReportFormat *const formats[] = {
    [FORMAT_TABLE] = &report_format_table,
    [FORMAT_JSON] = &report_format_json,
    [FORMAT_JSONL] = &report_format_jsonl,
    [FORMAT_CSV] = &report_format_csv,
};

char *report_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *shown = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        if (g_unichar_iscntrl(character) || g_unichar_type(character) == G_UNICODE_FORMAT || character == 0x2028 ||
            character == 0x2029)
            g_string_append_printf(shown, "\\u%04x", character);
        else
            g_string_append_unichar(shown, character);
    }
    return g_string_free(shown, FALSE);
}

bool report_is_shown(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

size_t report_json_flags(FILE *stream)
{
    return JSON_COMPACT | JSON_REAL_PRECISION(15) | (report_is_shown(stream) ? JSON_ENSURE_ASCII : 0);
}

static bool visit_finding(void *data, const StoredFinding *finding, G_GNUC_UNUSED GError **error)
{
    Report *report = data;

    report->format->finding(report, finding);
    return true;
}

static bool visit_unread(void *data, const UnreadObject *object, G_GNUC_UNUSED GError **error)
{
    Report *report = data;

    report->format->unread(report, object);
    return true;
}

static bool visit_excluded(
    void *data, const char *reason, uint64_t objects, uint64_t bytes, G_GNUC_UNUSED GError **error)
{
    Report *report = data;

    report->format->excluded(report, reason, objects, bytes);
    return true;
}

static const JobId *job_at(const Report *report, guint index)
{
    return &g_array_index(report->job_ids, JobId, index);
}

static bool write_suppressed(Report *report, const JobId *id, GError **error)
{
    g_autoptr(GArray) summaries = NULL;

    TRY(suppressions_summary(report->db, id->text, &summaries, error));
    for (guint i = 0; i < summaries->len; i++)
        report->format->suppressed(report, &g_array_index(summaries, SuppressionSummary, i));
    return true;
}

static bool count_suppressed(Report *report, const JobId *id, GError **error)
{
    g_autoptr(GArray) summaries = NULL;

    report->suppressed = 0;
    TRY(suppressions_summary(report->db, id->text, &summaries, error));
    for (guint i = 0; i < summaries->len; i++)
        report->suppressed += g_array_index(summaries, SuppressionSummary, i).count;
    return true;
}

static bool visit_suppression(void *data, const StoredSuppression *suppression, G_GNUC_UNUSED GError **error)
{
    Report *report = data;

    report->format->suppression(report, suppression);
    return true;
}

static bool write_suppressions(Report *report, const JobId *id, GError **error)
{
    const SuppressionQuery query = {.job_id = id->text};

    return suppressions_visit(report->db, &query, visit_suppression, report, NULL, error);
}

static bool count_partly_read(Report *report, const JobId *id, const JobStatus *status, GError **error)
{
    report->partly_searched = report->partly_unpacked = 0;
    if (status->skipped == 0)
        return true;
    TRY(job_count_skipped(report->db, id, ERROR_RULE_LIMIT, &report->partly_searched, error));
    return job_count_skipped(report->db, id, ERROR_UNPACK_LIMIT, &report->partly_unpacked, error);
}

static bool write_job(Report *report, const JobId *id, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_status(report->db, id, JOB_REAL_TIME, &status, error));
    report->findings += status.total_findings;
    TRY(count_partly_read(report, id, &status, error));
    TRY(count_suppressed(report, id, error));
    report->format->job(report, &status);
    return true;
}

static bool write_section(Report *report, ReportSection section, GError **error)
{
    for (guint i = 0; i < report->job_ids->len; i++) {
        const JobId *id = job_at(report, i);
        FindingQuery query = {
            .job_id = id->text, .limit = report->format->findings_shown, .sequence = FINDINGS_BY_PLACE};
        report->job = id;
        switch (section) {
        case SECTION_JOBS:
            TRY(write_job(report, id, error));
            break;
        case SECTION_SUMMARY: {
            g_autoptr(GArray) summaries = NULL;
            TRY(findings_summary(report->db, id->text, &summaries, error));
            for (guint k = 0; k < summaries->len; k++)
                report->format->summary(report, &g_array_index(summaries, FindingSummary, k));
            break;
        }
        case SECTION_FINDINGS:
            TRY(findings_visit(report->db, &query, visit_finding, report, error));
            break;
        case SECTION_UNREAD:
            TRY(job_visit_unread(report->db, id, visit_unread, report, error));
            break;
        case SECTION_EXCLUDED:
            TRY(job_visit_excluded(report->db, id, visit_excluded, report, error));
            break;
        case SECTION_SUPPRESSED:
            TRY(write_suppressed(report, id, error));
            break;
        case SECTION_SUPPRESSIONS:
            TRY(write_suppressions(report, id, error));
            break;
        }
    }
    return true;
}

bool report_write(Db *db, const GArray *job_ids, OutputFormat format, FILE *stream, GError **error)
{
    Report report = {.db = db, .job_ids = job_ids, .format = formats[format], .stream = stream};
    static const ReportSection sections[] = {SECTION_JOBS, SECTION_SUMMARY, SECTION_FINDINGS, SECTION_UNREAD,
        SECTION_EXCLUDED, SECTION_SUPPRESSED, SECTION_SUPPRESSIONS};

    report.format->begin(&report);
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        report.rows = 0;
        report.format->section_begin(&report, sections[i]);
        TRY(write_section(&report, sections[i], error));
        report.format->section_end(&report, sections[i]);
    }
    report.format->end(&report);
    return true;
}

bool report_findings(Db *db, const FindingQuery *query, OutputFormat format, FILE *stream, GError **error)
{
    Report report = {.db = db, .format = formats[format], .stream = stream, .is_findings_only = true};

    report.format->begin(&report);
    report.format->section_begin(&report, SECTION_FINDINGS);
    TRY(findings_visit(db, query, visit_finding, &report, error));
    report.format->section_end(&report, SECTION_FINDINGS);
    report.format->end(&report);
    return true;
}
