#include "findings/finding_row.h"
#include "findings/locations.h"
#include "findings/suppressor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SLOTS_AT_FIRST = 64 };

/* Where the finding of a value is. The hash is keyed with random bytes of this set and taken for the value itself: 128
 * bits that nobody outside can aim at. */
typedef struct ValueSlot {
    XXH128_hash_t hash;
    uint32_t detector_index;
    Finding *finding; /* NULL: free */
} ValueSlot;

typedef struct RuleTally {
    uint32_t values;
    uint64_t count;     /* of all places */
    Finding *aggregate; /* NULL until there are more than max_values */
} RuleTally;

typedef struct FindingOrder {
    bool is_sorted;
} FindingOrder;

struct FindingSet {
    GHmac *hmac; /* keyed, nothing hashed yet */
    uint32_t max_values;
    GPtrArray *findings; /* owned Finding, sorted when it is first looked at */
    FindingOrder *order;
    GArray *tallies; /* RuleTally by rule index */
    ValueSlot *slots;
    size_t slot_count; /* a power of two, at least twice the values */
    size_t value_count;
    LocationTexts texts;
    GArray *suppressions; /* Suppression */
    uint64_t suppressed;
    const Suppressor *suppressor; /* NULL: none */
    const char *key;              /* of the object, for the suppressor */
    uint8_t secret[XXH3_SECRET_SIZE_MIN];
};

static void finding_free(gpointer data)
{
    Finding *finding = data;

    g_free(finding->masked);
    g_free(finding->fingerprint);
    g_array_unref(finding->locations);
    g_free(finding);
}

static void suppression_clear(gpointer data)
{
    g_array_unref(((Suppression *)data)->locations);
}

FindingSet *finding_set_new(const FingerprintKey *key, uint32_t max_values)
{
    FindingSet *set = g_new0(FindingSet, 1);

    set->hmac = g_hmac_new(G_CHECKSUM_SHA256, key->bytes, sizeof key->bytes);
    set->max_values = max_values;
    set->findings = g_ptr_array_new_with_free_func(finding_free);
    set->order = g_new0(FindingOrder, 1);
    set->tallies = g_array_new(FALSE, TRUE, sizeof(RuleTally));
    set->suppressions = g_array_new(FALSE, FALSE, sizeof(Suppression));
    g_array_set_clear_func(set->suppressions, suppression_clear);
    /* Small requests are answered whole once the kernel's pool is ready (getrandom(2)). */
    if (getrandom(set->secret, sizeof set->secret, 0) != (ssize_t)sizeof set->secret)
        g_error("no random bytes");
    return set;
}

void finding_set_free(FindingSet *set)
{
    if (set == NULL)
        return;
    g_hmac_unref(set->hmac);
    g_ptr_array_unref(set->findings);
    g_free(set->order);
    g_array_unref(set->tallies);
    g_free(set->slots);
    g_array_unref(set->suppressions);
    location_texts_clear(&set->texts);
    g_free(set);
}

static RuleTally *tally_of(FindingSet *set, const Rule *rule)
{
    if (rule->detector_index >= set->tallies->len)
        g_array_set_size(set->tallies, rule->detector_index + 1);
    return &g_array_index(set->tallies, RuleTally, rule->detector_index);
}

static void count_match(FindingSet *set, Finding *finding, const Match *match, const char *member)
{
    tally_of(set, match->rule)->count++;
    finding->count++;
    finding->tier = MAX(finding->tier, match->tier);
    locations_add(finding->locations, &set->texts, &(LocationSource){.match = match, .member = member});
}

/* HMAC-SHA-256 over detector id, NUL, canonical value. */
static char *make_fingerprint(const FindingSet *set, const Match *match)
{
    GHmac *hmac = g_hmac_copy(set->hmac);

    g_hmac_update(hmac, (const guchar *)match->rule->detector, (gssize)strlen(match->rule->detector) + 1);
    g_hmac_update(hmac, match->canonical.data, (gssize)match->canonical.len);
    char *hex = g_strdup(g_hmac_get_string(hmac));
    g_hmac_unref(hmac);
    return hex;
}

static Finding *new_finding(FindingSet *set, const Match *match)
{
    Finding *finding = g_new0(Finding, 1);

    finding->rule = match->rule;
    finding->tier = match->tier;
    finding->locations = locations_new();
    g_ptr_array_add(set->findings, finding);
    set->order->is_sorted = false;
    return finding;
}

static Finding *new_value(FindingSet *set, const Match *match)
{
    Finding *finding = new_finding(set, match);

    finding->masked = finding_mask(match->rule->mask, match->text);
    finding->fingerprint = make_fingerprint(set, match);
    return finding;
}

static Finding *new_aggregate(FindingSet *set, const Match *match)
{
    Finding *finding = new_finding(set, match);

    finding->masked = g_strdup("");
    finding->fingerprint = g_strdup("");
    finding->is_truncated = true;
    return finding;
}

/* The slot of this value, or the free one where it belongs. */
static ValueSlot *find_slot(ValueSlot *slots, size_t slot_count, XXH128_hash_t hash, uint32_t detector_index)
{
    size_t at = (size_t)hash.low64 & (slot_count - 1);

    while (slots[at].finding != NULL &&
           (slots[at].detector_index != detector_index || !XXH128_isEqual(slots[at].hash, hash)))
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void make_room(FindingSet *set)
{
    if ((set->value_count + 1) * 2 <= set->slot_count)
        return;
    const size_t slot_count = MAX(set->slot_count * 2, (size_t)SLOTS_AT_FIRST);
    ValueSlot *slots = g_new0(ValueSlot, slot_count);
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i].finding != NULL)
            *find_slot(slots, slot_count, set->slots[i].hash, set->slots[i].detector_index) = set->slots[i];
    g_free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
}

static Finding *finding_for(FindingSet *set, const Match *match)
{
    const XXH128_hash_t hash =
        XXH3_128bits_withSecret(match->canonical.data, match->canonical.len, set->secret, sizeof set->secret);
    RuleTally *tally = tally_of(set, match->rule);

    make_room(set);
    ValueSlot *slot = find_slot(set->slots, set->slot_count, hash, match->rule->detector_index);
    if (slot->finding != NULL)
        return slot->finding;
    if (tally->values < set->max_values) {
        tally->values++;
        set->value_count++;
        *slot =
            (ValueSlot){.hash = hash, .detector_index = match->rule->detector_index, .finding = new_value(set, match)};
        return slot->finding;
    }
    if (tally->aggregate == NULL)
        tally->aggregate = new_aggregate(set, match);
    return tally->aggregate;
}

void finding_set_suppress(FindingSet *set, const Suppressor *suppressor, const char *key)
{
    set->suppressor = suppressor;
    set->key = key;
}

static bool is_suppressed(const FindingSet *set, const Match *match, const char *member, SuppressCause *ret_cause)
{
    if (set->suppressor == NULL)
        return false;
    g_autofree char *fingerprint = make_fingerprint(set, match);
    const SuppressorQuery query = {.match = match, .key = set->key, .member = member, .fingerprint = fingerprint};
    return suppressor_covers(set->suppressor, &query, ret_cause);
}

void finding_set_add(FindingSet *set, const Match *match, const char *member)
{
    SuppressCause cause = {0};

    if (is_suppressed(set, match, member, &cause))
        finding_set_add_suppressed(set, match, member, &cause);
    else
        count_match(set, finding_for(set, match), match, member);
}

/* NULL: the first of them. */
static Suppression *find_suppression(const FindingSet *set, const Rule *rule, SuppressReason reason)
{
    for (guint i = 0; i < set->suppressions->len; i++) {
        Suppression *known = &g_array_index(set->suppressions, Suppression, i);
        if (known->rule->detector_index == rule->detector_index && known->reason == reason)
            return known;
    }
    return NULL;
}

static Suppression *new_suppression(FindingSet *set, const Rule *rule, SuppressReason reason)
{
    const Suppression first = {.rule = rule, .reason = reason, .locations = locations_new()};

    g_array_append_val(set->suppressions, first);
    return &g_array_index(set->suppressions, Suppression, set->suppressions->len - 1);
}

bool finding_set_keeps_suppressed(const FindingSet *set, const Rule *rule, SuppressReason reason)
{
    const Suppression *known = find_suppression(set, rule, reason);

    return known == NULL || known->locations->len < FINDING_MAX_LOCATIONS;
}

void finding_set_add_suppressed(FindingSet *set, const Match *match, const char *member, const SuppressCause *cause)
{
    Suppression *suppression = find_suppression(set, match->rule, cause->reason);
    const LocationSource source = {.match = match, .member = member, .cause = cause};

    if (suppression == NULL)
        suppression = new_suppression(set, match->rule, cause->reason);
    set->suppressed++;
    suppression->count++;
    locations_add(suppression->locations, &set->texts, &source);
}

uint64_t finding_set_suppressed(const FindingSet *set)
{
    return set != NULL ? set->suppressed : 0;
}

size_t finding_set_suppression_count(const FindingSet *set)
{
    return set != NULL ? set->suppressions->len : 0;
}

const Suppression *finding_set_suppression_at(const FindingSet *set, size_t index)
{
    return &g_array_index(set->suppressions, Suppression, index);
}

size_t finding_set_size(const FindingSet *set)
{
    return set != NULL ? set->findings->len : 0;
}

Severity finding_set_severity(const FindingSet *set, const Finding *finding)
{
    const Rule *rule = finding->rule;

    return rule_severity(rule, g_array_index(set->tallies, RuleTally, rule->detector_index).count);
}

static int compare_uint64(uint64_t left, uint64_t right)
{
    return left < right ? -1 : left > right;
}

/* By first offset, then rule; members and fingerprints settle what is left, so that the order is total. */
static int compare_findings(gconstpointer left_data, gconstpointer right_data)
{
    const Finding *left = *(const Finding *const *)left_data;
    const Finding *right = *(const Finding *const *)right_data;
    const FindingLocation *left_first = &g_array_index(left->locations, FindingLocation, 0);
    const FindingLocation *right_first = &g_array_index(right->locations, FindingLocation, 0);
    const int order[] = {
        compare_uint64(left_first->offset, right_first->offset),
        strcmp(left->rule->detector, right->rule->detector),
        g_strcmp0(left_first->member, right_first->member),
        strcmp(left->fingerprint, right->fingerprint),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i] != 0)
            return order[i];
    return 0;
}

const Finding *finding_set_at(const FindingSet *set, size_t index)
{
    if (!set->order->is_sorted) {
        g_ptr_array_sort(set->findings, compare_findings);
        set->order->is_sorted = true;
    }
    return g_ptr_array_index(set->findings, index);
}
