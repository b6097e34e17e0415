/* CSV (RFC 4180): a row a finding, its first place in columns; JSON has all of them. Objects that were not read are
 * named on standard error, since they are no findings, and so is what was left out or suppressed summed up there. */
#include "app/report_formats.h"
#include "findings/finding_json.h"

#include <string.h>

/* What a spreadsheet takes for a formula is text: keys and names are chosen by whoever writes the objects. */
static bool is_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@\t\r\n", *text) != NULL;
}

void report_csv_field(FILE *stream, const char *raw, const char *separator)
{
    g_autofree char *shown = report_is_shown(stream) ? report_printable(raw) : NULL;
    g_autofree char *safe = is_formula(raw) ? g_strconcat("'", shown != NULL ? shown : raw, NULL) : NULL;
    const char *text = safe != NULL ? safe : shown != NULL ? shown : raw;

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
                    "offset,length,line,column,member,row,cell,column_name,path,rule,also,places,id,compliance\r\n",
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

static void csv_numbers(FILE *stream, const json_t *place, const char *const *names)
{
    for (; *names != NULL; names++) {
        const json_t *number = json_object_get(place, *names);
        if (number != NULL)
            (void)fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
        (void)fputc(',', stream);
    }
}

static void csv_texts(FILE *stream, const json_t *object, const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *text = json_string_value(json_object_get(object, *names));
        report_csv_field(stream, text != NULL ? text : "", ",");
    }
}

void report_csv_place(FILE *stream, const json_t *place)
{
    static const char *const span[] = {"offset", "length", "line", "column", NULL};
    static const char *const member[] = {"member", NULL};
    static const char *const cell[] = {"row", "cell", NULL};
    static const char *const names[] = {"column_name", "path", "rule", NULL};

    csv_numbers(stream, place, span);
    csv_texts(stream, place, member);
    csv_numbers(stream, place, cell);
    csv_texts(stream, place, names);
}

static void csv_also(Report *report, const json_t *also)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const json_t *detector = NULL;
    size_t i = 0;

    json_array_foreach(also, i, detector)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", json_string_value(detector));
    csv_field(report, text->str, ",");
}

static void csv_finding(Report *report, const StoredFinding *finding)
{
    const char *const before[] = {finding->job_id, finding->bucket, finding->key, finding->detector, finding->category,
        finding->severity, finding->tier};
    json_t *told = finding_json(finding);
    const json_t *places = json_object_get(told, "locations");

    for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
        csv_field(report, before[i], ",");
    (void)fprintf(report->stream, "%" G_GUINT64_FORMAT ",", finding->count);
    csv_field(report, finding->masked, ",");
    csv_field(report, finding->fingerprint, ",");
    (void)fprintf(report->stream, "%s,", finding->is_truncated ? "true" : "false");
    report_csv_place(report->stream, json_array_get(places, 0));
    csv_also(report, json_object_get(told, "also"));
    (void)fprintf(report->stream, "%zu,", json_array_size(places));
    csv_field(report, json_string_value(json_object_get(told, "id")), ",");
    csv_field(report, finding->compliance, "\r\n");
    json_decref(told);
}

static void csv_unread(G_GNUC_UNUSED Report *report, const UnreadObject *object)
{
    g_autofree char *key = report_printable(object->key);
    g_autofree char *message = report_printable(object->error_message);

    (void)fprintf(stderr, "trawl: not read: %s: %s: %s\n", key, object->error_code, message);
}

static void csv_excluded(G_GNUC_UNUSED Report *report, const char *reason, uint64_t objects, uint64_t bytes)
{
    g_autofree char *size = g_format_size(bytes);

    (void)fprintf(stderr, "trawl: left out by filters: %s: %" G_GUINT64_FORMAT " objects, %s\n", reason, objects, size);
}

static void csv_suppressed(G_GNUC_UNUSED Report *report, const SuppressionSummary *summary)
{
    (void)fprintf(stderr, "trawl: suppressed: %s: %s: %" G_GUINT64_FORMAT " places in %" G_GUINT64_FORMAT " objects\n",
        summary->reason, summary->detector, summary->count, summary->objects);
}

static void csv_suppression(G_GNUC_UNUSED Report *report, G_GNUC_UNUSED const StoredSuppression *suppression)
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
    .suppression = csv_suppression,
    .section_end = csv_section_end,
    .end = csv_nothing,
};
