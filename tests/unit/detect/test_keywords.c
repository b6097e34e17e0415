#include "detect/keywords.h"

#include <string.h>

enum { GROUP_CARD, GROUP_GITHUB, GROUP_LICENCE, GROUP_OTHER = 70, GROUP_COUNT };

static Vocabulary *vocabulary(void)
{
    Vocabulary *words = vocabulary_new(GROUP_COUNT);
    g_autoptr(GError) error = NULL;

    g_assert_true(vocabulary_add(words, GROUP_CARD, "credit card", &error));
    g_assert_true(vocabulary_add(words, GROUP_CARD, "PAN", &error));
    g_assert_true(vocabulary_add(words, GROUP_CARD, "cvv2", &error));
    g_assert_true(vocabulary_add(words, GROUP_GITHUB, "GitHub", &error));
    g_assert_true(vocabulary_add(words, GROUP_LICENCE, "f\u00fchrerschein", &error));
    g_assert_true(vocabulary_add(words, GROUP_OTHER, "card", &error));
    return words;
}

typedef struct KeywordCase {
    const char *text; /* the value stands behind it */
    uint32_t group;
    bool is_found;
} KeywordCase;

static const KeywordCase keyword_cases[] = {
    {"pan ", GROUP_CARD, true},
    {"PAN=", GROUP_CARD, true},
    {"company ", GROUP_CARD, false},
    {"pans ", GROUP_CARD, false},
    {"credit card: ", GROUP_CARD, true},
    {"credit  card: ", GROUP_CARD, true},
    {"creditCard\":\"", GROUP_CARD, true},
    {"CREDIT_CARD_NUMBER=", GROUP_CARD, true},
    {"creditCardNumber ", GROUP_CARD, true},
    {"credit. The card ", GROUP_CARD, false},
    {"card credit ", GROUP_CARD, false},
    {"customerPAN ", GROUP_CARD, true},
    {"PANNumber ", GROUP_CARD, true},
    {"cvv2 ", GROUP_CARD, true},
    {"cvv ", GROUP_CARD, false},
    {"pan1: ", GROUP_CARD, true},
    {"pan_2: ", GROUP_CARD, true},
    {"GitHub ", GROUP_GITHUB, true},
    {"github_token=", GROUP_GITHUB, true},
    {"GITHUB ", GROUP_GITHUB, true},
    {"Git Hub ", GROUP_GITHUB, false},
    {"F\u00fchrerschein: ", GROUP_LICENCE, true},
    {"F\u00dcHRERSCHEIN: ", GROUP_LICENCE, true},
    {"my_card ", GROUP_OTHER, true},
    {"discard ", GROUP_OTHER, false},
    {"card(", GROUP_OTHER, true},
    {"card", GROUP_OTHER, true},
    {"", GROUP_OTHER, false},
    {"pan ", GROUP_OTHER, false},
};

static bool find(KeywordTracker *tracker, const TextView *view, KeywordQuery query, uint64_t position)
{
    return keyword_tracker_before(tracker, view, &query, position) != 0;
}

static bool is_found(const KeywordCase *test, uint32_t distance)
{
    g_autoptr(Vocabulary) words = vocabulary();
    g_autoptr(KeywordTracker) tracker = keyword_tracker_new(words, 300);
    g_autofree char *text = g_strconcat(test->text, "(value", NULL);
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};

    return find(tracker, &view, (KeywordQuery){.group = test->group, .distance = distance}, strlen(test->text));
}

static void test_keywords_are_whole_words_in_any_case(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(keyword_cases); i++) {
        if (is_found(&keyword_cases[i], 30) != keyword_cases[i].is_found)
            g_test_fail_printf("'%s'", keyword_cases[i].text);
    }
}

static void test_distance_counts_characters_between_keyword_and_value(void)
{
    const KeywordCase ascii = {.text = "card..........", .group = GROUP_OTHER};
    const KeywordCase wide = {
        .text = "card \u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac", .group = GROUP_OTHER};

    g_assert_true(is_found(&ascii, 10));
    g_assert_false(is_found(&ascii, 9));
    g_assert_true(is_found(&wide, 10));
    g_assert_false(is_found(&wide, 9));
}

static void test_nearer_values_do_not_change_what_is_found(void)
{
    static const char pattern[] = "card 12345 then PAN and credit card xxxxxxxx, some words in between; github ";
    g_autoptr(Vocabulary) words = vocabulary();
    g_autoptr(KeywordTracker) rolling = keyword_tracker_new(words, 40);
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len < 3000)
        g_string_append(text, pattern);
    const TextView view = {.data = (const uint8_t *)text->str, .len = text->len};
    for (uint64_t at = 0; at < text->len; at++) {
        g_autoptr(KeywordTracker) fresh = keyword_tracker_new(words, 40);
        for (uint32_t group = 0; group < GROUP_COUNT; group++)
            g_assert_cmpint(find(rolling, &view, (KeywordQuery){.group = group, .distance = 40}, at), ==,
                find(fresh, &view, (KeywordQuery){.group = group, .distance = 40}, at));
    }
}

static uint64_t work_for(const char *piece, size_t len)
{
    g_autoptr(Vocabulary) words = vocabulary();
    g_autoptr(KeywordTracker) tracker = keyword_tracker_new(words, 300);
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len < len)
        g_string_append(text, piece);
    const TextView view = {.data = (const uint8_t *)text->str, .len = text->len};
    for (uint64_t at = 0; at < text->len; at++)
        (void)find(tracker, &view, (KeywordQuery){.group = GROUP_CARD, .distance = 300}, at);
    return keyword_tracker_work(tracker);
}

static void test_asking_at_every_byte_splits_each_byte_a_bounded_number_of_times(void)
{
    g_assert_cmpuint(work_for("card 1234,", 100000), <, 100000 * 6);
    g_assert_cmpuint(work_for("abcdefghij", 100000), <, 100000 * 3);
}

static void test_keywords_without_a_word_are_refused(void)
{
    g_autoptr(Vocabulary) words = vocabulary_new(1);
    g_autoptr(GError) error = NULL;

    g_assert_false(vocabulary_add(words, 0, " -_ ", &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_clear_error(&error);
    g_assert_false(vocabulary_add(words, 0, "one two three four five six seven", &error));
    g_assert_true(error_is(error, ERROR_INVALID));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/keywords/keywords-are-whole-words-in-any-case", test_keywords_are_whole_words_in_any_case);
    g_test_add_func("/detect/keywords/distance-counts-characters-between-keyword-and-value",
        test_distance_counts_characters_between_keyword_and_value);
    g_test_add_func(
        "/detect/keywords/nearer-values-do-not-change-what-is-found", test_nearer_values_do_not_change_what_is_found);
    g_test_add_func("/detect/keywords/asking-at-every-byte-splits-each-byte-a-bounded-number-of-times",
        test_asking_at_every_byte_splits_each_byte_a_bounded_number_of_times);
    g_test_add_func("/detect/keywords/keywords-without-a-word-are-refused", test_keywords_without_a_word_are_refused);
    return g_test_run();
}
