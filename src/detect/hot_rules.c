#include "detect/hot_rules.h"

#include <string.h>

enum { SET_TRIES = 4 }; /* sets that are looked at for one */

static void add_to_gate(WordGate *gate, const CompiledRule *rule)
{
    rule_add_first_bytes(rule, gate->firsts);
    for (size_t kind = 0; kind < RUN_KINDS; kind++) {
        for (size_t next = 0; next < NEXT_COUNT; next++)
            gate->lengths[kind][next] |= rule->first_runs->lengths[kind][next];
    }
}

/* Of the set's rules, those of shape word. */
static void note_words(const RuleSet *rules, HotSet *set)
{
    g_array_set_size(set->words, 0);
    set->gate = (WordGate){0};
    for (uint32_t i = 0; i < rules->rule_words; i++) {
        const WordGroup group = {.at = i, .rules = set->rules[i] & rules->word_shaped[i]};
        if (group.rules != 0)
            g_array_append_val(set->words, group);
        for (uint64_t left = group.rules; left != 0; left &= left - 1)
            add_to_gate(&set->gate, rule_at(rules, 64 * i + (uint32_t)__builtin_ctzll(left)));
    }
}

/* A rule whose bare form waits for a keyword does not wait with others. */
static uint64_t forms_of(
    const RuleSet *rules, const HotSet *set, const GArray *forms, bool (*waits)(const CompiledRule *))
{
    uint64_t bits = 0;

    for (guint i = 0; forms != NULL && i < MIN(forms->len, (guint)HOT_FORMS); i++) {
        uint32_t rule = g_array_index(forms, DigitForm, i).rule;
        bits |= (uint64_t)(rule_bits_have(set->rules, rule) || waits(rule_at(rules, rule))) << i;
    }
    return bits;
}

static bool waits_bare_only(const CompiledRule *rule)
{
    return rule->bare_waits;
}

static bool waits_always(const CompiledRule *rule)
{
    (void)rule;
    return false;
}

uint64_t hot_set_bare(HotSet *set, const RuleSet *rules, uint32_t digits)
{
    if ((set->bare_known >> digits & 1) == 0)
        set->bare[digits] = forms_of(rules, set, form_table_bare(rules->class_rules->forms, digits), waits_always);
    set->bare_known |= UINT64_C(1) << digits;
    return set->bare[digits];
}

uint64_t hot_set_separated(HotSet *set, const RuleSet *rules, uint32_t digits)
{
    const GArray *forms = form_table_separated(rules->class_rules->forms, digits);

    if ((set->separated_known >> digits & 1) == 0)
        set->separated[digits] = forms_of(rules, set, forms, waits_bare_only);
    set->separated_known |= UINT64_C(1) << digits;
    return set->separated[digits];
}

void hot_rules_init(HotRules *hot, const RuleSet *rules)
{
    hot->zones = zones_new(rules);
    hot->scratch = g_new0(uint64_t, rules->rule_words);
    for (size_t i = 0; i < HOT_SETS; i++) {
        hot->sets[i].rules = g_new0(uint64_t, rules->rule_words);
        hot->sets[i].words = g_array_new(FALSE, FALSE, sizeof(WordGroup));
    }
}

void hot_rules_clear(HotRules *hot)
{
    zones_free(hot->zones);
    g_free(hot->scratch);
    for (size_t i = 0; i < HOT_SETS; i++) {
        g_free(hot->sets[i].rules);
        g_array_unref(hot->sets[i].words);
    }
}

void hot_rules_reset(HotRules *hot)
{
    zones_reset(hot->zones);
    hot->stretch = (Stretch){0};
    memset(hot->recent, 0, sizeof hot->recent);
    memset(hot->lone, 0, sizeof hot->lone);
}

static const uint64_t HASH_FACTOR = UINT64_C(0x9E3779B97F4A7C15);

/* A sum, so that no product waits for the one before. */
static uint64_t hash_of(const uint64_t *rules, size_t words)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < words; i++)
        hash += rules[i] * (HASH_FACTOR + 2 * i);
    return hash;
}

/* What was made of other rules goes, and who remembers it finds another number. */
static uint32_t make_set(const RuleSet *rules, HotRules *hot, uint64_t hash, uint32_t index)
{
    HotSet *set = &hot->sets[index];

    hot->keys[index] = (HotSetKey){.hash = hash, .number = ++hot->made};
    memcpy(set->rules, hot->scratch, rules->rule_words * sizeof *hot->scratch);
    note_words(rules, set);
    set->bare_known = set->separated_known = 0;
    return index;
}

/* The rules of all zones around the position together. */
static uint32_t find_set(const RuleSet *rules, HotRules *hot, uint64_t position)
{
    size_t bytes = rules->rule_words * sizeof *hot->scratch;

    for (size_t i = 0; i < rules->rule_words; i++)
        hot->scratch[i] = ~hot->demanding[i];
    zones_add_rules(hot->zones, position, hot->scratch);
    uint64_t hash = hash_of(hot->scratch, rules->rule_words);
    uint32_t slot = hash >> 32 & (HOT_SETS - 1);
    for (uint32_t i = 0; i < SET_TRIES; i++) {
        uint32_t index = (slot + i) % HOT_SETS;
        if (hot->keys[index].hash == hash && memcmp(hot->sets[index].rules, hot->scratch, bytes) == 0)
            return index;
    }
    hot->next_victim = (hot->next_victim + 1) % SET_TRIES;
    return make_set(rules, hot, hash, (slot + (uint32_t)hot->next_victim) % HOT_SETS);
}

static size_t recent_slot(const Stretch *stretch)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < stretch->count; i++)
        hash += (uint64_t)(uintptr_t)stretch->first[i] * (HASH_FACTOR + 2 * i);
    return hash >> 32 & (HOT_RECENT - 1);
}

static bool is_same(const HotRules *hot, const RecentSet *recent, const Stretch *stretch)
{
    uint64_t other = 0;

    if (recent->number == 0 || recent->number != hot->keys[recent->index].number)
        return false;
    /* With the one behind the last, which is NULL. */
    for (size_t i = 0; i < STRETCH_FIRST && i <= stretch->count; i++)
        other |= (uint64_t)(uintptr_t)recent->first[i] ^ (uint64_t)(uintptr_t)stretch->first[i];
    return other == 0;
}

/* Of a stretch that a lone field makes. */
static HotSet *lone_set(const RuleSet *rules, HotRules *hot, uint64_t position)
{
    const uint64_t *field = hot->stretch.first[0];
    LoneSet *lone = &hot->lone[(uintptr_t)field * HASH_FACTOR >> 32 & (HOT_LONE - 1)];

    if (lone->rules != field || lone->number != hot->keys[lone->index].number) {
        uint32_t index = find_set(rules, hot, position);
        *lone = (LoneSet){.rules = field, .number = hot->keys[index].number, .index = index};
    }
    return &hot->sets[lone->index];
}

/* In records most stretches are one field, or a key and its value: their set is known by the zones. */
HotSet *hot_rules_at(HotRules *hot, const RuleSet *rules, uint64_t position)
{
    Stretch *stretch = &hot->stretch;

    if (position >= stretch->from && position < stretch->to)
        return hot->now;
    if (zones_lone_field(hot->zones, position, stretch)) {
        hot->now = lone_set(rules, hot, position);
        return hot->now;
    }
    zones_around(hot->zones, position, stretch);
    if (stretch->count > STRETCH_FIRST) {
        hot->now = &hot->sets[find_set(rules, hot, position)];
        return hot->now;
    }
    RecentSet *recent = &hot->recent[recent_slot(stretch)];
    if (!is_same(hot, recent, stretch)) {
        recent->index = find_set(rules, hot, position);
        recent->number = hot->keys[recent->index].number;
        memcpy(recent->first, stretch->first, sizeof recent->first);
    }
    hot->now = &hot->sets[recent->index];
    return hot->now;
}
