/* Internal to asl/intrinsic*.c: what each function does. */
#pragma once

#include "workflow/asl/error.h"

#include <jansson.h>

/* Evaluated arguments; format is the first argument of States.Format as it was written, escapes and all. */
typedef struct IntrinsicArgs {
    const json_t *const *values;
    size_t count;
    const char *format;
} IntrinsicArgs;

typedef struct IntrinsicFunction {
    const char *name; /* behind "States." */
    size_t args_min, args_max;
    /* NULL with *ret_problem set (owned by the caller) if the arguments do not do. */
    json_t *(*run)(const IntrinsicArgs *args, char **ret_problem);
} IntrinsicFunction;

const IntrinsicFunction *intrinsic_find(const char *name, size_t len);

/* NULL, with a copy of the text in *ret_problem. */
json_t *intrinsic_problem(char **ret_problem, const char *text);

json_t *intrinsic_format(const IntrinsicArgs *args, char **ret_problem);
