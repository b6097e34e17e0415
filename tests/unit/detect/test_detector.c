#include "detect_testing.h"

#include <string.h>

/* The text below holds one value of each engine and shape. Card and IBAN are the issuers' and the IBAN
 * registry's published examples. */
static const char MIXED[] = "card 4242 4242 4242 4242, case 123-45-6789;\nbadge number: 123456789\n"
                            "mail bob.b@fabrikam.org phone +44 20 7946 0958\nGB82 WEST 1234 5698 7654 32 PAID\n"
                            "tok_abcdefghijklmnop api_key = a1b2c3d4e5f6g7h8\n"
                            "-----BEGIN SECRET-----\nabc\ndef\n-----END SECRET-----\n";

static const char MIXED_MATCHES[] =
    "fin.card 5+19 1:6 validated 4242 4242 4242 4242\n"
    "id.case 31+11 1:32 medium 123-45-6789\n"
    "id.badge 58+9 2:15 high 123456789\n"
    "pii.email 73+18 3:6 medium bob.b@fabrikam.org\n"
    "pii.phone 98+16 3:31 medium +44 20 7946 0958\n"
    "fin.iban 115+27 4:1 validated GB82 WEST 1234 5698 7654 32\n"
    "sec.token 148+20 5:1 medium tok_abcdefghijklmnop\n"
    "sec.generic_key 179+16 5:32 medium a1b2c3d4e5f6g7h8\n"
    "sec.block 196+51 6:1 medium -----BEGIN SECRET-----\nabc\ndef\n-----END SECRET-----\n";

static void test_each_engine_finds_its_values_with_their_places(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *matches = testing_find(rules, MIXED);

    g_assert_cmpstr(matches, ==, MIXED_MATCHES);
}

static void test_a_text_cut_anywhere_gives_the_same_matches(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t cut = 0; cut < sizeof MIXED; cut++) {
        const Scan scan = {.min_tier = TIER_MEDIUM, .cut = cut};
        g_autofree char *matches = testing_scan(rules, &scan, MIXED, strlen(MIXED));
        g_assert_cmpstr(matches, ==, MIXED_MATCHES);
    }
    const Scan bytewise = {.min_tier = TIER_MEDIUM, .piece = 1};
    g_autofree char *matches = testing_scan(rules, &bytewise, MIXED, strlen(MIXED));
    g_assert_cmpstr(matches, ==, MIXED_MATCHES);
}

/* Matches without their places. */
static char *strip_places(const char *lines)
{
    g_autoptr(GRegex) place = g_regex_new(" [0-9]+\\+[0-9]+ [0-9]+:[0-9]+", 0, 0, NULL);

    return g_regex_replace(place, lines, -1, 0, "", 0, NULL);
}

static void test_values_are_found_wherever_the_window_ends(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *expected = strip_places(MIXED_MATCHES);

    for (size_t before = 40 * 1024; before < 66 * 1024; before += 97) {
        g_autoptr(GString) text = g_string_new(NULL);
        const Scan scan = {.min_tier = TIER_MEDIUM, .piece = 4096};
        while (text->len < before)
            g_string_append(text, text->len % 7 == 0 ? " lorem" : "\n ipsum");
        g_string_append_c(text, '\n');
        g_string_append(text, MIXED);
        while (text->len < 200 * 1024)
            g_string_append(text, "dolor sit\n");
        g_autofree char *matches = testing_scan(rules, &scan, text->str, text->len);
        g_autofree char *found = strip_places(matches);
        g_assert_cmpstr(found, ==, expected);
    }
}

static void test_a_long_text_has_the_same_matches_in_any_pieces(void)
{
    static const size_t pieces[] = {1, 7, 4096, 65535, 65536, 65537, 1000000};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; text->len < 300 * 1024; i++) {
        g_string_append(text, MIXED);
        g_string_append_printf(text, "%.*s\n", (int)(i * 7919 % 3000), "                    filler filler filler");
    }
    const Scan whole = {.min_tier = TIER_MEDIUM};
    g_autofree char *expected = testing_scan(rules, &whole, text->str, text->len);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        const Scan scan = {.min_tier = TIER_MEDIUM, .piece = pieces[i]};
        g_autofree char *matches = testing_scan(rules, &scan, text->str, text->len);
        g_assert_cmpstr(matches, ==, expected);
    }
}

typedef struct PlaceCase {
    const char *what;
    TextEncoding encoding;
    uint64_t first_offset;
    const char *text;
    const char *match;
} PlaceCase;

/* Offsets by the encodings' definitions: two bytes a character (four beyond the basic plane), or one. */
static const PlaceCase place_cases[] = {
    {"ascii", TEXT_UTF8, 0, "x\ny bob@ab.org", "pii.email 4+10 2:3 medium bob@ab.org\n"},
    {"a byte order mark before", TEXT_UTF8, 3, "bob@ab.org", "pii.email 3+10 1:1 medium bob@ab.org\n"},
    {"utf-8 counts bytes, columns count characters", TEXT_UTF8, 0, "\u00fc\u20ac\U0001F600 bob@ab.org",
        "pii.email 10+10 1:5 medium bob@ab.org\n"},
    {"utf-16", TEXT_UTF16LE, 2, "\u00fc\u20ac\U0001F600\nbob@ab.org", "pii.email 12+20 2:1 medium bob@ab.org\n"},
    {"latin-1", TEXT_LATIN1, 0, "\u00fc\u00e9 bob@ab.org", "pii.email 3+10 1:4 medium bob@ab.org\n"},
    {"empty lines", TEXT_UTF8, 0, "\n\n\nbob@ab.org", "pii.email 3+10 4:1 medium bob@ab.org\n"},
};

static void test_places_are_those_of_the_object(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(place_cases); i++) {
        const PlaceCase *test = &place_cases[i];
        const Scan scan = {
            .encoding = test->encoding, .first_offset = test->first_offset, .min_tier = TIER_MEDIUM, .piece = 1};
        g_autofree char *match = testing_scan(rules, &scan, test->text, strlen(test->text));
        g_test_message("%s", test->what);
        g_assert_cmpstr(match, ==, test->match);
    }
}

static void test_places_are_right_far_into_a_long_text(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) text = g_string_new(NULL);
    const Scan scan = {.encoding = TEXT_UTF16BE, .first_offset = 2, .min_tier = TIER_MEDIUM, .piece = 999};

    for (int i = 0; i < 50000; i++)
        g_string_append(text, "\u20ac23\n");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "\u00fc");
    g_string_append(text, " bob@ab.org");
    g_autofree char *match = testing_scan(rules, &scan, text->str, text->len);
    g_assert_cmpstr(match, ==, "pii.email 600004+20 50001:100002 medium bob@ab.org\n");
}

typedef struct FindCase {
    const char *what;
    const char *text;
    const char *matches;
} FindCase;

static const FindCase find_cases[] = {
    {"a letter touches", "x123-45-6789 123-45-6789x _123-45-6789", ""},
    {"a digit goes on", "1123-45-6789 123-45-67890", ""},
    {"a longer number by dots", "1.123-45-6789 123-45-6789.5", ""},
    {"a full stop is no decimal point", "123-45-6789.", "id.case 0+11 1:1 medium 123-45-6789\n"},
    {"a longer number by dashes", "2023-123-45-6789 123-45-6789-1", ""},
    {"a UUID", "deadbeef-123-45-6789 123-45-6789-cafe", ""},
    {"a word before a dash", "case-123-45-6789", "id.case 5+11 1:6 medium 123-45-6789\n"},
    {"no mixed separators", "123-45 6789", ""},
    {"a separator that the form lacks", "123 45 6789", ""},
    {"brackets and quotes stand beside", "(123-45-6789)\"123-45-6789\"",
        "id.case 1+11 1:2 medium 123-45-6789\nid.case 14+11 1:15 medium 123-45-6789\n"},
    {"a number before a spaced card", "12, 4242 4242 4242 4242", "fin.card 4+19 1:5 validated 4242 4242 4242 4242\n"},
    {"no second @", "bob@ab.org", "pii.email 0+10 1:1 medium bob@ab.org\n"},
    {"user and password of a URL", "ftp://bob:pw@ab.org/ https://bob@ab.org/", ""},
    {"mailto", "mailto:bob@ab.org", "pii.email 7+10 1:8 medium bob@ab.org\n"},
    {"a required keyword is missing", "123456789", ""},
    {"a required keyword", "Badge: 123456789", "id.badge 7+9 1:8 high 123456789\n"},
    {"a keyword behind the value", "123456789 badge", ""},
    {"JSON", "{\"badgeNumber\":\"123456789\"}", "id.badge 16+9 1:17 high 123456789\n"},
    {"a keyword beyond ASCII, in capitals", "F\u00dcHRERSCHEIN 123456789", "id.badge 14+9 1:14 high 123456789\n"},
    {"low entropy", "api_key = aaaaaaaaaaaaaaaaaaaaa", ""},
    {"a generic rule gives way", "api_key = tok_abcdefghijklmnop",
        "sec.token 10+20 1:11 medium tok_abcdefghijklmnop\n"},
    {"a plus behind a digit is a sum", "1+4420794609", ""},
    {"IBAN that does not check", "GB82 WEST 1234 5698 7654 33", ""},
    {"nothing", "", ""},
};

static void test_boundaries_keywords_and_overlaps(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(find_cases); i++) {
        g_autofree char *matches = testing_find(rules, find_cases[i].text);
        g_test_message("%s", find_cases[i].what);
        g_assert_cmpstr(matches, ==, find_cases[i].matches);
    }
}

#define CODE_RULE(id, category, shape, pattern)                                                                        \
    "  - id: " id "\n    name: n\n    description: d\n    category: " category                                         \
    "\n    severity: high\n    mask: all\n    engine: class\n    shape: " shape "\n    pattern: '" pattern             \
    "'\n    examples: {match: [x], no_match: [y]}\n"

static const char code_rules[] =
    "rules:\n" CODE_RULE("id.code", "government", "upper\n    start: DDD", "[0-9]{3} ?[0-9]{3}[A-Z]")
        CODE_RULE("pii.name", "personal", "word\n    keyword: required\n    keywords: [name]", "Jane Roe")
            CODE_RULE("sec.code", "secret", "upper\n    start: UUDD", "[A-Z]{2}[0-9]{4}")
                CODE_RULE("sec.key", "secret", "upper\n    start: DU", "[0-9][A-Z]{3}[0-9]{4}");

static const FindCase code_cases[] = {
    {"a code", "(123 456X, 123456X", "id.code 1+8 1:2 medium 123 456X\nid.code 11+7 1:12 medium 123456X\n"},
    {"decimal points", "1.123456X 12.123 456X 123456X.5", ""},
    {"full stops", "No.123456X. 123 456X.Next", "id.code 3+7 1:4 medium 123456X\nid.code 12+8 1:13 medium 123 456X\n"},
    {"hexadecimal beside", "deadbeef-123456X 2023-123456X 123456X-deadbeef 123456X-7", ""},
    {"words beside", "AHV-123456X-new", "id.code 4+7 1:5 medium 123456X\n"},
    {"a name in a numbered list", "name: 1.Jane Roe-2", "pii.name 8+8 1:9 high Jane Roe\n"},
    {"a part of a secret", "v1.AB1234-beef", "sec.code 3+6 1:4 medium AB1234\n"},
    {"a secret behind a number", "1.2ABC1234-beef", "sec.key 2+8 1:3 medium 2ABC1234\n"},
};

static void test_codes_with_letters_have_the_boundaries_of_numbers(void)
{
    g_autoptr(RuleSet) rules = testing_rules(code_rules);

    for (size_t i = 0; i < G_N_ELEMENTS(code_cases); i++) {
        g_autofree char *matches = testing_find(rules, code_cases[i].text);
        g_test_message("%s", code_cases[i].what);
        g_assert_cmpstr(matches, ==, code_cases[i].matches);
    }
}

static void test_a_word_may_begin_with_a_capital_letter_with_an_accent(void)
{
    static const struct {
        const char *text, *matches;
    } cases[] = {
        {"owner: Akesson ", "x.owner 7+7 1:8 high Akesson\n"},
        {"owner: \u00c5kesson ", "x.owner 7+8 1:8 high \u00c5kesson\n"},
        {"owner: \u010capek ", "x.owner 7+6 1:8 high \u010capek\n"}, {"owner: \u00f6berg ", ""}, /* a small letter */
        {"owner: x\u00d6berg ", ""},                                                             /* in a word */
        {"owner: \u00e9\u00c5kesson ", ""},                                                      /* in a word */
    };
    g_autoptr(RuleSet) rules = testing_rules("rules:\n  - id: x.owner\n    name: n\n    description: d\n"
                                             "    category: personal\n    severity: low\n    mask: all\n"
                                             "    engine: class\n    shape: word\n    max_length: 40\n"
                                             "    pattern: '[A-Z\\xC3-\\xC5][a-z\\x80-\\xBF]{3,20}'\n"
                                             "    keywords: [owner]\n    keyword: required\n"
                                             "    examples: {match: [x], no_match: [y]}\n");

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *matches = testing_find(rules, cases[i].text);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(matches, ==, cases[i].matches);
    }
}

static void test_literal_matches_are_no_parts_of_words(void)
{
    static const struct {
        const char *category, *text, *matches;
    } cases[] = {
        {"personal", "no:A1234 no:B1234 ", "x.badge 3+5 1:4 medium A1234\nx.badge 12+5 1:13 medium B1234\n"},
        {"personal", "no:A12345 ", ""},
        {"personal", "no:A1234_ ", ""},
        {"personal", "no:A1234x77 ", "x.badge 3+5 1:4 medium A1234\n"}, /* the pattern takes it in */
        {"personal", "badgeno:A1234 ", "x.badge 8+5 1:9 medium A1234\n"},
        {"personal", "BDG-1234 ", "x.badge 0+8 1:1 medium BDG-1234\n"},
        {"personal", "9BDG-1234 ", ""},
        {"secret", "9BDG-12345 ", "x.badge 1+8 1:2 medium BDG-1234\n"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("rules:\n  - id: x.badge\n    name: n\n    description: d\n    category: %s\n"
                            "    severity: high\n    mask: all\n    engine: literal\n"
                            "    pattern: '(?:no:(?<value>[A-Z][0-9]{4})(?:x[0-9]+)?|BDG-[0-9]{4})'\n"
                            "    examples: {match: [x], no_match: [y]}\n",
                cases[i].category);
        g_autoptr(RuleSet) rules = testing_rules(text);
        g_autofree char *matches = testing_find(rules, cases[i].text);
        g_test_message("%s: %s", cases[i].category, cases[i].text);
        g_assert_cmpstr(matches, ==, cases[i].matches);
    }
}

/* The break of a line ends one match and begins the next. */
static void test_values_with_one_character_between_them_are_all_found_once(void)
{
    static const char text[] = "\nhost:1\nhost:2\nhost:3\n\nhost:4\n";
    static const char matches[] = "sec.line 6+1 2:6 medium 1\nsec.line 13+1 3:6 medium 2\n"
                                  "sec.line 20+1 4:6 medium 3\nsec.line 28+1 6:6 medium 4\n";
    g_autoptr(RuleSet) rules =
        testing_rules("rules:\n  - id: sec.line\n    name: n\n    description: d\n    category: secret\n"
                      "    severity: high\n    mask: all\n    engine: literal\n"
                      "    pattern: '\\nhost:(?<value>[0-9])\\n'\n"
                      "    examples: {match: [x], no_match: [y]}\n");

    for (size_t cut = 0; cut < strlen(text); cut++) {
        const Scan scan = {.min_tier = TIER_MEDIUM, .cut = cut};
        g_autofree char *found = testing_scan(rules, &scan, text, strlen(text));
        g_assert_cmpstr(found, ==, matches);
    }
}

/* Literals are found before everything else of a block. */
static void test_matches_of_both_engines_come_in_the_order_of_the_text(void)
{
    enum { LINES = 400, LINE = 40 };
    static const char line[LINE + 1] = "tok_abcdefghijklmnop bob.b@fabrikam.org\n";
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);

    for (unsigned i = 0; i < LINES; i++) {
        g_string_append(text, line);
        g_string_append_printf(expected, "sec.token %u+20 %u:1 medium tok_abcdefghijklmnop\n", i * LINE, i + 1);
        g_string_append_printf(expected, "pii.email %u+18 %u:22 medium bob.b@fabrikam.org\n", i * LINE + 21, i + 1);
    }
    g_autofree char *matches = testing_find(rules, text->str);
    g_assert_cmpstr(matches, ==, expected->str);
}

/* It can be matched in as many ways as its words can be cut: 2 to the power of their letters. */
static const char slow_rules[] = "rules:\n  - id: sec.slow\n    name: n\n    description: d\n    category: secret\n"
                                 "    severity: high\n    mask: all\n    engine: literal\n"
                                 "    pattern: '\\b(?:[a-z]+ ?)+: secret'\n"
                                 "    examples: {match: [x], no_match: [y]}\n"
                                 "  - id: sec.also_slow\n    name: n\n    description: d\n    category: secret\n"
                                 "    severity: high\n    mask: all\n    engine: literal\n"
                                 "    pattern: '\\b(?:[a-z]+ ?)+: hidden'\n"
                                 "    examples: {match: [x], no_match: [y]}\n";

static uint64_t run_overruns(Detector *detector, const char *text, const Rule **ret_rule)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM};
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, strlen(text), &error));
    g_assert_true(detector_end(detector, &error));
    return detector_take_overruns(detector, ret_rule);
}

static uint64_t count_overruns(RuleSet *rules, const char *text, const Rule **ret_rule)
{
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    return run_overruns(detector, text, ret_rule);
}

static void test_the_rule_that_overran_last_is_named(void)
{
    static const char other[] = "abcdefghijklmnopqrstuvwxyz! foo: hidden";
    g_autoptr(RuleSet) rules = testing_rules(slow_rules);
    g_autofree char *base64 = g_base64_encode((const guchar *)other, strlen(other));
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;
    const Rule *rule = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_cmpuint(run_overruns(detector, "abcdefghijklmnopqrstuvwxyz! foo: secret", &rule), ==, 1);
    g_assert_cmpstr(rule->id, ==, "sec.slow");
    g_assert_cmpuint(run_overruns(detector, base64, &rule), ==, 1);
    g_assert_cmpstr(rule->id, ==, "sec.also_slow");
    g_assert_cmpuint(run_overruns(detector, "nothing", &rule), ==, 0);
    g_assert_null(rule);
}

static void test_a_pattern_of_too_much_effort_is_counted_and_tried_further_on(void)
{
    static const char hostile[] = "abcdefghijklmnopqrstuvwxyz! foo: secret";
    g_autoptr(RuleSet) rules = testing_rules(slow_rules);
    g_autofree char *plain = testing_find(rules, "ab! foo: secret");
    g_autofree char *matches = testing_find(rules, hostile);
    g_autofree char *base64 = g_base64_encode((const guchar *)hostile, strlen(hostile));
    const Rule *rule = NULL;

    g_assert_cmpstr(plain, ==, "sec.slow 4+11 1:5 medium foo: secret\n");
    g_assert_cmpuint(count_overruns(rules, "ab! foo: secret", &rule), ==, 0);
    g_assert_null(rule);
    g_assert_cmpstr(matches, ==, "sec.slow 28+11 1:29 medium foo: secret\n");
    g_assert_cmpuint(count_overruns(rules, hostile, &rule), ==, 1);
    g_assert_cmpstr(rule->id, ==, "sec.slow");
    g_assert_cmpuint(count_overruns(rules, base64, &rule), ==, 1);
    g_assert_cmpstr(rule->id, ==, "sec.slow");
}

static void ignore_match(void *data, const Match *match)
{
    (void)data;
    (void)match;
    g_test_fail_printf("not suppressed");
}

static void test_published_test_values_are_counted_not_reported(void)
{
    static const char text[] = "4111-1111-1111-1111 4111111111111111 Bob@Example.com";
    const DetectorOptions options = {.min_tier = TIER_LOW, .handler = ignore_match};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, strlen(text), &error));
    g_assert_true(detector_end(detector, &error));
    g_assert_cmpuint(detector_suppressed(detector), ==, 3);
}

static void test_an_abandoned_run_leaves_nothing_behind(void)
{
    const DetectorOptions options = {.min_tier = TIER_LOW, .handler = ignore_match};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, "tok_abcdefgh", 12, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, "ijklmnop", 8, &error));
    g_assert_true(detector_end(detector, &error));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/detector/each-engine-finds-its-values-with-their-places",
        test_each_engine_finds_its_values_with_their_places);
    g_test_add_func(
        "/detect/detector/a-text-cut-anywhere-gives-the-same-matches", test_a_text_cut_anywhere_gives_the_same_matches);
    g_test_add_func(
        "/detect/detector/values-are-found-wherever-the-window-ends", test_values_are_found_wherever_the_window_ends);
    g_test_add_func("/detect/detector/a-long-text-has-the-same-matches-in-any-pieces",
        test_a_long_text_has_the_same_matches_in_any_pieces);
    g_test_add_func("/detect/detector/places-are-those-of-the-object", test_places_are_those_of_the_object);
    g_test_add_func(
        "/detect/detector/places-are-right-far-into-a-long-text", test_places_are_right_far_into_a_long_text);
    g_test_add_func("/detect/detector/boundaries-keywords-and-overlaps", test_boundaries_keywords_and_overlaps);
    g_test_add_func("/detect/detector/codes-with-letters-have-the-boundaries-of-numbers",
        test_codes_with_letters_have_the_boundaries_of_numbers);
    g_test_add_func(
        "/detect/detector/literal-matches-are-no-parts-of-words", test_literal_matches_are_no_parts_of_words);
    g_test_add_func("/detect/detector/a-word-may-begin-with-a-capital-letter-with-an-accent",
        test_a_word_may_begin_with_a_capital_letter_with_an_accent);
    g_test_add_func("/detect/detector/a-pattern-of-too-much-effort-is-counted-and-tried-further-on",
        test_a_pattern_of_too_much_effort_is_counted_and_tried_further_on);
    g_test_add_func("/detect/detector/the-rule-that-overran-last-is-named", test_the_rule_that_overran_last_is_named);
    g_test_add_func("/detect/detector/values-with-one-character-between-them-are-all-found-once",
        test_values_with_one_character_between_them_are_all_found_once);
    g_test_add_func("/detect/detector/matches-of-both-engines-come-in-the-order-of-the-text",
        test_matches_of_both_engines_come_in_the_order_of_the_text);
    g_test_add_func("/detect/detector/published-test-values-are-counted-not-reported",
        test_published_test_values_are_counted_not_reported);
    g_test_add_func(
        "/detect/detector/an-abandoned-run-leaves-nothing-behind", test_an_abandoned_run_leaves_nothing_behind);
    return g_test_run();
}
