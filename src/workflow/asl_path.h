/* Paths of the Amazon States Language: "$", "$.a.b[0]['c']", and the same behind "$$" for the context object.
 *
 * Only reference paths, which name at most one value; wildcards, slices and filters are refused. Any thread. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

typedef enum AslPathKind {
    ASL_PATH_INPUT, /* starts with "$" */
    ASL_PATH_ANY,   /* or with "$$" */
} AslPathKind;

/* What paths are looked up in; borrowed. */
typedef struct AslScope {
    const json_t *input;
    const json_t *context;
} AslScope;

/* NULL if the text is such a path, else what is wrong with it. */
const char *asl_path_problem(const char *text, AslPathKind kind);

/* The value at the path, borrowed from the scope; NULL if there is none. */
const json_t *asl_path_find(const char *text, const AslScope *scope);

/* A copy of root with the value at the path, which makes missing objects on its way; a new reference. NULL if something
 * that is no object, or no element of an array, stands in the way. The value is taken in any case. */
json_t *asl_path_put(const char *text, const json_t *root, json_t *take_value);
