#include "detect/judge.h"
#include "detect/byte_class.h"
#include "detect/gap.h"

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

/* Which two bytes follow each other in a value: most words are not in it because theirs do not. */
typedef struct PairSet {
    uint64_t bits[4];
} PairSet;

static uint8_t pair_bit(const uint8_t *text)
{
    return (uint8_t)(text[0] * 31U + text[1]);
}

static PairSet pairs_of(Bytes text)
{
    PairSet pairs = {.bits = {0, 0, 0, 0}};

    for (size_t i = 0; i + 1 < text.len; i++) {
        uint8_t bit = pair_bit(text.data + i);
        pairs.bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
    return pairs;
}

static bool may_contain(const PairSet *pairs, const char *word)
{
    for (; word[0] != '\0' && word[1] != '\0'; word++) {
        uint8_t bit = pair_bit((const uint8_t *)word);
        if ((pairs->bits[bit / 64] >> (bit % 64) & 1) == 0)
            return false;
    }
    return true;
}

static bool contains_ignored_word(Judge *judge, const CompiledRule *rule, Bytes value)
{
    if (rule->ignore_words->len == 0)
        return false;
    const Bytes folded = canonical_form(CANONICAL_LOWER, value, judge->scratch);
    const PairSet pairs = pairs_of(folded);
    for (guint i = 0; i < rule->ignore_words->len; i++) {
        const char *word = g_ptr_array_index(rule->ignore_words, i);
        if (may_contain(&pairs, word) && memmem(folded.data, folded.len, word, strlen(word)) != NULL)
            return true;
    }
    return false;
}

static bool is_suppressed(Judge *judge, const CompiledRule *rule, Bytes value)
{
    return (rule->ignored != NULL &&
               ignored_values_have(rule->ignored, canonical_form(rule->canonical, value, judge->scratch))) ||
           contains_ignored_word(judge, rule, value);
}

/* Where the line begins that holds a position, as far as a keyword may be; 0: before that. */
static uint64_t line_start(const TextView *text, const Candidate *candidate, uint64_t at)
{
    size_t reach = MIN((size_t)(at - text->base), keyword_look_back(candidate->rule->distance));
    const uint8_t *from = text->data + (at - text->base) - reach;
    const uint8_t *newline = reach > 0 ? memrchr(from, '\n', reach) : NULL;

    return newline != NULL ? text->base + (uint64_t)(newline - text->data) + 1 : 0;
}

/* The value's own line has no newline between it and the keyword behind it. */
static bool is_keyword_after(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;

    if (rule->distance_after == 0)
        return false;
    const KeywordQuery query = {.group = rule->rule.index,
        .distance = rule->distance_after,
        .end = structure_field_end(judge->structure, candidate->value.start)};
    return keyword_tracker_after(judge->keywords, text, &query, candidate->value.end);
}

static bool is_keyword_in_field(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;
    const StructureValue value = {.text = text, .span = candidate->value};
    uint32_t group = rule->rule.index;

    if (structure_has_keyword(judge->structure, &value, group))
        return true;
    return rule->has_field_keywords &&
           structure_has_keyword(judge->structure, &value, field_keyword_group(judge->rules, rule->rule.index));
}

/* Forms print the label, alone and short, on the line above the value: the value's line is its own nevertheless. */
static uint64_t label_above(const Judge *judge, const TextView *text, const Candidate *candidate, KeywordQuery query)
{
    enum { LABEL_MAX = 48, LABEL_DISTANCE = 10 };
    uint64_t label_end = text->base + gap_start(text, (size_t)(candidate->value.start - text->base));
    uint64_t start = MAX(query.barrier, line_start(text, candidate, label_end));

    if (label_end >= line_start(text, candidate, candidate->value.start) || label_end - start > LABEL_MAX)
        return 0;
    query.barrier = start;
    query.distance = LABEL_DISTANCE;
    return keyword_tracker_before(judge->keywords, text, &query, label_end);
}

static uint64_t keyword_before(const Judge *judge, const TextView *text, const Candidate *candidate, uint32_t group)
{
    uint64_t at = candidate->value.start, barrier = structure_barrier(judge->structure, at);
    KeywordQuery query = {.group = group, .distance = candidate->rule->distance, .barrier = barrier};

    if (!candidate->rule->is_same_line)
        return keyword_tracker_before(judge->keywords, text, &query, at);
    query.barrier = MAX(barrier, line_start(text, candidate, at));
    uint64_t found = keyword_tracker_before(judge->keywords, text, &query, at);
    query.barrier = barrier;
    return found != 0 ? found : label_above(judge, text, candidate, query);
}

bool judge_has_keyword(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    return is_keyword_in_field(judge, text, candidate) ||
           keyword_before(judge, text, candidate, candidate->rule->rule.index) != 0 ||
           is_keyword_after(judge, text, candidate);
}

/* The name of the field decides, if it says anything; else what stands nearer before the value. */
static bool is_vetoed(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;
    const StructureValue value = {.text = text, .span = candidate->value};
    uint32_t veto = veto_group(judge->rules, rule->rule.index);

    if (!rule->has_veto)
        return false;
    if (structure_field_has_keyword(judge->structure, &value, rule->rule.index))
        return false;
    if (structure_field_has_keyword(judge->structure, &value, veto))
        return true;
    uint64_t veto_end = keyword_before(judge, text, candidate, veto);
    return veto_end != 0 && veto_end > keyword_before(judge, text, candidate, rule->rule.index) &&
           !is_keyword_in_field(judge, text, candidate);
}

/* A required keyword was found already; any other is looked for only where it makes a difference. */
static Tier weigh(const Judge *judge, const TextView *text, const Candidate *candidate, Verdict verdict)
{
    const CompiledRule *rule = candidate->rule;

    if (rule->keyword == KEYWORD_EXPECTED && !rule_waits_for_keyword(rule, judge->min_tier) &&
        !judge_has_keyword(judge, text, candidate))
        return TIER_LOW;
    if (verdict == VERDICT_PROVED)
        return TIER_VALIDATED;
    if (verdict == VERDICT_LOW)
        return TIER_LOW;
    if (rule->keyword == KEYWORD_REQUIRED || rule->keyword == KEYWORD_EXPECTED)
        return rule->keyword_tier;
    if (rule->keyword == KEYWORD_BOOST && judge_has_keyword(judge, text, candidate))
        return rule->keyword_tier;
    return verdict == VERDICT_WEAK ? TIER_LOW : rule->tier;
}

static Bytes value_of(const TextView *text, const Span *span)
{
    return (Bytes){.data = text->data + (span->start - text->base), .len = (size_t)(span->end - span->start)};
}

/* "and" and its like join two values, and say nothing of either. */
static bool is_joint(const uint8_t *end, size_t letters)
{
    return letters == 3 && (memcmp(end - 3, "and", 3) == 0 || memcmp(end - 3, "und", 3) == 0);
}

/* Three letters and more, without digits. Whatever is not ASCII is letters. */
static bool has_word(Bytes text)
{
    enum { WORD_MIN = 3 };
    size_t letters = 0;
    bool has_digit = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        bool is_digit = byte_is_digit(byte), is_letter = byte >= 0x80 || (byte_is_word(byte) && !is_digit);
        bool is_end = !is_letter && !is_digit && letters >= WORD_MIN && !has_digit;
        if (is_end && !is_joint(text.data + i, letters))
            return true;
        bool is_continued = (byte & 0xC0) == 0x80;
        letters = is_letter ? letters + (is_continued ? 0 : 1) : is_digit ? letters : 0;
        has_digit = is_digit || (is_letter && has_digit);
    }
    return letters >= WORD_MIN && !has_digit && !is_joint(text.data + text.len, letters);
}

static bool is_blank_or_quote(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '"' || byte == '\'';
}

/* Blanks or quotes around it, and no word on its line, as far as SURROUNDINGS_AFTER on both sides. */
static bool stands_alone(const TextView *text, const Span *value)
{
    size_t start = (size_t)(value->start - text->base), end = (size_t)(value->end - text->base);
    size_t before = MIN(start, (size_t)SURROUNDINGS_AFTER), after = MIN(text->len - end, (size_t)SURROUNDINGS_AFTER);

    if ((start > 0 && !is_blank_or_quote(text->data[start - 1])) ||
        (end < text->len && !is_blank_or_quote(text->data[end])))
        return false;
    const uint8_t *line = before > 0 ? memrchr(text->data + start - before, '\n', before) : NULL;
    const uint8_t *next = after > 0 ? memchr(text->data + end, '\n', after) : NULL;
    const uint8_t *from = line != NULL ? line + 1 : text->data + start - before;
    const uint8_t *to = next != NULL ? next : text->data + end + after;
    return !has_word((Bytes){from, (size_t)(text->data + start - from)}) &&
           !has_word((Bytes){text->data + end, (size_t)(to - (text->data + end))});
}

static bool has_separator(Bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!byte_is_word(value.data[i]))
            return true;
    return false;
}

/* No keyword says that it is one, and other words say what it is. A number in groups says something itself. */
static bool is_told_by_others(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;

    if (!rule->is_alone || (rule->shape == SHAPE_DIGITS && has_separator(value_of(text, &candidate->value))))
        return false;
    return !stands_alone(text, &candidate->value) && !judge_has_keyword(judge, text, candidate);
}

static CellOf cell_kind(const Judge *judge, const StructureValue *value)
{
    if (!structure_fills_cell(judge->structure, value))
        return CELL_NONE;
    return structure_is_of_document(judge->structure, value) ? CELL_OF_DOCUMENT : CELL_OF_DATA;
}

static Verdict validate_in_context(const Judge *judge, const TextView *text, const Candidate *candidate)
{
    size_t start = (size_t)(candidate->value.start - text->base), end = (size_t)(candidate->value.end - text->base);
    size_t before = MIN(start, (size_t)SURROUNDINGS_BEFORE);
    const StructureValue value = {.text = text, .span = candidate->value};
    const Surroundings surroundings = {
        .value = value_of(text, &candidate->value),
        .before = {.data = text->data + start - before, .len = before},
        .after = {.data = text->data + end, .len = MIN(text->len - end, (size_t)SURROUNDINGS_AFTER)},
        .field = structure_field(judge->structure, &value),
        .cell = cell_kind(judge, &value),
        .is_public = judge->is_public,
        .year = judge->year,
    };

    return candidate->rule->context_validator(&surroundings);
}

/* The tier with everything that lowers it; a match that may still be raised by its pair is kept. */
static bool is_of_interest(const Judge *judge, const CompiledRule *rule, Verdict verdict, Tier *tier)
{
    if ((verdict == VERDICT_LOWER || rule_bits_have(judge->lowered, rule->rule.index)) && *tier > TIER_LOW)
        *tier = (Tier)(*tier - 1);
    return *tier >= judge->min_tier || (rule->pair != NULL && rule->pair_tier >= judge->min_tier);
}

static bool is_near(const Judge *judge, const TextView *text, const Candidate *candidate, RefusalReason reason)
{
    const CompiledRule *rule = candidate->rule;

    if (rule->keyword == KEYWORD_NONE)
        return rule->engine == ENGINE_LITERAL;
    return reason != REFUSED_NO_KEYWORD && judge_has_keyword(judge, text, candidate);
}

static bool refuse(
    const Judge *judge, const TextView *text, const Candidate *candidate, RefusalReason reason, Tier tier)
{
    if (judge->refused == NULL)
        return false;
    const Refusal refusal = {.rule = &candidate->rule->rule,
        .reason = reason,
        .is_near = is_near(judge, text, candidate, reason),
        .tier = tier,
        .position = candidate->value.start,
        .length = candidate->value.end - candidate->value.start};

    judge->refused(judge->refused_data, &refusal);
    return false;
}

/* Whoever asks why is told what would hold at tier low, too. */
static RefusalReason why_below(const Judge *judge, const TextView *text, const Candidate *candidate, Tier weighed)
{
    if (judge->refused != NULL && weighed == TIER_LOW && is_told_by_others(judge, text, candidate))
        return REFUSED_NO_KEYWORD;
    return REFUSED_LOW_TIER;
}

/* What nothing refused: it stands if its tier does. */
static bool judge_valid(Judge *judge, const TextView *text, const Candidate *candidate, Verdict verdict)
{
    const CompiledRule *rule = candidate->rule;
    Tier tier = weigh(judge, text, candidate, verdict);
    if (tier == TIER_LOW && tier >= judge->min_tier && is_told_by_others(judge, text, candidate))
        return refuse(judge, text, candidate, REFUSED_NO_KEYWORD, TIER_LOW);
    Tier weighed = tier;
    if (!is_of_interest(judge, rule, verdict, &tier))
        return refuse(judge, text, candidate, why_below(judge, text, candidate, weighed), tier);

    PendingMatch match = {.span = candidate->value,
        .rule = rule->rule.index,
        .tier = tier,
        .is_suppressed = verdict == VERDICT_SAMPLE || is_suppressed(judge, rule, value_of(text, &candidate->value))};
    g_array_append_val(judge->pending, match);
    return true;
}

bool judge_value(Judge *judge, const TextView *text, const Candidate *candidate)
{
    const CompiledRule *rule = candidate->rule;
    Bytes value = value_of(text, &candidate->value);

    if (value.len == 0 || (judge->is_decoded && rule->is_plain_only))
        return false;
    if (compiled_rule_best_tier(rule) < judge->min_tier)
        return refuse(judge, text, candidate, REFUSED_LOW_TIER, compiled_rule_best_tier(rule));
    /* The value alone says more, and at less cost, than what stands around it. */
    Verdict verdict = rule->validator != NULL ? rule->validator(value) : VERDICT_PASS;
    if (verdict == VERDICT_REJECT)
        return refuse(judge, text, candidate, REFUSED_VALIDATOR, TIER_LOW);
    if (rule_waits_for_keyword(rule, judge->min_tier) && !judge_has_keyword(judge, text, candidate))
        return refuse(judge, text, candidate, REFUSED_NO_KEYWORD, TIER_LOW);
    if (is_vetoed(judge, text, candidate))
        return refuse(judge, text, candidate, REFUSED_VETO, TIER_LOW);
    if (rule->min_entropy > 0 && entropy(value) < rule->min_entropy)
        return refuse(judge, text, candidate, REFUSED_ENTROPY, TIER_LOW);
    if (rule->context_validator != NULL)
        verdict = validate_in_context(judge, text, candidate);
    if (verdict == VERDICT_REJECT)
        return refuse(judge, text, candidate, REFUSED_VALIDATOR, TIER_LOW);
    return judge_valid(judge, text, candidate, verdict);
}
