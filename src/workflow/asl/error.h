/* Errors as the Amazon States Language sees them, and what Retry and Catch make of them. Any thread. */
#pragma once

#include "workflow/workflow.h"

#define ASL_ALL                "States.ALL"
#define ASL_TASK_FAILED        "States.TaskFailed"
#define ASL_TIMEOUT            "States.Timeout"
#define ASL_HEARTBEAT          "States.HeartbeatTimeout"
#define ASL_RUNTIME            "States.Runtime"
#define ASL_DATA_LIMIT         "States.DataLimitExceeded"
#define ASL_INTRINSIC          "States.IntrinsicFailure"
#define ASL_PATH_CONFLICT      "States.ReferencePathConflict"
#define ASL_RESULT_PATH        "States.ResultPathMatchFailure"
#define ASL_EXCEEDED_FAILURES  "States.ExceedToleratedFailureThreshold"
#define ASL_RESOURCE_NOT_FOUND "Lambda.ResourceNotFoundException"

void task_error_clear(TaskError *error);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TaskError, task_error_clear)
TaskError task_error_copy(const TaskError *error);

/* Fills the error as the interpreter's own and returns false, always. */
bool asl_fail(TaskError *ret_error, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* As before, for what went wrong with a task. */
bool asl_fail_task(TaskError *ret_error, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* An error of the interpreter's own that ends every execution: States.Runtime. */
bool asl_error_is_fatal(const TaskError *error);

/* Does an ErrorEquals array name this error? A fatal error is never matched. States.ALL is everything else but
 * States.Runtime, and States.DataLimitExceeded when it is not a task's; States.TaskFailed everything but timeouts and
 * States.Runtime; States.Timeout is a heartbeat that failed to come, too. */
bool asl_error_matches(const json_t *error_equals, const TaskError *error);

/* The wait before the next attempt by the first retrier that matches, counted in counts (one number a retrier, made as
 * needed). False if none matches or its attempts are used up. unit_random: from 0 up to 1, for JitterStrategy FULL. */
bool asl_retry_next(
    const json_t *retriers, const TaskError *error, double unit_random, json_t *counts, int64_t *ret_wait_ms);

/* The first catcher that matches, borrowed, or NULL. */
const json_t *asl_catch_find(const json_t *catchers, const TaskError *error);
