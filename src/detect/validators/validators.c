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

/* Each rule asks for its own among all of them: most differ in the first letter. */
static bool is_name(const char *name, const char *other)
{
    return name[0] == other[0] && strcmp(name, other) == 0;
}

ContextValidator context_validator_find(const char *name)
{
    for (const ContextValidatorName *entry = context_validators; entry->name != NULL; entry++)
        if (is_name(entry->name, name))
            return entry->validator;
    return NULL;
}

Validator validator_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(validators); i++)
        if (is_name(validators[i].name, name))
            return validators[i].validator;
    return NULL;
}

/* Their check digits let too many numbers through, and nothing else tells. */
static const char *const bare_doubters[] = {"aadhaar", "ar_cuit", "au_abn_acn", "au_medicare", "de_tax_id", "il_id",
    "itin", "kr_business", "kr_resident", "nanp", "ng_nin", "nhs", "no_number", "partita_iva", "pesel", "pt_nif",
    "se_number", "sin", "ssn", "th_id", "tr_tckn", "za_id"};

bool validator_doubts_bare(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bare_doubters); i++)
        if (is_name(bare_doubters[i], name))
            return true;
    return false;
}
