#include "detect/encoded/encoded_scan.h"
#include "detect/encoded/base64.h"
#include "detect/encoded/escapes.h"
#include "detect/encoded/forms.h"
#include "detect/encoded/packed_scan.h"
#include "detect/encoded/runs.h"

#include <string.h>

enum {
    OVERLAP = 2048,        /* of the pieces of a run that is longer than a span */
    SPANS_AT_FIRST = 1000, /* that a text may have whatever its size */
    BYTES_A_SPAN = 512,    /* and one more for so many bytes */
    TAIL = 320,            /* what may go on in the next view, or belongs to what begins there */
    VALUES_MAX = 20000,
    LINES_TOLD_BY = 8, /* so many lines of a run that are no text have none behind them */
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
            .end = scan->span_position + decoded->from[end].index + decoded->from[end].is_shared},
        .is_suppressed = fate == MATCH_SUPPRESSED,
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
    TRY(detector_begin(scan->inner, &options, TEXT_UTF8, 0, error));
    TRY(detector_feed(scan->inner, (const char *)scan->decoded.text, scan->decoded.len, error));
    bool is_ok = detector_end(scan->inner, error);
    explicit_bzero(scan->decoded.text, scan->decoded.len);
    return is_ok;
}

static bool decode(EncodedScan *scan, const TextView *view, const EncodedSpan *span)
{
    const Bytes text = {.data = view->data + span->start, .len = span->end - span->start};

    return span->kind == ENCODED_ESCAPES ? decode_escapes(text, &scan->decoded) : decode_run(text, &scan->decoded);
}

/* The span may be longer. */
static bool is_cut(const EncodedSpan *span)
{
    return span->end - span->start + span->skipped == ENCODED_SPAN_MAX;
}

/* Behind pairs of groups of four, which are whole characters of UTF-16 too; at the beginning of a line if one of the
 * last does, for lines are joined from their beginning. */
static size_t next_piece_of_run(const TextView *view, const EncodedSpan *span)
{
    enum { LINES_WITHIN = 1024 };
    size_t end = span->end - OVERLAP, count = 0, line = 0, piece = span->start;

    for (size_t at = span->start; at < end; at++) {
        bool is_escaped = view->data[at] == '\\'; /* the break of a line in JSON */
        at += is_escaped ? 1 : 0;
        uint8_t byte = view->data[at];
        count += !is_escaped && BASE64_VALUES[byte] != 0;
        if (count % 8 == 0)
            piece = at + 1;
        if (count % 8 == 0 && byte == (is_escaped ? 'n' : '\n'))
            line = at + 1;
    }
    return line + LINES_WITHIN > end ? line : piece;
}

/* A field of a form is not cut: its beginning tells what it is. */
static size_t before_field(const TextView *view, size_t end)
{
    for (size_t at = end; at > 0 && end - at < FORM_FIELD_MAX / 2 && view->data[at - 1] > ' '; at--) {
        if (view->data[at - 1] == '&' || view->data[at - 1] == '?')
            return at - 1;
    }
    return end;
}

/* Where the next piece begins: values that begin behind it are that one's. */
static size_t own_end_of(const TextView *view, const EncodedSpan *span)
{
    if (span->kind == ENCODED_RUN)
        return is_cut(span) ? next_piece_of_run(view, span) : span->end;
    if (span->end == view->len || view->data[span->end] == '\n')
        return span->end;
    return before_field(view, span->end - (is_cut(span) ? OVERLAP : ESCAPE_AFTER / 2));
}

/* Chance may make a few bytes more of a line that does not belong to the run; they are no text then. */
static bool decode_joined(EncodedScan *scan, const TextView *view, const EncodedSpan *span)
{
    const Decoded *out = &scan->decoded;

    return decode(scan, view, span) &&
           (is_cut(span) || g_utf8_validate((const char *)out->text, (gssize)out->len, NULL));
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

/* Most runs of many lines are no text in any of them, and the first few tell: where the next line begins that may be.
 */
static size_t next_text_line(const TextView *view, size_t at, size_t end)
{
    for (int line = 0; line < LINES_TOLD_BY; line++) {
        const uint8_t *newline = memchr(view->data + at, '\n', end - at);
        if (newline == NULL)
            return end;
        at = (size_t)(newline - view->data) + 1;
        while (at < end && (view->data[at] == ' ' || view->data[at] == '\t'))
            at++;
        if (run_may_be_text((Bytes){.data = view->data + at, .len = end - at}))
            return at;
    }
    return end;
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

static bool look_at(EncodedScan *scan, const TextView *view, EncodedStep step, const EncodedSpan *joined,
    const EncodedSpan *line, GError **error)
{
    EncodedSpan span = *line;
    bool is_wanted = scan->spans < SPANS_AT_FIRST + (view->base + span.start) / BYTES_A_SPAN;
    bool is_apart = view->base + span.start < scan->apart;

    if (is_wanted && begins_packed(scan, view, joined, PACKED_BY_MARK))
        return unpack(scan, view, step, error);
    bool is_decoded = is_wanted && decode_span(scan, view, joined, &span);
    if (is_wanted && !is_decoded && !is_apart && begins_packed(scan, view, joined, PACKED_BY_CHANCE))
        return unpack(scan, view, step, error);
    uint64_t own_end = view->base + own_end_of(view, &span);

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
    scan->own_end = own_end;
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
        EncodedSpan joined = line;
        if (join(scan, view, step, &joined) == JOIN_OPEN) {
            scan->done[kind] = MAX(scan->done[kind], view->base + line.start);
            return true;
        }
        TRY(look_at(scan, view, step, &joined, &line, error));
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
