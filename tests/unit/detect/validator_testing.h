/* What the tests of validators share. */
#pragma once

#include "detect/validators/validators.h"

/* Either kind of validator, with nothing around the value. */
static inline Verdict judge_alone(const char *name, Bytes value)
{
    Validator validator = validator_find(name);
    ContextValidator in_context = context_validator_find(name);
    const Surroundings surroundings = {.value = value};

    g_assert_true((validator != NULL) != (in_context != NULL));
    return validator != NULL ? validator(value) : in_context(&surroundings);
}
