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

/* Which forms of a list of several groups fit a number's beginning: bit i tells of form i, of the first FORMS_SIFTED.
 */
enum { FORMS_SIFTED = 64 };
uint64_t form_table_sift(const FormTable *table, const uint32_t digits[2], uint8_t separator_bit);

/* Forms whose first group may have this many digits; NULL if there are none. */
const GArray *form_table_bare(const FormTable *table, uint32_t digits);      /* of DigitForm */
const GArray *form_table_separated(const FormTable *table, uint32_t digits); /* of DigitForm */

/* For the vector scan. Bit n: a bare run may have n digits. */
uint64_t form_table_bare_lengths(const FormTable *table);

/* Of forms of several groups, by the first one's length and what separates them. Bit n: the group may have n digits. */
typedef struct FormRow {
    uint64_t pairs;           /* the second, which is the last */
    uint64_t seconds, thirds; /* if there are three or more */
} FormRow;

/* By 1 + the separator's number (0 … 7), and the length, where the last stands for longer ones. Those of "no separator"
 * and of longer groups are empty. */
typedef struct FormRows {
    FormRow rows[FORM_MAX_SEPARATORS + 1][FORM_MAX_DIGITS + 2];
} FormRows;

const FormRows *form_table_rows(const FormTable *table);

/* 0: no form has this separator. */
uint8_t form_table_separator_bit(const FormTable *table, uint8_t byte);
