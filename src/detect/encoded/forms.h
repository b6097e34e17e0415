/* Fields of forms, "name=John+Smith&note=to+be+read" (application/x-www-form-urlencoded: WHATWG URL, section 5), in
 * which a "+" is a blank. Pure functions of bounded spans. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum { FORM_FIELD_MAX = 256 }; /* bytes of a field that are looked at to find one */

/* Whether the "?" or "&" that the text begins with has a field behind it whose value has such a blank. */
bool form_is_telling(Bytes text);

/* Whether a field with such a blank ends before the "&" at a place, and another follows. */
bool form_is_telling_before(Bytes text, size_t at);

/* The value of a field, [start, end) of the span. */
typedef struct FormValue {
    size_t start, end;
} FormValue;

/* The next value with blanks that ends behind from. None: start and end are the span's length. */
FormValue form_next_value(Bytes span, size_t from);

/* Whether the "+" at a place in such a value is a blank. */
bool form_plus_is_blank(Bytes span, const FormValue *value, size_t at);
