/* The window over a text run, and the order of things in it.
 *
 * Text is gathered into blocks that end at fixed positions of the run, whatever the pieces were; so everything below
 * sees the same text in the same steps, and matches cannot depend on how the run was cut. Before the block stays as
 * much text as look-back, unconfirmed hits and unsettled overlaps need. */
#include "base/clock.h"
#include "base/pages.h"
#include "detect/class_match.h"
#include "detect/encoded/encoded_scan.h"
#include "detect/literal_scan.h"
#include "detect/match_tell.h"
#include "detect/overlap.h"
#include "detect/pairs.h"
#include "detect/stack_wipe.h"
#include "detect/validators/validators.h"

#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, URL_LOOK_BACK = 512 };

enum { SETTLED_AT_FIRST = 64 }; /* so that the array has an address from the start */

/* Whether the text goes on behind the window. */
typedef enum StepKind { STEP_MORE, STEP_LAST } StepKind;

struct Detector {
    RuleSet *rules;
    DetectorOptions options;
    bool is_running;

    uint8_t *buffer; /* the window; followed by padding */
    size_t capacity; /* without padding */
    size_t len;
    size_t used;        /* the most that len was in this run: what is to be wiped */
    uint64_t base;      /* position of buffer[0] in the run */
    uint64_t block_end; /* the next step is taken when the window reaches it */
    uint64_t fed;       /* the literal scan has seen the run up to here */
    uint64_t classed;   /* the class scan likewise */
    size_t look_back;

    LiteralScan *literals;
    RegexScratch *regex;
    KeywordTracker *keywords;
    Structure *structure;
    uint64_t *lowered; /* bit set of rules: see Judge */
    char *path;        /* of the object for which this and judge.is_public were found; NULL: for none */
    bool is_lowered;   /* it holds a rule */
    HotRules hot;
    uint64_t *hot_places; /* bit set: see ClassText */
    Span *taken;          /* by rule: see ClassRun */
    EncodedScan *encoded; /* NULL: the text was decoded often enough */
    Judge judge;
    GArray *settled; /* PendingMatch: what overlaps is decided, what pairs may not be */
    guint handed;    /* so many of them were handed over, and are kept as partners of pairs */
    MatchTeller teller;
};

/* The furthest that the beginning of unfinished business may lie behind the end of the window. */
static size_t greatest_lag(const RuleSet *rules)
{
    return MAX(MAX(literal_scan_lag(rules), 2 * (size_t)rules->class_max_length + KEYWORD_LAG), (size_t)ENCODED_LAG) +
           OVERLAP_CHAIN_BYTES + pair_reach(rules);
}

static void detector_init(Detector *detector, RuleSet *rules)
{
    detector->rules = rule_set_ref(rules);
    detector->look_back = keyword_look_back(rules->max_distance) + URL_LOOK_BACK;
    detector->capacity = detector->look_back + greatest_lag(rules) + BLOCK_BYTES;
    detector->buffer = pages_new(detector->capacity + CLASS_PADDING);
    detector->keywords = keyword_tracker_new(rules->vocabulary);
    hot_rules_init(&detector->hot, rules);
    detector->hot_places = g_new0(uint64_t, detector->capacity / CLASS_BLOCK + 1);
    detector->taken = g_new0(Span, rules->rules->len);
    detector->structure = structure_new(rules);
    detector->lowered = g_new0(uint64_t, rules->rules->len / 64 + 1);
    detector->settled = g_array_sized_new(FALSE, FALSE, sizeof(PendingMatch), SETTLED_AT_FIRST);
    detector->judge = (Judge){
        .rules = rules,
        .structure = detector->structure,
        .keywords = detector->keywords,
        .pending = g_array_new(FALSE, FALSE, sizeof(PendingMatch)),
        .scratch = g_malloc0(MAX_LENGTH_LIMIT),
    };
    detector->teller = (MatchTeller){.rules = rules,
        .options = &detector->options,
        .structure = detector->structure,
        .scratch = detector->judge.scratch};
}

bool detector_new(RuleSet *rules, Detector **ret_detector, GError **error)
{
    const EncodedLayers none = {.depth = 0};

    return detector_new_inner(rules, &none, ret_detector, error);
}

bool detector_new_inner(RuleSet *rules, const EncodedLayers *layers, Detector **ret_detector, GError **error)
{
    g_autoptr(Detector) detector = g_new0(Detector, 1);

    detector_init(detector, rules);
    detector->judge.is_decoded = layers->depth > 0;
    if (layers->depth < ENCODED_DEPTH_MAX)
        detector->encoded = encoded_scan_new(detector->rules, layers);
    TRY(literal_scan_new(rules, &detector->literals, error));
    TRY(regex_scratch_new(rules->max_groups, &detector->regex, error));
    *ret_detector = g_steal_pointer(&detector);
    return true;
}

static void wiped_free(uint8_t *scratch)
{
    explicit_bzero(scratch, MAX_LENGTH_LIMIT);
    g_free(scratch);
}

void detector_free(Detector *detector)
{
    if (detector == NULL)
        return;
    pages_free(detector->buffer, detector->capacity + CLASS_PADDING);
    wiped_free(detector->judge.scratch);
    g_array_unref(detector->judge.pending);
    g_array_unref(detector->settled);
    keyword_tracker_free(detector->keywords);
    hot_rules_clear(&detector->hot);
    g_free(detector->hot_places);
    g_free(detector->taken);
    structure_free(detector->structure);
    encoded_scan_free(detector->encoded);
    g_free(detector->lowered);
    g_free(detector->path);
    regex_scratch_free(detector->regex);
    literal_scan_free(detector->literals);
    rule_set_unref(detector->rules);
    g_free(detector);
}

/* What the object's name says. */
static void look_at_path(Detector *detector, const char *path)
{
    const RuleSet *rules = detector->rules;

    g_free(detector->path);
    detector->path = g_strdup(path);
    detector->judge.is_public = path_is_public(path);
    detector->is_lowered = false;
    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const CompiledRule *rule = rule_at(rules, i);
        bool is_lowered = false;
        for (guint j = 0; path != NULL && j < rule->lower_paths->len && !is_lowered; j++)
            is_lowered = g_pattern_spec_match_string(g_ptr_array_index(rule->lower_paths, j), path);
        uint64_t bit = UINT64_C(1) << (i % 64);
        detector->lowered[i / 64] = (detector->lowered[i / 64] & ~bit) | (is_lowered ? bit : 0);
        detector->is_lowered = detector->is_lowered || is_lowered;
    }
}

/* Many texts may belong to one object. */
static void begin_path(Detector *detector, const char *path)
{
    if (g_strcmp0(path, detector->path) != 0)
        look_at_path(detector, path);
    detector->judge.lowered = detector->is_lowered ? detector->lowered : NULL;
}

/* What is left of a text, in the window and on the stack. Of a text in another one, that one's detector does the stack.
 */
void detector_abandon(Detector *detector)
{
    if (!detector->is_running)
        return;
    detector->is_running = false;
    if (!detector->judge.is_decoded)
        stack_wipe();
    if (detector->encoded != NULL)
        encoded_scan_end(detector->encoded);
    explicit_bzero(detector->buffer, detector->used);
    detector->used = 0;
}

bool detector_begin(
    Detector *detector, const DetectorOptions *options, TextEncoding encoding, uint64_t first_offset, GError **error)
{
    detector_abandon(detector);
    detector->options = *options;
    detector->judge.min_tier = options->min_tier;
    detector->judge.year = clock_year();
    detector->len = 0;
    detector->base = detector->fed = detector->classed = 0;
    detector->block_end = BLOCK_BYTES;
    g_array_set_size(detector->judge.pending, 0);
    g_array_set_size(detector->settled, 0);
    detector->handed = 0;
    keyword_tracker_reset(detector->keywords);
    hot_rules_reset(&detector->hot);
    memset(detector->taken, 0, detector->rules->rules->len * sizeof *detector->taken);
    structure_reset(detector->structure);
    if (detector->encoded != NULL)
        encoded_scan_begin(detector->encoded, options);
    begin_path(detector, options->path);
    detector->judge.refused = options->refusal_handler;
    detector->judge.refused_data = options->data;
    place_begin(&detector->teller.place, encoding, first_offset);
    detector->is_running = false;
    TRY(literal_scan_begin(detector->literals, error));
    detector->is_running = true;
    return true;
}

static TextView window_view(const Detector *detector)
{
    return (TextView){.data = detector->buffer, .base = detector->base, .len = detector->len};
}

/* Hands over what nothing can change any more. Returns where the earliest unsettled match may start. */
static uint64_t settle(Detector *detector, const TextView *text, StepKind kind)
{
    uint64_t end = text->base + text->len;
    uint64_t class_back = detector->rules->class_max_length;
    uint64_t horizon = UINT64_MAX;

    if (kind != STEP_LAST) {
        horizon = literal_scan_horizon(detector->literals, end);
        horizon = MIN(horizon, detector->classed > class_back ? detector->classed - class_back : 0);
        if (detector->encoded != NULL)
            horizon = MIN(horizon, encoded_scan_horizon(detector->encoded));
    }
    uint64_t unsettled = overlap_settle(
        detector->rules, detector->options.min_tier, detector->judge.pending, horizon, detector->settled);
    const PairWindow window = pair_window(detector->rules, detector->settled, unsettled);
    while (detector->handed < detector->settled->len && pair_is_known(&window, detector->handed)) {
        PendingMatch *match = &g_array_index(detector->settled, PendingMatch, detector->handed);
        pair_raise(&window, detector->handed);
        if (match->tier >= detector->options.min_tier)
            match_tell(&detector->teller, text, match);
        detector->handed++;
    }
    if (detector->handed < detector->settled->len)
        unsettled = MIN(unsettled, g_array_index(detector->settled, PendingMatch, detector->handed).span.start);
    detector->handed -= pair_forget(&window, detector->handed);
    return unsettled;
}

/* Moves what is still needed to the beginning of the buffer. */
static void carry(Detector *detector, const TextView *text, uint64_t unsettled)
{
    uint64_t keep = unsettled > detector->look_back ? unsettled - detector->look_back : 0;

    keep = MAX(keep, text->base);
    place_advance(&detector->teller.place, text, keep);
    structure_forget(detector->structure, keep);
    keyword_tracker_forget(detector->keywords, keep);
    zones_forget(detector->hot.zones, detector->classed);
    if (detector->encoded != NULL)
        encoded_scan_forget(detector->encoded, keep);
    size_t drop = (size_t)(keep - text->base);
    memmove(detector->buffer, detector->buffer + drop, detector->len - drop);
    detector->base = keep;
    detector->len -= drop;
    g_assert(detector->len <= detector->capacity - BLOCK_BYTES);
}

static uint64_t class_limit(const Detector *detector, const TextView *text, StepKind kind)
{
    uint64_t end = text->base + text->len;
    uint64_t look_ahead = detector->rules->class_max_length + KEYWORD_LAG;

    if (kind == STEP_LAST)
        return end;
    return MAX(end > look_ahead ? end - look_ahead : 0, detector->classed);
}

static bool tries_everything(const Detector *detector)
{
    return detector->options.refusal_handler != NULL;
}

/* Rules that demand a keyword are tried only where one of theirs may concern a value: most of them fit any number. */
static void mark_hot_places(Detector *detector, uint64_t limit)
{
    size_t words = (size_t)(limit - detector->classed + CLASS_BLOCK - 1) / CLASS_BLOCK;

    if (tries_everything(detector)) {
        memset(detector->hot_places, 0xFF, words * sizeof *detector->hot_places);
        return;
    }
    memset(detector->hot_places, 0, words * sizeof *detector->hot_places);
    structure_add_hot(detector->structure, detector->classed, limit, zones_fields(detector->hot.zones));
    zones_mark(detector->hot.zones, detector->classed, limit, detector->hot_places);
}

static void match_classes(Detector *detector, const TextView *text, StepKind kind)
{
    uint64_t limit = class_limit(detector, text, kind);
    ClassRun run = {.rules = detector->rules,
        .hot = tries_everything(detector) ? NULL : &detector->hot,
        .judge = &detector->judge,
        .regex = detector->regex,
        .taken = detector->taken,
        .text = text,
        .is_last = kind == STEP_LAST};

    bool is_low = detector->options.min_tier == TIER_LOW;
    detector->hot.demanding = is_low ? detector->rules->demanding_low : detector->rules->demanding;
    detector->hot.cold = is_low ? detector->rules->class_rules_low : detector->rules->class_rules_cold;
    zones_add_keywords(detector->hot.zones, detector->keywords, text);
    if (limit <= detector->classed)
        return;
    mark_hot_places(detector, limit);
    detector->hot.stretch = (Stretch){0};
    class_match(&run, detector->classed, limit, detector->hot_places);
    detector->classed = limit;
}

/* One step: everything that the text gathered so far can tell. */
static bool step(Detector *detector, StepKind kind, GError **error)
{
    const TextView text = window_view(detector);
    const LiteralConfirm literal = {
        .judge = &detector->judge, .regex = detector->regex, .text = &text, .is_last = kind == STEP_LAST};

    memset(detector->buffer + detector->len, 0, CLASS_PADDING);
    TRY(literal_scan_feed(detector->literals, &text, detector->fed, error));
    if (kind == STEP_LAST)
        TRY(literal_scan_finish(detector->literals, error));
    detector->fed = text.base + text.len;
    keyword_tracker_feed(detector->keywords, &text, kind == STEP_LAST ? KEYWORD_LAST : KEYWORD_MORE);
    structure_feed(detector->structure, &text, kind == STEP_LAST ? STRUCTURE_LAST : STRUCTURE_MORE);
    literal_scan_confirm(detector->literals, &literal);
    match_classes(detector, &text, kind);
    if (detector->encoded != NULL)
        TRY(encoded_scan_feed(
            detector->encoded, &text, kind == STEP_LAST ? ENCODED_LAST : ENCODED_MORE, detector->judge.pending, error));
    uint64_t unsettled = settle(detector, &text, kind);
    if (kind != STEP_LAST)
        carry(detector, &text, unsettled);
    return true;
}

bool detector_feed(Detector *detector, const char *utf8, size_t len, GError **error)
{
    g_assert(detector->is_running);
    while (len > 0) {
        size_t room = (size_t)(detector->block_end - (detector->base + detector->len));
        size_t take = MIN(room, len);
        memcpy(detector->buffer + detector->len, utf8, take);
        detector->len += take;
        detector->used = MAX(detector->used, detector->len);
        utf8 += take;
        len -= take;
        if (take == room) {
            if (!step(detector, STEP_MORE, error)) {
                detector_abandon(detector);
                return false;
            }
            detector->block_end += BLOCK_BYTES;
        }
    }
    return true;
}

bool detector_end(Detector *detector, GError **error)
{
    g_assert(detector->is_running);
    bool is_ok = step(detector, STEP_LAST, error);
    detector_abandon(detector);
    return is_ok;
}

uint64_t detector_take_overruns(Detector *detector, const Rule **ret_rule)
{
    const CompiledRule *rule = NULL;
    uint64_t own = regex_scratch_take_overruns(detector->regex, &rule), inner = 0;

    *ret_rule = NULL;
    if (detector->encoded != NULL)
        inner = encoded_scan_take_overruns(detector->encoded, ret_rule);
    if (own > 0)
        *ret_rule = &rule->rule;
    return own + inner;
}

uint64_t detector_take_cuts(Detector *detector)
{
    return detector->encoded != NULL ? encoded_scan_take_cuts(detector->encoded) : 0;
}

uint64_t detector_suppressed(const Detector *detector)
{
    return detector->teller.suppressed;
}
