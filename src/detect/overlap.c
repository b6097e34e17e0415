#include "detect/overlap.h"

#include <string.h>

static int start_order(gconstpointer a, gconstpointer b)
{
    const PendingMatch *x = a, *y = b;

    if (x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    if (x->span.end != y->span.end)
        return x->span.end < y->span.end ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

/* They were found nearly in order: each goes back to its place, unless that takes too many steps in all. */
static void sort_by_start(PendingMatch *matches, guint count)
{
    enum { STEPS_PER_MATCH = 4 };
    size_t steps = (size_t)count * STEPS_PER_MATCH;

    for (guint i = 1; i < count; i++) {
        if (start_order(&matches[i - 1], &matches[i]) <= 0)
            continue;
        const PendingMatch match = matches[i];
        guint to = i;
        while (to > 0 && steps > 0 && start_order(&matches[to - 1], &match) > 0) {
            matches[to] = matches[to - 1];
            to--;
            steps--;
        }
        matches[to] = match;
    }
    if (steps == 0)
        qsort(matches, count, sizeof *matches, start_order);
}

/* Matches of compressed text have been settled there. */
static bool overlaps(const PendingMatch *a, const PendingMatch *b)
{
    return !(a->is_unpacked && b->is_unpacked) && a->span.start < b->span.end && b->span.start < a->span.end;
}

static bool is_same_span(const PendingMatch *a, const PendingMatch *b)
{
    return a->span.start == b->span.start && a->span.end == b->span.end;
}

/* -1, 0 or 1: the greater one comes first. */
static int greater_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

/* Tier low last, generic rules before it; then the higher tier, literal before class, the longer, the earlier rule. */
static int strength_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const RuleSet *rules = data;
    const PendingMatch *x = a, *y = b;
    const CompiledRule *x_rule = rule_at(rules, x->rule), *y_rule = rule_at(rules, y->rule);
    const int orders[] = {
        greater_first(x->tier != TIER_LOW, y->tier != TIER_LOW),
        greater_first(!x_rule->is_generic, !y_rule->is_generic),
        greater_first(x->tier, y->tier),
        greater_first(x_rule->engine == ENGINE_LITERAL, y_rule->engine == ENGINE_LITERAL),
        greater_first(x->span.end - x->span.start, y->span.end - y->span.start),
        greater_first(y->rule, x->rule),
        greater_first(y->span.start, x->span.start),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
        if (orders[i] != 0)
            return orders[i];
    return 0;
}

/* Most chains are of two. */
static void sort_by_strength(const RuleSet *rules, PendingMatch *chain, guint count)
{
    enum { FEW = 16 };

    if (count > FEW) {
        g_qsort_with_data(chain, (gint)count, sizeof *chain, strength_order, (gpointer)rules);
        return;
    }
    for (guint i = 1; i < count; i++) {
        const PendingMatch match = chain[i];
        guint to = i;
        for (; to > 0 && strength_order(&chain[to - 1], &match, (gpointer)rules) > 0; to--)
            chain[to] = chain[to - 1];
        chain[to] = match;
    }
}

static bool is_inside(const PendingMatch *match, const PendingMatch *other)
{
    return other->span.start <= match->span.start && match->span.end <= other->span.end && !is_same_span(match, other);
}

static bool is_same_detector(const RuleSet *rules, const PendingMatch *a, const PendingMatch *b)
{
    return rule_at(rules, a->rule)->rule.detector_index == rule_at(rules, b->rule)->rule.detector_index;
}

static bool is_secret(const RuleSet *rules, const PendingMatch *match)
{
    return strcmp(rule_at(rules, match->rule)->rule.category, "secret") == 0;
}

/* What a token says of a person, in base64, is no less known for the token being a secret. */
static bool is_carried_by(const RuleSet *rules, const PendingMatch *match, const PendingMatch *token)
{
    return match->is_carried && token->decoded == NULL && match->tier > TIER_LOW && is_inside(match, token) &&
           is_secret(rules, token) && !is_secret(rules, match);
}

/* Two kinds of number may look the same and both be likely; and what is of tier low is only counted. */
static bool may_stand_beside(const RuleSet *rules, const PendingMatch *match, const PendingMatch *stronger)
{
    bool is_around = match->tier == TIER_LOW && is_inside(stronger, match);

    if (stronger->is_suppressed || (is_same_detector(rules, match, stronger) && !is_around))
        return false;
    if (match->tier == TIER_LOW)
        return !is_inside(match, stronger);
    if (is_carried_by(rules, match, stronger))
        return true;
    return !rule_at(rules, match->rule)->is_generic && is_same_span(match, stronger) && match->tier == stronger->tier &&
           match->tier >= TIER_HIGH;
}

/* Who asks for tier low wants to know everything that the same bytes may be. */
static bool may_stay_as_low(const RuleSet *rules, const PendingMatch *match, const PendingMatch *winner)
{
    bool is_nested = is_same_span(match, winner) || is_inside(match, winner) || is_inside(winner, match);

    return is_nested && !winner->is_suppressed && !match->is_suppressed && match->tier > TIER_LOW &&
           !is_same_detector(rules, match, winner);
}

/* Notes at the winner whose match gave way. */
static void note_beaten(const RuleSet *rules, PendingMatch *winner, const PendingMatch *beaten)
{
    uint32_t detector = rule_at(rules, beaten->rule)->rule.detector_index;

    if (beaten->is_suppressed || winner->also_count == ALSO_MAX ||
        detector == rule_at(rules, winner->rule)->rule.detector_index)
        return;
    for (uint8_t i = 0; i < winner->also_count; i++) {
        if (winner->also[i] == detector)
            return;
    }
    winner->also[winner->also_count++] = detector;
}

/* The one of those standing to which the match gives way; NULL: it stands beside them. */
static PendingMatch *find_winner(const RuleSet *rules, const PendingMatch *match, PendingMatch *standing, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (overlaps(match, &standing[i]) && !may_stand_beside(rules, match, &standing[i]))
            return &standing[i];
    }
    return NULL;
}

/* What some rule says it beats leaves the chain. Returns how many are left. */
static guint drop_beaten(const RuleSet *rules, PendingMatch *chain, guint count)
{
    guint kept = 0;

    if (!rules->has_beats)
        return count;
    for (guint i = 0; i < count; i++) {
        PendingMatch *winner = NULL;
        for (guint j = 0; j < count && winner == NULL; j++) {
            if (overlaps(&chain[i], &chain[j]) && rule_bits_have(rule_at(rules, chain[j].rule)->beats, chain[i].rule))
                winner = &chain[j];
        }
        chain[i].is_beaten = winner != NULL;
        if (winner != NULL)
            note_beaten(rules, winner, &chain[i]);
    }
    for (guint i = 0; i < count; i++) {
        if (!chain[i].is_beaten)
            chain[kept++] = chain[i];
    }
    return kept > 0 ? kept : count; /* rules that beat one another in a ring: none does */
}

static void settle_chain(const RuleSet *rules, Tier min_tier, PendingMatch *chain, guint count, GArray *settled)
{
    guint first = settled->len;

    if (count == 1) {
        g_array_append_vals(settled, chain, 1);
        return;
    }
    count = drop_beaten(rules, chain, count);
    sort_by_strength(rules, chain, count);
    for (guint i = 0; i < count; i++) {
        PendingMatch *standing = (PendingMatch *)(void *)settled->data + first;
        PendingMatch *winner = find_winner(rules, &chain[i], standing, settled->len - first);
        bool stays = winner == NULL || (min_tier == TIER_LOW && may_stay_as_low(rules, &chain[i], winner));
        if (winner != NULL) {
            note_beaten(rules, winner, &chain[i]);
            chain[i].tier = TIER_LOW;
        }
        if (stays)
            g_array_append_val(settled, chain[i]);
    }
    sort_by_start((PendingMatch *)(void *)settled->data + first, settled->len - first);
}

/* How many matches from the first on have nothing that overlaps them and begin before the horizon. Of the last one of
 * all it is not known. */
static guint count_single(const PendingMatch *matches, guint count, uint64_t horizon)
{
    guint single = 0;

    while (single + 1 < count && matches[single].span.end <= MIN(matches[single + 1].span.start, horizon))
        single++;
    return single;
}

/* How many matches from the first on hang together, and where they end. */
static guint chain_length(const PendingMatch *matches, guint count, uint64_t *ret_end)
{
    uint64_t end = matches[0].span.end;
    guint length = 1;

    while (length < count && length < OVERLAP_CHAIN_MATCHES && matches[length].span.start < end) {
        end = MAX(end, matches[length].span.end);
        length++;
    }
    *ret_end = end;
    return length;
}

uint64_t overlap_settle(const RuleSet *rules, Tier min_tier, GArray *pending, uint64_t horizon, GArray *settled)
{
    PendingMatch *matches = (PendingMatch *)(void *)pending->data;
    guint done = 0;

    if (pending->len == 0)
        return horizon;
    sort_by_start(matches, pending->len);
    while (done < pending->len && matches[done].span.start < horizon) {
        guint single = count_single(matches + done, pending->len - done, horizon);
        if (single > 0) {
            g_array_append_vals(settled, matches + done, single);
            done += single;
            continue;
        }
        uint64_t end = 0;
        guint length = chain_length(matches + done, pending->len - done, &end);
        if (end > horizon && length < OVERLAP_CHAIN_MATCHES && matches[done].span.start + OVERLAP_CHAIN_BYTES > horizon)
            break;
        settle_chain(rules, min_tier, matches + done, length, settled);
        done += length;
    }
    uint64_t waiting = done < pending->len ? matches[done].span.start : horizon;
    g_array_remove_range(pending, 0, done);
    return MIN(waiting, horizon);
}
