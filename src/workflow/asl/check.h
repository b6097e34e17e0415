/* Internal to workflow/: checks of a definition and of what it is made of, which note problems with their JSON pointer.
 */
#pragma once

#include "workflow/asl/validate.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* One walk through a definition. */
typedef struct AslCheck {
    GString *pointer;     /* where the walk is, RFC 6901 */
    GPtrArray *problems;  /* AslProblem *, owned */
    GHashTable *names;    /* of all states of the whole definition; borrowed */
    const json_t *states; /* the States object of the machine that the walk is in, or NULL */
    GHashTable *reached;  /* its states that some StartAt, Next or Default leads to; borrowed */
    bool has_terminal_state;
} AslCheck;

typedef void (*AslCheckValue)(AslCheck *check, const json_t *value);

typedef struct AslField {
    const char *name; /* NULL ends a table */
    AslCheckValue check;
    enum { ASL_OPTIONAL, ASL_REQUIRED } presence;
} AslField;

/* Notes a problem where the walk is: SCHEMA_VALIDATION_FAILED, or with a code of its own. */
void asl_problem(AslCheck *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
void asl_problem_coded(AslCheck *check, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Runs a check one step deeper, so that its problems carry the member's name or the element's index. */
void asl_check_member(AslCheck *check, const char *name, const json_t *value, AslCheckValue run);
void asl_check_elements(AslCheck *check, const json_t *array, AslCheckValue run);

/* An object that has the required fields and no field but these, each checked; the table ends with a NULL name.
 * False if it is no object. */
bool asl_check_fields(AslCheck *check, const json_t *object, const AslField *fields);

void asl_check_any(AslCheck *check, const json_t *value);
void asl_check_string(AslCheck *check, const json_t *value);
void asl_check_boolean(AslCheck *check, const json_t *value);
void asl_check_number(AslCheck *check, const json_t *value);
void asl_check_count(AslCheck *check, const json_t *value);    /* integer >= 0, < 99999999 */
void asl_check_positive(AslCheck *check, const json_t *value); /* integer >= 1, < 99999999 */
void asl_check_timestamp(AslCheck *check, const json_t *value);
void asl_check_path(AslCheck *check, const json_t *value);           /* any */
void asl_check_reference_path(AslCheck *check, const json_t *value); /* one that names at most one value */
void asl_check_text_path(AslCheck *check, const json_t *value);      /* a path or a function */
void asl_check_path_or_null(AslCheck *check, const json_t *value);
void asl_check_result_path(AslCheck *check, const json_t *value); /* into the input, or null */
void asl_check_template(AslCheck *check, const json_t *value);
void asl_check_assign(AslCheck *check, const json_t *value); /* a template of variables */
void asl_check_target(AslCheck *check, const json_t *value); /* the name of a state; notes it as reached */
void asl_check_retry(AslCheck *check, const json_t *value);
void asl_check_catch(AslCheck *check, const json_t *value);
void asl_check_choices(AslCheck *check, const json_t *value);
void asl_check_query_language(AslCheck *check, const json_t *value); /* JSONPath */
void asl_check_distributed_only(AslCheck *check, const json_t *value);

/* check_state.c: a state, by its Type. */
void asl_check_state(AslCheck *check, const json_t *state);
/* validate.c: the machines inside a state. */
void asl_check_branches(AslCheck *check, const json_t *value);
void asl_check_processor(AslCheck *check, const json_t *value);
