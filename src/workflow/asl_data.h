/* How data flows through a state: InputPath, Parameters, ResultSelector, ResultPath, OutputPath. Any thread. */
#pragma once

#include "workflow/asl_error.h"
#include "workflow/asl_path.h"

enum { ASL_DATA_BYTES_MAX = 256 * 1024 }; /* of JSON text, for every input, output and result */

/* JSON text without spaces; scalars as well. */
char *asl_json_text(const json_t *value);
/* The value of a JSON text of any kind; NULL if it is none (or NULL). */
json_t *asl_json_parse(const char *text);

/* Each writes a new reference on success. A missing field has its default of the language. */
bool asl_apply_input(const json_t *state, const AslScope *raw, json_t **ret_value, TaskError *ret_error);
bool asl_apply_parameters(const json_t *state, const AslScope *input, json_t **ret_value, TaskError *ret_error);
bool asl_apply_result_selector(const json_t *state, const AslScope *result, json_t **ret_value, TaskError *ret_error);
/* holder is the state or a catcher: what has the field ResultPath. */
bool asl_apply_result_path(
    const json_t *holder, const json_t *raw_input, json_t *take_result, json_t **ret_value, TaskError *ret_error);
bool asl_apply_output(const json_t *state, const AslScope *scope, json_t **ret_value, TaskError *ret_error);

/* Text in a field, or at the path in its Path form ("Error" and "ErrorPath"); *ret_value NULL if there is neither. */
bool asl_text_field(
    const json_t *state, const char *name, const AslScope *input, char **ret_value, TaskError *ret_error);
