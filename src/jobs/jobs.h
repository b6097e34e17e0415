/* A job's life: create, status, list. Every change is one transaction with a guard. Any thread. */
#pragma once

#include "base/error.h"
#include "base/ids.h"
#include "store/db.h"
#include "workflow/workflow.h"

#define JOB_MACHINE    "s3-scanner"
#define JOB_FUNCTION   "trawl"
#define JOB_REFRESH_MS 60000

typedef struct JobSpec {
    const char *bucket;  /* a bucket, or file:///absolute/dir */
    const char *prefix;  /* "" for all */
    const char *options; /* JSON object, see jobs/job_options.h; NULL for {} */
    const char *runner;  /* NULL: any server may run it */
    const char *rules_id;
} JobSpec;

/* Job row with its execution's ARN, shard plan, first counters and the execution itself: one transaction. */
FALLIBLE bool job_create(Db *db, Workflow *workflow, const JobSpec *spec, JobId *ret_id, GError **error);

/* Everything GET /jobs/{id} tells. Counts are exact in real time, or those of the snapshot. */
typedef struct JobStatus {
    JobId job_id;
    char *bucket, *prefix, *options, *runner;
    int64_t created_ms, updated_ms;
    char status[16]; /* listing, processing, completed, failed, aborted */
    char *status_message;
    char *execution_status; /* RUNNING …; NULL without an execution */
    char *execution_arn;    /* or NULL */
    char *error, *cause;    /* of a failed execution, or NULL */
    bool is_paused;
    bool is_listing_complete;
    uint64_t total, queued, processing, succeeded, failed, skipped;
    uint64_t bytes_total, bytes_done, total_findings;
    double progress_percent;   /* two decimals */
    double objects_per_second; /* since the job began, over settled objects */
    int64_t eta_seconds;       /* -1: not known */
    bool is_cached;
    int64_t cache_refreshed_ms, cache_duration_ms; /* only when cached */
} JobStatus;

void job_status_clear(JobStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobStatus, job_status_clear)

typedef enum JobFreshness { JOB_CACHED, JOB_REAL_TIME } JobFreshness;

/* NOT_FOUND if there is no such job. JOB_CACHED falls back to real time for a job younger than the
 * refresh interval, missing from the snapshot, or of another epoch than the snapshot. */
FALLIBLE bool job_status(Db *db, const JobId *id, JobFreshness freshness, JobStatus *ret_status, GError **error);

typedef struct JobQuery {
    const char *status;        /* NULL: all */
    const char *bucket;        /* NULL: all */
    int64_t before_created_ms; /* keyset paging, newest first; 0 from the newest */
    const char *before_id;     /* ties; "" from the newest */
    uint32_t limit;
} JobQuery;

typedef bool (*JobVisitor)(void *data, const JobStatus *status, GError **error);

/* Newest first, in real time. */
FALLIBLE bool jobs_visit(Db *db, const JobQuery *query, JobVisitor visitor, void *data, GError **error);

/* Takes a job over that a dead process of this host ran (trawl scan --resume): its leases end, its runner changes.
 * CONFLICT if that process lives, or is another host's. */
FALLIBLE bool job_take_over(Db *db, const JobId *id, const char *runner, GError **error);

/* Takes note of executions that ended: their jobs' epoch rises, and if the job failed or was aborted, its unfinished
 * pages are dropped (nobody can claim or finish them; they still count as queued). Each once, whoever calls it and how
 * often; cheap when there is nothing to do. Call it after each step of the workflow. */
FALLIBLE bool jobs_reconcile(Db *db, GError **error);

/* Objects that were not read. */
typedef struct UnreadObject {
    const char *key, *status, *error_code, *error_message;
    uint32_t attempts;
} UnreadObject;
typedef bool (*UnreadVisitor)(void *data, const UnreadObject *object, GError **error);
FALLIBLE bool job_visit_unread(Db *db, const JobId *id, UnreadVisitor visitor, void *data, GError **error);

/* What filters left out: reason, objects, bytes. */
typedef bool (*ExcludedVisitor)(void *data, const char *reason, uint64_t objects, uint64_t bytes, GError **error);
FALLIBLE bool job_visit_excluded(Db *db, const JobId *id, ExcludedVisitor visitor, void *data, GError **error);

/* Rewrites the snapshot of every job: O(jobs). */
FALLIBLE bool jobs_refresh_progress(Db *db, GError **error);

/* Checks the invariants of a job: counters = sums over pages and exceptions, queued + processing + succeeded + failed +
 * skipped = total, every key in one page, findings only on finished pages. *ret_drift: one line each, NULL if none. */
FALLIBLE bool job_verify(Db *db, const JobId *id, char **ret_drift, GError **error);
