/* What rules are to one another: detectors that several share, pairs, and who gives way to whom. */
#include "detect/rule_internal.h"

#include <string.h>

/* The first rule of each detector. */
static void number_detectors(RuleSet *rules)
{
    g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);

    for (uint32_t i = 0; i < rules->rules->len; i++) {
        Rule *rule = &g_array_index(rules->rules, CompiledRule, i).rule;
        gpointer index = NULL;
        if (!g_hash_table_lookup_extended(first, rule->detector, NULL, &index)) {
            index = GUINT_TO_POINTER(i);
            (void)g_hash_table_insert(first, (char *)rule->detector, index);
        }
        rule->detector_index = GPOINTER_TO_UINT(index);
    }
}

/* Adds the rule of this id, or all rules of this detector. */
static bool add_named(const RuleSet *rules, const char *name, uint64_t *bits)
{
    bool is_known = false;

    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const Rule *rule = &rule_at(rules, i)->rule;
        if (strcmp(rule->id, name) == 0 || strcmp(rule->detector, name) == 0) {
            bits[i / 64] |= UINT64_C(1) << (i % 64);
            is_known = true;
        }
    }
    return is_known;
}

typedef struct NameList {
    const char *field;
    char *const *names;
    unsigned count;
} NameList;

static bool resolve(
    const RuleSet *rules, const CompiledRule *rule, const NameList *list, uint64_t **ret_bits, GError **error)
{
    if (list->count == 0)
        return true;
    g_autofree uint64_t *bits = g_new0(uint64_t, rules->rules->len / 64 + 1);
    for (unsigned i = 0; i < list->count; i++) {
        if (!add_named(rules, list->names[i], bits))
            return fail(error, ERROR_INVALID, "%s: rule %s: %s: there is no rule or detector '%s'", rule->where,
                rule->rule.id, list->field, list->names[i]);
    }
    *ret_bits = g_steal_pointer(&bits);
    return true;
}

static bool beats_its_own(const RuleSet *rules, const CompiledRule *rule, uint32_t other)
{
    return rule_bits_have(rule->beats, other) &&
           rule->rule.detector_index == rule_at(rules, other)->rule.detector_index;
}

/* Of several rules that beat one the last, which is tried right before it. */
static void note_beaten(RuleSet *rules, const CompiledRule *rule)
{
    for (uint32_t i = 0; rule->beats != NULL && i < rules->rules->len; i++)
        if (beats_its_own(rules, rule, i))
            g_array_index(rules->rules, CompiledRule, i).beaten_by = rule->rule.index;
}

bool rule_links_resolve(RuleSet *rules, GError **error)
{
    number_detectors(rules);
    for (uint32_t i = 0; i < rules->rules->len; i++) {
        CompiledRule *rule = &g_array_index(rules->rules, CompiledRule, i);
        const NameList pair = {.field = "pair", .names = rule->raw->pair, .count = rule->raw->pair_count};
        const NameList beats = {.field = "beats", .names = rule->raw->beats, .count = rule->raw->beats_count};
        TRY(resolve(rules, rule, &pair, &rule->pair, error));
        TRY(resolve(rules, rule, &beats, &rule->beats, error));
        rules->has_beats = rules->has_beats || rule->beats != NULL;
        if (rule->beats != NULL)
            rule->beats[i / 64] &= ~(UINT64_C(1) << (i % 64));
    }
    for (uint32_t i = 0; i < rules->rules->len; i++)
        g_array_index(rules->rules, CompiledRule, i).beaten_by = UINT32_MAX;
    for (uint32_t i = 0; i < rules->rules->len; i++)
        note_beaten(rules, rule_at(rules, i));
    return true;
}
