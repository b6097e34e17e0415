#include "detect/validators/validators_internal.h"

#include <string.h>

typedef struct ValidatorName {
    const char *name;
    Validator validator;
} ValidatorName;

static const ValidatorName validators[] = {
#define VALIDATOR(name) {#name, validate_##name},
#define CONTEXT_VALIDATOR(name)
#include "detect/validators/validators.def"
#undef VALIDATOR
#undef CONTEXT_VALIDATOR
};

typedef struct ContextValidatorName {
    const char *name;
    ContextValidator validator;
} ContextValidatorName;

/* The last is the end. */
static const ContextValidatorName context_validators[] = {
#define VALIDATOR(name)
#define CONTEXT_VALIDATOR(name) {#name, validate_##name},
#include "detect/validators/validators.def"
#undef VALIDATOR
#undef CONTEXT_VALIDATOR
    {NULL, NULL},
};

ContextValidator context_validator_find(const char *name)
{
    for (const ContextValidatorName *entry = context_validators; entry->name != NULL; entry++)
        if (strcmp(entry->name, name) == 0)
            return entry->validator;
    return NULL;
}

Validator validator_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(validators); i++)
        if (strcmp(validators[i].name, name) == 0)
            return validators[i].validator;
    return NULL;
}
