#include "detect/rule_regex.h"
#include "detect/rule_internal.h"

RuleRegex *rule_regex_new(const RawRule *raw)
{
    RuleRegex *regex = g_new0(RuleRegex, 1);

    regex->raw = raw;
    return regex;
}

void rule_regex_free(RuleRegex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    g_free(regex);
}

/* Between g_once_init_enter and _leave. The pattern was compiled before, when it was checked. */
void rule_regex_prepare(RuleRegex *regex)
{
    g_autoptr(GError) error = NULL;

    /* Without JIT, where there is none, matching is slower but the same. */
    if (rule_pattern_compile(regex->raw, &regex->code, &error))
        regex->has_jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
    g_once_init_leave(&regex->is_ready, 1);
}

bool rule_pattern_compile(const RawRule *raw, pcre2_code **ret_code, GError **error)
{
    uint32_t options =
        (rule_is_anchored(raw) ? PCRE2_ANCHORED : PCRE2_USE_OFFSET_LIMIT) | (raw->caseless ? PCRE2_CASELESS : 0);
    PCRE2_UCHAR message[128];
    PCRE2_SIZE offset = 0;
    int code = 0;

    *ret_code = pcre2_compile((PCRE2_SPTR)raw->pattern, PCRE2_ZERO_TERMINATED, options, &code, &offset, NULL);
    if (*ret_code != NULL)
        return true;
    pcre2_get_error_message(code, message, sizeof message);
    return fail_at(error, &(ErrorPlace){.field = "pattern"}, "%s, at character %zu", (char *)message, offset + 1);
}
