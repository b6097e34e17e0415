/* Internal to workflow/: an execution's change of status as the event that EventBridge carries of it.
 *
 * Shape: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, with every field of today's
 * detail; what there is none of is null. */
#pragma once

#include "workflow/executions.h"

/* "Step Functions Execution Status Change" for the status that the execution has now; a new reference. refusal: why it
 * cannot be redriven, or NULL. Its id is made
 * from what it tells, so that the same change is the same event whoever tells of it. Input, or input and output, are
 * left out ("included": false) where they are too large for an event. */
json_t *status_event_json(const ExecutionRecord *record, const char *refusal);

/* What is needed of the execution with this ARN: input and all that DescribeExecution tells, no definition.
 * NOT_FOUND if there is none. */
FALLIBLE bool status_event_read(DbTx *tx, const char *arn, ExecutionRecord *ret_record, GError **error);
