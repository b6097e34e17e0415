/* Intrinsic functions: States.Format('{}', $.a), States.Array(1, States.UUID()), nested up to ten deep. Any thread. */
#pragma once

#include "workflow/asl/error.h"
#include "workflow/asl/path.h"

bool asl_is_intrinsic(const char *text);

/* NULL if the text is a call of functions that there are, else what is wrong with it. How many arguments a function
 * takes, and of which types, shows only when it is called. */
const char *asl_intrinsic_problem(const char *text);

/* States.IntrinsicFailure if a function does not like its arguments; States.Runtime if a path finds nothing. */
bool asl_intrinsic_call(const char *text, const AslScope *scope, json_t **ret_value, TaskError *ret_error);
