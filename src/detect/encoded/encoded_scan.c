#include "detect/encoded/encoded_scan.h"
#include "detect/encoded/dumps.h"
#include "detect/encoded/encoded_pieces.h"
#include "detect/encoded/encoded_runs.h"
#include "detect/encoded/escapes.h"
#include "detect/encoded/packed_scan.h"
#include "detect/encoded/runs.h"

#include <string.h>

enum {
    SPANS_AT_FIRST = 1000, /* that a text may have whatever its size */
    BYTES_A_SPAN = 512,    /* and one more for so many bytes */
    TAIL = 320,            /* what may go on in the next view, or belongs to what begins there */
    VALUES_MAX = 200000,   /* more than what a block of text unpacks to may hold */
};

struct DecodedValue {
    uint64_t position;
    size_t len;
    uint8_t data[];
};

struct EncodedScan {
    RuleSet *rules; /* borrowed */
    EncodedLayers layers;
    Detector *inner; /* made when it is first needed */
    DetectorOptions options;
    EncodedFinder finder;
    uint64_t done[2]; /* by kind: looked at up to here */
    uint64_t apart;   /* up to here the lines of runs are no text together: each is looked at by itself */
    uint64_t spans;
    GPtrArray *values; /* DecodedValue */
    Decoded decoded;
    PackedScan *packed; /* NULL: the text itself was compressed */

    /* Of the span that is being looked at. */
    uint64_t span_position, own_start, own_end; /* values that begin before or behind are other spans' */
    EncodedKind kind;
    GArray *pending;
};

static void value_free(gpointer data)
{
    DecodedValue *value = data;

    explicit_bzero(value->data, value->len);
    g_free(value);
}

Bytes decoded_value_bytes(const DecodedValue *value)
{
    return (Bytes){.data = value->data, .len = value->len};
}

static void packed_found(void *data, const Match *match, MatchFate fate, const Span *place);

EncodedScan *encoded_scan_new(RuleSet *rules, const EncodedLayers *layers)
{
    EncodedScan *scan = g_new0(EncodedScan, 1);

    scan->rules = rules;
    scan->layers = *layers;
    scan->values = g_ptr_array_new_with_free_func(value_free);
    encoded_finder_init(&scan->finder);
    if (!layers->is_unpacked)
        scan->packed = packed_scan_new(rules, layers, packed_found, scan);
    return scan;
}

void encoded_scan_free(EncodedScan *scan)
{
    if (scan == NULL)
        return;
    detector_free(scan->inner);
    packed_scan_free(scan->packed);
    g_ptr_array_unref(scan->values);
    explicit_bzero(&scan->decoded, sizeof scan->decoded);
    g_free(scan);
}

void encoded_scan_begin(EncodedScan *scan, const DetectorOptions *options)
{
    scan->options = *options;
    scan->done[ENCODED_RUN] = scan->done[ENCODED_ESCAPES] = 0;
    scan->spans = scan->apart = 0;
    g_ptr_array_set_size(scan->values, 0);
    if (scan->packed != NULL)
        packed_scan_begin(scan->packed, options);
}

void encoded_scan_end(EncodedScan *scan)
{
    explicit_bzero(scan->decoded.text, sizeof scan->decoded.text); /* of what was no text, some is left */
    g_ptr_array_set_size(scan->values, 0);
    if (scan->packed != NULL)
        packed_scan_end(scan->packed);
}

uint64_t encoded_scan_take_cuts(EncodedScan *scan)
{
    return (scan->packed != NULL ? packed_scan_take_cuts(scan->packed) : 0) +
           (scan->inner != NULL ? detector_take_cuts(scan->inner) : 0);
}

uint64_t encoded_scan_take_overruns(EncodedScan *scan, const Rule **ret_rule)
{
    uint64_t overruns = 0;

    *ret_rule = NULL;
    if (scan->packed != NULL)
        overruns = packed_scan_take_overruns(scan->packed, ret_rule);
    return overruns + (scan->inner != NULL ? detector_take_overruns(scan->inner, ret_rule) : 0);
}

static bool is_unpacking(const EncodedScan *scan)
{
    return scan->packed != NULL && packed_scan_is_open(scan->packed);
}

uint64_t encoded_scan_horizon(const EncodedScan *scan)
{
    uint64_t horizon = MIN(scan->done[ENCODED_RUN], scan->done[ENCODED_ESCAPES]);

    return is_unpacking(scan) ? MIN(horizon, packed_scan_horizon(scan->packed)) : horizon;
}

void encoded_scan_forget(EncodedScan *scan, uint64_t position)
{
    guint past = 0;

    while (
        past < scan->values->len && ((const DecodedValue *)g_ptr_array_index(scan->values, past))->position < position)
        past++;
    if (past > 0)
        g_ptr_array_remove_range(scan->values, 0, past);
}

static const DecodedValue *keep_value(EncodedScan *scan, Bytes text, uint64_t position)
{
    DecodedValue *value = g_malloc(sizeof *value + text.len);

    value->position = position;
    value->len = text.len;
    memcpy(value->data, text.data, text.len);
    g_ptr_array_add(scan->values, value);
    return value;
}

static void add_match(EncodedScan *scan, const Match *match, PendingMatch pending)
{
    if (scan->values->len >= VALUES_MAX)
        return;
    pending.rule = match->rule->index;
    pending.tier = match->tier;
    pending.decoded = keep_value(scan, match->text, pending.span.start);
    g_array_append_val(scan->pending, pending);
}

static void packed_found(void *data, const Match *match, MatchFate fate, const Span *place)
{
    const PendingMatch pending = {.span = *place, .is_suppressed = fate == MATCH_SUPPRESSED, .is_unpacked = true};

    add_match(data, match, pending);
}

static void keep_match(EncodedScan *scan, const Match *match, MatchFate fate)
{
    const Decoded *decoded = &scan->decoded;
    size_t end = (size_t)(match->offset + match->length);

    if (match->offset >= decoded->len || end > decoded->len)
        return;
    const PendingMatch pending = {
        .span = {.start = scan->span_position + decoded->from[match->offset].index,
            .end = scan->span_position + decoded_stop(decoded, end)},
        .is_suppressed = fate == MATCH_SUPPRESSED,
        .is_carried = scan->kind == ENCODED_RUN,
    };
    if (pending.span.start >= scan->own_start && pending.span.start < scan->own_end)
        add_match(scan, match, pending);
}

static void match_found(void *data, const Match *match)
{
    keep_match(data, match, MATCH_REPORTED);
}

static void suppressed_found(void *data, const Match *match)
{
    keep_match(data, match, MATCH_SUPPRESSED);
}

static bool feed_inner(EncodedScan *scan, const DetectorOptions *options, GError **error)
{
    TRY(detector_begin(scan->inner, options, TEXT_UTF8, 0, error));
    TRY(detector_feed(scan->inner, (const char *)scan->decoded.text, scan->decoded.len, error));
    return detector_end(scan->inner, error);
}

static bool look_inside(EncodedScan *scan, GError **error)
{
    const DetectorOptions options = {.min_tier = scan->options.min_tier,
        .handler = match_found,
        .suppressed_handler = suppressed_found,
        .path = scan->options.path,
        .data = scan};
    const EncodedLayers layers = {.depth = scan->layers.depth + 1, .is_unpacked = scan->layers.is_unpacked};

    if (scan->inner == NULL)
        TRY(detector_new_inner(scan->rules, &layers, &scan->inner, error));
    bool is_ok = feed_inner(scan, &options, error);
    explicit_bzero(scan->decoded.text, scan->decoded.len);
    return is_ok;
}

static bool decode(EncodedScan *scan, const TextView *view, const EncodedSpan *span)
{
    const Bytes text = {.data = view->data + span->start, .len = span->end - span->start};

    scan->decoded.width = scan->decoded.gap = 0;
    return span->kind == ENCODED_ESCAPES ? decode_escapes(text, &scan->decoded) : decode_run(text, &scan->decoded);
}

/* Chance may make a few bytes more of a line that does not belong to the run; they are no text then. */
static bool decode_joined(EncodedScan *scan, const TextView *view, const EncodedSpan *span)
{
    const Decoded *out = &scan->decoded;

    return decode(scan, view, span) &&
           (span_is_cut(span) || g_utf8_validate((const char *)out->text, (gssize)out->len, NULL));
}

/* Decodes the run with the lines below, or its own line if they are no text together. */
static bool decode_from(EncodedScan *scan, const TextView *view, const EncodedSpan *joined, EncodedSpan *span)
{
    if (joined->end > span->end && decode_joined(scan, view, joined)) {
        *span = *joined;
        return true;
    }
    return decode(scan, view, span);
}

/* From the beginning of the run, or wherever else it may begin. */
static bool decode_span(EncodedScan *scan, const TextView *view, const EncodedSpan *joined, EncodedSpan *span)
{
    const Bytes line = {.data = view->data + span->start, .len = span->end - span->start};

    if (decode_from(scan, view, joined, span))
        return true;
    for (size_t at = 0; span->kind == ENCODED_RUN && (at = run_next_start(line, at)) < line.len;) {
        EncodedSpan rest = *span, joined_rest = *joined;
        rest.start = joined_rest.start = span->start + at;
        rest.skipped = joined_rest.skipped = at;
        if (decode_from(scan, view, &joined_rest, &rest)) {
            *span = rest;
            return true;
        }
    }
    return false;
}

/* Goes on with what is being unpacked. */
static bool unpack(EncodedScan *scan, const TextView *view, EncodedStep step, GError **error)
{
    TRY(packed_scan_feed(scan->packed, view, step, error));
    scan->done[ENCODED_RUN] = packed_scan_position(scan->packed);
    return true;
}

static bool begins_packed(EncodedScan *scan, const TextView *view, const EncodedSpan *run, PackedGuess guess)
{
    bool is_run = scan->packed != NULL && run->kind == ENCODED_RUN;
    bool is_begun = is_run && packed_scan_open(scan->packed, view, run, guess);

    scan->spans += is_begun ? 1 : 0;
    return is_begun;
}

/* The span or its text has been seen; of many lines that are no text together each is looked at by itself. */
static void pass_over(EncodedScan *scan, const TextView *view, const EncodedSpan *span, uint64_t own_end)
{
    scan->done[span->kind] = own_end;
    if (own_end < scan->apart)
        scan->done[span->kind] = view->base + next_text_line(view, span->end, scan->apart - view->base);
}

static bool has_spans_left(const EncodedScan *scan, uint64_t position)
{
    return scan->spans < SPANS_AT_FIRST + position / BYTES_A_SPAN;
}

static bool look_at(EncodedScan *scan, const TextView *view, EncodedStep step, const EncodedSpan *joined,
    const EncodedSpan *line, GError **error)
{
    EncodedSpan span = *line;
    bool is_wanted = has_spans_left(scan, view->base + span.start);
    bool is_apart = view->base + span.start < scan->apart;

    if (is_wanted && begins_packed(scan, view, joined, PACKED_BY_MARK))
        return unpack(scan, view, step, error);
    bool is_decoded = is_wanted && decode_span(scan, view, joined, &span);
    if (is_wanted && !is_decoded && !is_apart && begins_packed(scan, view, joined, PACKED_BY_CHANCE))
        return unpack(scan, view, step, error);
    uint64_t own_end = view->base + span_own_end(view, &span);

    if (is_wanted && joined->end > span.end)
        scan->apart = view->base + joined->end;
    scan->own_start = scan->done[span.kind];
    if (!is_decoded) {
        pass_over(scan, view, &span, own_end);
        return true;
    }
    scan->done[span.kind] = own_end;
    scan->spans++;
    scan->span_position = view->base + span.start;
    scan->kind = span.kind;
    scan->own_end = own_end;
    return look_inside(scan, error);
}

/* Of bytes that are written one by one. */
static bool look_at_dump(EncodedScan *scan, const TextView *view, EncodedStep step, const EncodedSpan *words,
    JoinResult *ret_result, GError **error)
{
    const Bytes text = {.data = view->data, .len = view->len};
    size_t start = 0, len = decode_listed(text, words, &scan->decoded, &start), end = start + len + DUMP_TAIL;

    *ret_result = step == ENCODED_MORE && end >= view->len && !dump_is_cut(len) ? JOIN_OPEN : JOIN_DONE;
    if (*ret_result == JOIN_OPEN)
        return true;
    if (scan->decoded.len == 0 || !has_spans_left(scan, view->base + start)) {
        scan->done[ENCODED_RUN] = view->base + MAX(start + len, words->end);
        return true;
    }
    scan->own_start = scan->done[ENCODED_RUN];
    scan->own_end = MAX(view->base + own_end_of_dump(view, start, len, &scan->decoded), view->base + words->end);
    scan->done[ENCODED_RUN] = scan->own_end;
    scan->span_position = view->base + start;
    scan->kind = ENCODED_DUMP;
    scan->spans++;
    return look_inside(scan, error);
}

/* What of the text around a run belongs to it. */
static JoinResult join(EncodedScan *scan, const TextView *view, EncodedStep step, EncodedSpan *span)
{
    if (step == ENCODED_MORE && span->end == view->len)
        return JOIN_OPEN;
    if (span->kind == ENCODED_ESCAPES || view->base + span->start < scan->apart)
        return JOIN_DONE;
    return encoded_join(&scan->finder, view, step, span);
}

static bool look_at_next(EncodedScan *scan, const TextView *view, EncodedStep step, const EncodedSpan *line,
    JoinResult *ret_result, GError **error)
{
    EncodedSpan joined = *line;

    if (line->kind == ENCODED_DUMP || line->kind == ENCODED_DECIMALS)
        return look_at_dump(scan, view, step, line, ret_result, error);
    *ret_result = join(scan, view, step, &joined);
    return *ret_result == JOIN_OPEN || look_at(scan, view, step, &joined, line, error);
}

static bool feed_kind(EncodedScan *scan, const TextView *view, EncodedStep step, EncodedKind kind, GError **error)
{
    EncodedSpan line;

    for (;;) {
        if (kind == ENCODED_RUN && is_unpacking(scan)) {
            TRY(unpack(scan, view, step, error));
            if (is_unpacking(scan))
                return true;
        }
        size_t from = (size_t)(scan->done[kind] - view->base);
        if (!encoded_find(&scan->finder, view, from, view->len, kind, &line))
            break;
        JoinResult result = JOIN_DONE;
        TRY(look_at_next(scan, view, step, &line, &result, error));
        if (result == JOIN_OPEN) {
            scan->done[kind] = MAX(scan->done[kind], view->base + line.start);
            return true;
        }
    }
    uint64_t end = view->base + view->len;
    scan->done[kind] = MAX(scan->done[kind], step == ENCODED_LAST || end < TAIL ? end : end - TAIL);
    return true;
}

bool encoded_scan_feed(EncodedScan *scan, const TextView *view, EncodedStep step, GArray *pending, GError **error)
{
    scan->pending = pending;
    TRY(feed_kind(scan, view, step, ENCODED_RUN, error));
    return feed_kind(scan, view, step, ENCODED_ESCAPES, error);
}
