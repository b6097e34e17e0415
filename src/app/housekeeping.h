/* What somebody of a fleet has to do now and then: free pages whose holder is gone, take the snapshot of all jobs, take
 * note of executions that ended, look for drift, have listings finished whose process
 * died, delete what was pruned. Of all processes on one store one does it at a
 * time. A thread of its own. */
#pragma once

#include "queue/queue.h"
#include "store/db.h"
#include "workflow/workflow.h"

typedef struct Housekeeping Housekeeping;

typedef enum HousekeepingDuty {
    HOUSEKEEPING_OF_FLEET, /* all of it */
    HOUSEKEEPING_OF_SCAN,  /* pages only: a command line for one job */
} HousekeepingDuty;

typedef struct HousekeepingOptions {
    Db *db; /* borrowed, as all here, until the stop */
    Queue *queue;
    Workflow *workflow;
    const char *rules_id;
    HousekeepingDuty duty;
    int64_t lease_ms; /* of pages; 0: the default */
} HousekeepingOptions;

Housekeeping *housekeeping_start(const HousekeepingOptions *options);
void housekeeping_stop(Housekeeping *housekeeping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Housekeeping, housekeeping_stop)
