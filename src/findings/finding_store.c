#include "base/clock.h"
#include "findings/finding_row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void append_text(GString *text, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    json_t *string = json_string(valid);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY);

    g_string_append_printf(text, ",\"%s\":%s", name, quoted);
    free(quoted);
    json_decref(string);
}

static void append_optional(GString *text, const char *name, const char *value)
{
    if (value != NULL)
        append_text(text, name, value);
}

/* Ids need no escaping. */
static void append_also(GString *text, const char *also)
{
    g_auto(GStrv) ids = g_strsplit(also, " ", -1);
    g_autofree char *joined = g_strjoinv("\",\"", ids);

    g_string_append_printf(text, ",\"also\":[\"%s\"]", joined);
}

/* Numbers need no escaping; only texts go through jansson. What does not apply is left out, but for the member. */
static void append_location(GString *text, const FindingLocation *location)
{
    g_string_append_printf(text,
        "{\"offset\":%" G_GUINT64_FORMAT ",\"length\":%" G_GUINT64_FORMAT ",\"line\":%" G_GUINT64_FORMAT
        ",\"column\":%" G_GUINT64_FORMAT,
        location->offset, location->length, location->line, location->column);
    if (location->member != NULL)
        append_text(text, "member", location->member);
    else
        g_string_append(text, ",\"member\":null");
    if (location->row > 0)
        g_string_append_printf(
            text, ",\"row\":%" G_GUINT64_FORMAT ",\"cell\":%" G_GUINT64_FORMAT, location->row, location->cell);
    append_optional(text, "column_name", location->column_name);
    append_optional(text, "path", location->record_path);
    append_optional(text, "rule", location->rule);
    if (location->also != NULL)
        append_also(text, location->also);
    g_string_append_c(text, '}');
}

char *finding_locations_json(const Finding *finding)
{
    GString *text = g_string_new("[");

    for (guint i = 0; i < finding->locations->len; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        append_location(text, &g_array_index(finding->locations, FindingLocation, i));
    }
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

/* As the column has them: no tag holds a comma. */
static char *compliance_text(const Rule *rule)
{
    GString *text = g_string_new(NULL);

    for (uint32_t i = 0; i < rule->compliance_count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", rule->compliance[i]);
    return g_string_free(text, FALSE);
}

bool finding_row_store(DbTx *tx, const FindingRow *row, const FindingPlace *place, int64_t now_ms, GError **error)
{
    const Rule *rule = row->rule;
    g_autofree char *compliance = compliance_text(rule);

    return DB_EXEC_LATER(tx, SQL_FINDING_INSERT, error, db_text(place->job_id), db_int(place->shard),
        db_int(place->page_no), db_int(place->ordinal), db_text(place->bucket), db_text(place->key),
        db_text(rule->detector), db_text(rule->category), db_text(severity_name(row->severity)),
        db_text(tier_name(row->tier)), db_int((int64_t)row->count), db_text(row->masked), db_text(row->fingerprint),
        db_int(row->is_truncated), db_text(row->locations), db_text(compliance), db_int(now_ms));
}

bool suppression_row_store(DbTx *tx, const SuppressionRow *row, const FindingPlace *place, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_SUPPRESSION_STORE, error, db_text(place->job_id), db_int(place->shard),
        db_int(place->page_no), db_int(place->ordinal), db_text(row->detector),
        db_text(suppress_reason_name(row->reason)), db_int((int64_t)row->count));
}

static bool store_finding(
    DbTx *tx, const FindingSet *set, const Finding *finding, const FindingPlace *place, GError **error)
{
    g_autofree char *locations = finding_locations_json(finding);
    const FindingRow row = {
        .rule = finding->rule,
        .severity = finding_set_severity(set, finding),
        .tier = finding->tier,
        .count = finding->count,
        .is_truncated = finding->is_truncated,
        .masked = finding->masked,
        .fingerprint = finding->fingerprint,
        .locations = locations,
    };

    return finding_row_store(tx, &row, place, clock_now_ms(), error);
}

bool finding_set_store(DbTx *tx, const FindingSet *set, const FindingPlace *place, GError **error)
{
    for (size_t i = 0; i < finding_set_size(set); i++)
        TRY(store_finding(tx, set, finding_set_at(set, i), place, error));
    size_t count = 0;
    const SuppressionCount *suppressions = finding_set_suppressions(set, &count);
    for (size_t i = 0; i < count; i++) {
        const SuppressionRow row = {.detector = suppressions[i].rule->detector,
            .reason = suppressions[i].reason,
            .count = suppressions[i].count};
        TRY(suppression_row_store(tx, &row, place, error));
    }
    return true;
}

static StoredFinding stored_finding(const DbRows *rows)
{
    return (StoredFinding){
        .id = db_rows_int(rows, 0),
        .job_id = db_rows_text(rows, 1),
        .bucket = db_rows_text(rows, 2),
        .key = db_rows_text(rows, 3),
        .detector = db_rows_text(rows, 4),
        .category = db_rows_text(rows, 5),
        .severity = db_rows_text(rows, 6),
        .tier = db_rows_text(rows, 7),
        .count = (uint64_t)db_rows_int(rows, 8),
        .masked = db_rows_text(rows, 9),
        .fingerprint = db_rows_text(rows, 10),
        .is_truncated = db_rows_int(rows, 11) != 0,
        .locations = db_rows_text(rows, 12),
        .compliance = db_rows_text(rows, 13),
    };
}

static DbValue filter_value(const char *filter)
{
    return db_text(filter != NULL ? filter : "");
}

static DbStatement statement_of(const FindingQuery *query)
{
    switch (query->sequence) {
    case FINDINGS_BY_ID:
        return query->detector != NULL ? SQL_FINDINGS_READ_DETECTOR : SQL_FINDINGS_READ;
    case FINDINGS_BY_PLACE:
        return SQL_FINDINGS_READ_PLACE;
    }
    return SQL_FINDINGS_READ;
}

bool findings_visit(Db *db, const FindingQuery *query, FindingVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    const DbStatement statement = statement_of(query);
    bool has_row = true;

    if (query->compliance != NULL && strchr(query->compliance, ',') != NULL)
        return fail(error, ERROR_INVALID, "compliance '%.64s': expected one tag, such as PCI", query->compliance);
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, statement, &rows, error, db_text(query->job_id), db_int(query->after_id),
        filter_value(query->detector), filter_value(query->severity), filter_value(query->category),
        filter_value(query->key), db_int(query->limit > 0 ? query->limit : INT64_MAX),
        filter_value(query->compliance)));
    while (has_row) {
        TRY(db_rows_next(rows, &has_row, error));
        if (!has_row)
            break;
        const StoredFinding finding = stored_finding(rows);
        TRY(visitor(data, &finding, error));
    }
    return true;
}

static void summary_clear(gpointer data)
{
    FindingSummary *summary = data;

    g_free(summary->severity);
    g_free(summary->category);
    g_free(summary->detector);
}

static bool collect_summaries(DbRows *rows, GArray *summaries, GError **error)
{
    bool has_row = false;

    for (;;) {
        TRY(db_rows_next(rows, &has_row, error));
        if (!has_row)
            return true;
        const FindingSummary summary = {
            .severity = g_strdup(db_rows_text(rows, 0)),
            .category = g_strdup(db_rows_text(rows, 1)),
            .detector = g_strdup(db_rows_text(rows, 2)),
            .values = (uint64_t)db_rows_int(rows, 3),
            .count = (uint64_t)db_rows_int(rows, 4),
            .objects = (uint64_t)db_rows_int(rows, 5),
            .is_truncated = db_rows_int(rows, 6) != 0,
        };
        g_array_append_val(summaries, summary);
    }
}

bool findings_summary(Db *db, const char *job_id, GArray **ret_summaries, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GArray) summaries = g_array_new(FALSE, FALSE, sizeof(FindingSummary));

    g_array_set_clear_func(summaries, summary_clear);
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_FINDINGS_SUMMARISE, &rows, error, db_text(job_id)));
    TRY(collect_summaries(rows, summaries, error));
    *ret_summaries = g_steal_pointer(&summaries);
    return true;
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

bool suppressions_visit(Db *db, const char *job_id, SuppressionVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = true;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_SUPPRESSIONS_READ, &rows, error, db_text(job_id)));
    while (has_row) {
        TRY(db_rows_next(rows, &has_row, error));
        if (!has_row)
            break;
        const StoredSuppression suppression = {.key = db_rows_text(rows, 0),
            .detector = db_rows_text(rows, 1),
            .reason = db_rows_text(rows, 2),
            .count = (uint64_t)db_rows_int(rows, 3)};
        TRY(visitor(data, &suppression, error));
    }
    return true;
}
