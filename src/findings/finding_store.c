#include "base/clock.h"
#include "findings/finding_row.h"
#include "findings/locations.h"

#include <string.h>

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

static bool store_finding(
    DbTx *tx, const FindingSet *set, const Finding *finding, const FindingPlace *place, GError **error)
{
    g_autofree char *locations = locations_json(finding->locations);
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

static bool store_suppression(DbTx *tx, const Suppression *suppression, const FindingPlace *place, GError **error)
{
    g_autofree char *locations = locations_json(suppression->locations);
    const SuppressionRow row = {.detector = suppression->rule->detector,
        .reason = suppression->reason,
        .count = suppression->count,
        .locations = locations};

    return suppression_row_store(tx, &row, place, error);
}

bool finding_set_store(DbTx *tx, const FindingSet *set, const FindingPlace *place, GError **error)
{
    for (size_t i = 0; i < finding_set_size(set); i++)
        TRY(store_finding(tx, set, finding_set_at(set, i), place, error));
    for (size_t i = 0; i < finding_set_suppression_count(set); i++)
        TRY(store_suppression(tx, finding_set_suppression_at(set, i), place, error));
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
