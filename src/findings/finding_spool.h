/* The findings of a page's objects, packed until the page is finished: in memory while they are few, in an unlinked
 * temporary file when they are many, so that a page full of secrets costs disk and not memory. Masked values and
 * fingerprints only, as in the store. One thread at a time. */
#pragma once

#include "findings/findings.h"

typedef struct FindingSpool FindingSpool;

/* memory_bytes: how much is held before the file is made. */
FindingSpool *finding_spool_new(RuleSet *rules, size_t memory_bytes);
void finding_spool_free(FindingSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FindingSpool, finding_spool_free)

/* Packs the set under the object's ordinal; at most once an object. IO or NO_SPACE if the file cannot be written. */
FALLIBLE bool finding_spool_add(FindingSpool *spool, uint32_t ordinal, const FindingSet *set, GError **error);

/* Rows so far. */
uint64_t finding_spool_size(const FindingSpool *spool);

/* Fills in the place of the object with this ordinal (key, ordinal); the rest of the place is the page's. */
typedef const char *(*FindingKeyOf)(const void *data, uint32_t ordinal);

/* Stores everything in order of ordinal. page: job, bucket, shard, page number. May be called again after a rollback.
 */
FALLIBLE bool finding_spool_store(
    FindingSpool *spool, DbTx *tx, const FindingPlace *page, FindingKeyOf key_of, const void *data, GError **error);
