/* Any bytes at all through the detector, whole and in small pieces: no crash, matches inside the text, and both ways
 * the same. The rules are one of each engine and shape. */
#include "detect/detect.h"

#include <glib/gstdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
#define TAIL "    examples: {match: [x], no_match: [y]}\n"

static const char RULES[] =
    "rules:\n"
    "  - id: fin.card\n" HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['13..19', '4-4-4-4', '3-2-4', '1..3-1..3-1..3-1..3']\n"
    "    separators: ' -.'\n"
    "    keywords: [card, credit card]\n"
    "    canonical: digits\n" TAIL "  - id: id.badge\n" HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['3..9']\n"
    "    keyword: required\n"
    "    keywords: [badge, f\u00fchrerschein]\n" TAIL "  - id: pii.email\n" HEAD "    engine: class\n"
    "    shape: at\n"
    "    pattern: '[A-Za-z0-9._-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}'\n" TAIL "  - id: pii.phone\n" HEAD
    "    engine: class\n"
    "    shape: plus\n"
    "    pattern: '\\+[1-9][0-9]{0,2}(?:[ -]?[0-9]{2,4}){2,4}'\n" TAIL "  - id: fin.iban\n" HEAD "    engine: class\n"
    "    shape: upper\n"
    "    start: UUDD\n"
    "    canonical: alnum_upper\n"
    "    pattern: '[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?'\n"
    "    validator: iban\n" TAIL "  - id: sec.block\n" HEAD "    engine: literal\n"
    "    prefilter: 'BEGIN'\n"
    "    pattern: '-BEGIN-[A-Za-z0-9\\n]+-END-'\n"
    "    max_length: 8192\n" TAIL "  - id: sec.generic_key\n" HEAD "    engine: literal\n"
    "    caseless: true\n"
    "    pattern: 'key *[:=] *(?<value>[A-Za-z0-9_]{8,})'\n" TAIL;

static Detector *detector_make(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RuleSet) rules = NULL;
    g_autofree char *directory = g_dir_make_tmp("trawl-fuzz-XXXXXX", &error);
    g_autofree char *path = g_build_filename(directory, "rules.yaml", NULL);
    const char *directories[] = {directory, NULL};
    Detector *detector = NULL;

    if (!g_file_set_contents(path, RULES, -1, &error) || !rule_set_load(directories, NULL, &rules, &error) ||
        !detector_new(rules, &detector, &error))
        g_error("%s", error->message);
    g_remove(path);
    g_rmdir(directory);
    return detector;
}

typedef struct Seen {
    GString *matches;
    size_t text_len;
    uint64_t last_offset;
} Seen;

static void note_match(void *data, const Match *match)
{
    Seen *seen = data;

    g_assert_cmpuint(
        match->length, >, 0); /* of encoded text it is greater than what is found, of compressed text less */
    g_assert_cmpuint(match->canonical.len, <=, match->text.len);
    g_assert_cmpuint(match->offset + match->length, <=, seen->text_len);
    g_assert_cmpuint(match->offset, >=, seen->last_offset);
    g_assert_cmpuint(match->line, >=, 1);
    g_assert_cmpuint(match->column, >=, 1);
    seen->last_offset = match->offset;
    g_string_append_printf(seen->matches,
        "%s %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %d %d %s %s\n",
        match->rule->id, match->offset, match->length, match->line, match->column, (int)match->row, (int)match->cell,
        match->column_name != NULL ? match->column_name : "-", match->record_path != NULL ? match->record_path : "-");
}

static void scan(Detector *detector, const uint8_t *data, size_t size, size_t step, GString *out)
{
    Seen seen = {.matches = out, .text_len = size};
    const DetectorOptions options = {.min_tier = TIER_LOW, .handler = note_match, .data = &seen};
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    for (size_t at = 0; at < size; at += step)
        g_assert_true(detector_feed(detector, (const char *)data + at, MIN(step, size - at), &error));
    g_assert_true(detector_end(detector, &error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Detector *detector = NULL;
    g_autoptr(GString) whole = g_string_new(NULL), pieces = g_string_new(NULL);

    if (detector == NULL)
        detector = detector_make();
    scan(detector, data, size, MAX(size, (size_t)1), whole);
    scan(detector, data, size, size > 0 ? 1 + data[0] % 7U : 1, pieces);
    g_assert_cmpstr(whole->str, ==, pieces->str);
    return 0;
}
