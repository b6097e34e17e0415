/* Inside findings/: one finding as it is stored, wherever its text lies. */
#pragma once

#include "findings/findings.h"

typedef struct FindingRow {
    const Rule *rule;
    Tier tier;
    uint64_t count;
    bool is_truncated;
    const char *masked, *fingerprint, *locations; /* locations: JSON text */
} FindingRow;

FALLIBLE bool finding_row_store(
    DbTx *tx, const FindingRow *row, const FindingPlace *place, int64_t now_ms, GError **error);

/* JSON text of a finding's places, owned by the caller. */
char *finding_locations_json(const Finding *finding);
