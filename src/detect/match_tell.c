#include "detect/match_tell.h"

#include <string.h>

/* The beaten, by name. */
static void name_also(const RuleSet *rules, const PendingMatch *pending, Match *match)
{
    for (uint32_t i = 0; i < MATCH_ALSO_MAX; i++)
        match->also[i] = i < pending->also_count ? rule_at(rules, pending->also[i])->rule.detector : NULL;
}

/* Each field is set by itself: to clear them first takes longer than to find them. */
static void fill(MatchTeller *teller, const TextView *text, const PendingMatch *pending, Match *match)
{
    const CompiledRule *rule = rule_at(teller->rules, pending->rule);
    const char *start = (const char *)text->data + (pending->span.start - text->base);
    size_t len = (size_t)(pending->span.end - pending->span.start);
    StructurePlace place;

    place_advance(&teller->place, text, pending->span.start);
    structure_describe(teller->structure, pending->span.start, &place);
    match->rule = &rule->rule;
    match->tier = pending->tier;
    match->text = pending->decoded != NULL ? decoded_value_bytes(pending->decoded)
                                           : (Bytes){.data = (const uint8_t *)start, .len = len};
    match->canonical = canonical_form(rule->canonical, match->text, teller->scratch);
    match->offset = teller->place.offset;
    match->length = text_encoded_length(teller->place.encoding, start, len);
    match->line = teller->place.line;
    match->column = teller->place.column;
    match->row = place.row;
    match->cell = place.cell;
    match->column_name = place.column;
    match->record_path = place.path;
    name_also(teller->rules, pending, match);
}

void match_tell(MatchTeller *teller, const TextView *text, const PendingMatch *pending)
{
    const DetectorOptions *options = teller->options;
    MatchHandler handler = pending->is_suppressed ? options->suppressed_handler : options->handler;
    Match match;

    if (pending->is_suppressed)
        teller->suppressed++;
    if (handler == NULL)
        return;
    fill(teller, text, pending, &match);
    handler(options->data, &match);
    if (match.canonical.data == teller->scratch)
        explicit_bzero(teller->scratch, match.canonical.len);
}
