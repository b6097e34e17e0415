/* A baseline: the findings that are known already, as a file of JSON lines.
 *
 * The first line names the fingerprint key; each other line is a finding: key, detector, fingerprint. Sorted, so that
 * the same findings are the same file. No value and no mask is in it. */
#pragma once

#include "findings/findings.h"

#include <stdio.h>

typedef struct BaselineEntry {
    const char *key, *detector, *fingerprint;
} BaselineEntry;

typedef struct Baseline Baseline;

/* INVALID names the line and what was expected, or the key that the baseline was made with if it is another. */
FALLIBLE bool baseline_read(const char *path, const FingerprintKey *key, Baseline **ret_baseline, GError **error);
void baseline_free(Baseline *baseline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Baseline, baseline_free)

/* Whether the entry is in it, and in which line of its file. Any thread. */
bool baseline_find(const Baseline *baseline, const BaselineEntry *entry, uint64_t *ret_line);

/* Writes the baseline of what the queries select. *ret_left_out: how often a detector has further values in an object
 * that were counted and not kept, and so are not in the baseline either. */
FALLIBLE bool baseline_write(
    Db *db, const FindingQuery *queries, size_t query_count, FILE *stream, uint64_t *ret_left_out, GError **error);
