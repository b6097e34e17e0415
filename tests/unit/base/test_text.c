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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/text/lengths-are-those-of-the-encoding", test_lengths_are_those_of_the_encoding);
    g_test_add_func("/base/text/characters-are-code-points", test_characters_are_code_points);
    return g_test_run();
}
