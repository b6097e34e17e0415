/* What the tests of validators share. */
#pragma once

#include "detect/validators/validators.h"

#include <string.h>

/* Either kind of validator, with nothing around the value. */
static inline Verdict judge_alone(const char *name, Bytes value)
{
    Validator validator = validator_find(name);
    ContextValidator in_context = context_validator_find(name);
    const Surroundings surroundings = {.value = value};

    g_assert_true((validator != NULL) != (in_context != NULL));
    return validator != NULL ? validator(value) : in_context(&surroundings);
}

/* source: where the fact comes from. */
typedef struct ValueCase {
    const char *validator;
    const char *value;
    Verdict verdict;
    const char *source;
} ValueCase;

static inline void check_values(const ValueCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const ValueCase *test = &cases[i];
        /* A copy of exactly that size: reading past the end is seen by the sanitizer. */
        size_t len = strlen(test->value);
        g_autofree uint8_t *copy = g_memdup2(test->value, len);
        Verdict verdict = judge_alone(test->validator, (Bytes){.data = copy, .len = len});
        if (verdict != test->verdict)
            g_test_message("%s %s (%s): %d", test->validator, test->value, test->source, verdict);
        g_assert_cmpint(verdict, ==, test->verdict);
    }
}
