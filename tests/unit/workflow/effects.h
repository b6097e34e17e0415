/* Tests only: a task with an effect in the store, so that it is seen whether it happened once. */
#pragma once

#include "workflow/workflow.h"

/* A task inside the step's transaction (workflow_register_tx_task): one effect more; its output is "counted". */
bool effects_add(
    void *unused, DbTx *tx, const TaskCall *call, json_t **ret_output, TaskError *ret_error, GError **error);

/* So many so far. Asserts that there is one. */
int64_t effects_in(Db *db);
