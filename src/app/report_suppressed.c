/* What is not reported: the baseline, and the list of what was suppressed. */
#include "app/report.h"
#include "findings/baseline.h"
#include "jobs/job_json.h"

#include <jansson.h>

bool report_baseline(Db *db, const FindingQuery *queries, size_t query_count, FILE *stream, GError **error)
{
    uint64_t left_out = 0;

    TRY(baseline_write(db, queries, query_count, stream, &left_out, error));
    if (left_out > 0)
        (void)fprintf(stderr,
            "trawl: %" G_GUINT64_FORMAT " detectors of objects have further values that were not kept and are not in "
            "the baseline; --max-values keeps more\n",
            left_out);
    return true;
}

typedef struct SuppressedRows {
    FILE *stream;
    const char *job_id;
    OutputFormat format;
    uint64_t rows;
} SuppressedRows;

static void print_json_row_of(const SuppressedRows *rows, const StoredSuppression *suppression)
{
    json_t *row = json_pack("{s:s, s:o, s:s, s:s, s:I}", "job_id", rows->job_id, "key", job_json_text(suppression->key),
        "detector", suppression->detector, "reason", suppression->reason, "count", (json_int_t)suppression->count);

    if (rows->format == FORMAT_JSON)
        (void)fputs(rows->rows == 0 ? "\n    " : ",\n    ", rows->stream);
    (void)json_dumpf(row, rows->stream, report_json_flags(rows->stream));
    if (rows->format == FORMAT_JSONL)
        (void)fputc('\n', rows->stream);
    json_decref(row);
}

static void print_csv_row(const SuppressedRows *rows, const StoredSuppression *suppression)
{
    if (rows->rows == 0)
        (void)fputs("key,detector,reason,count\r\n", rows->stream);
    report_csv_field(rows->stream, suppression->key, ",");
    (void)fprintf(rows->stream, "%s,%s,%" G_GUINT64_FORMAT "\r\n", suppression->detector, suppression->reason,
        suppression->count);
}

static void print_table_row(const SuppressedRows *rows, const StoredSuppression *suppression)
{
    g_autofree char *key = report_printable(suppression->key);

    if (rows->rows == 0)
        (void)fprintf(rows->stream, "%-10s %-28s %8s  %s\n", "REASON", "DETECTOR", "PLACES", "OBJECT");
    (void)fprintf(rows->stream, "%-10s %-28s %8" G_GUINT64_FORMAT "  %s\n", suppression->reason, suppression->detector,
        suppression->count, key);
}

static bool print_row(void *data, const StoredSuppression *suppression, G_GNUC_UNUSED GError **error)
{
    SuppressedRows *rows = data;

    switch (rows->format) {
    case FORMAT_JSON:
    case FORMAT_JSONL:
        print_json_row_of(rows, suppression);
        break;
    case FORMAT_CSV:
        print_csv_row(rows, suppression);
        break;
    case FORMAT_TABLE:
        print_table_row(rows, suppression);
        break;
    }
    rows->rows++;
    return true;
}

bool report_suppressed(Db *db, const char *job_id, OutputFormat format, FILE *stream, GError **error)
{
    SuppressedRows rows = {.stream = stream, .job_id = job_id, .format = format};

    if (format == FORMAT_JSON)
        (void)fputc('[', stream);
    TRY(suppressions_visit(db, job_id, print_row, &rows, error));
    if (format == FORMAT_JSON)
        (void)fputs(rows.rows > 0 ? "\n]\n" : "]\n", stream);
    return true;
}
