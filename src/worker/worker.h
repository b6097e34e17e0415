/* Workers: claim a page, scan its objects on all cores, finish it in one transaction.
 *
 * A Worker owns a few lanes, each a thread that has one page at a time, and one pool of scan threads that all lanes
 * share. A lane keeps many fetches in flight ahead of the scan threads. Pages of a store of objects that cannot be
 * reached, or whose credentials ran out, are given back and never fail their objects. */
#pragma once

#include "base/error.h"
#include "base/ids.h"
#include "detect/detect.h"
#include "findings/findings.h"
#include "objects/source.h"
#include "queue/queue.h"
#include "store/db_wake.h"
#include "worker/scan_object.h"

typedef struct Worker Worker;

/* Where a page's objects come from. acquire() gives a shared source that stays open until it is released. */
typedef struct SourceProvider {
    bool (*acquire)(
        void *data, const char *bucket, const char *options_json, ObjectSource **ret_source, GError **error);
    void (*release)(void *data, ObjectSource *source);
    void *data;
} SourceProvider;

/* With which rules a job's objects are scanned: a new reference. */
typedef struct RulesProvider {
    bool (*of_job)(void *data, const JobId *id, RuleSet **ret_rules, GError **error); /* NULL: all with the worker's */
    void *data;
} RulesProvider;

typedef enum WorkerPatience {
    WORKER_GIVES_UP, /* a command line: what does not go away soon becomes worker_failure() */
    WORKER_KEEPS_ON, /* a server: backs off and tries for ever */
} WorkerPatience;

typedef struct WorkerOptions {
    Db *db; /* borrowed, as all here */
    Queue *queue;
    RuleSet *rules;
    const FingerprintKey *key;
    SourceProvider sources;
    RulesProvider job_rules;
    ScanOptions scan;
    ClaimScope scope;      /* owner is the prefix; each lane adds its number; strings are copied */
    uint32_t scan_threads; /* 0: one a core */
    uint32_t lanes;        /* 0: 2 */
    uint32_t concurrency;  /* fetches in flight over all lanes; 0: 32 */
    int64_t lease_ms;      /* 0: 60 s */
    int64_t retry_ms;      /* before what the store of objects did not give is tried again; doubled each time. 0: 1 s */
    WorkerPatience patience;
    DbWake *wake; /* NULL: the worker opens one of its own */
    /* The command that scans one object after another in a process of its own, see worker/trial.h; copied. NULL: a page
     * that is abandoned again and again is scanned like any other. */
    const char *const *trial_argv;
} WorkerOptions;

FALLIBLE bool worker_start(const WorkerOptions *options, Worker **ret_worker, GError **error);

/* Look for pages now: what the store did not tell of itself. */
void worker_wake(Worker *worker);

/* Ends soon: objects under way are broken off, their pages given back. Then frees. NULL is fine. */
void worker_stop(Worker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, worker_stop)

/* What is done on pages that are not finished yet, so that progress can be told object by object. */
typedef struct WorkerLive {
    uint64_t objects, failed, skipped, bytes, findings;
} WorkerLive;
WorkerLive worker_live(Worker *worker);

/* Whether the worker gave up; then a copy of the reason. */
bool worker_failure(Worker *worker, GError **ret_error);
