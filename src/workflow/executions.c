#include "workflow/executions.h"

#include "workflow/history.h"

#include <string.h>

enum { PAGE_BYTES_MAX = 4 * 1024 * 1024 }; /* of a page's details, so that no answer has to be huge */

void execution_record_clear(ExecutionRecord *record)
{
    g_free(record->arn);
    g_free(record->machine_arn);
    g_free(record->name);
    g_free(record->status);
    g_free(record->input);
    g_free(record->output);
    g_free(record->error);
    g_free(record->cause);
    g_free(record->definition);
    g_free(record->role_arn);
    *record = (ExecutionRecord){0};
}

bool execution_record_find(DbTx *tx, const char *arn, ExecutionRecord *ret_record, bool *ret_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_EXECUTION_RECORD, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, ret_found, error));
    if (!*ret_found)
        return true;
    *ret_record = (ExecutionRecord){
        .arn = g_strdup(db_rows_text(rows, 0)),
        .machine_arn = g_strdup(db_rows_text(rows, 1)),
        .name = g_strdup(db_rows_text(rows, 2)),
        .status = g_strdup(db_rows_text(rows, 3)),
        .input = g_strdup(db_rows_text(rows, 4)),
        .output = g_strdup(db_rows_text(rows, 5)),
        .error = g_strdup(db_rows_text(rows, 6)),
        .cause = g_strdup(db_rows_text(rows, 7)),
        .started_ms = db_rows_int(rows, 8),
        .stopped_ms = db_rows_int(rows, 9),
        .definition = g_strdup(db_rows_text(rows, 10)),
        .redrive_count = db_rows_int(rows, 11),
        .redriven_ms = db_rows_int(rows, 12),
        .event_count = db_rows_int(rows, 13),
        .role_arn = g_strdup(db_rows_text(rows, 14)),
    };
    return true;
}

bool executions_list(DbTx *tx, const ExecutionsQuery *query, ExecutionVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTIONS_LIST, &rows, error, db_text(query->machine_arn),
        db_text(query->status != NULL ? query->status : ""), db_int(query->before_ms), db_text(query->before_arn),
        db_int(query->limit), db_int((int64_t)query->redrives)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const ExecutionRecord record = {
            .arn = (char *)db_rows_text(rows, 0),
            .machine_arn = (char *)db_rows_text(rows, 1),
            .name = (char *)db_rows_text(rows, 2),
            .status = (char *)db_rows_text(rows, 3),
            .started_ms = db_rows_int(rows, 4),
            .stopped_ms = db_rows_int(rows, 5),
            .redrive_count = db_rows_int(rows, 6),
            .redriven_ms = db_rows_int(rows, 7),
        };
        visitor(data, &record);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool query_events(DbTx *tx, const HistoryQuery *query, DbRows **ret_rows, GError **error)
{
    /* One more, to know whether there is another page. */
    const int64_t limit = (int64_t)query->limit + 1;

    if (query->order == HISTORY_FORWARDS)
        return DB_QUERY(tx, SQL_EXECUTION_HISTORY, ret_rows, error, db_text(query->execution_arn),
            db_int(query->position), db_int(limit));
    return DB_QUERY(tx, SQL_EXECUTION_HISTORY_BACKWARDS, ret_rows, error, db_text(query->execution_arn),
        db_int(query->position > 0 ? query->position : INT64_MAX), db_int(limit));
}

static json_t *event_of(const DbRows *rows)
{
    return history_event_json(
        db_rows_int(rows, 0), db_rows_int(rows, 1), db_rows_text(rows, 2), db_rows_int(rows, 3), db_rows_text(rows, 4));
}

static bool fill_page(DbRows *rows, uint32_t limit, json_t *events, int64_t *ret_position, GError **error)
{
    bool has_row = false;
    int64_t last = 0;
    size_t bytes = 0;

    TRY(db_rows_next(rows, &has_row, error));
    while (has_row && json_array_size(events) < limit && bytes < PAGE_BYTES_MAX) {
        bytes += strlen(db_rows_text(rows, 4));
        last = db_rows_int(rows, 0);
        (void)json_array_append_new(events, event_of(rows));
        TRY(db_rows_next(rows, &has_row, error));
    }
    *ret_position = has_row ? last : 0;
    return true;
}

bool execution_history_read(
    DbTx *tx, const HistoryQuery *query, json_t **ret_events, int64_t *ret_position, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    json_t *events = json_array();

    bool is_read = query_events(tx, query, &rows, error) && fill_page(rows, query->limit, events, ret_position, error);
    if (is_read)
        *ret_events = json_incref(events);
    json_decref(events);
    return is_read;
}
