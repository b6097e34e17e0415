/* Words in a text, told by the text alone: where each stands, and how it is written. */
#include "detect/validators/word_search.h"

#include <string.h>

static Bytes bytes_of(const char *text)
{
    return (Bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

static void test_a_word_is_found_wherever_it_stands_and_however_it_is_written(void)
{
    static const char *const words[] = {"author", "maintainer", "editor>", "prénom x"};
    static WordSearch search = WORD_SEARCH(words);
    static const char *const written[] = {"author", "AUTHOR", "aUtHoR", "maintainer", "Editor>", "Prénom X"};

    for (size_t i = 0; i < G_N_ELEMENTS(written); i++) {
        for (size_t before = 0; before < 24; before++) {
            for (size_t after = 0; after < 8; after++) {
                g_autofree char *left = g_strnfill(before, i % 2 == 0 ? 'a' : 'r');
                g_autofree char *right = g_strnfill(after, 't');
                g_autofree char *text = g_strconcat(left, written[i], right, NULL);
                g_assert_true(word_search_any(&search, bytes_of(text)));
                text[before + strlen(written[i]) - 1] = '_';
                g_assert_false(word_search_any(&search, bytes_of(text)));
            }
        }
    }
}

static void test_a_text_without_the_words_holds_none(void)
{
    static const char *const words[] = {"name", "nom", "holder"};
    static WordSearch search = WORD_SEARCH(words);
    static const char *const texts[] = {"", "n", "no", "nam", "mane", "n ame", "hold", "older", "nnoo", ".am%"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(word_search_any(&search, bytes_of(texts[i])));
    g_assert_false(word_search_any(&search, (Bytes){.len = 0}));
    g_assert_false(word_search_any(&search, (Bytes){.data = (const uint8_t *)"name", .len = 2}));
}

static void test_where_case_counts_a_word_is_found_only_as_it_is_written(void)
{
    static const char *const words[] = {" Inc.", "Monday", "24/7"};
    static WordSearch search = WORD_SEARCH_EXACT(words);
    static const char *const with[] = {"Acme Inc. of", "on Monday", "Monday", "open 24/7", "24/7"};
    static const char *const without[] = {"Acme INC. of", "on monday", "MONDAY", " Inc", "Monda", "24/", "24-7", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(with); i++)
        g_assert_true(word_search_any(&search, bytes_of(with[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(without); i++)
        g_assert_false(word_search_any(&search, bytes_of(without[i])));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/word-search/a-word-is-found-wherever-it-stands-and-however-it-is-written",
        test_a_word_is_found_wherever_it_stands_and_however_it_is_written);
    g_test_add_func(
        "/detect/word-search/a-text-without-the-words-holds-none", test_a_text_without_the_words_holds_none);
    g_test_add_func("/detect/word-search/where-case-counts-a-word-is-found-only-as-it-is-written",
        test_where_case_counts_a_word_is_found_only_as_it_is_written);
    return g_test_run();
}
