/* Is this definition a machine that this interpreter runs? Everything wrong is listed at once. Any thread. */
#pragma once

#include "base/error.h"

#include <jansson.h>

#define ASL_PROBLEM_SCHEMA "SCHEMA_VALIDATION_FAILED"
#define ASL_PROBLEM_TARGET "MISSING_TRANSITION_TARGET"
#define ASL_PROBLEM_END    "MISSING_END_STATE"
#define ASL_PROBLEM_NAME   "DUPLICATE_STATE_NAME"

typedef struct AslProblem {
    const char *code; /* of the above */
    char *message;
    char *location; /* JSON pointer; "/" is the whole */
} AslProblem;

/* The problems, AslProblem *, owned by the array; none: the machine is valid. What the language has and this
 * interpreter has not (JSONata, distributed Map states) is a problem, too. */
GPtrArray *asl_problems(const json_t *definition);

/* INVALID with all problems, "<code>: <what> at <JSON pointer>", separated by "; ". */
FALLIBLE bool asl_validate(const json_t *definition, GError **error);
/* As before, from text, of which each member may be given once only. *ret_definition: a new reference. */
FALLIBLE bool asl_parse_machine(const char *text, json_t **ret_definition, GError **error);
