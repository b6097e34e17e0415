/* Internal to json_path*.c: compiled steps and filters. */
#pragma once

#include "workflow/asl/json_path.h"

#include <stdint.h>

enum { JSON_PATH_BYTES_MAX = 1024, JSON_PATH_DEPTH_MAX = 32, JSON_PATH_VISITS_MAX = 1000000 };

typedef enum StepKind { STEP_NAMES, STEP_INDEXES, STEP_SLICE, STEP_WILDCARD, STEP_FILTER } StepKind;

typedef struct JsonFilter JsonFilter;

typedef struct Step {
    StepKind kind;
    bool is_descent;  /* ".." before it: also of everything below */
    GPtrArray *names; /* char * */
    GArray *indexes;  /* int64_t */
    int64_t from, to; /* of a slice */
    bool has_from, has_to;
    JsonFilter *filter;
} Step;

struct JsonPath {
    GPtrArray *steps; /* Step * */
};

/* Where a parser is; problem is set on failure. */
typedef struct PathText {
    const char *at;
    const char *problem;
    unsigned depth;
} PathText;

/* The steps from here on, as many as there are; the caller looks at what follows. NULL with text->problem set. */
JsonPath *json_path_parse_steps(PathText *text);
bool json_path_parse_quoted(PathText *text, GString *ret_name);
static inline void json_path_skip_spaces(PathText *text)
{
    while (*text->at == ' ' || *text->at == '\t')
        text->at++;
}

/* Finds with a budget of visits shared by a whole evaluation. */
JsonPathResult json_path_find_within(
    const JsonPath *path, const json_t *root, const json_t *whole, uint32_t *visits, json_t **ret_value);

/* Behind "[?(" or "[?"; up to its end. NULL with text->problem set. */
JsonFilter *json_filter_parse(PathText *text);
void json_filter_free(JsonFilter *filter);
bool json_filter_accepts(const JsonFilter *filter, const json_t *value, const json_t *whole, uint32_t *visits);
