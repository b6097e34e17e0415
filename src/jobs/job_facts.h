/* From the rows of a job to what its status says: the rules of the status, without a database. Inside jobs/ only. */
#pragma once

#include "jobs/jobs.h"

typedef enum JobMode { JOB_ASYNC, JOB_SYNC, JOB_LEGACY } JobMode;

/* What the rules are about. */
typedef struct JobFacts {
    JobMode mode;                 /* decides without an execution */
    const char *execution_status; /* NULL: there is none, or nothing is known of it */
    bool is_cancelled;            /* decides where no execution can */
    uint64_t open_shards;
    int64_t base_ms;       /* the speed is measured from here … */
    uint64_t base_settled; /* … when so many objects were settled */
    int64_t idle_ms;       /* of the job's life, when nobody worked on it */
    int64_t now_ms;        /* when the counts were taken */
} JobFacts;

/* completed, failed or aborted: nothing more happens unless somebody asks for it. */
bool job_status_is_over(const JobStatus *status);

/* Fills status, status_message, is_listing_complete, progress_percent, objects_per_second and eta_seconds from the
 * facts and from the counts that are in the status. */
void job_status_judge(JobStatus *status, const JobFacts *facts);

/* (settled / total) * 100 with two decimals; never 100 before all are settled. */
double job_progress_percent(uint64_t settled, uint64_t total);
