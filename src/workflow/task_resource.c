#include "workflow/task_resource.h"

#include <stdbool.h>
#include <string.h>

enum { ARN_FIELDS_MIN = 7, ARN_TYPE = 5, ARN_NAME = 6 };

void task_resource_clear(TaskResource *resource)
{
    g_free(resource->arn);
    g_free(resource->service);
    g_free(resource->action);
    g_free(resource->name);
    *resource = (TaskResource){0};
}

/* arn:<partition>:states:::<service>:<action>, where service is "aws-sdk:<service>" for calls of an SDK. */
static void read_service(TaskResource *resource, char **fields, guint count)
{
    bool is_sdk = g_str_equal(fields[ARN_TYPE], "aws-sdk") && count > ARN_NAME + 1;
    guint action = is_sdk ? ARN_NAME + 1 : ARN_NAME;
    g_autofree char *rest = g_strjoinv(":", fields + action);

    if (*fields[ARN_TYPE] == '\0' || *rest == '\0')
        return;
    resource->kind = TASK_RESOURCE_SERVICE;
    resource->service = is_sdk ? g_strconcat("aws-sdk:", fields[ARN_NAME], NULL) : g_strdup(fields[ARN_TYPE]);
    if (g_str_has_suffix(rest, ".waitForTaskToken"))
        resource->waits = TASK_WAITS_TOKEN;
    else if (g_str_has_suffix(rest, ".sync") || g_str_has_suffix(rest, ".sync:2"))
        resource->waits = TASK_WAITS_JOB;
    resource->action = g_steal_pointer(&rest);
}

TaskResource task_resource_parse(const char *arn)
{
    g_auto(GStrv) fields = g_strsplit(arn != NULL ? arn : "", ":", -1);
    guint count = g_strv_length(fields);
    TaskResource resource = {.arn = g_strdup(arn)};

    if (count < ARN_FIELDS_MIN || !g_str_equal(fields[0], "arn"))
        return resource;
    bool is_states = g_str_equal(fields[2], "states");
    if (is_states && *fields[3] == '\0' && *fields[4] == '\0') {
        read_service(&resource, fields, count);
    } else if (is_states && g_str_equal(fields[ARN_TYPE], "activity") && *fields[ARN_NAME] != '\0') {
        resource.kind = TASK_RESOURCE_ACTIVITY;
        resource.name = g_strdup(fields[ARN_NAME]);
    } else if (g_str_equal(fields[2], "lambda") && g_str_equal(fields[ARN_TYPE], "function") &&
               *fields[ARN_NAME] != '\0' && count <= ARN_FIELDS_MIN + 1) {
        resource.kind = TASK_RESOURCE_FUNCTION;
        resource.name = g_strdup(fields[ARN_NAME]);
    }
    return resource;
}

char *task_function_name(const char *name_or_arn)
{
    g_auto(TaskResource) resource = task_resource_parse(name_or_arn);

    if (resource.kind == TASK_RESOURCE_FUNCTION)
        return g_steal_pointer(&resource.name);
    return g_strndup(name_or_arn, strcspn(name_or_arn, ":"));
}
