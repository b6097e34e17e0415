/* What the user does not want to hear of: values, paths and what was known before.
 *
 * A Suppressor is read once and shared by all threads. It knows fingerprints, patterns and paths, never a value. */
#pragma once

#include "findings/findings.h"

typedef struct SuppressorOptions {
    const char *const *allow_files; /* NULL: none */
    const char *baseline_file;      /* NULL: none */
    const RuleSet *rules;           /* whose detectors an allow list may name */
    const FingerprintKey *key;
} SuppressorOptions;

/* *ret_suppressor NULL: there is nothing to suppress. INVALID names file and line, and what was expected; NOT_FOUND. */
FALLIBLE bool suppressor_load(const SuppressorOptions *options, Suppressor **ret_suppressor, GError **error);
void suppressor_free(Suppressor *suppressor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Suppressor, suppressor_free)

typedef struct SuppressorQuery {
    const Match *match;
    const char *key, *member; /* member NULL: the object itself */
    const char *fingerprint;
} SuppressorQuery;

/* *ret_cause is written only if it does; its texts are the suppressor's. */
bool suppressor_covers(const Suppressor *suppressor, const SuppressorQuery *query, SuppressCause *ret_cause);
