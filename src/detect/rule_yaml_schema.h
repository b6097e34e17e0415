/* The schema of a rule, for who walks over rules whatever their fields are. */
#pragma once

#include <cyaml/cyaml.h>

enum { RULES_IN_FILE_MAX = 2000 };

/* A mapping: RawRule. */
const cyaml_schema_value_t *rule_schema(void);
