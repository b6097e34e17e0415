/* Paths of the Amazon States Language: "$.a[0]" into the data, "$$.Execution.Id" into the context object, "$name.a"
 * into a variable. Any thread. */
#pragma once

#include "workflow/asl/json_path.h"

typedef enum AslPathKind {
    ASL_PATH_ANY,       /* of any root, with wildcards, slices, filters and descent */
    ASL_PATH_REFERENCE, /* of any root; only names and indexes */
    ASL_PATH_RESULT,    /* where a result is put: a reference path into the data */
} AslPathKind;

/* What paths are looked up in; borrowed. */
typedef struct AslScope {
    const json_t *input;
    const json_t *context;
    const json_t *variables; /* all that are visible, or NULL */
} AslScope;

/* NULL if the text is such a path, else what is wrong with it. */
const char *asl_path_problem(const char *text, AslPathKind kind);

/* *ret_value is a new reference if something was found. */
JsonPathResult asl_path_find(const char *text, const AslScope *scope, json_t **ret_value);

/* "$['a'][0]" of "$.a[0]", for errors; owned by the caller. */
char *asl_path_text(const char *text);

/* As json_path_put(). *ret_step (borrowed from nothing: owned by the caller) names the last step when NULL comes back.
 */
json_t *asl_path_put(const char *text, const json_t *root, json_t *take_value, char **ret_step);
