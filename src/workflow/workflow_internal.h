/* Internal to workflow/: what several of its files need of a Workflow. */
#pragma once

#include "workflow/execution_row.h"
#include "workflow/workflow.h"

/* What the guard says; *ret_refusal NULL without one. */
FALLIBLE bool workflow_guard_redrive(Workflow *workflow, DbTx *tx, const char *arn, char **ret_refusal, GError **error);

/* Tells the sink of an execution's status, after its row has it, in the same transaction. */
FALLIBLE bool workflow_tell_status(Workflow *workflow, DbTx *tx, const char *execution_arn, GError **error);
