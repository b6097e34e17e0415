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

/* How often an object's values were suppressed, by detector and reason. */
typedef struct SuppressionRow {
    const char *detector;
    SuppressReason reason;
    uint64_t count;
} SuppressionRow;

FALLIBLE bool suppression_row_store(DbTx *tx, const SuppressionRow *row, const FindingPlace *place, GError **error);

/* The set's suppressions, in order of their first place. */
typedef struct SuppressionCount {
    const Rule *rule;
    SuppressReason reason;
    uint64_t count;
} SuppressionCount;
const SuppressionCount *finding_set_suppressions(const FindingSet *set, size_t *ret_count);

/* JSON text of a finding's places, owned by the caller. */
char *finding_locations_json(const Finding *finding);
