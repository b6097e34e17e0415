/* How data flows through a state: InputPath, Parameters, ResultSelector, ResultPath, OutputPath, Assign. Any thread. */
#pragma once

#include "workflow/asl/error.h"
#include "workflow/asl/path.h"

enum { ASL_DATA_BYTES_MAX = 256 * 1024 }; /* of JSON text, for every input, output and result */

/* JSON text without spaces, numbers as short as they can be; scalars as well. NULL if it cannot be written. */
char *asl_json_text(const json_t *value);
/* The value of a JSON text of any kind; NULL if it is none (or NULL). */
json_t *asl_json_parse(const char *text);
bool asl_is_too_large(const json_t *value);

/* Each writes a new reference on success. A missing field has its default of the language. */
bool asl_apply_input(const json_t *state, const AslScope *raw, json_t **ret_value, TaskError *ret_error);
bool asl_apply_output(const json_t *state, const AslScope *scope, json_t **ret_value, TaskError *ret_error);

/* A payload template: "name.$" members are replaced by what their path or function gives. */
bool asl_fill_template(const json_t *template, const AslScope *scope, json_t **ret_value, TaskError *ret_error);
/* The template in that field; the scope's input without one. */
bool asl_apply_template(
    const json_t *state, const char *field, const AslScope *scope, json_t **ret_value, TaskError *ret_error);
/* The variables that Assign gives, an object; NULL without that field. holder is a state, a choice rule, a catcher. */
bool asl_apply_assign(const json_t *holder, const AslScope *scope, json_t **ret_variables, TaskError *ret_error);
/* holder is the state or a catcher: what has the field ResultPath. */
bool asl_apply_result_path(
    const json_t *holder, const json_t *raw_input, json_t *take_result, json_t **ret_value, TaskError *ret_error);

/* The value of the field, or what its Path form ("SecondsPath") finds; *ret_value NULL if there is neither.
 * States.Runtime if the path finds nothing. */
bool asl_field_value(
    const json_t *state, const char *name, const AslScope *scope, json_t **ret_value, TaskError *ret_error);
/* As before, for text; the Path form may be a function. */
bool asl_text_field(
    const json_t *state, const char *name, const AslScope *scope, char **ret_value, TaskError *ret_error);
/* Whether value is a whole number, or a string that spells one ("3"): both do for the numbers of a Map. */
bool asl_whole_number(const json_t *value, int64_t *ret_number);
