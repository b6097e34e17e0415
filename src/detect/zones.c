#include "detect/zones.h"
#include "detect/gap.h"

#include <string.h>

/* SLACK: what may stand between keyword and value beside the characters that are counted: nothing but the value's own
 * first character. Of so many of the last zones one may be the same keyword's. */
enum { SLACK = 1, ZONES_COMPARED = 8, CHARACTER_BYTES = 4 };

typedef enum ZoneKind { ZONE_BEHIND, ZONE_BEFORE, ZONE_FIELD, ZONE_KINDS } ZoneKind;

struct Zones {
    const RuleSet *rules;
    GArray *lists[ZONE_KINDS];     /* Zone, in order of from */
    guint passed[ZONE_KINDS];      /* so many of them end before whatever will be asked for */
    uint64_t quiet_from, quiet_to; /* no keyword's zone lies between them */
    uint64_t taken;                /* keywords that end up to here were taken */
};

Zones *zones_new(const RuleSet *rules)
{
    Zones *zones = g_new0(Zones, 1);

    zones->rules = rules;
    for (size_t i = 0; i < ZONE_KINDS; i++)
        zones->lists[i] = g_array_new(FALSE, FALSE, sizeof(Zone));
    return zones;
}

void zones_free(Zones *zones)
{
    if (zones == NULL)
        return;
    for (size_t i = 0; i < ZONE_KINDS; i++)
        g_array_unref(zones->lists[i]);
    g_free(zones);
}

void zones_reset(Zones *zones)
{
    for (size_t i = 0; i < ZONE_KINDS; i++)
        zones->passed[i] = 0;
    for (size_t i = 0; i < ZONE_KINDS; i++)
        g_array_set_size(zones->lists[i], 0);
    zones->taken = zones->quiet_to = 0;
}

static const Zone *zone_at(const GArray *list, guint index)
{
    return &g_array_index(list, Zone, index);
}

static void add(GArray *list, const Zone *zone)
{
    for (guint i = list->len; i > 0 && list->len - i < ZONES_COMPARED; i--) {
        Zone *known = &g_array_index(list, Zone, i - 1);
        if (known->rules == zone->rules && zone->from <= known->to) {
            known->to = MAX(known->to, zone->to);
            return;
        }
    }
    g_array_append_vals(list, zone, 1);
}

/* Eight bytes. */
static bool is_ascii(const uint8_t *text)
{
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

/* Position that many characters behind another. */
static uint64_t characters_ahead(const TextView *view, uint64_t position, uint32_t characters)
{
    size_t at = (size_t)(position - view->base);
    uint32_t left = characters;

    for (; left >= 8 && at + 8 < view->len && is_ascii(view->data + at + 1); left -= 8)
        at += 8;
    for (; left > 0; left--) {
        at++;
        while (at < view->len && (view->data[at] & 0xC0U) == 0x80U)
            at++;
        if (at >= view->len)
            return position + (uint64_t)characters * CHARACTER_BYTES;
    }
    return view->base + at;
}

/* How far behind a keyword a value may begin: a gap takes no distance where it stands behind the one or before the
 * other. */
static uint64_t reach_of(const TextView *view, uint64_t keyword_end, uint32_t distance)
{
    uint64_t gaps = 2 * (uint64_t)GAP_MAX, view_end = view->base + view->len;
    uint64_t first = view->base + gap_end(view, (size_t)(keyword_end - view->base));
    uint64_t last = characters_ahead(view, first, distance);

    if (last + gaps >= view_end)
        return keyword_end + gaps + (uint64_t)(distance + SLACK) * CHARACTER_BYTES;
    return view->base + gap_end_around(view, (size_t)(last - view->base)) + SLACK;
}

static void take(Zones *zones, const KeywordHit *hit, const TextView *view)
{
    const DemandedPhrase *phrase = &zones->rules->demanded[hit->phrase];

    if (phrase->rules != NULL) {
        const Zone zone = {.from = hit->end, .to = reach_of(view, hit->end, phrase->distance), .rules = phrase->rules};
        add(zones->lists[ZONE_BEHIND], &zone);
    }
    if (phrase->rules_before != NULL) {
        const Zone zone = {
            .from = hit->end - MIN(hit->end, phrase->reach_back), .to = hit->end, .rules = phrase->rules_before};
        add(zones->lists[ZONE_BEFORE], &zone);
    }
}

void zones_add_keywords(Zones *zones, const KeywordTracker *tracker, const TextView *view)
{
    const GArray *hits = keyword_tracker_hits(tracker);
    guint first = hits->len;

    zones->quiet_to = 0;
    while (first > 0 && g_array_index(hits, KeywordHit, first - 1).end > zones->taken)
        first--;
    for (guint i = first; i < hits->len; i++)
        take(zones, &g_array_index(hits, KeywordHit, i), view);
    if (hits->len > 0)
        zones->taken = MAX(zones->taken, g_array_index(hits, KeywordHit, hits->len - 1).end);
}

GArray *zones_fields(Zones *zones)
{
    return zones->lists[ZONE_FIELD];
}

/* Bits [from, to). */
static void set_bits(uint64_t *bits, uint64_t from, uint64_t to)
{
    uint64_t first = ~UINT64_C(0) << (from % 64), last = ~UINT64_C(0) >> (63 - (to - 1) % 64);
    uint64_t word = from / 64, end = (to - 1) / 64;

    if (word == end) {
        bits[word] |= first & last;
        return;
    }
    bits[word] |= first;
    while (++word < end)
        bits[word] = ~UINT64_C(0);
    bits[end] |= last;
}

void zones_mark(const Zones *zones, uint64_t from, uint64_t to, uint64_t *marks)
{
    for (size_t i = 0; i < ZONE_KINDS; i++) {
        for (guint j = 0; j < zones->lists[i]->len && zone_at(zones->lists[i], j)->from < to; j++) {
            const Zone *zone = zone_at(zones->lists[i], j);
            if (zone->to > from && zone->to > zone->from)
                set_bits(marks, MAX(zone->from, from) - from, MIN(zone->to, to) - from);
        }
    }
}

static inline void lie_in(Stretch *stretch, const Zone *zone)
{
    stretch->from = MAX(stretch->from, zone->from);
    stretch->to = MIN(stretch->to, zone->to);
    if (stretch->count < STRETCH_FIRST)
        stretch->first[stretch->count] = zone->rules;
    stretch->count++;
}

static void look_around(Zones *zones, ZoneKind kind, uint64_t position, Stretch *stretch)
{
    const GArray *list = zones->lists[kind];
    guint *passed = &zones->passed[kind];

    while (*passed < list->len && zone_at(list, *passed)->to + ZONES_BACK <= position)
        ++*passed;
    for (guint i = *passed; i < list->len; i++) {
        const Zone *zone = zone_at(list, i);
        if (zone->from > position) {
            stretch->to = MIN(stretch->to, zone->from);
            return;
        }
        if (zone->to <= position) {
            stretch->from = MAX(stretch->from, zone->to);
            continue;
        }
        lie_in(stretch, zone);
    }
}

/* Fields do not overlap: the one of the last answer, or one beside it. Those before it are passed, until a position
 * before them is asked for. */
static void look_at_field(Zones *zones, uint64_t position, Stretch *stretch)
{
    const GArray *list = zones->lists[ZONE_FIELD];
    guint at = zones->passed[ZONE_FIELD];

    while (at > 0 && (at == list->len || zone_at(list, at - 1)->to > position))
        at--;
    while (at < list->len && zone_at(list, at)->to <= position)
        at++;
    zones->passed[ZONE_FIELD] = at;
    if (at > 0)
        stretch->from = MAX(stretch->from, zone_at(list, at - 1)->to);
    if (at == list->len)
        return;
    const Zone *zone = zone_at(list, at);
    if (zone->from > position) {
        stretch->to = MIN(stretch->to, zone->from);
        return;
    }
    lie_in(stretch, zone);
}

/* Zones of keywords lie far from each other in most tables: what is around a position holds for the next ones. */
static void look_at_keywords(Zones *zones, uint64_t position, Stretch *stretch)
{
    if (position >= zones->quiet_from && position < zones->quiet_to) {
        stretch->from = MAX(stretch->from, zones->quiet_from);
        stretch->to = zones->quiet_to;
        return;
    }
    look_around(zones, ZONE_BEHIND, position, stretch);
    look_around(zones, ZONE_BEFORE, position, stretch);
    zones->quiet_from = stretch->from;
    zones->quiet_to = stretch->count == 0 ? stretch->to : 0;
}

/* In a table nearly all zones are cells, one after the other, with nothing else around them. */
bool zones_lone_field(Zones *zones, uint64_t position, Stretch *stretch)
{
    const Zone *fields = (const Zone *)(const void *)zones->lists[ZONE_FIELD]->data;
    guint count = zones->lists[ZONE_FIELD]->len, at = zones->passed[ZONE_FIELD];

    if (position < zones->quiet_from || position >= zones->quiet_to)
        return false;
    while (at > 0 && fields[at - 1].to > position)
        at--;
    while (at < count && fields[at].to <= position)
        at++;
    zones->passed[ZONE_FIELD] = at;
    if (at == count || fields[at].from > position)
        return false;
    const Zone *zone = &fields[at];
    stretch->from = MAX(zone->from, zones->quiet_from);
    stretch->to = MIN(zone->to, zones->quiet_to);
    stretch->count = 1;
    stretch->first[0] = zone->rules;
    stretch->first[1] = NULL;
    return true;
}

void zones_around(Zones *zones, uint64_t position, Stretch *stretch)
{
    *stretch = (Stretch){.from = position - MIN(position, (uint64_t)ZONES_BACK), .to = UINT64_MAX};
    look_at_keywords(zones, position, stretch);
    look_at_field(zones, position, stretch);
}

static void add_rules(const Zones *zones, ZoneKind kind, uint64_t position, uint64_t *rules)
{
    const GArray *list = zones->lists[kind];

    for (guint i = zones->passed[kind]; i < list->len && zone_at(list, i)->from <= position; i++) {
        const Zone *zone = zone_at(list, i);
        for (size_t word = 0; zone->to > position && word < zones->rules->rule_words; word++)
            rules[word] |= zone->rules[word];
    }
}

void zones_add_rules(const Zones *zones, uint64_t position, uint64_t *rules)
{
    for (ZoneKind kind = 0; kind < ZONE_KINDS; kind++)
        add_rules(zones, kind, position, rules);
}

void zones_forget(Zones *zones, uint64_t position)
{
    for (size_t i = 0; i < ZONE_KINDS; i++) {
        guint kept = 0;
        for (guint j = 0; j < zones->lists[i]->len; j++) {
            const Zone zone = *zone_at(zones->lists[i], j);
            if (zone.to > position)
                g_array_index(zones->lists[i], Zone, kept++) = zone;
        }
        g_array_set_size(zones->lists[i], kept);
        zones->passed[i] = 0;
    }
}
