/* The function `trawl` that the scanner's state machine invokes: one batch of a job's listing. */
#pragma once

#include "app/source_pool.h"
#include "workflow/workflow.h"

typedef struct BatchTask {
    Db *db;
    SourcePool *sources;
} BatchTask;

/* A TaskFunction; data is a BatchTask. Input and output are the reference's. */
bool batch_task_run(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error);
