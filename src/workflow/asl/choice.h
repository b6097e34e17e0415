/* The rules of Choice states: which comparison operators there are, and which rule matches. Any thread. */
#pragma once

#include "workflow/asl/error.h"
#include "workflow/asl/path.h"

typedef enum ChoiceOperand {
    CHOICE_STRING,
    CHOICE_NUMBER,
    CHOICE_BOOLEAN,
    CHOICE_TIMESTAMP,
    CHOICE_PATH,
} ChoiceOperand;

/* Is this the name of a comparison? *ret_operand is what its value in a rule must be. */
bool asl_choice_operator(const char *name, ChoiceOperand *ret_operand);

/* A timestamp of the language: RFC 3339 with an upper-case T and a zone. */
bool asl_timestamp_parse(const char *text, int64_t *ret_time_ms);

/* The first rule that matches, borrowed; NULL if none does. States.Runtime if a Variable (of any test but IsPresent) or
 * a Path operand leads nowhere. */
bool asl_choice_pick(const json_t *rules, const AslScope *scope, const json_t **ret_rule, TaskError *ret_error);
