/* The key space of a job becomes batches and pages.
 *
 * One batch lists up to batch_size keys from the shard's cursor and stores them as pages, together with the new cursor
 * and the counters, in one transaction guarded by where it started: exactly once, whoever repeats it. */
#pragma once

#include "base/error.h"
#include "base/ids.h"
#include "objects/source.h"
#include "store/db.h"

enum {
    LISTING_BATCH_SIZE_DEFAULT = 10000,
    LISTING_PAGE_OBJECTS = 1000,
    LISTING_FIRST_PAGE_OBJECTS = 50,
    LISTING_FIRST_PAGES = 4 /* that many small pages at the start of a job, so that progress shows at once */
};
#define LISTING_PAGE_BYTES (UINT64_C(256) << 20)

/* What filters leave out: such objects enter no page and no total, and are counted by reason. */
typedef struct ListingFilter {
    const char *const *include; /* globs on the whole key ('*' also crosses '/'); NULL or empty: everything */
    const char *const *exclude;
    uint64_t max_object_bytes; /* 0: no limit */
} ListingFilter;

typedef struct BatchRequest {
    JobId job_id;
    const char *prefix;
    ObjectSource *source;
    ListingFilter filter;
    uint32_t batch_size; /* 0: the default */
} BatchRequest;

typedef struct BatchResult {
    char *continuation_token;   /* a hint for people: the last key; NULL when done */
    uint64_t objects_processed; /* of the whole job so far, read from the store */
    uint64_t batch_size;        /* objects stored by this call */
    uint64_t pages_enqueued;
    bool is_done;
} BatchResult;

void batch_result_clear(BatchResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BatchResult, batch_result_clear)

/* Lists and stores one batch. CONFLICT cannot happen to the caller: somebody else's commit is simply built upon. */
FALLIBLE bool listing_process_batch(Db *db, const BatchRequest *request, BatchResult *ret_result, GError **error);
