/* Errors as the Amazon States Language sees them, and what Retry and Catch make of them. Any thread. */
#pragma once

#include "workflow/workflow.h"

#define ASL_ALL                "States.ALL"
#define ASL_TASK_FAILED        "States.TaskFailed"
#define ASL_TIMEOUT            "States.Timeout"
#define ASL_RUNTIME            "States.Runtime"
#define ASL_DATA_LIMIT         "States.DataLimitExceeded"
#define ASL_NO_CHOICE          "States.NoChoiceMatched"
#define ASL_PARAMETER_PATH     "States.ParameterPathFailure"
#define ASL_RESULT_PATH        "States.ResultPathMatchFailure"
#define ASL_RESOURCE_NOT_FOUND "Lambda.ResourceNotFoundException"

void task_error_clear(TaskError *error);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TaskError, task_error_clear)

/* Fills the error and returns false, always. */
bool asl_fail(TaskError *ret_error, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Does an ErrorEquals array name this error? States.ALL is everything but States.Runtime and States.DataLimitExceeded;
 * States.TaskFailed is everything but States.Timeout; nothing matches States.Runtime. */
bool asl_error_matches(const json_t *error_equals, const char *name);

/* The wait before the next attempt by the first retrier that matches, counted in counts (one number a retrier, made as
 * needed). False if none matches or its attempts are used up. unit_random: from 0 up to 1, for JitterStrategy FULL. */
bool asl_retry_next(
    const json_t *retriers, const char *error_name, double unit_random, json_t *counts, int64_t *ret_wait_ms);

/* The first catcher that matches, borrowed, or NULL. */
const json_t *asl_catch_find(const json_t *catchers, const char *error_name);
