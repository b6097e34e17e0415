#include "detect/literal_scan.h"
#include "detect/byte_class.h"

/* Hits of a rule that lie close together are searched as one range, so that each start is tried once. */
enum { RANGE_GAP = 64, RANGE_MAX = 4096 };

/* The ends of hits of one rule, from first to last. */
typedef struct HitRange {
    uint32_t rule;
    uint64_t first, last;
} HitRange;

typedef struct RuleProgress {
    uint32_t newest;      /* 1 + index of its newest range; 0: none */
    uint64_t searched_to; /* starts before this position are done with */
} RuleProgress;

struct LiteralScan {
    const RuleSet *rules;
    hs_scratch_t *scratch;
    hs_stream_t *stream;
    GArray *ranges;         /* HitRange, in the order they were opened */
    RuleProgress *progress; /* by rule */
    GArray *touched;        /* rules with progress, uint32_t */
    uint64_t work;
};

static bool hyperscan_failed(hs_error_t code, GError **error)
{
    return fail(error, ERROR_INTERNAL, "Hyperscan failed with code %d", (int)code);
}

bool literal_scan_new(const RuleSet *rules, LiteralScan **ret_scan, GError **error)
{
    g_autoptr(LiteralScan) scan = g_new0(LiteralScan, 1);

    scan->rules = rules;
    scan->ranges = g_array_new(FALSE, FALSE, sizeof(HitRange));
    scan->progress = g_new0(RuleProgress, rule_set_size(rules));
    scan->touched = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (rules->literals != NULL) {
        hs_error_t code = hs_alloc_scratch(rules->literals, &scan->scratch);
        if (code == HS_SUCCESS)
            code = hs_open_stream(rules->literals, 0, &scan->stream);
        if (code != HS_SUCCESS)
            return hyperscan_failed(code, error);
    }
    *ret_scan = g_steal_pointer(&scan);
    return true;
}

void literal_scan_free(LiteralScan *scan)
{
    if (scan == NULL)
        return;
    if (scan->stream != NULL)
        (void)hs_close_stream(scan->stream, NULL, NULL, NULL);
    (void)hs_free_scratch(scan->scratch);
    g_array_unref(scan->ranges);
    g_free(scan->progress);
    g_array_unref(scan->touched);
    g_free(scan);
}

bool literal_scan_begin(LiteralScan *scan, GError **error)
{
    g_array_set_size(scan->ranges, 0);
    for (guint i = 0; i < scan->touched->len; i++)
        scan->progress[g_array_index(scan->touched, uint32_t, i)] = (RuleProgress){0};
    g_array_set_size(scan->touched, 0);
    if (scan->stream == NULL)
        return true;
    hs_error_t code = hs_reset_stream(scan->stream, 0, NULL, NULL, NULL);
    return code == HS_SUCCESS || hyperscan_failed(code, error);
}

/* Called by Hyperscan: only records. Hits inside what was searched already are known to lead nowhere new. */
static int record_hit(unsigned rule, unsigned long long from, unsigned long long to, unsigned flags, void *data)
{
    LiteralScan *scan = data;

    (void)from;
    (void)flags;
    RuleProgress *progress = &scan->progress[rule];
    if (to < progress->searched_to)
        return 0;
    if (progress->newest != 0) {
        HitRange *range = &g_array_index(scan->ranges, HitRange, progress->newest - 1);
        if (to <= range->last + RANGE_GAP && to <= range->first + RANGE_MAX) {
            range->last = MAX(range->last, to);
            return 0;
        }
    }
    if (progress->newest == 0 && progress->searched_to == 0)
        g_array_append_val(scan->touched, rule);
    HitRange range = {.rule = rule, .first = to, .last = to};
    g_array_append_val(scan->ranges, range);
    progress->newest = scan->ranges->len;
    return 0;
}

bool literal_scan_feed(LiteralScan *scan, const TextView *view, uint64_t from, GError **error)
{
    const Bytes text = {.data = view->data + (from - view->base), .len = (size_t)(view->base + view->len - from)};

    if (scan->stream == NULL || text.len == 0)
        return true;
    hs_error_t code =
        hs_scan_stream(scan->stream, (const char *)text.data, (unsigned)text.len, 0, scan->scratch, record_hit, scan);
    return code == HS_SUCCESS || hyperscan_failed(code, error);
}

bool literal_scan_finish(LiteralScan *scan, GError **error)
{
    if (scan->stream == NULL)
        return true;
    hs_error_t code = hs_reset_stream(scan->stream, 0, scan->scratch, record_hit, scan);
    return code == HS_SUCCESS || hyperscan_failed(code, error);
}

/* A value that a letter or digit touches is a part of something longer, unless the pattern takes in what touches it.
 * Secrets may be parted by anything. */
static bool is_part(const CompiledRule *rule, const TextView *text, const RegexMatch *match)
{
    const size_t start = (size_t)(match->value.start - text->base), end = (size_t)(match->whole.end - text->base);

    if (rule->raw->category == CATEGORY_SECRET)
        return false;
    if (match->whole.start == match->value.start && start > 0 && byte_is_word(text->data[start]) &&
        byte_is_word(text->data[start - 1]))
        return true;
    return end < text->len && byte_is_word(text->data[end - 1]) && byte_is_word(text->data[end]);
}

/* What stands behind one value may stand before the next as well: a match does not own it. */
static void confirm_range(LiteralScan *scan, const LiteralConfirm *confirm, const HitRange *range)
{
    const CompiledRule *rule = rule_at(scan->rules, range->rule);
    RuleProgress *progress = &scan->progress[range->rule];
    uint64_t text_end = confirm->text->base + confirm->text->len;
    uint64_t earliest = range->first > rule->max_length ? range->first - rule->max_length : 0;
    SearchWindow window = {
        .from = MAX(MAX(earliest, progress->searched_to), confirm->text->base),
        .last = range->last,
        .end = MIN(range->last + rule->max_length, text_end),
    };
    RegexMatch match;

    window.is_text_end = confirm->is_last && window.end == text_end;
    scan->work += window.end > window.from ? window.end - window.from : 0;
    while (regex_search(confirm->regex, rule, confirm->text, &window, &match)) {
        Candidate candidate = {.rule = rule, .value = match.value};
        if (!is_part(rule, confirm->text, &match))
            (void)judge_value(confirm->judge, confirm->text, &candidate);
        window.from = MAX(match.value.end, match.whole.start + 1);
    }
    progress->searched_to = MAX(window.from, range->last);
}

static uint64_t look_ahead(const CompiledRule *rule)
{
    return (uint64_t)rule->max_length + rule->look_ahead + KEYWORD_LAG;
}

void literal_scan_confirm(LiteralScan *scan, const LiteralConfirm *confirm)
{
    uint64_t text_end = confirm->text->base + confirm->text->len;
    guint kept = 0;

    for (guint i = 0; i < scan->ranges->len; i++) {
        HitRange range = g_array_index(scan->ranges, HitRange, i);
        RuleProgress *progress = &scan->progress[range.rule];
        bool is_newest = progress->newest == i + 1;
        if (confirm->is_last || range.last + look_ahead(rule_at(scan->rules, range.rule)) <= text_end) {
            confirm_range(scan, confirm, &range);
            progress->newest = is_newest ? 0 : progress->newest;
            continue;
        }
        g_array_index(scan->ranges, HitRange, kept++) = range;
        progress->newest = is_newest ? kept : progress->newest;
    }
    g_array_set_size(scan->ranges, kept);
}

uint64_t literal_scan_horizon(const LiteralScan *scan, uint64_t fed)
{
    uint64_t horizon = fed;

    for (guint i = 0; i < scan->ranges->len; i++)
        horizon = MIN(horizon, g_array_index(scan->ranges, HitRange, i).first);
    uint64_t longest = scan->rules->literal_max_length;
    return horizon > longest ? horizon - longest : 0;
}

size_t literal_scan_lag(const RuleSet *rules)
{
    return 2 * (size_t)rules->literal_max_length + RANGE_MAX + KEYWORD_LAG;
}

uint64_t literal_scan_work(const LiteralScan *scan)
{
    return scan->work;
}
