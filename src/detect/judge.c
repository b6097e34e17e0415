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
    size_t both = MIN(a_len, b_len);
    int order = both > 0 ? memcmp(a, b, both) : 0;

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

/* The value in lower case, in the judge's scratch. */
static Bytes fold(Judge *judge, Bytes value)
{
    GByteArray *scratch = judge->canonical;

    g_byte_array_set_size(scratch, (guint)value.len);
    for (size_t i = 0; i < value.len; i++)
        scratch->data[i] = (uint8_t)g_ascii_tolower((char)value.data[i]);
    return (Bytes){.data = scratch->data, .len = value.len};
}

static bool contains_ignored_word(Judge *judge, const CompiledRule *rule, Bytes value)
{
    if (rule->ignore_words->len == 0)
        return false;
    Bytes folded = fold(judge, value);
    for (guint i = 0; i < rule->ignore_words->len; i++) {
        const char *word = g_ptr_array_index(rule->ignore_words, i);
        if (memmem(folded.data, folded.len, word, strlen(word)) != NULL)
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
    return contains_ignored_word(judge, rule, value);
}

static bool has_keyword(const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;

    return keyword_tracker_find(candidate->keywords, text, rule->rule.index, candidate->value.start, rule->distance);
}

/* A required keyword was found already; any other is looked for only where it makes a difference. */
static Tier weigh(const TextView *text, const Candidate *candidate, Verdict verdict)
{
    const CompiledRule *rule = candidate->rule;

    if (rule->keyword == KEYWORD_EXPECTED && !has_keyword(text, candidate))
        return TIER_LOW;
    if (verdict == VERDICT_PROVED)
        return TIER_VALIDATED;
    if (verdict == VERDICT_LOW)
        return TIER_LOW;
    if (rule->keyword == KEYWORD_REQUIRED || rule->keyword == KEYWORD_EXPECTED)
        return rule->keyword_tier;
    if (rule->keyword == KEYWORD_BOOST && has_keyword(text, candidate))
        return rule->keyword_tier;
    return verdict == VERDICT_WEAK ? TIER_LOW : rule->tier;
}

bool judge_value(Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;
    Bytes value = {.data = text->data + (candidate->value.start - text->base),
        .len = (size_t)(candidate->value.end - candidate->value.start)};
    Verdict verdict = VERDICT_PASS;

    if (value.len == 0 || compiled_rule_best_tier(rule) < judge->min_tier)
        return false;
    if (rule_waits_for_keyword(rule, judge->min_tier) && !has_keyword(text, candidate))
        return false;
    if (rule->min_entropy > 0 && entropy(value) < rule->min_entropy)
        return false;
    if (rule->validator != NULL)
        verdict = rule->validator(value);
    if (verdict == VERDICT_REJECT)
        return false;
    Tier tier = weigh(text, candidate, verdict);
    if (tier < judge->min_tier)
        return false;

    PendingMatch match = {.span = candidate->value,
        .rule = rule->rule.index,
        .tier = tier,
        .is_suppressed = is_suppressed(judge, rule, value)};
    g_array_append_val(judge->pending, match);
    return true;
}
