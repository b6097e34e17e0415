/* The shapes of numbers that rules look for ("4-4-4-4", "13..19"), compiled so that a number in the text is compared
 * only with forms that begin as it does. Immutable once all forms are added. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum { FORM_MAX_GROUPS = 8, FORM_MAX_DIGITS = 40, FORM_MAX_SEPARATORS = 8 };

typedef struct FormGroup {
    uint8_t min, max; /* digits */
} FormGroup;

typedef struct DigitForm {
    uint32_t rule;
    uint32_t group_count; /* 1: a bare run */
    FormGroup groups[FORM_MAX_GROUPS];
    uint8_t separators; /* bits of form_table_separator_bit(): any one of them, the same throughout */
} DigitForm;

typedef struct FormTable FormTable;

FormTable *form_table_new(void);
void form_table_free(FormTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FormTable, form_table_free)

/* INVALID says what is wrong with the text of the form. */
FALLIBLE bool form_table_add(FormTable *table, uint32_t rule, const char *form, const char *separators, GError **error);

/* Forms whose first group may have this many digits; NULL if there are none. */
const GArray *form_table_bare(const FormTable *table, uint32_t digits);      /* of DigitForm */
const GArray *form_table_separated(const FormTable *table, uint32_t digits); /* of DigitForm */

/* For the vector scan. Bit n: a bare run may have n digits. */
uint64_t form_table_bare_lengths(const FormTable *table);

/* Bit n: after a first group of so many digits and this separator (its number, 0 … 7), a second of n digits may come.
 */
typedef uint64_t FormSeconds[FORM_MAX_SEPARATORS][FORM_MAX_DIGITS + 1];
const FormSeconds *form_table_seconds(const FormTable *table);

/* 0: no form has this separator. */
uint8_t form_table_separator_bit(const FormTable *table, uint8_t byte);
