/* A value that is what it seems in one place and something else in another. */
#pragma once

#include "detect/validators/validators.h"

#include <string.h>

typedef struct Around {
    const char *validator, *before, *value, *after;
    Verdict verdict;
    const char *path, *field; /* NULL: none */
} Around;

static inline void check_around(const Around *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Around *test = &cases[i];
        const Surroundings surroundings = {
            .value = {(const uint8_t *)test->value, strlen(test->value)},
            .before = {(const uint8_t *)test->before, strlen(test->before)},
            .after = {(const uint8_t *)test->after, strlen(test->after)},
            .field = {(const uint8_t *)test->field, test->field != NULL ? strlen(test->field) : 0},
            .is_public = path_is_public(test->path),
        };
        Verdict verdict = context_validator_find(test->validator)(&surroundings);
        if (verdict != test->verdict)
            g_test_message("%s: %s[%s]%s: %d", test->validator, test->before, test->value, test->after, verdict);
        g_assert_cmpint(verdict, ==, test->verdict);
    }
}
