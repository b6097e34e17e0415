/* `trawl serve --sync`: a request that makes a job lists it before it is answered. An error answers instead, and leaves
 * no job. Any thread. */
#pragma once

#include "app/engine.h"
#include "jobs/jobs.h"

#include <stdatomic.h>

enum { SCAN_NOW_MAX = 8 };

typedef struct ScanNow {
    Engine *engine;
    _Atomic int running;
} ScanNow;

/* BUSY beyond SCAN_NOW_MAX at once. */
FALLIBLE bool scan_now(ScanNow *scans, const JobSpec *spec, JobId *ret_id, uint64_t *ret_objects, GError **error);
