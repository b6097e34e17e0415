/* Internal to workflow/: what the Resource of a Task state names. */
#pragma once

#include <glib.h>

typedef enum TaskResourceKind {
    TASK_RESOURCE_UNKNOWN,
    TASK_RESOURCE_SERVICE,  /* arn:aws:states:::<service>:<action>[.sync[:2]|.waitForTaskToken] */
    TASK_RESOURCE_FUNCTION, /* arn:aws:lambda:<region>:<account>:function:<name>[:<version>] */
    TASK_RESOURCE_ACTIVITY, /* arn:aws:states:<region>:<account>:activity:<name> */
} TaskResourceKind;

typedef enum TaskWaits { TASK_WAITS_RESPONSE, TASK_WAITS_JOB, TASK_WAITS_TOKEN } TaskWaits;

typedef struct TaskResource {
    TaskResourceKind kind;
    TaskWaits waits;
    char *arn;
    char *service; /* "lambda", "aws-sdk:s3" */
    char *action;  /* "invoke", "invoke.waitForTaskToken" */
    char *name;    /* of the function or activity */
} TaskResource;

void task_resource_clear(TaskResource *resource);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TaskResource, task_resource_clear)

/* arn may be NULL: unknown. */
TaskResource task_resource_parse(const char *arn);

/* "trawl" of "trawl", "trawl:1", "arn:…:function:trawl" and "arn:…:function:trawl:1"; owned by the caller. */
char *task_function_name(const char *name_or_arn);
