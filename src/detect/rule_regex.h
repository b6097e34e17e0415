/* A rule's pattern for PCRE2, compiled when it is first searched for: of hundreds of rules most texts need a few. */
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8

#include "detect/rule_yaml.h"

#include <pcre2.h>

typedef struct RuleRegex {
    gsize is_ready; /* for g_once_init_enter */
    const RawRule *raw;
    pcre2_code *code; /* NULL also if it could not be compiled: then it is found nowhere */
    bool has_jit;
} RuleRegex;

RuleRegex *rule_regex_new(const RawRule *raw);
void rule_regex_free(RuleRegex *regex);

void rule_regex_prepare(RuleRegex *regex);

/* Ready to be searched with. Any thread may call this. */
static inline const RuleRegex *rule_regex_get(RuleRegex *regex)
{
    if (g_once_init_enter(&regex->is_ready))
        rule_regex_prepare(regex);
    return regex;
}

/* Free with pcre2_code_free. INVALID has the field "pattern" as its place, and says at which character. */
FALLIBLE bool rule_pattern_compile(const RawRule *raw, pcre2_code **ret_code, GError **error);
