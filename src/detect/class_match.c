#include "detect/class_match.h"
#include "detect/boundary.h"
#include "detect/byte_class.h"
#include "detect/number_match.h"

#include <string.h>

enum {
    USERINFO_SEEN = 256, /* how far "https://user:" is looked for before "@" */
    SHORTER_TRIES = 3,
    COLON_GROUP_MAX = 4,
};

bool class_judge(const ClassRun *run, uint32_t rule, size_t start, size_t end)
{
    const Candidate candidate = {
        .rule = rule_at(run->rules, rule),
        .value = {.start = run->text->base + start, .end = run->text->base + end},
    };

    return judge_value(run->judge, run->text, &candidate);
}

static bool search(const ClassRun *run, uint32_t rule, const SearchWindow *window, RegexMatch *ret_match)
{
    return regex_search(run->regex, rule_at(run->rules, rule), run->text, window, ret_match);
}

static bool touches_word(const TextView *text, const Span *whole)
{
    size_t start = (size_t)(whole->start - text->base), end = (size_t)(whole->end - text->base);

    return (start > 0 && byte_is_word(text->data[start - 1])) || (end < text->len && byte_is_word(text->data[end]));
}

static bool has_digit(const TextView *text, size_t start, size_t end)
{
    while (start < end && !byte_is_digit(text->data[start]))
        start++;
    return start < end;
}

/* A code with digits has the boundaries of a number; names have none but words', nor have secrets, which may be parted
 * by anything. */
static bool is_part(const ClassRun *run, const CompiledRule *rule, const Span *whole)
{
    const TextView *text = run->text;
    size_t start = (size_t)(whole->start - text->base), end = (size_t)(whole->end - text->base);

    if (touches_word(text, whole))
        return true;
    if (rule->raw->category == CATEGORY_SECRET || (rule->shape != SHAPE_UPPER && rule->shape != SHAPE_WORD) ||
        !has_digit(text, start, end))
        return false;
    return boundary_goes_on_before(text, start, 0) || boundary_goes_on_after(text, end, 0);
}

static SearchWindow window_at(const ClassRun *run, uint32_t rule, size_t from, size_t last)
{
    const TextView *text = run->text;
    size_t end = MIN(last + rule_at(run->rules, rule)->max_length, text->len);

    return (SearchWindow){.from = text->base + from,
        .last = text->base + last,
        .end = text->base + end,
        .is_text_end = run->is_last && end == text->len};
}

static uint64_t last_space(const TextView *text, const Span *whole)
{
    uint64_t at = whole->end;

    while (at > whole->start && text->data[at - 1 - text->base] != ' ')
        at--;
    return at;
}

/* Most places end here. */
static bool may_begin(const ClassRun *run, uint32_t index, size_t at)
{
    const uint8_t *first = rule_at(run->rules, index)->first_bytes;

    return first == NULL || (first[run->text->data[at] / 8] >> (run->text->data[at] % 8) & 1) != 0;
}

/* A match of a lower tier than the rule's own may give way to one inside it. */
static void take(const ClassRun *run, uint32_t index)
{
    const GArray *pending = run->judge->pending;
    const PendingMatch *match = &g_array_index(pending, PendingMatch, pending->len - 1);
    const CompiledRule *rule = rule_at(run->rules, index);

    if (match->tier >= MAX(rule->tier, rule->keyword_tier))
        run->taken[index] = match->span;
}

/* Places do not come quite in order. */
static bool is_within(const Span *span, uint64_t position)
{
    return position >= span->start && position < span->end;
}

/* What begins inside a match of the rule, or of one that beats it, is none. */
static bool is_taken(const ClassRun *run, uint32_t index, uint64_t position)
{
    uint32_t beaten_by = rule_at(run->rules, index)->beaten_by;

    return is_within(&run->taken[index], position) ||
           (beaten_by != UINT32_MAX && is_within(&run->taken[beaten_by], position));
}

/* Patterns that allow spaces may swallow the word behind the value ("… 32 PAID"); the validator tells. */
static void match_from(const ClassRun *run, uint32_t rule, size_t at)
{
    const TextView *text = run->text;
    SearchWindow window = window_at(run, rule, at, at);
    RegexMatch match;

    if (!may_begin(run, rule, at) || is_taken(run, rule, text->base + at))
        return;
    for (int tries = 0; tries <= SHORTER_TRIES; tries++) {
        if (!search(run, rule, &window, &match))
            return;
        if (!is_part(run, rule_at(run->rules, rule), &match.whole) &&
            class_judge(run, rule, (size_t)(match.value.start - text->base), (size_t)(match.value.end - text->base))) {
            take(run, rule);
            return;
        }
        window.end = last_space(text, &match.whole);
        if (window.end <= match.whole.start + 1)
            return;
        window.end--;
        window.is_text_end = false;
    }
}

#define BIT(byte) (UINT64_C(1) << ((byte) % 64))

/* Bits of ASCII characters that end an address: "(),:;<>@[\] and what is not printed. */
static const uint64_t SPECIALS[2] = {
    (BIT(' ') << 1) - 1 + (BIT('"') | BIT('(') | BIT(')') | BIT(',') | BIT(':') | BIT(';') | BIT('<') | BIT('>')),
    BIT('@') | BIT('[') | BIT('\\') | BIT(']') | BIT(0x7f)};

static bool is_atom(uint8_t byte)
{
    return byte >= 0x80 || (SPECIALS[byte / 64] & BIT(byte)) == 0;
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

static void match_at(const ClassRun *run, uint32_t rule, size_t at)
{
    const TextView *text = run->text;
    size_t longest = rule_at(run->rules, rule)->max_length;
    size_t start = at;
    RegexMatch match;

    while (start > 0 && at - start < longest && is_atom(text->data[start - 1]))
        start--;
    SearchWindow window = window_at(run, rule, start, at);
    if (!search(run, rule, &window, &match) || match.whole.end <= text->base + at)
        return;
    if (!touches_word(text, &match.whole) && !is_userinfo(text, (size_t)(match.whole.start - text->base)))
        (void)class_judge(run, rule, (size_t)(match.value.start - text->base), (size_t)(match.value.end - text->base));
}

static void match_rules(
    const ClassRun *run, const GArray *rules, size_t at, void (*match)(const ClassRun *, uint32_t, size_t))
{
    for (guint i = 0; i < rules->len; i++) {
        uint32_t rule = g_array_index(rules, uint32_t, i);
        if (class_is_active(run, rule))
            match(run, rule, at);
    }
}

/* What begins with a digit and goes on to the left is a part of something longer, unless it is a secret (is_part()). */
static bool is_inner(const ClassRun *run, size_t at)
{
    return byte_is_digit(run->text->data[at]) && boundary_goes_on_before(run->text, at, 0);
}

static void match_upper(const ClassRun *run, const ClassPlace *place)
{
    bool inner = is_inner(run, place->at);

    for (uint32_t left = place->starts; left != 0; left &= left - 1) {
        const GArray *rules = run->selected->upper[__builtin_ctz(left)];
        for (guint i = 0; i < rules->len; i++) {
            uint32_t index = g_array_index(rules, uint32_t, i);
            const CompiledRule *rule = rule_at(run->rules, index);
            if (class_is_active(run, index) && word_run_fits(&place->run, rule->first_runs) &&
                (!inner || rule->raw->category == CATEGORY_SECRET))
                match_from(run, index, place->at);
        }
    }
}

/* ":" stands behind the first group of what may be an address, or begins it. Behind a letter ("T13:02:16") none does.
 */
static void match_colon(const ClassRun *run, uint32_t rule, size_t at)
{
    const uint8_t *data = run->text->data;
    size_t start = at;

    while (start > 0 && at - start < COLON_GROUP_MAX && byte_is_hex(data[start - 1]))
        start--;
    if (start > 0 && byte_is_word(data[start - 1]))
        return;
    bool is_later_group =
        start >= 2 && data[start - 1] == ':' && (byte_is_hex(data[start - 2]) || data[start - 2] == ':');
    if (!is_later_group)
        match_from(run, rule, start);
}

/* Words begin with a letter of ASCII. Where a capital letter with an accent stands before it (U+00C0 to U+017F), and no
 * letter before that, the word may begin there: "Åkesson". */
static bool is_behind_accented_capital(const uint8_t *data, size_t at)
{
    if (at < 2 || data[at - 1] < 0x80 || (at > 2 && (data[at - 3] >= 0x80 || byte_is_word(data[at - 3]))))
        return false;
    if (data[at - 2] == 0xc3)
        return data[at - 1] <= 0x9e;
    return data[at - 2] == 0xc4 || data[at - 2] == 0xc5;
}

/* Those of 64 rules, in their order. */
static void match_group(const ClassRun *run, uint32_t first, uint64_t rules, size_t at)
{
    for (; rules != 0; rules &= rules - 1)
        match_from(run, first + (uint32_t)__builtin_ctzll(rules), at);
}

static void match_word(const ClassRun *run, const ClassPlace *place)
{
    const uint8_t *data = run->text->data;
    bool is_accented = is_behind_accented_capital(data, place->at);

    for (guint i = 0; i < run->words->len; i++) {
        const WordGroup *group = &g_array_index(run->words, WordGroup, i);
        if (is_accented)
            match_group(run, 64 * group->at, group->rules, place->at - 2);
        else
            match_group(run, 64 * group->at,
                word_sieve_sift(run->rules->word_sieve, group, &place->run, data[place->at]), place->at);
    }
}

/* Of the stretch with the same rules, as far as it is in the view. */
static void open_gate(void *data, size_t at)
{
    ClassRun *run = data;
    const Stretch *stretch = &run->hot->stretch;
    uint64_t base = run->text->base;

    const HotSet *set = hot_rules_at(run->hot, run->rules, base + at);
    run->gate.from = (size_t)(MAX(stretch->from, base) - base);
    run->gate.to = (size_t)(MIN(stretch->to, base + run->text->len) - base);
    run->gate.words = &set->gate;
}

/* Rules that need no keyword to be worth trying; in a zone also those whose keyword it is. */
static void select_rules(ClassRun *run, const ClassPlace *place)
{
    if (run->hot == NULL || !place->is_hot) {
        run->selected = run->hot == NULL ? run->rules->class_rules : run->hot->cold;
        run->words = run->selected->word;
        run->set = NULL;
        return;
    }
    if (place->at - run->gate.from >= run->gate.to - run->gate.from)
        open_gate(run, place->at);
    run->set = run->hot->now;
    run->selected = run->rules->class_rules;
    run->words = run->set->words;
}

static void place_found(void *data, const ClassPlace *place)
{
    ClassRun *run = data;

    select_rules(run, place);
    switch (place->kind) {
    case CLASS_DIGITS:
        number_match(run, place->at);
        return;
    case CLASS_AT:
        match_rules(run, run->selected->at, place->at, match_at);
        return;
    case CLASS_PLUS:
        match_rules(run, run->selected->plus, place->at, match_from);
        return;
    case CLASS_COLON:
        match_rules(run, run->selected->colon, place->at, match_colon);
        return;
    case CLASS_UPPER:
        match_upper(run, place);
        return;
    case CLASS_WORD:
        match_word(run, place);
        return;
    }
}

void class_match(ClassRun *run, uint64_t from, uint64_t to, const uint64_t *hot)
{
    const ClassText text = {
        .data = run->text->data,
        .from = (size_t)(from - run->text->base),
        .to = (size_t)(to - run->text->base),
        .len = run->text->len,
        .hot = hot,
        .gate = &run->gate,
        .open = run->hot != NULL ? open_gate : NULL,
    };
    const ClassRules *cold = run->hot == NULL ? run->rules->class_rules_cold : run->hot->cold;
    const ClassPlans plans = {.cold = &cold->plan, .hot = &run->rules->class_rules->plan};

    class_scan(&plans, &text, place_found, run);
}
