#include "detect/judge.h"

#include <math.h>
#include <string.h>

/* Bits per byte value, of the distribution of byte values in the text. */
static double entropy(Bytes value)
{
    uint32_t counts[256] = {0};
    double bits = 0;

    for (size_t i = 0; i < value.len; i++)
        counts[value.data[i]]++;
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (counts[i] == 0)
            continue;
        double share = (double)counts[i] / (double)value.len;
        bits -= share * log2(share);
    }
    return bits;
}

static int compare_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    int order = memcmp(a, b, MIN(a_len, b_len));

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static bool is_ignored_value(const CompiledRule *rule, const GByteArray *canonical)
{
    guint low = 0, high = rule->ignore->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        gsize len = 0;
        const uint8_t *ignored = g_bytes_get_data(g_ptr_array_index(rule->ignore, middle), &len);
        int order = compare_bytes(canonical->data, canonical->len, ignored, len);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool contains_word(Bytes value, const char *lower_word)
{
    size_t len = strlen(lower_word);

    for (size_t i = 0; i + len <= value.len; i++) {
        if (g_ascii_strncasecmp((const char *)value.data + i, lower_word, len) == 0)
            return true;
    }
    return false;
}

static bool is_suppressed(Judge *judge, const CompiledRule *rule, Bytes value)
{
    if (rule->ignore->len > 0) {
        canonical_form(rule->canonical, value, judge->canonical);
        if (is_ignored_value(rule, judge->canonical))
            return true;
    }
    for (guint i = 0; i < rule->ignore_words->len; i++) {
        if (contains_word(value, g_ptr_array_index(rule->ignore_words, i)))
            return true;
    }
    return false;
}

/* False: the rule demands a keyword and there is none. */
static bool weigh(const TextView *text, const Candidate *candidate, Verdict verdict, Tier *ret_tier)
{
    const CompiledRule *rule = candidate->rule;
    bool has_keyword = rule->keyword != KEYWORD_NONE && keyword_tracker_find(candidate->keywords, text,
                                                            rule->rule.index, candidate->value.start, rule->distance);

    if (rule->keyword == KEYWORD_REQUIRED && !has_keyword)
        return false;
    if (verdict == VERDICT_PROVED)
        *ret_tier = TIER_VALIDATED;
    else if (verdict == VERDICT_LOW || (verdict == VERDICT_WEAK && !has_keyword))
        *ret_tier = TIER_LOW;
    else
        *ret_tier = has_keyword ? rule->keyword_tier : rule->tier;
    return true;
}

bool judge_value(Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;
    Bytes value = {.data = text->data + (candidate->value.start - text->base),
        .len = (size_t)(candidate->value.end - candidate->value.start)};
    Verdict verdict = VERDICT_PASS;
    Tier tier = TIER_LOW;

    if (value.len == 0 || compiled_rule_best_tier(rule) < judge->min_tier)
        return false;
    if (rule->min_entropy > 0 && entropy(value) < rule->min_entropy)
        return false;
    if (rule->validator != NULL)
        verdict = rule->validator(value);
    if (verdict == VERDICT_REJECT || !weigh(text, candidate, verdict, &tier) || tier < judge->min_tier)
        return false;

    PendingMatch match = {.span = candidate->value,
        .rule = rule->rule.index,
        .tier = tier,
        .is_suppressed = is_suppressed(judge, rule, value)};
    g_array_append_val(judge->pending, match);
    return true;
}
