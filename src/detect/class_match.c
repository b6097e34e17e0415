#include "detect/class_match.h"
#include "detect/byte_class.h"

#include <string.h>

enum {
    HEX_WORD_MIN = 4,    /* "-dead" is part of a UUID, "-a" is not */
    HEX_WORD_SEEN = 40,  /* how far a neighbouring word is looked at */
    USERINFO_SEEN = 256, /* likewise, for "https://user:" before "@" */
    SHORTER_TRIES = 3,
};

struct ClassMatcher {
    const RuleSet *rules;
    ClassPlan plan;
    GArray *at_rules, *plus_rules;         /* uint32_t */
    GArray *upper_rules[CLASS_MAX_STARTS]; /* uint32_t, by start */
    const ClassConfirm *run;
};

static void matcher_add(ClassMatcher *matcher, const CompiledRule *rule)
{
    uint32_t index = rule->rule.index;

    switch (rule->shape) {
    case SHAPE_NONE:
    case SHAPE_DIGITS:
        return;
    case SHAPE_AT:
        g_array_append_val(matcher->at_rules, index);
        return;
    case SHAPE_PLUS:
        g_array_append_val(matcher->plus_rules, index);
        return;
    case SHAPE_UPPER:
        break;
    }
    for (uint32_t i = 0; i < matcher->plan.start_count; i++) {
        if (strcmp(matcher->plan.starts[i], rule->start) == 0)
            g_array_append_val(matcher->upper_rules[i], index);
    }
}

bool class_matcher_new(const RuleSet *rules, ClassMatcher **ret_matcher, GError **error)
{
    g_autoptr(ClassMatcher) matcher = g_new0(ClassMatcher, 1);

    matcher->rules = rules;
    matcher->at_rules = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    matcher->plus_rules = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; i < CLASS_MAX_STARTS; i++)
        matcher->upper_rules[i] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    TRY(class_plan_init(&matcher->plan, rules, error));
    for (uint32_t i = 0; i < rule_set_size(rules); i++)
        matcher_add(matcher, rule_at(rules, i));
    *ret_matcher = g_steal_pointer(&matcher);
    return true;
}

void class_matcher_free(ClassMatcher *matcher)
{
    if (matcher == NULL)
        return;
    g_array_unref(matcher->at_rules);
    g_array_unref(matcher->plus_rules);
    for (size_t i = 0; i < CLASS_MAX_STARTS; i++)
        g_array_unref(matcher->upper_rules[i]);
    g_free(matcher);
}

/* Below, places are indices into the view; len bounds them. */

typedef struct HexWord {
    size_t len;
    bool has_digit, is_hex;
} HexWord;

static void hex_word_add(HexWord *word, uint8_t byte)
{
    word->len++;
    word->has_digit = word->has_digit || byte_is_digit(byte);
    word->is_hex = word->is_hex && byte_is_hex(byte);
}

static bool is_hex_run(const HexWord *word)
{
    return word->is_hex && word->len > 0 && (word->has_digit || word->len >= HEX_WORD_MIN);
}

static bool hex_word_before(const TextView *text, size_t end)
{
    HexWord word = {.is_hex = true};

    while (word.len < MIN(end, (size_t)HEX_WORD_SEEN) && byte_is_word(text->data[end - 1 - word.len]))
        hex_word_add(&word, text->data[end - 1 - word.len]);
    return is_hex_run(&word);
}

static bool hex_word_after(const TextView *text, size_t start)
{
    HexWord word = {.is_hex = true};

    while (word.len < HEX_WORD_SEEN && start + word.len < text->len && byte_is_word(text->data[start + word.len]))
        hex_word_add(&word, text->data[start + word.len]);
    return is_hex_run(&word);
}

/* A number that goes on to the left: "1.234", a UUID, "2023-". separator is the number's own, 0 for a bare run. */
static bool continues_before(const TextView *text, size_t start, uint8_t separator)
{
    if (start == 0)
        return false;
    uint8_t byte = text->data[start - 1];
    if (byte_is_word(byte))
        return true;
    if (start < 2)
        return false;
    if (byte == '-')
        return hex_word_before(text, start - 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[start - 2]);
}

static bool continues_after(const TextView *text, size_t end, uint8_t separator)
{
    if (end >= text->len)
        return false;
    uint8_t byte = text->data[end];
    if (byte_is_word(byte))
        return true;
    if (end + 1 >= text->len)
        return false;
    if (byte == '-')
        return hex_word_after(text, end + 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[end + 1]);
}

static bool judge_span(const ClassMatcher *matcher, uint32_t rule, size_t start, size_t end)
{
    const ClassConfirm *run = matcher->run;
    const Candidate candidate = {
        .rule = rule_at(matcher->rules, rule),
        .value = {.start = run->text->base + start, .end = run->text->base + end},
        .keywords = run->keywords,
    };

    return judge_value(run->judge, run->text, &candidate);
}

/* A number in the text: its groups of digits, and the separator if there is more than one. */
typedef struct Number {
    size_t start;
    uint32_t count;
    uint32_t digits[FORM_MAX_GROUPS];
    size_t ends[FORM_MAX_GROUPS];
    uint8_t separator, separator_bit;
} Number;

static size_t digits_end(const TextView *text, size_t at)
{
    while (at < text->len && byte_is_digit(text->data[at]))
        at++;
    return at;
}

static void number_add_group(Number *number, const TextView *text, size_t at)
{
    size_t end = digits_end(text, at);

    number->digits[number->count] = (uint32_t)MIN(end - at, (size_t)FORM_MAX_DIGITS + 1);
    number->ends[number->count++] = end;
}

static bool goes_on(const TextView *text, size_t end, uint8_t separator)
{
    return end + 1 < text->len && text->data[end] == separator && byte_is_digit(text->data[end + 1]);
}

static void number_read(Number *number, const FormTable *forms, const TextView *text, size_t start)
{
    number->start = start;
    number->count = 0;
    number_add_group(number, text, start);
    size_t end = number->ends[0];
    number->separator = end < text->len ? text->data[end] : 0;
    number->separator_bit = form_table_separator_bit(forms, number->separator);
    if (number->separator_bit == 0)
        return;
    while (number->count < FORM_MAX_GROUPS && goes_on(text, end, number->separator)) {
        number_add_group(number, text, end + 1);
        end = number->ends[number->count - 1];
    }
}

static bool form_fits(const DigitForm *form, const Number *number)
{
    if (form->group_count > number->count || (form->separators & number->separator_bit) == 0)
        return false;
    for (uint32_t i = 0; i < form->group_count; i++) {
        if (number->digits[i] < form->groups[i].min || number->digits[i] > form->groups[i].max)
            return false;
    }
    return true;
}

static void match_bare(const ClassMatcher *matcher, const Number *number)
{
    const GArray *forms = form_table_bare(matcher->rules->forms, number->digits[0]);
    const TextView *text = matcher->run->text;
    uint32_t last_rule = UINT32_MAX;

    if (forms == NULL || continues_before(text, number->start, 0) || continues_after(text, number->ends[0], 0))
        return;
    for (guint i = 0; i < forms->len; i++) {
        uint32_t rule = g_array_index(forms, DigitForm, i).rule;
        if (rule != last_rule)
            (void)judge_span(matcher, rule, number->start, number->ends[0]);
        last_rule = rule;
    }
}

static void match_separated(const ClassMatcher *matcher, const Number *number)
{
    const GArray *forms = form_table_separated(matcher->rules->forms, number->digits[0]);
    const TextView *text = matcher->run->text;

    if (forms == NULL || continues_before(text, number->start, number->separator))
        return;
    for (guint i = 0; i < forms->len; i++) {
        const DigitForm *form = &g_array_index(forms, DigitForm, i);
        if (!form_fits(form, number))
            continue;
        size_t end = number->ends[form->group_count - 1];
        if (!continues_after(text, end, number->separator))
            (void)judge_span(matcher, form->rule, number->start, end);
    }
}

static void match_digits(const ClassMatcher *matcher, size_t at)
{
    Number number;

    number_read(&number, matcher->rules->forms, matcher->run->text, at);
    match_bare(matcher, &number);
    if (number.count > 1)
        match_separated(matcher, &number);
}

static bool search(const ClassMatcher *matcher, uint32_t rule, const SearchWindow *window, RegexMatch *ret_match)
{
    return regex_search(matcher->run->regex, rule_at(matcher->rules, rule), matcher->run->text, window, ret_match);
}

static bool touches_word(const TextView *text, const Span *whole)
{
    size_t start = (size_t)(whole->start - text->base), end = (size_t)(whole->end - text->base);

    return (start > 0 && byte_is_word(text->data[start - 1])) || (end < text->len && byte_is_word(text->data[end]));
}

static SearchWindow window_at(const ClassMatcher *matcher, uint32_t rule, size_t from, size_t last)
{
    const TextView *text = matcher->run->text;
    size_t end = MIN(last + rule_at(matcher->rules, rule)->max_length, text->len);

    return (SearchWindow){.from = text->base + from,
        .last = text->base + last,
        .end = text->base + end,
        .is_text_end = matcher->run->is_last && end == text->len};
}

static uint64_t last_space(const TextView *text, const Span *whole)
{
    uint64_t at = whole->end;

    while (at > whole->start && text->data[at - 1 - text->base] != ' ')
        at--;
    return at;
}

/* Cheaper to ask before the regex where the value stands at the place itself. */
static bool lacks_keyword(const ClassMatcher *matcher, uint32_t index, size_t at)
{
    const CompiledRule *rule = rule_at(matcher->rules, index);
    const ClassConfirm *run = matcher->run;

    return rule->keyword == KEYWORD_REQUIRED && rule->value_group == 0 &&
           !keyword_tracker_find(run->keywords, run->text, index, run->text->base + at, rule->distance);
}

/* Patterns that allow spaces may swallow the word behind the value ("… 32 PAID"); the validator tells. */
static void match_from(const ClassMatcher *matcher, uint32_t rule, size_t at)
{
    const TextView *text = matcher->run->text;
    SearchWindow window = window_at(matcher, rule, at, at);
    RegexMatch match;

    if (lacks_keyword(matcher, rule, at))
        return;
    for (int tries = 0; tries <= SHORTER_TRIES; tries++) {
        if (!search(matcher, rule, &window, &match))
            return;
        if (!touches_word(text, &match.whole) &&
            judge_span(matcher, rule, (size_t)(match.value.start - text->base), (size_t)(match.value.end - text->base)))
            return;
        window.end = last_space(text, &match.whole);
        if (window.end <= match.whole.start + 1)
            return;
        window.end--;
        window.is_text_end = false;
    }
}

static bool is_atom(uint8_t byte)
{
    return byte >= 0x80 || (byte > ' ' && strchr("\"(),:;<>@[\\]\x7f", byte) == NULL);
}

/* "scheme://user:password@host" is no address. */
static bool is_userinfo(const TextView *text, size_t start)
{
    size_t seen = 0;

    while (seen < MIN(start, (size_t)USERINFO_SEEN)) {
        uint8_t byte = text->data[start - 1 - seen];
        if (byte == '/')
            return start - seen >= 3 && text->data[start - seen - 2] == '/' && text->data[start - seen - 3] == ':';
        if (byte <= ' ' || strchr("\"'<>", byte) != NULL)
            return false;
        seen++;
    }
    return false;
}

static void match_at(const ClassMatcher *matcher, uint32_t rule, size_t at)
{
    const TextView *text = matcher->run->text;
    size_t longest = rule_at(matcher->rules, rule)->max_length;
    size_t start = at;
    RegexMatch match;

    while (start > 0 && at - start < longest && is_atom(text->data[start - 1]))
        start--;
    SearchWindow window = window_at(matcher, rule, start, at);
    if (!search(matcher, rule, &window, &match) || match.whole.end <= text->base + at)
        return;
    if (!touches_word(text, &match.whole) && !is_userinfo(text, (size_t)(match.whole.start - text->base)))
        (void)judge_span(
            matcher, rule, (size_t)(match.value.start - text->base), (size_t)(match.value.end - text->base));
}

static void match_rules(
    const ClassMatcher *matcher, const GArray *rules, size_t at, void (*match)(const ClassMatcher *, uint32_t, size_t))
{
    for (guint i = 0; i < rules->len; i++)
        match(matcher, g_array_index(rules, uint32_t, i), at);
}

static void match_upper(const ClassMatcher *matcher, const ClassPlace *place)
{
    const GArray *rules = matcher->upper_rules[place->start];

    for (guint i = 0; i < rules->len; i++) {
        uint32_t rule = g_array_index(rules, uint32_t, i);
        if ((rule_at(matcher->rules, rule)->first_runs >> place->run & 1) != 0)
            match_from(matcher, rule, place->at);
    }
}

static void place_found(void *data, const ClassPlace *place)
{
    const ClassMatcher *matcher = data;

    switch (place->kind) {
    case CLASS_DIGITS:
        match_digits(matcher, place->at);
        return;
    case CLASS_AT:
        match_rules(matcher, matcher->at_rules, place->at, match_at);
        return;
    case CLASS_PLUS:
        match_rules(matcher, matcher->plus_rules, place->at, match_from);
        return;
    case CLASS_UPPER:
        match_upper(matcher, place);
        return;
    }
}

void class_matcher_run(ClassMatcher *matcher, const ClassConfirm *confirm)
{
    const ClassText text = {
        .data = confirm->text->data,
        .from = (size_t)(confirm->from - confirm->text->base),
        .to = (size_t)(confirm->to - confirm->text->base),
        .len = confirm->text->len,
    };

    matcher->run = confirm;
    class_scan(&matcher->plan, &text, place_found, matcher);
    matcher->run = NULL;
}
