/* What a detector remembers while it reads, it must forget in time: a text of more different companies of keywords than
 * it keeps sets of rules for, and texts that come after others. */
#include "detect_testing.h"

#include <stdio.h>
#include <string.h>

enum { WIDE = 300, RULES = 200, ROUNDS = 3, FIRST_VALUE = 100000000 };

typedef struct Keyword {
    char text[4];
} Keyword;

/* "waa", "wab", … */
static Keyword keyword_of(unsigned rule)
{
    return (Keyword){.text = {'w', (char)('a' + rule / 20), (char)('a' + rule % 20), '\0'}};
}

#define RULE_HEAD(id)                                                                                                  \
    "  - id: " id "\n    name: n\n    description: d\n    category: personal\n    severity: high\n    mask: all\n"     \
    "    engine: class\n"
#define RULE_TAIL "    examples: {match: [x], no_match: [y]}\n"

#define WORD_RULE(id, keyword)                                                                                         \
    RULE_HEAD(id)                                                                                                      \
    "    shape: word\n    pattern: '[a-z]{10}'\n    keyword: required\n    keywords: [" keyword                        \
    "]\n    distance: 5\n" RULE_TAIL
#define LOWERED_RULE(id, keyword)                                                                                      \
    RULE_HEAD(id)                                                                                                      \
    "    shape: digits\n    forms: ['8']\n    keyword: required\n    keywords: [" keyword                              \
    "]\n    distance: 5\n    keyword_tier: medium\n    lower_paths: ['*.low']\n" RULE_TAIL

/* Two take a word behind their keyword; one eight digits, but less surely in some objects. */
static const char OTHER_RULES[] =
    "  - id: sec.token\n    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
    "    engine: literal\n    pattern: 'tok_[a-z]{8}'\n" RULE_TAIL WORD_RULE("id.word", "zword")
        WORD_RULE("id.other", "zother") LOWERED_RULE("id.eight", "zouter");

static void add_rule(GString *text, unsigned rule, const char *form, unsigned distance)
{
    const Keyword word = keyword_of(rule);

    g_string_append_printf(text,
        RULE_HEAD("id.%s") "    shape: digits\n    forms: ['%s']\n    keyword: required\n    keywords: [%s]\n"
                           "    distance: %u\n" RULE_TAIL,
        word.text, form, word.text, distance);
}

/* Each takes nine digits behind its own keyword, and nothing else. */
static RuleSet *many_rules(void)
{
    g_autoptr(GString) text = g_string_new("rules:\n");

    for (unsigned i = 0; i < RULES; i++)
        add_rule(text, i, "9", 5);
    g_string_append(text, OTHER_RULES);
    return testing_rules(text->str);
}

/* The first few take a number that stands nowhere. */
static RuleSet *wide_rules(void)
{
    enum { FIRST = 6, COUNT = 20 };
    g_autoptr(GString) text = g_string_new("rules:\n");

    for (unsigned i = 0; i < COUNT; i++)
        add_rule(text, i, i < FIRST ? "12" : "9", WIDE);
    return testing_rules(text->str);
}

/* A text of values, one for each rule. In some only the name of the field tells, since the keyword is too far. */
typedef struct Text {
    const char *begin, *before_keyword, *before_value, *behind_value, *end;
} Text;

static const Text texts[] = {
    {"", "", " ", "\n", ""},
    {"[", "{\"", "\": ", "},\n", "{}]\n"},
    {"", "", ": ", "\n", ""},
    {"[", "{\"", "\": [\"some more words\", ", "]},\n", "{}]\n"},
    {"<all>\n", "<one ", "=\"", "\"/>\n", "</all>\n"},
};

/* Of which rules, in which order: so many, from one on in steps. */
typedef struct Choice {
    unsigned first, step, count;
} Choice;

static void add_values(const Text *kind, Choice choice, GString *text, GString *expected)
{
    for (unsigned i = 0; i < choice.count; i++) {
        unsigned rule = (choice.first + i * choice.step) % RULES;
        const Keyword word = keyword_of(rule);
        g_string_append_printf(text, "%s%s%s%u%s", kind->before_keyword, word.text, kind->before_value,
            FIRST_VALUE + rule, kind->behind_value);
        g_string_append_printf(expected, "id.%s %u\n", word.text, FIRST_VALUE + rule);
    }
}

static void write_match(void *data, const Match *match)
{
    g_string_append_printf(data, "%s %.*s\n", match->rule->id, (int)match->text.len, (const char *)match->text.data);
}

static void read_text(Detector *detector, const DetectorOptions *options, const char *text)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_begin(detector, options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, strlen(text), &error));
    g_assert_true(detector_end(detector, &error));
}

static void check(Detector *detector, const GString *text, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = write_match, .data = found};

    read_text(detector, &options, text->str);
    g_assert_cmpstr(found->str, ==, expected);
}

static void check_text(Detector *detector, const Text *kind, Choice choice, unsigned rounds)
{
    g_autoptr(GString) text = g_string_new(kind->begin), expected = g_string_new(NULL);

    for (unsigned i = 0; i < rounds; i++)
        add_values(kind, choice, text, expected);
    g_string_append(text, kind->end);
    check(detector, text, expected->str);
}

static Detector *new_detector(RuleSet *rules)
{
    g_autoptr(GError) error = NULL;
    Detector *detector = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    return detector;
}

/* More of them than sets are kept: those that come again find theirs given to others. */
static void test_keywords_that_come_again_after_many_others_have_their_own_rules(void)
{
    g_autoptr(RuleSet) rules = many_rules();

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Detector) detector = new_detector(rules);
        check_text(detector, &texts[i], (Choice){.step = 1, .count = RULES}, ROUNDS);
        check_text(detector, &texts[i], (Choice){.step = 7, .count = RULES}, ROUNDS);
    }
}

/* What one text's names took in memory the next one's take: as many names, but others. */
static void test_a_text_is_read_the_same_whatever_was_read_before(void)
{
    enum { NAMES_MAX = 12 };
    g_autoptr(RuleSet) rules = many_rules();
    g_autoptr(Detector) detector = new_detector(rules);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        for (unsigned count = 1; count <= NAMES_MAX; count++) {
            for (unsigned first = 0; first < NAMES_MAX; first++)
                check_text(detector, &texts[i], (Choice){.first = first * count, .step = 1, .count = count}, 1);
        }
    }
}

typedef struct Known {
    const char *text, *matches;
} Known;

/* Each leaves behind what another would be misread by: a name of a column that has none there, comments before JSON, a
 * path of the same names in other places, zones that are told by the same words. */
static const Known known[] = {
    {"id,waa,x\n1,100000000,y\n2,100000020,z\n", "id.waa 100000000\nid.waa 100000020\n"},
    {"id,,waa\n1,100000001,y\n2,100000002,z\n", ""},
    {"// some words before it, some words before it, some words before it\n{\"waa\": [\"some more words\", "
     "100000000]}\n",
        "id.waa 100000000\n"},
    {"{\"wab\": [\"some more words\", 100000001]}\n", "id.wab 100000001\n"},
    {"{\"zouter\": {\"wac\": [\"some more words\", 100000002]}}\n", "id.wac 100000002\n"},
    {"{\"zouter\": {\"wad\": [\"some more words\", 100000003]}}\n", "id.wad 100000003\n"},
    /* a zone that the next one of the same keyword makes longer */
    {"waa x waa 100000000", "id.waa 100000000\n"},
    /* words of a block are looked at before its numbers */
    {"waa 100000000 x x x x zword abcdefghij\n", "id.waa 100000000\nid.word abcdefghij\n"},
    {"{\"zword\": [\"waa 100000000 x x x abcdefghij\"]}\n", "id.waa 100000000\nid.word abcdefghij\n"},
    {"12:01 put {\"wae\": [\"some more words\", 100000004]}\n12:02 put {\"waf\": [\"some more words\", 100000005]}\n",
        "id.wae 100000004\nid.waf 100000005\n"},
    /* what a pattern of two rules found at a place */
    {"zother abcdefghij\n", "id.other abcdefghij\n"},
    {"zother abcdefghiJ\n", ""},
    /* how far a literal was looked for */
    {"a few words before it: tok_abcdefgh\n", "sec.token tok_abcdefgh\n"},
    {"tok_abcdefgi\n", "sec.token tok_abcdefgi\n"},
    {"some words 100000000\n", ""},
};

static void check_known(Detector *detector, const Known *one)
{
    g_autoptr(GString) text = g_string_new(one->text);

    check(detector, text, one->matches);
}

static void test_each_of_many_texts_is_read_as_if_it_were_the_only_one(void)
{
    g_autoptr(RuleSet) rules = many_rules();
    g_autoptr(Detector) detector = new_detector(rules);

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(known); j++) {
            check_known(detector, &known[i]);
            check_known(detector, &known[j]);
        }
    }
}

/* Of so many keywords before a number the last one differs only. */
static void test_companies_that_differ_in_the_last_of_many_keywords_are_told_apart(void)
{
    enum { COMPANY = 6, LAST = 20 };
    g_autoptr(RuleSet) rules = wide_rules();

    for (unsigned count = 1; count <= COMPANY; count++) {
        g_autoptr(Detector) detector = new_detector(rules);
        g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);
        for (unsigned last = COMPANY; last < LAST; last++) {
            for (unsigned i = 0; i < count; i++)
                g_string_append_printf(text, "%s ", keyword_of(i).text);
            g_string_append_printf(text, "%s %u\n", keyword_of(last).text, FIRST_VALUE + last);
            for (unsigned i = 0; i < WIDE; i += 2)
                g_string_append(text, "- ");
            g_string_append_c(text, '\n');
            g_string_append_printf(expected, "id.%s %u\n", keyword_of(last).text, FIRST_VALUE + last);
        }
        check(detector, text, expected->str);
    }
}

/* Each time it ends at another place of a line, in the midst of everything. */
static void test_what_an_abandoned_text_held_is_not_of_the_next(void)
{
    enum { BYTES = 100 * 1024, TIMES = 20, STEP = 64 };
    g_autoptr(RuleSet) rules = many_rules();
    g_autoptr(Detector) detector = new_detector(rules);
    g_autoptr(GString) text = g_string_new(NULL), found = g_string_new(NULL), next = g_string_new("waa 100000001\n");
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = write_match, .data = found};
    g_autoptr(GError) error = NULL;

    while (text->len < BYTES)
        g_string_append(text, "waa 100000000 tok_abcdefgh\n");
    for (size_t i = 0; i < TIMES; i++) {
        g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
        g_assert_true(detector_feed(detector, text->str, text->len - i * STEP, &error));
        check(detector, next, "id.waa 100000001\n");
    }
}

/* Many texts may belong to an object; the next one is another. */
static void test_the_name_of_an_object_counts_for_that_object_only(void)
{
    static const char *const paths[] = {"a.txt", "b.low", "b.low", "c.txt", NULL, "d.low", NULL};
    g_autoptr(RuleSet) rules = many_rules();
    g_autoptr(Detector) detector = new_detector(rules);

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GString) found = g_string_new(NULL);
        const DetectorOptions options = {
            .min_tier = TIER_MEDIUM, .handler = write_match, .data = found, .path = paths[i]};
        bool is_lower = paths[i] != NULL && g_str_has_suffix(paths[i], ".low");
        read_text(detector, &options, "zouter 10000000\n");
        g_assert_cmpstr(found->str, ==, is_lower ? "" : "id.eight 10000000\n");
    }
}

#ifndef __SANITIZE_ADDRESS__ /* has a heap of its own */
/* Whether the bytes stand in what malloc() took from the system. */
static bool is_in_heap(const char *bytes)
{
    g_autofree char *maps = NULL;
    char *dash = NULL;

    g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
    char *line = strstr(maps, "[heap]");
    if (line == NULL)
        return false; /* another malloc() than the system's */
    while (line > maps && line[-1] != '\n')
        line--;
    uintptr_t from = (uintptr_t)g_ascii_strtoull(line, &dash, 16), to = (uintptr_t)g_ascii_strtoull(dash + 1, NULL, 16);
    return memmem((const void *)from, to - from, bytes, strlen(bytes)) != NULL;
}

static void test_what_was_decoded_and_is_no_text_is_wiped(void)
{
    static const char list[] = "x = [115, 101, 101, 32, 90, 81, 74, 88, 75, 86, 87, 200, 201, 202, 203, 33, 34, 35, "
                               "36, 37, 38, 39, 40, 41, 42, 43, 58, 59, 60, 61, 62]";
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = write_match};

    g_assert_true(detector_new(rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, list, strlen(list), &error));
    g_assert_true(detector_end(detector, &error));
    g_assert_false(is_in_heap("ZQJXKVW"));
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/memory/keywords-that-come-again-after-many-others-have-their-own-rules",
        test_keywords_that_come_again_after_many_others_have_their_own_rules);
    g_test_add_func("/detect/memory/a-text-is-read-the-same-whatever-was-read-before",
        test_a_text_is_read_the_same_whatever_was_read_before);
    g_test_add_func("/detect/memory/each-of-many-texts-is-read-as-if-it-were-the-only-one",
        test_each_of_many_texts_is_read_as_if_it_were_the_only_one);
    g_test_add_func("/detect/memory/companies-that-differ-in-the-last-of-many-keywords-are-told-apart",
        test_companies_that_differ_in_the_last_of_many_keywords_are_told_apart);
    g_test_add_func("/detect/memory/what-an-abandoned-text-held-is-not-of-the-next",
        test_what_an_abandoned_text_held_is_not_of_the_next);
    g_test_add_func("/detect/memory/the-name-of-an-object-counts-for-that-object-only",
        test_the_name_of_an_object_counts_for_that_object_only);
#ifndef __SANITIZE_ADDRESS__
    g_test_add_func(
        "/detect/memory/what-was-decoded-and-is-no-text-is-wiped", test_what_was_decoded_and_is_no_text_is_wiped);
#endif
    return g_test_run();
}
