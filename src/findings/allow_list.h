/* Allow lists: what may be there, by fingerprint, by a pattern of the value, by path; docs/rules.md has the format.
 *
 * Read once, then shared by all threads. */
#pragma once

#include "findings/suppressor.h"

typedef struct AllowList AllowList;

AllowList *allow_list_new(void);
void allow_list_free(AllowList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AllowList, allow_list_free)

/* Adds a file's entries; of a file with a mistake, an unknown part. INVALID has all mistakes, a line each,
 * "file:line:column: what was expected", 20 at most and then how many more; TOO_LARGE; NOT_FOUND. */
FALLIBLE bool allow_list_read(
    AllowList *list, const char *path, const RuleSet *rules, const FingerprintKey *key, GError **error);

/* *ret_cause is written only if an entry covers it: the first one by pattern or path, else by fingerprint. Its texts
 * are the list's. */
bool allow_list_covers(const AllowList *list, const SuppressorQuery *query, SuppressCause *ret_cause);
