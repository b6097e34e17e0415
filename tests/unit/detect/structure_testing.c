#include "structure_testing.h"

const char *const STRUCTURE_RULES =
    "rules:\n"
    "  - id: id.badge\n" HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['9']\n"
    "    keyword: required\n"
    "    keywords: [badge, 'badge number']\n"
    "    field_keywords: [insurance]\n"
    "    veto: [order, tracking]\n" TAIL "  - id: id.case\n" HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['3-2-4']\n"
    "    keywords: [case]\n"
    "    veto: [phone]\n" TAIL "  - id: id.serial\n" HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['7']\n"
    "    keyword: required\n"
    "    keywords: [serial]\n"
    "    distance_after: 20\n"
    "    same_line: true\n" TAIL "  - id: sec.token\n" HEAD "    engine: literal\n"
    "    pattern: '\\btok_[a-z]{4}\\b'\n"
    "    keyword: required\n"
    "    keywords: [acme]\n" TAIL "  - id: sec.id\n" HEAD "    engine: literal\n"
    "    pattern: '\\bIDN[0-9]{4}\\b'\n"
    "    tier: low\n"
    "    pair: [sec.key]\n"
    "    pair_distance: 40\n" TAIL "  - id: sec.key\n" HEAD "    engine: literal\n"
    "    pattern: '\\bKEY[0-9]{6}\\b'\n"
    "    tier: medium\n"
    "    lower_paths: ['*.lock', 'vendor/*']\n" TAIL "  - id: sec.wide\n" HEAD "    engine: literal\n"
    "    pattern: 'ZZ[0-9]{4}-[x-z]{4}'\n"
    "    tier: medium\n" TAIL "  - id: sec.narrow\n" HEAD "    engine: literal\n"
    "    pattern: '[0-9]{4}-[x-z]{4}'\n"
    "    tier: high\n" TAIL "  - id: sec.chosen\n" HEAD "    engine: literal\n"
    "    pattern: '-[x-z]{4}'\n"
    "    prefilter: '-[x-z]{4}'\n"
    "    tier: medium\n"
    "    beats: [sec.narrow]\n" TAIL;

static void write_line(void *data, const Match *match)
{
    GString *lines = data;

    g_string_append_printf(lines, "%s %.*s %s", match->rule->id, (int)match->text.len, (const char *)match->text.data,
        tier_name(match->tier));
    if (match->row > 0)
        g_string_append_printf(lines, " row %d cell %d %s", (int)match->row, (int)match->cell,
            match->column_name != NULL ? match->column_name : "-");
    if (match->record_path != NULL)
        g_string_append_printf(lines, " %s", match->record_path);
    for (int i = 0; match->also[i] != NULL; i++)
        g_string_append_printf(lines, " also %s", match->also[i]);
    g_string_append_c(lines, '\n');
}

char *structure_find(RuleSet *rules, const Feeding *feeding, const char *text, size_t len)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = feeding->wants_low ? TIER_LOW : TIER_MEDIUM,
        .handler = write_line,
        .data = lines,
        .path = feeding->path};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;
    size_t piece = feeding->piece > 0 ? feeding->piece : len;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    for (size_t at = 0; at < len;) {
        size_t end = MIN(at + piece, len);
        if (at < feeding->cut && feeding->cut < end)
            end = feeding->cut;
        g_assert_true(detector_feed(detector, text + at, end - at, &error));
        at = end;
    }
    g_assert_true(detector_end(detector, &error));
    return g_string_free(g_steal_pointer(&lines), FALSE);
}
