/* Activities: names under which the tasks of state machines wait for workers, which are other programs. Any thread. */
#pragma once

#include "workflow/workflow.h"

typedef struct Activity {
    char *arn, *name;
    char *tags; /* JSON object: key -> value */
    int64_t created_ms;
} Activity;

void activity_clear(Activity *activity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Activity, activity_clear)

/* "arn:aws:states:<region>:<account>:activity:<name>", owned by the caller. */
char *workflow_activity_arn(const Workflow *workflow, const char *name);

/* *ret_found false: there is none with this ARN. */
FALLIBLE bool activity_find(DbTx *tx, const char *arn, Activity *ret_activity, bool *ret_found, GError **error);

/* Stores one of this ARN, name and tags, or leaves the one that is there as it is. */
FALLIBLE bool activity_insert(DbTx *tx, const Activity *activity, GError **error);
FALLIBLE bool activity_set_tags(DbTx *tx, const char *arn, const char *tags, GError **error);

/* No error if there is none. Tasks that wait for a worker of it go on waiting, until their own limits. */
FALLIBLE bool activity_delete(DbTx *tx, const char *arn, GError **error);

/* Borrowed until the visitor returns. */
typedef void (*ActivityVisitor)(void *data, const Activity *activity);

/* At most limit of those behind a creation time and ARN (0 and "": from the first), oldest first. */
FALLIBLE bool activities_list(DbTx *tx, int64_t after_ms, const char *after_arn, uint32_t limit,
    ActivityVisitor visitor, void *data, GError **error);

/* What a worker is given; both owned by the caller. */
typedef struct ActivityTask {
    char *token;
    char *input; /* JSON text */
} ActivityTask;

void activity_task_clear(ActivityTask *task);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ActivityTask, activity_task_clear)

/* Hands the task that has waited longest to a worker (worker_name may be NULL), and to no other. *ret_found false: none
 * waits; DB_CHANNEL_TASKS tells when there may be one. */
FALLIBLE bool activity_take_task(
    Db *db, const char *activity_arn, const char *worker_name, ActivityTask *ret_task, bool *ret_found, GError **error);
