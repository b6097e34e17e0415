/* Answers of other programs to tasks that wait for one: activities, and .waitForTaskToken. Any thread. */
#pragma once

#include "workflow/workflow.h"

typedef enum TaskVerdict {
    TASK_TAKEN,   /* stored; the execution goes on with it, whatever dies */
    TASK_OVER,    /* nobody waits for it any more: it was answered, timed out, or its execution ended */
    TASK_UNKNOWN, /* there was never a task with this token */
} TaskVerdict;

typedef struct TaskAnswer {
    const char *token;
    const char *output;        /* JSON text of a success; NULL: it failed */
    const char *error, *cause; /* of a failure; or NULL */
} TaskAnswer;

/* Of several answers the first counts. */
FALLIBLE bool task_answer(Db *db, const TaskAnswer *answer, TaskVerdict *ret_verdict, GError **error);

/* A sign of life: the next one is due HeartbeatSeconds later. */
FALLIBLE bool task_heartbeat(Db *db, const char *token, TaskVerdict *ret_verdict, GError **error);
