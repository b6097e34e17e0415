/* JSONPath as the Amazon States Language uses it: names, indexes (also from the end), lists of them, slices, wildcards,
 * descent and filters.
 *
 * A path that names at most one value is definite; any other gives an array of what it finds, which may be empty.
 * Compiled paths are immutable. Any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct JsonPath JsonPath;

/* text starts at the first step, behind "$" (or whatever names the root): "", ".a[0]", "..b". On failure *ret_problem
 * says what is wrong, a constant. */
bool json_path_parse(const char *text, JsonPath **ret_path, const char **ret_problem);
void json_path_free(JsonPath *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonPath, json_path_free)

bool json_path_is_definite(const JsonPath *path);
/* Only names and indexes from 0: what may also be written to. */
bool json_path_is_reference(const JsonPath *path);

typedef enum JsonPathResult {
    JSON_PATH_FOUND,
    JSON_PATH_NOTHING,
    JSON_PATH_PAST_END, /* the last step is an index behind the end of an array */
    JSON_PATH_TOO_MUCH, /* it visits more values than is reasonable */
} JsonPathResult;

/* *ret_value is a new reference if found. whole is what "$" means inside filters; usually the same as root. */
JsonPathResult json_path_find(const JsonPath *path, const json_t *root, const json_t *whole, json_t **ret_value);

/* A copy of root with the value at the reference path, which makes missing objects on its way; a new reference. NULL if
 * something that is no object, or no element of an array, stands in the way. The value is taken in any case. */
json_t *json_path_put(const JsonPath *path, const json_t *root, json_t *take_value);

/* The path in the form $['a'][0], as errors show it; owned by the caller. */
char *json_path_text(const JsonPath *path);
/* The name of the last step that is a name, or NULL; borrowed. */
const char *json_path_last_name(const JsonPath *path);
