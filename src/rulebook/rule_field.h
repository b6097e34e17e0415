/* Inside rulebook/: the fields of a custom rule and what each may hold. */
#pragma once

#include "base/error.h"

#include <jansson.h>

/* Its JSON type, how many entries, which names. What a value means is checked where rules are compiled. INVALID has the
 * field as its place, if it is one of a rule, and says what was expected. */
FALLIBLE bool rule_field_check(const char *name, const json_t *value, GError **error);
