/* Internal to listing/: where the listing of a shard stands, and the transaction that moves it on. */
#pragma once

#include "listing/listing_filter.h"
#include "listing/page_builder.h"

/* A row of listing_shards as it was read; its cursor is the guard of the next step. */
typedef struct Shard {
    JobId job_id;
    uint32_t shard;
    char *lo, *hi; /* hi may be NULL */
    char *cursor, *hint;
    uint32_t next_page;
    int64_t fence;
    bool is_done;
} Shard;

void shard_clear(Shard *shard);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shard, shard_clear)

typedef struct ExcludedCount {
    uint64_t objects, bytes;
} ExcludedCount;

/* What was listed behind the shard's cursor and is to be stored with its move. */
typedef struct ShardStep {
    PageBuilder pages;
    ExcludedCount excluded[EXCLUSION_COUNT];
    char *cursor, *hint; /* the new ones */
    uint32_t listed;     /* keys, also those left out */
    bool is_last;
} ShardStep;

void shard_step_init(ShardStep *step, const Shard *shard);
void shard_step_clear(ShardStep *step);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ShardStep, shard_step_clear)

/* NOT_FOUND without such a shard. *ret_total: objects of the whole job so far. */
FALLIBLE bool shard_read(Db *db, const JobId *job_id, Shard *ret_shard, uint64_t *ret_total, GError **error);

/* Pages, counters, exclusions and cursor in one transaction. *ret_stored false: the shard is no longer where it was
 * read, and nothing was written. The shard moves on with it. */
FALLIBLE bool shard_advance(Db *db, Shard *shard, ShardStep *step, bool *ret_stored, GError **error);
