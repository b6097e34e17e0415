/* A job's life: create, status, list, cancel, pause, retry, prune. Every change is one transaction with a guard, or a
 * row of such transactions each of which leaves the job consistent and which a repetition completes. Any thread. A
 * pruned job is NOT_FOUND from then on for every function here. */
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

/* A WorkflowSuccessor, its data the Workflow: an execution's history is nearly full, and the listing of its job goes on
 * in the next execution of the chain, scan-<job_id>-g2, …; the job is the same throughout. */
FALLIBLE bool job_continue(void *workflow, DbTx *tx, const char *execution_arn, const json_t *input, GError **error);

/* Job row with its execution's ARN, shard plan, first counters and the execution itself: one transaction. */
FALLIBLE bool job_create(Db *db, Workflow *workflow, const JobSpec *spec, JobId *ret_id, GError **error);

/* The same without an execution: whoever calls it lists the job at once, and removes it with job_discard() if that
 * fails. If it dies over that, jobs_adopt_listings() sees to the job. */
FALLIBLE bool job_create_sync(Db *db, const JobSpec *spec, JobId *ret_id, GError **error);

/* Gives the jobs of job_create_sync() whose listing has stood still for silent_ms to the workflow, which finishes it:
 * from then on they have an execution. Their lister may be alive after all: both build on the same shard, so that every
 * key is still listed once. *ret_jobs: how many. */
FALLIBLE bool jobs_adopt_listings(Db *db, Workflow *workflow, int64_t silent_ms, uint32_t *ret_jobs, GError **error);

/* A WorkflowRedriveGuard without data: a job goes on in the next execution of its chain, with its pages and counters,
 * which is what job_retry() is for. */
FALLIBLE bool job_redrive_refusal(
    void *unused, DbTx *tx, const char *execution_arn, char **ret_refusal, GError **error);

/* Failed objects by reason: the stable name of an error kind ("too_large"), or "poison". */
typedef struct FailureCount {
    char *reason;
    uint64_t objects;
} FailureCount;

/* Everything GET /jobs/{id} tells. Counts are exact in real time, or those of the snapshot. */
typedef struct JobStatus {
    JobId job_id;
    char *bucket, *prefix, *options, *runner;
    int64_t created_ms, updated_ms;
    char status[16]; /* listing, processing, completed, failed, aborted */
    char *status_message;
    char *execution_status; /* RUNNING …; NULL without an execution, or when its status cannot be known */
    char *execution_arn;    /* or NULL */
    char *error, *cause;    /* of a failed execution, or NULL */
    char *waiting_for;      /* why its pages were given back; NULL: no reason, or the job is over */
    bool is_paused;
    bool is_listing_complete;
    uint64_t total, queued, processing, succeeded, failed, skipped;
    uint64_t bytes_total, bytes_done, total_findings;
    GArray *failures;          /* FailureCount, in order of reason; as old as the counts; their sum is failed */
    double progress_percent;   /* two decimals */
    double objects_per_second; /* settled objects: alive: lately (1 to 2 refreshes); paused: 0; over: the average of its
                                  life without pauses and idle times */
    int64_t eta_seconds;       /* -1: not known (still listing, paused, nobody works on it); 0 when completed */
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
    int64_t from_ms, to_ms;    /* created from (included) to (not included); to_ms 0: no end */
    int64_t before_created_ms; /* keyset paging, newest first; 0 from the newest */
    const char *before_id;     /* ties; "" from the newest */
    uint32_t limit;            /* 0: all */
} JobQuery;

/* Where a list of jobs goes on: before_created_ms and before_id of the next query. created_ms 0: there is no more. */
typedef struct JobPosition {
    int64_t created_ms;
    JobId id;
} JobPosition;

typedef bool (*JobVisitor)(void *data, const JobStatus *status, GError **error);

/* Newest first, in real time; walks on until the limit is reached or the jobs end. */
FALLIBLE bool jobs_visit(Db *db, const JobQuery *query, JobVisitor visitor, void *data, GError **error);

/* The same with bounded work, for answers that must not take long: looks at JOBS_LOOK_MAX jobs at most, however few of
 * them have the status, and says where to go on. So a page may be short, or empty, and not be the last. */
#define JOBS_LOOK_MAX 1000
FALLIBLE bool jobs_visit_page(
    Db *db, const JobQuery *query, JobVisitor visitor, void *data, JobPosition *ret_next, GError **error);

/* The execution is ABORTED, unfinished pages are dropped: who works on one gets LOST_LEASE, its objects count as
 * queued. What was found stays. No change if the job is aborted already; CONFLICT, with its status, if it is over
 * otherwise. */
FALLIBLE bool job_cancel(Db *db, Workflow *workflow, const JobId *id, GError **error);

/* Its pages are given back and tried again: the reason is in its status until one of them is finished. No scanned
 * content. */
FALLIBLE bool job_waits(Db *db, const JobId *id, const char *reason, GError **error);
/* One is: inside the transaction that says so, behind the job's counters. */
FALLIBLE bool job_waits_no_more(DbTx *tx, const JobId *id, GError **error);

/* As if it had never been made: cancelled and hidden at once, whatever it has found. A job that is over or gone stays
 * as it is. */
FALLIBLE bool job_discard(Db *db, Workflow *workflow, const JobId *id, GError **error);

/* A paused job's pages are not handed out; leased ones are finished, listing goes on. The status stays what it is. No
 * change if it is so already; CONFLICT, with its status, if the job is over. */
FALLIBLE bool job_pause(Db *db, const JobId *id, GError **error);
FALLIBLE bool job_resume(Db *db, const JobId *id, GError **error);

typedef enum JobRetryScope {
    JOB_RETRY_FAILED, /* objects that failed */
    JOB_RETRY_ALL,    /* every object of the pages that are done; their findings are taken back */
} JobRetryScope;

typedef struct JobRetried {
    uint64_t objects;    /* queued again by this call */
    uint64_t pages;      /* their pages; those that were dropped and are claimable again are counted, too */
    bool is_continued;   /* listing goes on in a new execution */
    char *execution_arn; /* the latest, or NULL */
} JobRetried;

void job_retried_clear(JobRetried *retried);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobRetried, job_retried_clear)

/* Also goes on with a job that failed or was cancelled: its dropped pages can be claimed again, and listing goes on
 * where it was in the next execution of the chain. Pages that are leased now are left to their workers. A big
 * job takes several transactions; if it fails in between, the job is consistent, and the same call again does the rest.
 * CONFLICT when there is nothing to retry, and for a legacy job. ret_retried may be NULL. */
FALLIBLE bool job_retry(
    Db *db, Workflow *workflow, const JobId *id, JobRetryScope scope, JobRetried *ret_retried, GError **error);

typedef struct JobsStatistics {
    /* in_progress: listing or processing; paused ones are among them */
    uint64_t total_jobs, completed_jobs, in_progress_jobs, failed_jobs, aborted_jobs, paused_jobs;
    uint64_t total_objects, total_findings, bytes_total, bytes_done;
    double average_progress; /* percent */
    bool is_cached;
    int64_t cache_refreshed_ms, cache_duration_ms; /* only when cached */
} JobsStatistics;

/* Over all jobs. JOB_CACHED falls back to real time while there is no snapshot. */
FALLIBLE bool jobs_statistics(Db *db, JobFreshness freshness, JobsStatistics *ret_statistics, GError **error);

/* One object of a job; borrowed until the visitor returns. */
typedef struct JobObject {
    const char *key; /* percent-escaped where is_escaped */
    bool is_escaped;
    const char *status; /* queued, processing, succeeded, failed, skipped */
    uint64_t size_bytes;
    const char *etag;
    bool is_legacy;                         /* an older scanner's: neither size nor etag nor reason is known */
    const char *error_code, *error_message; /* NULL unless it failed or was skipped */
    uint32_t attempts;                      /* times its page was begun with it pending, so far as that is kept */
    int64_t updated_ms;
} JobObject;
typedef bool (*ObjectVisitor)(void *data, const JobObject *object, GError **error);

/* A place in the order of the listing; opaque text, "" is the beginning. Stable under every change of the job. */
typedef struct ObjectPosition {
    char text[48];
} ObjectPosition;

typedef struct ObjectQuery {
    const char *status;   /* NULL: all */
    ObjectPosition after; /* from the answer before; INVALID if it is none of ours */
    uint32_t limit;       /* 0: all that bounded work finds */
} ObjectQuery;

/* In the order of the listing. Work is bounded whatever the status; failed and skipped come from their own rows.
 * ret_next (may be NULL) is where to go on, "" at the end: a page may be short and not be the last. NOT_FOUND without
 * the job, INVALID for an unknown status. */
FALLIBLE bool job_objects_visit(Db *db, const JobId *id, const ObjectQuery *query, ObjectVisitor visitor, void *data,
    ObjectPosition *ret_next, GError **error);

/* Calls the visitor for the object with this key, by a range search over the pages; *ret_is_found says whether. */
FALLIBLE bool job_object_find(
    Db *db, const JobId *id, const char *key, ObjectVisitor visitor, void *data, bool *ret_is_found, GError **error);

/* Hides the jobs that are over and have not changed since before_ms, for good: they are NOT_FOUND at once. Never one
 * that is listing, processing or paused. *ret_jobs: how many. */
FALLIBLE bool jobs_prune(Db *db, int64_t before_ms, uint64_t *ret_jobs, GError **error);

/* The same without doing it. */
FALLIBLE bool jobs_prune_count(Db *db, int64_t before_ms, uint64_t *ret_jobs, GError **error);

/* Deletes rows of hidden jobs, up to about max_rows in one short transaction. *ret_has_more: call it again. Killed
 * anywhere, the next call goes on. */
FALLIBLE bool jobs_free_deleted(Db *db, uint32_t max_rows, bool *ret_has_more, GError **error);

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

/* How many objects of a job were skipped for this reason. Looks at all that were skipped. */
FALLIBLE bool job_count_skipped(Db *db, const JobId *id, ErrorKind reason, uint64_t *ret_count, GError **error);

/* What filters left out: reason, objects, bytes. */
typedef bool (*ExcludedVisitor)(void *data, const char *reason, uint64_t objects, uint64_t bytes, GError **error);
FALLIBLE bool job_visit_excluded(Db *db, const JobId *id, ExcludedVisitor visitor, void *data, GError **error);

/* Rewrites the snapshot of every job: O(jobs). */
FALLIBLE bool jobs_refresh_progress(Db *db, GError **error);

/* The same if the last refresh is older than interval_ms; of several processes that ask at once, one does it. */
FALLIBLE bool jobs_refresh_if_stale(Db *db, int64_t interval_ms, bool *ret_is_refreshed, GError **error);

/* When and how long the last refresh was; refreshed_ms 0: never. */
FALLIBLE bool jobs_refresh_state(Db *db, int64_t *ret_refreshed_ms, int64_t *ret_duration_ms, GError **error);

/* Checks the invariants of a job: counters = sums over pages and exceptions, queued + processing + succeeded + failed +
 * skipped = total, failures by reason, every key in one page, findings only on finished pages. *ret_drift: one line
 * each, NULL if none. */
FALLIBLE bool job_verify(Db *db, const JobId *id, char **ret_drift, GError **error);

/* Looks at the next jobs in turn, max_jobs at most, without their keys: cheap enough for every minute. The visitor
 * hears of each that does not hold; nothing is repaired. *position is "" at first, then kept by the caller; it is ""
 * again after the last job. */
typedef bool (*DriftVisitor)(void *data, const JobId *id, const char *drift, GError **error);
FALLIBLE bool jobs_reconcile_drift(
    Db *db, JobId *position, uint32_t max_jobs, DriftVisitor visitor, void *data, GError **error);
