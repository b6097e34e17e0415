/* One claimed page, from its first fetch to the transaction that finishes it. */
#pragma once

#include "findings/findings.h"
#include "queue/queue.h"
#include "worker/scan_pool.h"
#include "worker/worker.h"

/* Numbers of all pages under way in this process; added to while objects are scanned, taken back when their page ends.
 */
typedef struct LiveCounters {
    _Atomic uint64_t objects, failed, skipped, bytes, findings;
} LiveCounters;

typedef struct PageContext {
    Db *db;
    Queue *queue;
    ScanPool *pool;
    RuleSet *rules;
    ObjectSource *source;
    int64_t lease_ms;
    int64_t release_delay_ms; /* how long the job rests when the page is given back */
    int64_t retry_ms;         /* before the second try of an object, doubled each time */
    uint32_t max_in_flight;
    const char *const *trial_argv; /* NULL: no page is isolated */
    int64_t max_object_ms;
    int64_t store_patience_ms; /* for how long a commit is tried again while the store cannot be reached */
    LiveCounters *live;
    const _Atomic bool *is_stopping;
} PageContext;

typedef enum PageEnd {
    PAGE_DONE,     /* finished and committed */
    PAGE_LOST,     /* somebody else has it now; nothing was written */
    PAGE_RELEASED, /* given back: *ret_reason says why (the store of objects), or NULL when we are stopping */
} PageEnd;

/* Whether a store that is away, or busy, may soon be there again. */
bool store_trouble_passes(const GError *error);

/* False only when the store fails; the page's lease then runs out by itself. */
FALLIBLE bool page_run(
    const PageContext *context, const Claim *claim, PageEnd *ret_end, GError **ret_reason, GError **error);
