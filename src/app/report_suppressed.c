/* What is not reported: the baseline, and the list of what was suppressed. */
#include "app/report.h"
#include "app/report_formats.h"
#include "findings/baseline.h"
#include "findings/finding_json.h"

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
    OutputFormat format;
    uint64_t rows;
} SuppressedRows;

static void print_json_row(const SuppressedRows *rows, const json_t *row)
{
    if (rows->format == FORMAT_JSON)
        (void)fputs(rows->rows == 0 ? "\n    " : ",\n    ", rows->stream);
    (void)json_dumpf(row, rows->stream, report_json_flags(rows->stream));
    if (rows->format == FORMAT_JSONL)
        (void)fputc('\n', rows->stream);
}

/* A row a place: count is that of all its object's places, also of those that are not listed. */
static void print_csv_rows(const SuppressedRows *rows, const StoredSuppression *suppression, const json_t *row)
{
    static const char *const texts[] = {"by", "why", NULL};
    const json_t *place = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(row, "locations"), i, place)
    {
        report_csv_field(rows->stream, suppression->key, ",");
        (void)fprintf(rows->stream, "%s,%s,%" G_GUINT64_FORMAT ",%zu,", suppression->detector, suppression->reason,
            suppression->count, i + 1);
        report_csv_place(rows->stream, place);
        for (const char *const *name = texts; *name != NULL; name++) {
            const char *text = json_string_value(json_object_get(place, *name));
            report_csv_field(rows->stream, text != NULL ? text : "", name[1] != NULL ? "," : "\r\n");
        }
    }
}

/* "12:5  path: $.owner.mail  by: allow.yaml:3 (made up)" */
static void print_table_place(FILE *stream, const json_t *place)
{
    static const struct {
        const char *name, *before, *after;
    } texts[] = {{"column_name", "  column: ", ""}, {"path", "  path: ", ""}, {"rule", "  rule: ", ""},
        {"by", "  by: ", ""}, {"why", " (", ")"}};
    const char *member = json_string_value(json_object_get(place, "member"));
    g_autofree char *within = member != NULL ? report_printable(member) : NULL;

    (void)fprintf(stream, "           %s%s%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT, within != NULL ? within : "",
        within != NULL ? ":" : "", json_integer_value(json_object_get(place, "line")),
        json_integer_value(json_object_get(place, "column")));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *text = json_string_value(json_object_get(place, texts[i].name));
        g_autofree char *shown = text != NULL ? report_printable(text) : NULL;
        if (shown != NULL)
            (void)fprintf(stream, "%s%s%s", texts[i].before, shown, texts[i].after);
    }
    (void)fputc('\n', stream);
}

static void print_table_rows(const SuppressedRows *rows, const StoredSuppression *suppression, const json_t *row)
{
    g_autofree char *key = report_printable(suppression->key);
    const json_t *places = json_object_get(row, "locations"), *place = NULL;
    size_t i = 0;

    if (rows->rows == 0)
        (void)fprintf(rows->stream, "%-10s %-28s %8s  %s\n", "REASON", "DETECTOR", "PLACES", "OBJECT");
    (void)fprintf(rows->stream, "%-10s %-28s %8" G_GUINT64_FORMAT "  %s\n", suppression->reason, suppression->detector,
        suppression->count, key);
    json_array_foreach(places, i, place) print_table_place(rows->stream, place);
    if (suppression->count > json_array_size(places))
        (void)fprintf(rows->stream, "           … and %" G_GUINT64_FORMAT " more places\n",
            suppression->count - json_array_size(places));
}

static bool print_row(void *data, const StoredSuppression *suppression, G_GNUC_UNUSED GError **error)
{
    SuppressedRows *rows = data;
    json_t *row = suppression_json(suppression);

    switch (rows->format) {
    case FORMAT_JSON:
    case FORMAT_JSONL:
        print_json_row(rows, row);
        break;
    case FORMAT_CSV:
        print_csv_rows(rows, suppression, row);
        break;
    case FORMAT_TABLE:
        print_table_rows(rows, suppression, row);
        break;
    }
    json_decref(row);
    rows->rows++;
    return true;
}

bool report_suppressed(Db *db, const SuppressionQuery *query, OutputFormat format, FILE *stream, GError **error)
{
    SuppressedRows rows = {.stream = stream, .format = format};

    if (format == FORMAT_JSON)
        (void)fputc('[', stream);
    if (format == FORMAT_CSV)
        (void)fputs("key,detector,reason,count,place,offset,length,line,column,member,row,cell,column_name,path,rule,"
                    "by,why\r\n",
            stream);
    TRY(suppressions_visit(db, query, print_row, &rows, NULL, error));
    if (format == FORMAT_JSON)
        (void)fputs(rows.rows > 0 ? "\n]\n" : "]\n", stream);
    return true;
}
