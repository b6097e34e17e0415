#include "detect/encoded/packed_scan.h"
#include "detect/encoded/packed.h"
#include "detect/encoded/runs.h"

enum {
    TOTAL_AT_FIRST = 64 * 1024, /* bytes that may come out whatever the text's size */
    TOTAL_TIMES = 16,           /* and so many for each of its own */
    TEXT_MIN = 12,              /* bytes; what comes out tells whether it is text */
    TEXT_TOLD_BY = 512,
    FAILURES_AT_FIRST = 1000, /* what begins as if it were compressed, and is not, is read in vain */
    BYTES_A_FAILURE = 512,
};

struct PackedScan {
    RuleSet *rules; /* borrowed */
    EncodedLayers layers;
    PackedHandler handler;
    void *data;
    Detector *inner;    /* made when it is first needed */
    Unpacker *unpacker; /* likewise */
    DetectorOptions options;
    bool is_open, is_cut;      /* cut: the rest of its run is passed over */
    uint64_t total;            /* of the runs before */
    uint64_t failures;         /* to open one */
    uint64_t cuts;             /* not read whole, since this was last asked */
    size_t own_start, own_end; /* of the window: matches that begin before or behind are other windows' */
};

PackedScan *packed_scan_new(RuleSet *rules, const EncodedLayers *layers, PackedHandler handler, void *data)
{
    PackedScan *scan = g_new0(PackedScan, 1);

    scan->rules = rules;
    scan->layers = (EncodedLayers){.depth = layers->depth + 1, .is_unpacked = true};
    scan->handler = handler;
    scan->data = data;
    return scan;
}

void packed_scan_free(PackedScan *scan)
{
    if (scan == NULL)
        return;
    detector_free(scan->inner);
    unpacker_free(scan->unpacker);
    g_free(scan);
}

void packed_scan_begin(PackedScan *scan, const DetectorOptions *options)
{
    scan->options = *options;
    scan->is_open = scan->is_cut = false;
    scan->total = scan->failures = 0;
}

void packed_scan_end(PackedScan *scan)
{
    if (scan->is_open)
        unpacker_end(scan->unpacker);
    scan->is_open = false;
}

bool packed_scan_is_open(const PackedScan *scan)
{
    return scan->is_open;
}

uint64_t packed_scan_position(const PackedScan *scan)
{
    return unpacker_position(scan->unpacker);
}

uint64_t packed_scan_take_overruns(PackedScan *scan, const Rule **ret_rule)
{
    *ret_rule = NULL;
    return scan->inner != NULL ? detector_take_overruns(scan->inner, ret_rule) : 0;
}

uint64_t packed_scan_take_cuts(PackedScan *scan)
{
    uint64_t cuts = scan->cuts + (scan->inner != NULL ? detector_take_cuts(scan->inner) : 0);

    scan->cuts = 0;
    return cuts;
}

uint64_t packed_scan_horizon(const PackedScan *scan)
{
    uint64_t start = unpacker_next_place(scan->unpacker), end;

    if (scan->own_start < unpacker_window(scan->unpacker).len)
        unpacker_place(scan->unpacker, scan->own_start, scan->own_start + 1, &start, &end);
    return start;
}

static UnpackState read_on(PackedScan *scan, const TextView *view)
{
    size_t from = (size_t)(unpacker_position(scan->unpacker) - view->base);
    size_t lag = (size_t)(unpacker_position(scan->unpacker) - packed_scan_horizon(scan));
    size_t room = lag < PACKED_LAG ? PACKED_LAG - lag : 0, left = view->len - from;
    const UnpackLimit limit = {.at_first = TOTAL_AT_FIRST, .times = TOTAL_TIMES, .spent = scan->total};
    UnpackState state =
        unpacker_read(scan->unpacker, (Bytes){.data = view->data + from, .len = MIN(room, left)}, &limit);

    return state == UNPACK_MORE && room < left ? UNPACK_FULL : state;
}

/* A window of text has no control characters; more than the first of it need not be seen. */
static bool is_text(Bytes window)
{
    size_t len = MIN(window.len, (size_t)TEXT_TOLD_BY);
    const char *end = NULL;

    if (len < TEXT_MIN)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (window.data[i] < ' ' && !(window.data[i] >= '\t' && window.data[i] <= '\r'))
            return false;
    }
    return g_utf8_validate((const char *)window.data, (gssize)len, &end) || (const char *)window.data + len - end < 4;
}

static bool try_open(PackedScan *scan, const TextView *view, size_t at, PackedLayers layers, PackedFormat format)
{
    if (scan->unpacker == NULL)
        scan->unpacker = unpacker_new();
    unpacker_begin(scan->unpacker, layers, format, view->base + at);
    scan->own_start = 0;
    if (scan->failures >= FAILURES_AT_FIRST + (view->base + at) / BYTES_A_FAILURE)
        return false;
    const Bytes text = {.data = view->data + at, .len = MIN(view->len - at, (size_t)PACKED_LAG / 2)};
    const UnpackLimit limit = {.at_first = TEXT_TOLD_BY};
    (void)unpacker_read(scan->unpacker, text, &limit);
    scan->is_open = is_text(unpacker_window(scan->unpacker));
    if (scan->is_open)
        unpacker_begin(scan->unpacker, layers, format, view->base + at);
    else
        scan->failures++;
    return scan->is_open;
}

bool packed_scan_open(PackedScan *scan, const TextView *view, const EncodedSpan *run, PackedGuess guess)
{
    const Bytes text = {.data = view->data + run->start, .len = run->end - run->start};

    if (guess == PACKED_BY_CHANCE)
        return may_be_deflate(text) && try_open(scan, view, run->start, PACKED_BASE64, PACKED_DEFLATE);
    for (size_t at = 0; at < text.len; at = run_next_start(text, at)) {
        PackedLayers layers = packed_layers((Bytes){.data = text.data + at, .len = text.len - at});
        if (layers != PACKED_NONE && try_open(scan, view, run->start + at, layers, PACKED_WITH_HEADER))
            return true;
    }
    return false;
}

static void found(PackedScan *scan, const Match *match, MatchFate fate)
{
    size_t start = (size_t)match->offset, end = start + (size_t)match->length;
    Span place;

    if (start < scan->own_start || start >= scan->own_end || end > unpacker_window(scan->unpacker).len || end <= start)
        return;
    unpacker_place(scan->unpacker, start, end, &place.start, &place.end);
    scan->handler(scan->data, match, fate, &place);
}

static void match_found(void *data, const Match *match)
{
    found(data, match, MATCH_REPORTED);
}

static void suppressed_found(void *data, const Match *match)
{
    found(data, match, MATCH_SUPPRESSED);
}

/* Up to where a window may have matches of its own: what begins behind may end in the next. */
static size_t own_end_of(const PackedScan *scan, UnpackState state)
{
    uint64_t position = unpacker_position(scan->unpacker);
    size_t len = unpacker_window(scan->unpacker).len, behind = PACKED_OVERLAP / 2;
    size_t index = unpacker_index(scan->unpacker, position > PACKED_LAG / 2 ? position - PACKED_LAG / 2 : 0);
    size_t end = MAX(len > behind ? len - behind : 0, index);

    return state == UNPACK_END || end <= scan->own_start ? len : end;
}

static bool look_at_window(PackedScan *scan, UnpackState state, GError **error)
{
    const Bytes window = unpacker_window(scan->unpacker);
    const DetectorOptions options = {.min_tier = scan->options.min_tier,
        .handler = match_found,
        .suppressed_handler = suppressed_found,
        .path = scan->options.path,
        .data = scan};

    if (scan->inner == NULL)
        TRY(detector_new_inner(scan->rules, &scan->layers, &scan->inner, error));
    scan->own_end = own_end_of(scan, state);
    TRY(detector_begin(scan->inner, &options, TEXT_UTF8, 0, error));
    TRY(detector_feed(scan->inner, (const char *)window.data, window.len, error));
    TRY(detector_end(scan->inner, error));
    scan->own_start = scan->own_end - unpacker_forget(scan->unpacker);
    return true;
}

/* Reads until the compressed text ends, or the view. */
static bool read_windows(PackedScan *scan, const TextView *view, EncodedStep step, GError **error)
{
    while (scan->is_open) {
        UnpackState state = read_on(scan, view);
        if (state == UNPACK_MORE && step == ENCODED_MORE)
            return true;
        scan->is_cut = state == UNPACK_CUT;
        scan->cuts += scan->is_cut ? 1 : 0;
        if (state == UNPACK_MORE || state == UNPACK_CUT)
            state = UNPACK_END;
        TRY(look_at_window(scan, state, error));
        scan->is_open = state != UNPACK_END;
    }
    scan->total += unpacker_total(scan->unpacker);
    unpacker_end(scan->unpacker);
    return true;
}

/* What is compressed makes no sense but from its beginning. */
static void pass_over_rest(PackedScan *scan, const TextView *view, EncodedStep step)
{
    size_t from = (size_t)(unpacker_position(scan->unpacker) - view->base);
    UnpackState state = unpacker_skip(scan->unpacker, (Bytes){.data = view->data + from, .len = view->len - from});

    scan->is_open = scan->is_cut = state == UNPACK_MORE && step == ENCODED_MORE;
}

bool packed_scan_feed(PackedScan *scan, const TextView *view, EncodedStep step, GError **error)
{
    if (!scan->is_cut)
        TRY(read_windows(scan, view, step, error));
    if (scan->is_cut)
        pass_over_rest(scan, view, step);
    return true;
}
