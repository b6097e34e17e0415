#include "detect/pairs.h"

static const PendingMatch *match_at(const PairWindow *window, guint index)
{
    return &g_array_index(window->matches, PendingMatch, index);
}

PairWindow pair_window(const RuleSet *rules, GArray *matches, uint64_t known_to)
{
    PairWindow window = {.rules = rules, .matches = matches, .known_to = known_to};

    for (guint i = 0; rules->max_pair_distance > 0 && i < matches->len; i++) {
        const Span *span = &match_at(&window, i)->span;
        window.longest = MAX(window.longest, span->end - span->start);
    }
    return window;
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

static bool is_partner(const PairWindow *window, const PendingMatch *match, const PendingMatch *other)
{
    const CompiledRule *rule = rule_at(window->rules, match->rule);

    return other != match && !other->is_suppressed && rule_bits_have(rule->pair, other->rule) &&
           is_near(match, other, rule->pair_distance);
}

/* From the match on in both directions: a dense text has thousands in the window, and few of them are near. */
static bool has_partner(const PairWindow *window, guint index)
{
    const PendingMatch *match = match_at(window, index);
    uint64_t distance = rule_at(window->rules, match->rule)->pair_distance;

    for (guint i = index + 1; i < window->matches->len; i++) {
        if (match_at(window, i)->span.start > match->span.end + distance)
            break;
        if (is_partner(window, match, match_at(window, i)))
            return true;
    }
    for (guint i = index; i > 0; i--) {
        if (match_at(window, i - 1)->span.start + window->longest + distance < match->span.start)
            return false;
        if (is_partner(window, match, match_at(window, i - 1)))
            return true;
    }
    return false;
}

void pair_raise(const PairWindow *window, guint index)
{
    PendingMatch *match = &g_array_index(window->matches, PendingMatch, index);
    const CompiledRule *rule = rule_at(window->rules, match->rule);

    if (rule->pair != NULL && match->tier < rule->pair_tier && has_partner(window, index))
        match->tier = rule->pair_tier;
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
