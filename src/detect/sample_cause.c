/* Why a match counts as a sample, told afterwards for the few that are listed: deciding it must stay cheap. */
#include "detect/rule_internal.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

static const CompiledRule *compiled_rule_of(const Match *match)
{
    return (const CompiledRule *)(const void *)((const char *)match->rule - offsetof(CompiledRule, rule));
}

/* NULL: none. */
static const char *find_ignored_word(const CompiledRule *rule, Bytes text)
{
    g_autofree char *folded = g_ascii_strdown((const char *)text.data, (gssize)text.len);
    const char *found = NULL;

    for (guint i = 0; i < rule->ignore_words->len && found == NULL; i++) {
        const char *word = g_ptr_array_index(rule->ignore_words, i);
        if (memmem(folded, text.len, word, strlen(word)) != NULL)
            found = word;
    }
    explicit_bzero(folded, text.len);
    return found;
}

const char *match_sample_cause(const Match *match, const char **ret_word)
{
    const CompiledRule *rule = compiled_rule_of(match);

    *ret_word = NULL;
    if (ignored_values_have(rule->ignored, match->canonical))
        return "ignore";
    *ret_word = find_ignored_word(rule, match->text);
    if (*ret_word != NULL)
        return "ignore_words";
    if (strcmp(rule->rule.category, "secret") == 0 && token_is_filled_in(match->text))
        *ret_word = "placeholder";
    return "validator";
}
