#include "detect/validators/validators_internal.h"

#include <string.h>

typedef struct ValidatorName {
    const char *name;
    Validator validator;
} ValidatorName;

static const ValidatorName validators[] = {
#define VALIDATOR(name) {#name, validate_##name},
#include "detect/validators/validators.def"
#undef VALIDATOR
};

Validator validator_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(validators); i++)
        if (strcmp(validators[i].name, name) == 0)
            return validators[i].validator;
    return NULL;
}
