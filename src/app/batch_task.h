/* The function `trawl` that the scanner's state machine invokes: one batch of a job's listing. */
#pragma once

#include "app/source_pool.h"
#include "base/ids.h"
#include "workflow/workflow.h"

typedef struct BatchTask {
    Db *db;
    SourcePool *sources;
} BatchTask;

/* Lists the job to its end, batch by batch, in the caller's thread. *ret_objects: of the whole job. CONFLICT if
 * somebody cancels it meanwhile. */
FALLIBLE bool batch_task_list_all(BatchTask *task, const JobId *id, uint64_t *ret_objects, GError **error);

/* A TaskFunction; data is a BatchTask. Input and output are the reference's. */
bool batch_task_run(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error);
