/* Progress on standard error: one line that is rewritten on a terminal, a plain line every few seconds elsewhere. */
#pragma once

#include "jobs/jobs.h"
#include "worker/worker.h"

typedef enum ProgressMode { PROGRESS_QUIET, PROGRESS_PLAIN, PROGRESS_TERMINAL } ProgressMode;

typedef struct Progress {
    ProgressMode mode;
    int64_t started_ms, next_ms;
    uint64_t settled_before; /* by an earlier process: does not count into the rate */
    bool has_line;
    bool has_settled_before;
} Progress;

/* PROGRESS_TERMINAL if standard error is a terminal that can move its cursor. */
ProgressMode progress_mode_of_terminal(void);

void progress_start(Progress *progress, ProgressMode mode);

/* How long until progress_show() has something to show. */
int64_t progress_interval_ms(const Progress *progress);

/* Shows where the job is, at most as often as the mode wants. live is what unfinished pages have done. */
void progress_show(Progress *progress, const JobStatus *status, const WorkerLive *live);

/* Ends the line, so that other output can follow. */
void progress_end(Progress *progress);
