/* What `trawl workflow run` does: machines run in memory, with mocked tasks, and the results as JSON. */
#pragma once

#include "workflow/dry_run.h"

#include <stdio.h>

typedef struct WorkflowRunOptions {
    const json_t *input, *mocks; /* mocks may be NULL */
    double speed;                /* as in dry_run.h */
    bool has_history;            /* the result has "events" */
    FILE *trace;                 /* each event as it happens; or NULL */
} WorkflowRunOptions;

/* {"status", "output", "error", "cause"}, null where there is none; a new reference. definition is valid. */
FALLIBLE bool workflow_run_one(
    const json_t *definition, const WorkflowRunOptions *options, json_t **ret_result, GError **error);

/* One line of a batch, {"id", "definition", "input", "mock"}, to its result: as before, with the "id". What cannot be
 * run has the status INVALID. A new reference, always. */
json_t *workflow_run_line(const char *line, const WorkflowRunOptions *options);
