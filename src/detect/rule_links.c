/* What rules say of one another: detectors that several rules share, pairs, and who gives way to whom. */
#include "detect/rule_internal.h"

#include <string.h>

/* The first rule of the detector. */
static uint32_t first_of_detector(const RuleSet *rules, const char *detector)
{
    uint32_t index = 0;

    while (strcmp(rule_at(rules, index)->rule.detector, detector) != 0)
        index++;
    return index;
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

bool rule_links_resolve(RuleSet *rules, GError **error)
{
    for (uint32_t i = 0; i < rules->rules->len; i++) {
        CompiledRule *rule = &g_array_index(rules->rules, CompiledRule, i);
        const NameList pair = {.field = "pair", .names = rule->raw->pair, .count = rule->raw->pair_count};
        const NameList beats = {.field = "beats", .names = rule->raw->beats, .count = rule->raw->beats_count};
        rule->rule.detector_index = first_of_detector(rules, rule->rule.detector);
        TRY(resolve(rules, rule, &pair, &rule->pair, error));
        TRY(resolve(rules, rule, &beats, &rule->beats, error));
        rules->has_beats = rules->has_beats || rule->beats != NULL;
        if (rule->beats != NULL)
            rule->beats[i / 64] &= ~(UINT64_C(1) << (i % 64));
    }
    return true;
}
