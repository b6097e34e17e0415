/* Scan threads that all lanes share: each has its own ObjectScanner and takes one object after another.
 *
 * A task owns its stream; its handler runs on the scan thread and is always called once, also for a task that was
 * dropped because the pool is ending or its page no longer wants it. */
#pragma once

#include "base/error.h"
#include "objects/source.h"
#include "worker/scan_object.h"

typedef struct ScanPool ScanPool;
typedef struct ScanTask ScanTask;

struct ScanTask {
    ObjectStream *stream; /* owned */
    const char *name;     /* borrowed from the page */
    RuleSet *rules;       /* borrowed until done() */
    uint32_t ordinal;
    /* Before the object is read, and again while it is: whether anybody still wants the result. */
    bool (*is_wanted)(void *data);
    /* bytes just read of this object: for live progress. */
    void (*progressed)(void *data, uint64_t bytes);
    /* The stream is closed by then. result is borrowed; NULL if the object was not scanned: then error says why, or is
     * NULL if nobody wanted it. */
    void (*done)(void *data, uint32_t ordinal, const ScanResult *result, const GError *error);
    void *data;
};

typedef struct ScanPoolOptions {
    RuleSet *rules; /* of most tasks */
    const FingerprintKey *key;
    ScanOptions scan;
    uint32_t threads; /* 0: one a core */
} ScanPoolOptions;

FALLIBLE bool scan_pool_start(const ScanPoolOptions *options, ScanPool **ret_pool, GError **error);
void scan_pool_push(ScanPool *pool, ScanTask *take_task);
/* After the last push: waits for the threads. */
void scan_pool_stop(ScanPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScanPool, scan_pool_stop)
