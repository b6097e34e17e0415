#include "detect_testing.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define RULE_HEAD "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
#define RULE_TAIL "    examples: {match: [x], no_match: [y]}\n"

const char *const TESTING_RULES =
    "rules:\n"
    "  - id: fin.card\n" RULE_HEAD "    engine: class\n"
    "    shape: digits\n"
    "    canonical: digits\n"
    "    forms: ['13..19', '4-4-4-4', '4-6-5']\n"
    "    separators: ' -'\n"
    "    validator: card\n"
    "    keywords: [card, visa, credit card]\n"
    "    ignore: ['4111111111111111']\n" RULE_TAIL "  - id: id.case\n" RULE_HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['3-2-4']\n" RULE_TAIL "  - id: id.badge\n" RULE_HEAD "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['9']\n"
    "    keyword: required\n"
    "    keywords: [badge, 'badge number', führerschein]\n" RULE_TAIL "  - id: pii.email\n" RULE_HEAD
    "    engine: class\n"
    "    shape: at\n"
    "    canonical: lower\n"
    "    pattern: '[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}'\n"
    "    ignore_words: [example.com]\n" RULE_TAIL "  - id: pii.phone\n" RULE_HEAD "    engine: class\n"
    "    shape: plus\n"
    "    pattern: '\\+[1-9][0-9]{0,2}(?:[ -]?[0-9]{2,4}){2,4}'\n" RULE_TAIL "  - id: fin.iban\n" RULE_HEAD
    "    engine: class\n"
    "    shape: upper\n"
    "    start: UUDD\n"
    "    canonical: alnum_upper\n"
    "    pattern: '[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?'\n"
    "    validator: iban\n" RULE_TAIL "  - id: sec.token\n" RULE_HEAD "    engine: literal\n"
    "    pattern: '\\btok_[A-Za-z0-9]{16}\\b'\n" RULE_TAIL "  - id: sec.block\n" RULE_HEAD "    engine: literal\n"
    "    prefilter: 'BEGIN SECRET'\n"
    "    pattern: '-----BEGIN SECRET-----[A-Za-z0-9\\n]+-----END SECRET-----'\n"
    "    max_length: 8192\n" RULE_TAIL "  - id: sec.generic_key\n" RULE_HEAD "    engine: literal\n"
    "    caseless: true\n"
    "    prefilter: 'api_?key'\n"
    "    pattern: 'api_?key *[:=] *(?<value>[A-Za-z0-9_]{16,})'\n"
    "    min_entropy: 3\n" RULE_TAIL;

char *testing_rules_dir(const char *const *texts)
{
    g_autoptr(GError) error = NULL;
    char *directory = g_dir_make_tmp("trawl-rules-XXXXXX", &error);

    g_assert_no_error(error);
    for (int i = 0; texts[i] != NULL; i++) {
        const char name[] = {(char)('a' + i), '.', 'y', 'a', 'm', 'l', '\0'};
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_assert_true(g_file_set_contents(path, texts[i], -1, &error));
    }
    return directory;
}

void testing_remove_dir(char *take_path)
{
    GDir *dir = g_dir_open(take_path, 0, NULL);

    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(take_path, name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_dir_close(dir);
    g_assert_cmpint(g_rmdir(take_path), ==, 0);
    g_free(take_path);
}

RuleSet *testing_rules(const char *text)
{
    const char *texts[] = {text, NULL};
    char *directory = testing_rules_dir(texts);
    const char *directories[] = {directory, NULL};
    g_autoptr(GError) error = NULL;
    RuleSet *rules = NULL;

    if (!rule_set_load(directories, NULL, &rules, &error))
        g_error("%s", error->message);
    testing_remove_dir(directory);
    return rules;
}

static void write_line(void *data, const Match *match)
{
    g_string_append_printf(data,
        "%s %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %s %.*s\n",
        match->rule->id, match->offset, match->length, match->line, match->column, tier_name(match->tier),
        (int)match->text.len, (const char *)match->text.data);
}

static void feed_pieces(Detector *detector, const Scan *scan, const char *text, size_t len)
{
    g_autoptr(GError) error = NULL;
    size_t step = scan->piece > 0 ? scan->piece : len;

    for (size_t at = 0; at < len;) {
        size_t end = MIN(at + step, len);
        if (at < scan->cut && scan->cut < end)
            end = scan->cut;
        g_assert_true(detector_feed(detector, text + at, end - at, &error));
        at = end;
    }
}

char *testing_scan(RuleSet *rules, const Scan *scan, const char *text, size_t len)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = scan->min_tier, .handler = write_line, .data = lines};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, scan->encoding, scan->first_offset, &error));
    feed_pieces(detector, scan, text, len);
    g_assert_true(detector_end(detector, &error));
    return g_string_free(g_steal_pointer(&lines), FALSE);
}

char *testing_find(RuleSet *rules, const char *text)
{
    const Scan scan = {.min_tier = TIER_MEDIUM};

    return testing_scan(rules, &scan, text, strlen(text));
}

void testing_check_cuts(RuleSet *rules, const char *what, const char *text, const char *matches)
{
    size_t len = strlen(text);

    for (size_t cut = 0; cut < len; cut++) {
        const Scan scan = {.min_tier = TIER_MEDIUM, .cut = cut};
        g_autofree char *found = testing_scan(rules, &scan, text, len);
        if (strcmp(found, matches) != 0) {
            g_test_fail_printf("%s, cut at %zu: %s", what, cut, found);
            return;
        }
    }
}

char *testing_write(RuleSet *rules, MatchHandler handler, const char *text, size_t cut)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = handler, .data = lines};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, cut, &error));
    g_assert_true(detector_feed(detector, text + cut, strlen(text) - cut, &error));
    g_assert_true(detector_end(detector, &error));
    return g_string_free(g_steal_pointer(&lines), FALSE);
}
