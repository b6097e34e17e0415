/* Allow lists: what may be there, by fingerprint, by a pattern of the value, by path; docs/rules.md has the format.
 *
 * Read once, then shared by all threads. */
#pragma once

#include "findings/suppressor.h"

typedef struct AllowList AllowList;

AllowList *allow_list_new(void);
void allow_list_free(AllowList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AllowList, allow_list_free)

/* Adds a file's entries. INVALID says "file:line: what was expected"; TOO_LARGE; NOT_FOUND. */
FALLIBLE bool allow_list_read(
    AllowList *list, const char *path, const RuleSet *rules, const FingerprintKey *key, GError **error);

/* *ret_cause is written only if an entry covers it: the first one by pattern or path, else by fingerprint. Its texts
 * are the list's. */
bool allow_list_covers(const AllowList *list, const SuppressorQuery *query, SuppressCause *ret_cause);
