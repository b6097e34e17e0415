/* Internal to workflow/: calls the functions of this process that Task states name, as Step Functions would call a
 * Lambda. */
#pragma once

#include "workflow/interpreter.h"

/* One of the three forms of a function, and what it is given. */
typedef struct TaskEntry {
    TaskFunction simple;
    TaskCallFunction call;
    TaskTxFunction within;
    void *data;
} TaskEntry;

typedef struct TaskCaller TaskCaller;

TaskCaller *task_caller_new(void);
void task_caller_free(TaskCaller *caller);
void task_caller_add(TaskCaller *caller, const char *name, const TaskEntry *entry);

/* Whether there is a function that this task calls. */
bool task_caller_has(const TaskCaller *caller, const InterpreterTask *task);

/* Whether the function runs inside the transaction of the step. */
bool task_caller_is_within(const TaskCaller *caller, const InterpreterTask *task);

/* *ret_done: *ret_result is what the task gives, a new reference; else *ret_told says why not. tx: of the step, for a
 * function that runs inside it. False only if the store failed. */
FALLIBLE bool task_caller_call(TaskCaller *caller, DbTx *tx, const InterpreterTask *task, const char *token,
    json_t **ret_result, TaskError *ret_told, bool *ret_done, GError **error);
