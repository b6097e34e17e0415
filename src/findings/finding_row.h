/* Inside findings/: one finding as it is stored, wherever its text lies. */
#pragma once

#include "findings/findings.h"

typedef struct FindingRow {
    const Rule *rule;
    Severity severity;
    Tier tier;
    uint64_t count;
    bool is_truncated;
    const char *masked, *fingerprint, *locations; /* locations: JSON text */
} FindingRow;

FALLIBLE bool finding_row_store(
    DbTx *tx, const FindingRow *row, const FindingPlace *place, int64_t now_ms, GError **error);

typedef struct SuppressionRow {
    const char *detector;
    SuppressReason reason;
    uint64_t count;
    const char *locations; /* JSON text */
} SuppressionRow;

FALLIBLE bool suppression_row_store(DbTx *tx, const SuppressionRow *row, const FindingPlace *place, GError **error);

/* How often values of a detector were suppressed in an object for one reason, and where first. */
typedef struct Suppression {
    const Rule *rule;
    SuppressReason reason;
    uint64_t count;
    GArray *locations; /* FindingLocation, the first 15 */
} Suppression;

/* In order of their first place. */
size_t finding_set_suppression_count(const FindingSet *set);
const Suppression *finding_set_suppression_at(const FindingSet *set, size_t index);
