/* Inside findings/: the first places of something that was found. They hold no value. */
#pragma once

#include "findings/findings.h"

/* GRefStrings of the latest match: its neighbours share them. All zero is none. */
typedef struct LocationTexts {
    char *member, *column_name, *record_path, *rule, *also, *by, *why;
} LocationTexts;

void location_texts_clear(LocationTexts *texts);

/* FindingLocation values; free with g_array_unref. */
GArray *locations_new(void);

/* Where a match was found, and, of one that is suppressed, what suppresses it. */
typedef struct LocationSource {
    const Match *match;
    const char *member;         /* NULL: the object itself */
    const SuppressCause *cause; /* NULL: it is reported */
} LocationSource;

/* Nothing where FINDING_MAX_LOCATIONS are known. */
void locations_add(GArray *locations, LocationTexts *texts, const LocationSource *source);

/* JSON text, owned by the caller. */
char *locations_json(const GArray *locations);
