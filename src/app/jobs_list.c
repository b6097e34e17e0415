/* trawl jobs list, show and objects: what is read. */
#include "api/list_json.h"
#include "app/job_printer.h"
#include "app/jobs_command.h"
#include "app/report.h"
#include "base/clock.h"
#include "jobs/jobs.h"

enum { OBJECTS_A_STEP = 1000 };

bool jobs_list(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    JobPrinter printer = {.format = options->format};
    const JobQuery query = {
        .status = options->status,
        .bucket = options->bucket,
        .from_ms = options->from_ms,
        .to_ms = options->to_ms,
        .before_id = "",
        .limit = (uint32_t)options->limit,
    };

    job_printer_begin(&printer);
    TRY(jobs_visit(db, &query, job_printer_job, &printer, error));
    job_printer_end(&printer);
    return true;
}

static bool print_excluded(
    G_GNUC_UNUSED void *data, const char *reason, uint64_t objects, uint64_t bytes, G_GNUC_UNUSED GError **error)
{
    g_autofree char *size = g_format_size(bytes);

    (void)printf("left out by filters: %" G_GUINT64_FORMAT " objects, %s (%s)\n", objects, size, reason);
    return true;
}

/* What is in none of the counts above. */
static bool print_left_out(Db *db, const JobId *id, GError **error)
{
    g_autoptr(GArray) summaries = NULL;
    uint64_t places = 0;

    TRY(job_visit_excluded(db, id, print_excluded, NULL, error));
    TRY(suppressions_summary(db, id->text, &summaries, error));
    for (guint i = 0; i < summaries->len; i++)
        places += g_array_index(summaries, SuppressionSummary, i).count;
    if (places > 0)
        (void)printf("suppressed: %" G_GUINT64_FORMAT " places (trawl findings %s --suppressed)\n", places, id->text);
    return true;
}

bool jobs_show(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_status(db, &options->job, options->is_real_time ? JOB_REAL_TIME : JOB_CACHED, &status, error));
    job_print_one(&status, options->format);
    return options->format != FORMAT_TABLE || print_left_out(db, &options->job, error);
}

/* ---- objects ---- */

typedef struct ObjectPrinter {
    OutputFormat format;
    uint64_t rows;
} ObjectPrinter;

static void print_heading(OutputFormat format)
{
    if (format == FORMAT_CSV)
        (void)fputs("key,status,size,attempts,error_code,error_message,etag,updated_at\r\n", stdout);
    if (format == FORMAT_TABLE)
        (void)printf("%-10s %8s %12s  %-18s %s\n", "STATUS", "ATTEMPTS", "BYTES", "REASON", "KEY");
}

/* In bytes; nothing where it is not known. */
static char *size_text(const JobObject *object)
{
    return object->is_legacy ? g_strdup("") : g_strdup_printf("%" G_GUINT64_FORMAT, object->size_bytes);
}

static void print_table_row(const JobObject *object)
{
    g_autofree char *key = report_printable(object->key);
    g_autofree char *message = object->error_message != NULL ? report_printable(object->error_message) : NULL;

    g_autofree char *size = size_text(object);

    (void)printf("%-10s %8u %12s  %-18s %s\n", object->status, object->attempts, size,
        object->error_code != NULL ? object->error_code : "", key);
    if (message != NULL && message[0] != '\0')
        (void)printf("          %s\n", message);
}

static void print_csv_row(const JobObject *object)
{
    g_autofree char *updated = clock_format_iso(object->updated_ms), *size = size_text(object);

    print_csv_text(object->key, ",");
    (void)printf("%s,%s,%u,", object->status, size, object->attempts);
    print_csv_text(object->error_code != NULL ? object->error_code : "", ",");
    print_csv_text(object->error_message != NULL ? object->error_message : "", ",");
    print_csv_text(object->etag != NULL ? object->etag : "", ",");
    (void)printf("%s\r\n", updated);
}

static bool print_object(void *data, const JobObject *object, G_GNUC_UNUSED GError **error)
{
    ObjectPrinter *printer = data;

    if (printer->rows == 0)
        print_heading(printer->format);
    if (printer->format == FORMAT_TABLE) {
        print_table_row(object);
    } else if (printer->format == FORMAT_CSV) {
        print_csv_row(object);
    } else {
        json_t *row = job_object_json(object);
        print_json_row(row, printer->format, printer->rows);
        json_decref(row);
    }
    printer->rows++;
    return true;
}

static bool print_one(Db *db, const JobsOptions *options, ObjectPrinter *printer, GError **error)
{
    bool is_found = false;

    TRY(job_object_find(db, &options->job, options->key, print_object, printer, &is_found, error));
    if (!is_found)
        return fail(error, ERROR_NOT_FOUND, "job %s has no object with key '%s'", options->job.text, options->key);
    return true;
}

static bool print_all(Db *db, const JobsOptions *options, ObjectPrinter *printer, GError **error)
{
    ObjectQuery query = {.status = options->status};

    do {
        ObjectPosition next = {{0}};
        query.limit = (uint32_t)MIN((uint64_t)options->limit - printer->rows, OBJECTS_A_STEP);
        TRY(job_objects_visit(db, &options->job, &query, print_object, printer, &next, error));
        query.after = next;
    } while (query.after.text[0] != '\0' && printer->rows < (uint64_t)options->limit);
    return true;
}

bool jobs_objects(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    ObjectPrinter printer = {.format = options->format};

    if (options->key != NULL && options->status != NULL)
        return fail(error, ERROR_INVALID, "--key and --status: expected one of them");
    TRY(options->key != NULL ? print_one(db, options, &printer, error) : print_all(db, options, &printer, error));
    if (printer.rows == 0)
        print_heading(options->format);
    if (options->format == FORMAT_JSON)
        (void)fputs(printer.rows == 0 ? "[]\n" : "\n]\n", stdout);
    return true;
}
