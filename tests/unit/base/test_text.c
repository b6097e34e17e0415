#include "base/text.h"

#include <glib.h>
#include <string.h>

typedef struct LengthCase {
    TextEncoding encoding;
    const char *utf8;
    uint64_t bytes;
} LengthCase;

/* Expected lengths from the encodings' definitions: RFC 3629, RFC 2781, ISO 8859-1. */
static const LengthCase length_cases[] = {
    {TEXT_UTF8, "a\u00e9\u20ac", 6},
    {TEXT_UTF16LE, "a\u00e9\u20ac", 6},
    {TEXT_UTF16BE, "\U0001F600", 4},
    {TEXT_LATIN1, "a\u00e9", 2},
};

static void test_lengths_are_those_of_the_encoding(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(length_cases); i++) {
        const LengthCase *test = &length_cases[i];
        g_assert_cmpuint(text_encoded_length(test->encoding, test->utf8, strlen(test->utf8)), ==, test->bytes);
    }
}

static void test_characters_are_code_points(void)
{
    g_assert_cmpuint(text_char_count("a\u00e9\U0001F600", strlen("a\u00e9\U0001F600")), ==, 3);
}

typedef struct PlaceCase {
    uint64_t offset, line, column;
} PlaceCase;

static void test_places_count_lines_and_characters_from_one(void)
{
    static const char text[] = "a\u00e9b\n\nx\r\n";
    static const PlaceCase cases[] = {
        {0, 1, 1}, {1, 1, 2}, {3, 1, 3}, {4, 1, 4}, {5, 2, 1}, {6, 3, 1}, {7, 3, 2}, {8, 3, 3}, {9, 4, 1}, {99, 4, 1}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const TextPlace place = text_place(text, strlen(text), cases[i].offset);
        g_assert_cmpuint(place.line, ==, cases[i].line);
        g_assert_cmpuint(place.column, ==, cases[i].column);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/text/lengths-are-those-of-the-encoding", test_lengths_are_those_of_the_encoding);
    g_test_add_func("/base/text/characters-are-code-points", test_characters_are_code_points);
    g_test_add_func(
        "/base/text/places-count-lines-and-characters-from-one", test_places_count_lines_and_characters_from_one);
    return g_test_run();
}
