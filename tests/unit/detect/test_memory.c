/* What a detector remembers while it reads, it must forget in time: a text of more different companies of keywords than
 * it keeps sets of rules for, and texts that come after others. */
#include "detect_testing.h"

#include <stdio.h>
#include <string.h>

enum { RULES = 200, ROUNDS = 3, FIRST_VALUE = 100000000 };

typedef struct Keyword {
    char text[4];
} Keyword;

/* "waa", "wab", … */
static Keyword keyword_of(unsigned rule)
{
    return (Keyword){.text = {'w', (char)('a' + rule / 20), (char)('a' + rule % 20), '\0'}};
}

/* Each takes nine digits behind its own keyword, and nothing else. */
static RuleSet *many_rules(void)
{
    g_autoptr(GString) text = g_string_new("rules:\n");

    for (unsigned i = 0; i < RULES; i++) {
        const Keyword word = keyword_of(i);
        g_string_append_printf(text,
            "  - id: id.%s\n    name: n\n    description: d\n    category: personal\n    severity: high\n"
            "    mask: all\n    engine: class\n    shape: digits\n    forms: ['9']\n    keyword: required\n"
            "    keywords: [%s]\n    distance: 5\n    examples: {match: [x], no_match: [y]}\n",
            word.text, word.text);
    }
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

static void check(Detector *detector, const GString *text, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = write_match, .data = found};
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text->str, text->len, &error));
    g_assert_true(detector_end(detector, &error));
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/memory/keywords-that-come-again-after-many-others-have-their-own-rules",
        test_keywords_that_come_again_after_many_others_have_their_own_rules);
    g_test_add_func("/detect/memory/a-text-is-read-the-same-whatever-was-read-before",
        test_a_text_is_read_the_same_whatever_was_read_before);
    return g_test_run();
}
