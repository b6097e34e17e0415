/* The schema of a rule, for who walks over rules whatever their fields are. */
#pragma once

#include <cyaml/cyaml.h>
#include <stdbool.h>

enum { RULES_IN_FILE_MAX = 2000 };

/* A mapping: RawRule. */
const cyaml_schema_value_t *rule_schema(void);

/* A value that is kept as bool. libcyaml's own kind takes any text but a few for true. */
bool rule_schema_is_switch(const cyaml_schema_value_t *value);
