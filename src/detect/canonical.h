/* What equal values share: digits without separators, and the like; and the values that a rule ignores, kept so. */
#pragma once

#include "base/bytes.h"

#include <glib.h>

/* 0 is "the file does not say". */
typedef enum CanonicalForm {
    CANONICAL_AS_IS = 1,
    CANONICAL_DIGITS,
    CANONICAL_ALNUM_UPPER,
    CANONICAL_LOWER,
} CanonicalForm;

/* The value itself, or what is written to the scratch, which holds as many bytes as the value. */
Bytes canonical_form(CanonicalForm form, Bytes value, uint8_t *scratch);

/* Published test values of a rule. */
typedef struct IgnoredValues IgnoredValues;

/* NULL if there are none. */
IgnoredValues *ignored_values_new(CanonicalForm form, char *const *values, size_t count);
void ignored_values_free(IgnoredValues *ignored);
/* ignored may be NULL. */
bool ignored_values_have(const IgnoredValues *ignored, Bytes canonical);
