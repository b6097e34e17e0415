/* From the rows of a job to what its status says: the rules of the status, without a database. Inside jobs/ only. */
#pragma once

#include "jobs/jobs.h"

typedef enum JobMode { JOB_ASYNC, JOB_SYNC, JOB_LEGACY } JobMode;

/* What the rules are about. */
typedef struct JobFacts {
    JobMode mode; /* decides without an execution */
    bool has_execution;
    const char *execution_status; /* NULL: nothing known of it */
    uint64_t open_shards;
    int64_t now_ms;
} JobFacts;

/* Fills status, status_message, is_listing_complete, progress_percent, objects_per_second and eta_seconds from the
 * facts and from the counts that are in the status. */
void job_status_judge(JobStatus *status, const JobFacts *facts);

/* (settled / total) * 100 with two decimals; never 100 before all are settled. */
double job_progress_percent(uint64_t settled, uint64_t total);
