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

/* Letters to add, leave out or change (Levenshtein); more than `limit` are not told apart. */
static size_t letters_apart(const char *name, const char *other, size_t limit)
{
    enum { LETTERS_MAX = 32 };
    size_t row[LETTERS_MAX + 1], name_len = strlen(name), other_len = strlen(other);

    if (name_len > LETTERS_MAX || name_len > other_len + limit || other_len > name_len + limit)
        return limit + 1;
    for (size_t i = 0; i <= name_len; i++)
        row[i] = i;
    for (size_t j = 1; j <= other_len; j++) {
        size_t diagonal = row[0];
        row[0] = j;
        for (size_t i = 1; i <= name_len; i++) {
            size_t changed = diagonal + (name[i - 1] != other[j - 1] ? 1 : 0);
            diagonal = row[i];
            row[i] = MIN(changed, MIN(row[i], row[i - 1]) + 1);
        }
    }
    return row[name_len];
}

const char *validator_closest(const char *name)
{
    static const char *const names[] = {
#define VALIDATOR(name)         #name,
#define CONTEXT_VALIDATOR(name) #name,
#include "detect/validators/validators.def"
#undef VALIDATOR
#undef CONTEXT_VALIDATOR
    };
    const char *closest = NULL;
    size_t limit = MIN(strlen(name) / 2, 3);

    for (size_t i = 0; i < G_N_ELEMENTS(names) && limit > 0; i++) {
        size_t apart = letters_apart(name, names[i], limit);
        if (apart <= limit) {
            closest = names[i];
            limit = apart - MIN(apart, 1);
        }
    }
    return closest;
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
