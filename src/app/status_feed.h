/* The store's execution index, fed by a workflow: whoever changes executions has one. */
#pragma once

#include "index/execution_index.h"
#include "workflow/workflow.h"

/* db and workflow are borrowed; close the index after the workflow. */
ExecutionIndex *status_feed_open(Db *db, Workflow *workflow);
