#include "detect/pairs.h"

static const PendingMatch *match_at(const PairWindow *window, guint index)
{
    return &g_array_index(window->matches, PendingMatch, index);
}

size_t pair_reach(const RuleSet *rules)
{
    return rules->max_pair_distance > 0 ? rules->max_pair_distance + (size_t)MAX_LENGTH_LIMIT : 0;
}

bool pair_is_known(const PairWindow *window, guint index)
{
    uint32_t reach = window->rules->max_pair_distance;

    return reach == 0 || window->known_to == UINT64_MAX || match_at(window, index)->span.end + reach < window->known_to;
}

static bool is_near(const PendingMatch *a, const PendingMatch *b, uint32_t distance)
{
    return a->span.start <= b->span.end + distance && b->span.start <= a->span.end + distance;
}

void pair_raise(const PairWindow *window, guint index)
{
    PendingMatch *match = &g_array_index(window->matches, PendingMatch, index);
    const CompiledRule *rule = rule_at(window->rules, match->rule);

    if (rule->pair == NULL || match->tier >= rule->pair_tier)
        return;
    for (guint i = 0; i < window->matches->len; i++) {
        const PendingMatch *other = match_at(window, i);
        if (other->span.start > match->span.end + rule->pair_distance)
            break;
        if (i != index && !other->is_suppressed && rule_bits_have(rule->pair, other->rule) &&
            is_near(match, other, rule->pair_distance)) {
            match->tier = rule->pair_tier;
            return;
        }
    }
}

guint pair_forget(const PairWindow *window, guint index)
{
    uint64_t reach = pair_reach(window->rules);
    uint64_t next = index < window->matches->len ? match_at(window, index)->span.start : window->known_to;
    guint past = 0;

    while (past < index && match_at(window, past)->span.start + reach < next)
        past++;
    g_array_remove_range(window->matches, 0, past);
    return past;
}
