#include "workflow/status_event.h"

#include "base/clock.h"

enum { TEXT_BYTES_MAX = 248 * 1024 };

/* A UUID of version 8 (RFC 9562): the digest of what tells one change from all others. */
static char *event_id(const ExecutionRecord *record)
{
    g_autofree char *told = g_strdup_printf("%s|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%s", record->arn,
        record->started_ms, record->redrive_count, record->status);
    g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA256, told, -1);

    return g_strdup_printf("%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

/* How long the text is as a string inside the event's JSON. */
static size_t escaped_bytes(const char *text)
{
    json_t *string = text != NULL ? json_string(text) : NULL;
    const size_t size = string != NULL ? json_dumpb(string, NULL, 0, JSON_ENCODE_ANY) : 0;

    json_decref(string);
    return size;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *time_or_null(int64_t time_ms)
{
    return time_ms != 0 ? json_integer(time_ms) : json_null();
}

typedef enum Inclusion { INCLUDED, TOO_LARGE } Inclusion;

static void set_data(json_t *detail, const char *name, const char *text, Inclusion inclusion)
{
    g_autofree char *details = g_strconcat(name, "Details", NULL);

    json_object_set_new(detail, name, text_or_null(inclusion == INCLUDED ? text : NULL));
    json_object_set_new(
        detail, details, text != NULL ? json_pack("{s:b}", "included", inclusion == INCLUDED) : json_null());
}

static void set_input_and_output(json_t *detail, const ExecutionRecord *record)
{
    const size_t output = escaped_bytes(record->output), both = output + escaped_bytes(record->input);

    set_data(detail, "input", record->input, both <= TEXT_BYTES_MAX ? INCLUDED : TOO_LARGE);
    set_data(detail, "output", record->output, output <= TEXT_BYTES_MAX ? INCLUDED : TOO_LARGE);
}

static void set_redrive(json_t *detail, const ExecutionRecord *record, const char *refusal)
{
    json_object_set_new(detail, "redriveCount", json_integer(record->redrive_count));
    json_object_set_new(detail, "redriveDate", time_or_null(record->redriven_ms));
    json_object_set_new(detail, "redriveStatus", json_string(refusal == NULL ? "REDRIVABLE" : "NOT_REDRIVABLE"));
    json_object_set_new(detail, "redriveStatusReason", text_or_null(refusal));
}

static json_t *detail_of(const ExecutionRecord *record, const char *refusal)
{
    json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:n, s:n}", "executionArn", record->arn,
        "stateMachineArn", record->machine_arn, "name", record->name, "status", record->status, "startDate",
        time_or_null(record->started_ms), "stopDate", time_or_null(record->stopped_ms), "stateMachineVersionArn",
        "stateMachineAliasArn");

    set_input_and_output(detail, record);
    set_redrive(detail, record, refusal);
    json_object_set_new(detail, "error", text_or_null(record->error));
    json_object_set_new(detail, "cause", text_or_null(record->cause));
    return detail;
}

/* When the execution came to its status. */
static int64_t changed_ms(const ExecutionRecord *record)
{
    if (record->stopped_ms != 0)
        return record->stopped_ms;
    return record->redriven_ms != 0 ? record->redriven_ms : record->started_ms;
}

json_t *status_event_json(const ExecutionRecord *record, const char *refusal)
{
    g_autofree char *id = event_id(record);
    g_autofree char *time = clock_format_iso(changed_ms(record));
    g_auto(GStrv) arn = g_strsplit(record->arn, ":", -1); /* arn:aws:states:<region>:<account>:… */
    const bool has_parts = g_strv_length(arn) > 4;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:o}", "version", "0", "id", id, "detail-type",
        "Step Functions Execution Status Change", "source", "aws.states", "account", has_parts ? arn[4] : "", "time",
        time, "region", has_parts ? arn[3] : "", "resources", record->arn, "detail", detail_of(record, refusal));
}

bool status_event_read(DbTx *tx, const char *arn, ExecutionRecord *ret_record, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_STATUS_EVENT, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "there is no execution %s", arn);
    *ret_record = (ExecutionRecord){
        .arn = g_strdup(arn),
        .machine_arn = g_strdup(db_rows_text(rows, 0)),
        .name = g_strdup(db_rows_text(rows, 1)),
        .status = g_strdup(db_rows_text(rows, 2)),
        .input = g_strdup(db_rows_text(rows, 3)),
        .output = g_strdup(db_rows_text(rows, 4)),
        .error = g_strdup(db_rows_text(rows, 5)),
        .cause = g_strdup(db_rows_text(rows, 6)),
        .started_ms = db_rows_int(rows, 7),
        .stopped_ms = db_rows_int(rows, 8),
        .redrive_count = db_rows_int(rows, 9),
        .redriven_ms = db_rows_int(rows, 10),
        .event_count = db_rows_int(rows, 11),
    };
    return true;
}
