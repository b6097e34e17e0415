/* Internal to workflow/: Task states, which invoke a function in this process as Step Functions would invoke a Lambda.
 */
#pragma once

#include "workflow/state_kinds.h"

typedef enum TaskResource {
    TASK_RESOURCE_UNKNOWN,
    TASK_RESOURCE_INVOKE,   /* arn:aws:states:::lambda:invoke */
    TASK_RESOURCE_FUNCTION, /* arn:aws:lambda:<region>:<account>:function:<name>[:<version>] */
} TaskResource;

TaskResource task_resource_kind(const char *arn);

/* "trawl" of "trawl", "trawl:1", "arn:…:function:trawl" and "arn:…:function:trawl:1"; owned by the caller. */
char *task_function_name(const char *name_or_arn);

/* Invokes what the state's Resource names; the history gets the events in between. */
bool task_invoke(StateRun *run, const json_t *parameters, json_t **ret_result, TaskError *ret_error);
