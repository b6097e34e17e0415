/* The composition root of everything that runs jobs: store, rules, workflow, queue, sources and workers, wired up the
 * same for `trawl scan` and `trawl serve`. */
#pragma once

#include "app/command.h"
#include "base/ids.h"
#include "detect/detect.h"
#include "findings/findings.h"
#include "jobs/job_options.h"
#include "rulebook/rulebook.h"
#include "store/db_wake.h"
#include "worker/worker.h"
#include "workflow/workflow.h"

typedef struct Engine Engine;

typedef enum EngineWork {
    ENGINE_SCANS, /* lists jobs and scans their pages */
    ENGINE_LISTS, /* leaves the pages to workers elsewhere */
} EngineWork;

typedef struct EngineOptions {
    const char *store; /* --store, or NULL */
    char **rules;      /* --rules, or NULL */
    RuleDefaults rule_defaults;
    char **allow_files;               /* --allow, or NULL */
    const char *baseline_file;        /* --baseline, or NULL */
    const char *fingerprint_key_file; /* NULL: beside the store */
    const char *ca_file;              /* for TLS to object stores, NULL for the system's */
    ScanOptions scan;
    uint32_t scan_threads, concurrency;
    EngineWork work;
    int64_t lease_ms; /* of pages and executions; 0: their defaults */
    WorkerPatience patience;
} EngineOptions;

FALLIBLE bool engine_open(const EngineOptions *options, Engine **ret_engine, GError **error);
void engine_close(Engine *engine); /* stops what runs */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_close)

Db *engine_db(Engine *engine);
Workflow *engine_workflow(Engine *engine);
DbWake *engine_db_wake(Engine *engine);
RuleSet *engine_rules(Engine *engine); /* of the installation */
Rulebook *engine_rulebook(Engine *engine);
const FingerprintKey *engine_key(Engine *engine);

/* Checks before a job is made that its bucket or directory can be listed at all. */
FALLIBLE bool engine_probe(
    Engine *engine, const char *bucket, const char *prefix, const char *options_json, GError **error);

/* Lists a job in the caller's thread; see batch_task_list_all(). */
FALLIBLE bool engine_list(Engine *engine, const JobId *id, uint64_t *ret_objects, GError **error);

/* Starts the workflow's runner and the workers: for one job of this runner, or (NULL, NULL) for all jobs without one.
 */
FALLIBLE bool engine_start(Engine *engine, const char *runner, const JobId *job_id, GError **error);
/* Breaks off what is fetched from object stores, for good: before engine_stop() when the process is ending, so that a
 * server that hangs does not delay it. */
void engine_cancel(Engine *engine);
/* Stops both; engine_start() may follow. */
void engine_stop(Engine *engine);

/* A job has come: look now instead of at the next poll. */
void engine_wake(Engine *engine);

/* What workers have done on unfinished pages. */
WorkerLive engine_live(Engine *engine);
/* Whether the workers or the runner gave up, and why. */
bool engine_failure(Engine *engine, GError **ret_error);
