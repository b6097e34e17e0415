/* What was found and not reported: stored, summed up, listed. */
#include "findings/finding_row.h"

#include <string.h>

enum { SHARD, PAGE_NO, ORDINAL, POSITION_NUMBERS, POSITION_PARTS = POSITION_NUMBERS + 2 };

bool suppression_row_store(DbTx *tx, const SuppressionRow *row, const FindingPlace *place, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_SUPPRESSION_STORE, error, db_text(place->job_id), db_int(place->shard),
        db_int(place->page_no), db_int(place->ordinal), db_text(place->key), db_text(row->detector),
        db_text(suppress_reason_name(row->reason)), db_int((int64_t)row->count), db_text(row->locations));
}

static void suppression_clear(gpointer data)
{
    SuppressionSummary *summary = data;

    g_free(summary->detector);
    g_free(summary->reason);
}

bool suppressions_summary(Db *db, const char *job_id, GArray **ret_summaries, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GArray) summaries = g_array_new(FALSE, FALSE, sizeof(SuppressionSummary));
    bool has_row = false;

    g_array_set_clear_func(summaries, suppression_clear);
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_SUPPRESSIONS_SUMMARISE, &rows, error, db_text(job_id)));
    for (;;) {
        TRY(db_rows_next(rows, &has_row, error));
        if (!has_row)
            break;
        const SuppressionSummary summary = {.detector = g_strdup(db_rows_text(rows, 0)),
            .reason = g_strdup(db_rows_text(rows, 1)),
            .count = (uint64_t)db_rows_int(rows, 2),
            .objects = (uint64_t)db_rows_int(rows, 3)};
        g_array_append_val(summaries, summary);
    }
    *ret_summaries = g_steal_pointer(&summaries);
    return true;
}

/* The last row that was visited: "shard page ordinal detector reason". */
typedef struct Position {
    int64_t numbers[POSITION_NUMBERS];
    const char *detector, *reason;
} Position;

static bool parse_number(const char *text, int64_t *ret_number)
{
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(text, 10, 0, INT32_MAX, &number, NULL))
        return false;
    *ret_number = (int64_t)number;
    return true;
}

/* parts: of the text, borrowed by the position. */
static bool parse_position(char *const *parts, Position *ret_position, GError **error)
{
    bool is_ok = g_strv_length((char **)parts) == POSITION_PARTS;

    for (size_t i = 0; is_ok && i < POSITION_NUMBERS; i++)
        is_ok = parse_number(parts[i], &ret_position->numbers[i]);
    if (!is_ok)
        return fail(error, ERROR_INVALID, "expected a place in the list of what was suppressed");
    ret_position->detector = parts[POSITION_NUMBERS];
    ret_position->reason = parts[POSITION_NUMBERS + 1];
    return true;
}

static void format_position(const DbRows *rows, SuppressionPosition *ret_position)
{
    (void)g_snprintf(ret_position->text, sizeof ret_position->text,
        "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %s", db_rows_int(rows, SHARD),
        db_rows_int(rows, PAGE_NO), db_rows_int(rows, ORDINAL), db_rows_text(rows, 4), db_rows_text(rows, 5));
}

static StoredSuppression stored_suppression(const DbRows *rows, const char *job_id)
{
    return (StoredSuppression){.job_id = job_id,
        .key = db_rows_text(rows, 3),
        .detector = db_rows_text(rows, 4),
        .reason = db_rows_text(rows, 5),
        .count = (uint64_t)db_rows_int(rows, 6),
        .locations = db_rows_text(rows, 7)};
}

static DbValue filter_value(const char *filter)
{
    return db_text(filter != NULL ? filter : "");
}

static bool check_reason(const char *reason, GError **error)
{
    SuppressReason unused = SUPPRESSED_TEST_VALUE;

    if (reason == NULL || suppress_reason_from_name(reason, &unused))
        return true;
    return fail(error, ERROR_INVALID, "reason '%.64s': expected %s, %s, %s or %s", reason,
        suppress_reason_name(SUPPRESSED_TEST_VALUE), suppress_reason_name(SUPPRESSED_INLINE),
        suppress_reason_name(SUPPRESSED_ALLOWED), suppress_reason_name(SUPPRESSED_BASELINE));
}

/* One row more than the limit tells whether there is more. */
static bool visit_rows(DbRows *rows, const SuppressionQuery *query, SuppressionVisitor visitor, void *data,
    SuppressionPosition *next, GError **error)
{
    bool has_row = false;

    for (uint32_t visited = 0;; visited++) {
        TRY(db_rows_next(rows, &has_row, error));
        if (!has_row)
            next->text[0] = '\0';
        if (!has_row || (query->limit > 0 && visited == query->limit))
            return true;
        const StoredSuppression suppression = stored_suppression(rows, query->job_id);
        TRY(visitor(data, &suppression, error));
        format_position(rows, next);
    }
}

bool suppressions_visit(Db *db, const SuppressionQuery *query, SuppressionVisitor visitor, void *data,
    SuppressionPosition *ret_next, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    g_auto(GStrv) parts = g_strsplit(query->after.text, " ", -1);
    Position after = {.numbers = {-1, -1, -1}, .detector = "", .reason = ""};
    SuppressionPosition next = {""};

    TRY(check_reason(query->reason, error));
    if (query->after.text[0] != '\0')
        TRY(parse_position(parts, &after, error));
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_SUPPRESSIONS_READ, &rows, error, db_text(query->job_id), db_int(after.numbers[SHARD]),
        db_int(after.numbers[PAGE_NO]), db_int(after.numbers[ORDINAL]), db_text(after.detector), db_text(after.reason),
        filter_value(query->detector), filter_value(query->reason), filter_value(query->key),
        db_int(query->limit > 0 ? (int64_t)query->limit + 1 : INT64_MAX)));
    TRY(visit_rows(rows, query, visitor, data, &next, error));
    if (ret_next != NULL)
        *ret_next = next;
    return true;
}
