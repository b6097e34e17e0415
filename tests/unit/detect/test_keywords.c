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
    g_assert_true(vocabulary_add(words, GROUP_OTHER, "p.i.", &error));
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
    {"awsS3BucketForCreditCardV2 ", GROUP_CARD, true},
    {"S3BucketCreditCardForEC2IAMUserPAN ", GROUP_CARD, true},
    {"q8v3EjPan ", GROUP_CARD, true}, /* too short to be told from a name */
    {"q83vEjRWeJCrze8Pan ", GROUP_CARD, false},
    {"q83vEjRWeJCrze8BI0AvNPan ", GROUP_CARD, false},
    {"v2S3PANForEC2 ", GROUP_CARD, false}, /* nor this from a blob */
    {"S3BucketPANForEC2 ", GROUP_CARD, true},
    {"12 credit card ", GROUP_CARD, true},
    {"credit 12 card ", GROUP_CARD, false},
    {"credit a card ", GROUP_CARD, false},
    {"xx123456 card ", GROUP_OTHER, true},
    {"GitHub card ", GROUP_OTHER, true},
    {"MyCredit card ", GROUP_CARD, true},
    {"CreDit card ", GROUP_CARD, true},
    {"CreDit12 card ", GROUP_CARD, false},
    {"cardcard ", GROUP_OTHER, false},
    {"0123456789012345678901234567890123456789012345678901234567890123456789 card ", GROUP_OTHER, true},
    {"card-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ", GROUP_OTHER, false}, /* too far */
    {"p.i ", GROUP_OTHER, true},
    {"P I ", GROUP_OTHER, true},
    {"x i ", GROUP_OTHER, false},
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

static bool find(const KeywordTracker *tracker, const TextView *view, KeywordQuery query, uint64_t position)
{
    return keyword_tracker_before(tracker, view, &query, position) != 0;
}

/* Feeds the text in pieces of that many bytes. */
static KeywordTracker *fed(const Vocabulary *words, const TextView *view, size_t piece)
{
    KeywordTracker *tracker = keyword_tracker_new(words);

    for (size_t len = MIN(piece, view->len); len < view->len; len += piece)
        keyword_tracker_feed(tracker, &(TextView){.data = view->data, .base = view->base, .len = len}, KEYWORD_MORE);
    keyword_tracker_feed(tracker, view, KEYWORD_LAST);
    return tracker;
}

static bool is_found(const KeywordCase *test, uint32_t distance)
{
    g_autoptr(Vocabulary) words = vocabulary();
    g_autofree char *text = g_strconcat(test->text, "(value", NULL);
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, view.len);

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
    const KeywordCase ascii = {.text = "card,,,,,,,,,,", .group = GROUP_OTHER};
    const KeywordCase wide = {
        .text = "card \u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac", .group = GROUP_OTHER};

    g_assert_true(is_found(&ascii, 10));
    g_assert_false(is_found(&ascii, 9));
    g_assert_true(is_found(&wide, 10));
    g_assert_false(is_found(&wide, 9));
}

static void test_layout_between_label_and_value_takes_no_distance(void)
{
    static const struct {
        const char *text;
        bool is_found;
    } cases[] = {{"card ........................... ", true}, {"card:\n      ", true}, {"<th>card</th><td>", true},
        {"<dt>card</dt>\n<dd><b>", true}, {"name=\"card\" value=\"", true}, {"card   =>    \"", true},
        {"<th>card</th></tr><tr><td>", false}, {"card, number, ", false}, {"card\n\n\n\n\n      ", false},
        {"card <- or -> ", false}, {"card: \"", false}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const KeywordCase test = {.text = cases[i].text, .group = GROUP_OTHER};
        if (is_found(&test, 2) != cases[i].is_found)
            g_test_fail_printf("'%s'", cases[i].text);
    }
}

static void check_pieces(const Vocabulary *words, const TextView *view, const KeywordTracker *whole, size_t piece)
{
    g_autoptr(KeywordTracker) pieces = fed(words, view, piece);

    for (uint64_t at = 0; at < view->len; at++) {
        for (uint32_t group = 0; group < GROUP_COUNT; group++)
            g_assert_cmpint(find(pieces, view, (KeywordQuery){.group = group, .distance = 40}, at), ==,
                find(whole, view, (KeywordQuery){.group = group, .distance = 40}, at));
    }
}

static void test_what_is_found_does_not_depend_on_the_pieces_of_the_text(void)
{
    static const char pattern[] = "card 12345 then PAN and creditCard xxxxxxxx, some words in between; github ";
    static const size_t pieces[] = {1, 2, 63, 64, 65, 1000};
    g_autoptr(Vocabulary) words = vocabulary();
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len < 3000)
        g_string_append(text, pattern);
    const TextView view = {.data = (const uint8_t *)text->str, .len = text->len};
    g_autoptr(KeywordTracker) whole = fed(words, &view, view.len);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++)
        check_pieces(words, &view, whole, pieces[i]);
}

typedef struct OddCase {
    const char *keyword, *text;
} OddCase;

static const OddCase odd_cases[] = {
    {"p.i.", "p.i. "},
    {"p.i.", "P-I: "},
    {"n.i.f.", "N. I. F. "},
    {"plan b", "Plan B: "},
    {"form 1040", "form_1040 "},
    {"1099 misc", "1099-MISC "},
    {"w 2", "W-2 "},
    {"credit card", "credit2 card "},
    {"3d secure", "3D-Secure "},
    {"pan", "4 31415926 27 pan "},
    {"credit card", "31415926 credit card 5 "},
};

static bool is_found_at(const Vocabulary *words, const char *text, size_t offset)
{
    g_autofree char *padded = g_strdup_printf("%*s%s", (int)offset, "", text);
    const TextView view = {.data = (const uint8_t *)padded, .len = strlen(padded)};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, view.len);

    return keyword_tracker_hits(tracker)->len > 0;
}

static void test_letters_and_numbers_are_words_wherever_they_stand(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(odd_cases); i++) {
        g_autoptr(Vocabulary) words = vocabulary_new(1);
        g_autoptr(GError) error = NULL;
        g_assert_true(vocabulary_add(words, 0, odd_cases[i].keyword, &error));
        for (size_t offset = 0; offset < 130; offset++) {
            if (!is_found_at(words, odd_cases[i].text, offset))
                g_test_fail_printf("'%s' in '%s' at %zu", odd_cases[i].keyword, odd_cases[i].text, offset);
        }
    }
}

static bool is_behind(const char *text, uint32_t distance)
{
    g_autoptr(Vocabulary) words = vocabulary();
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, view.len);
    const KeywordQuery query = {.group = GROUP_OTHER, .distance = distance};

    return keyword_tracker_after(tracker, &view, &query, strlen("value"));
}

static void test_keywords_behind_the_end_of_a_values_field_do_not_count(void)
{
    static const char text[] = "value .. card card";
    g_autoptr(Vocabulary) words = vocabulary();
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, view.len);
    KeywordQuery query = {.group = GROUP_OTHER, .distance = 30, .end = strlen("value .. c")};

    g_assert_true(keyword_tracker_after(tracker, &view, &query, strlen("value")));
    query.end = strlen("value .. ");
    g_assert_false(keyword_tracker_after(tracker, &view, &query, strlen("value")));
}

static void test_keywords_behind_a_value_begin_at_most_the_distance_behind_it(void)
{
    g_assert_true(is_behind("value card", 1));
    g_assert_true(is_behind("value.....card", 5));
    g_assert_false(is_behind("value.....card", 4));
    g_assert_false(is_behind("value.....cards", 5));
    g_assert_false(is_behind("card value", 30));
}

static void test_forgetting_keeps_what_ends_later(void)
{
    static const char text[] = "card and card value";
    g_autoptr(Vocabulary) words = vocabulary();
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, view.len);

    g_assert_cmpuint(keyword_tracker_hits(tracker)->len, ==, 2);
    keyword_tracker_forget(tracker, strlen("card") + 1);
    g_assert_cmpuint(keyword_tracker_hits(tracker)->len, ==, 1);
    g_assert_true(find(tracker, &view, (KeywordQuery){.group = GROUP_OTHER, .distance = 1}, strlen("card and card ")));
}

static uint64_t work_for(const char *piece, size_t len)
{
    g_autoptr(Vocabulary) words = vocabulary();
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len < len)
        g_string_append(text, piece);
    const TextView view = {.data = (const uint8_t *)text->str, .len = text->len};
    g_autoptr(KeywordTracker) tracker = fed(words, &view, 1000);
    return keyword_tracker_work(tracker);
}

static void test_each_byte_is_split_about_once(void)
{
    g_assert_cmpuint(work_for("card 1234,", 100000), <, 110000);
    g_assert_cmpuint(work_for("abcdefghij", 100000), <, 110000);
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
    g_test_add_func("/detect/keywords/layout-between-label-and-value-takes-no-distance",
        test_layout_between_label_and_value_takes_no_distance);
    g_test_add_func("/detect/keywords/what-is-found-does-not-depend-on-the-pieces-of-the-text",
        test_what_is_found_does_not_depend_on_the_pieces_of_the_text);
    g_test_add_func("/detect/keywords/letters-and-numbers-are-words-wherever-they-stand",
        test_letters_and_numbers_are_words_wherever_they_stand);
    g_test_add_func("/detect/keywords/keywords-behind-a-value-begin-at-most-the-distance-behind-it",
        test_keywords_behind_a_value_begin_at_most_the_distance_behind_it);
    g_test_add_func("/detect/keywords/keywords-behind-the-end-of-a-values-field-do-not-count",
        test_keywords_behind_the_end_of_a_values_field_do_not_count);
    g_test_add_func("/detect/keywords/forgetting-keeps-what-ends-later", test_forgetting_keeps_what_ends_later);
    g_test_add_func("/detect/keywords/each-byte-is-split-about-once", test_each_byte_is_split_about_once);
    g_test_add_func("/detect/keywords/keywords-without-a-word-are-refused", test_keywords_without_a_word_are_refused);
    return g_test_run();
}
