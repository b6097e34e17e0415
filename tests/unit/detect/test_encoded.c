/* Values in encoded text: found, and placed where the encoded bytes are. */
#include "detect_testing.h"

#include <string.h>

typedef struct EncodedCase {
    const char *what, *text, *matches;
} EncodedCase;

/* Encoded by Python's base64 and binascii; places by the definitions of the encodings. */
static const EncodedCase cases[] = {
    {"base64", "key: bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=.", "id.case 19+16 1:20 medium 123-45-6789\n"},
    {"hexadecimal", "key: 6d792063617365206973203132332d34352d363738392c20736f206974206973.",
        "id.case 27+22 1:28 medium 123-45-6789\n"},
    {"URL", "?a=b&mail=bob%40ab.org&x=1", "pii.email 10+12 1:11 medium bob@ab.org\n"},
    {"JSON", "{\"m\":\"bob\\u0040ab.org\"}", "pii.email 6+15 1:7 medium bob@ab.org\n"},
    {"HTML", "<p>bob&#64;ab.org or ann&#x40;ab.org</p>",
        "pii.email 3+14 1:4 medium bob@ab.org\npii.email 21+15 1:22 medium ann@ab.org\n"},
    {"mail", "To: bob=40ab.org\n", "pii.email 4+12 1:5 medium bob@ab.org\n"},
    {"nothing inside", "bm90aGluZyB0byBiZSBmb3VuZCBpbiBoZXJlLCBzb3JyeQ==", ""},
    {"no text",
        "CzBVep/"
        "E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYar0PUaP2SJrtP4HUJnjLHW+yBFao+"
        "02f4jSG2St9wBJktwlbrfBClOc5i94gcsUXabwOUKL1R5nsPo",
        ""},
    {"three times is too deep",
        "WVdkaGFXNDZJR0pZYTJkWk1rWjZXbE5DY0dONVFYaE5hazEwVGtSVmRFNXFZelJQVTNkbll6STRaMkZZVVdkaFdFMDlJR1Z1WkNCdlppQnBkQT"
        "09",
        ""},
    {"a value both plain and escaped", "bob@ab.org and %2B", "pii.email 0+10 1:1 medium bob@ab.org\n"},
};

static void test_values_in_encoded_text_are_found_in_their_place(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t len = strlen(cases[i].text);
        for (size_t cut = 0; cut < len; cut++) {
            const Scan scan = {.min_tier = TIER_MEDIUM, .cut = cut};
            g_autofree char *matches = testing_scan(rules, &scan, cases[i].text, len);
            if (strcmp(matches, cases[i].matches) != 0) {
                g_test_fail();
                g_test_message("%s, cut at %zu: %s", cases[i].what, cut, matches);
                break;
            }
        }
    }
}

static void test_encoded_twice_is_found(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *matches =
        testing_find(rules, "YWdhaW46IGJYa2dZMkZ6WlNCcGN5QXhNak10TkRVdE5qYzRPU3dnYzI4Z2FYUWdhWE09IGVuZCBvZiBpdA==");

    g_assert_true(g_str_has_prefix(matches, "id.case "));
    g_assert_true(g_str_has_suffix(matches, " 123-45-6789\n"));
}

/* A run that is longer than the window: each of its values once. */
static void test_long_runs_are_looked_at_piece_by_piece(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) plain = g_string_new(NULL);

    for (unsigned i = 0; i < 3000; i++)
        g_string_append_printf(plain, "row %04u: %03u-45-%04u, and some more text\n", i, 100 + i % 800, 1000 + i);
    g_autofree char *encoded = g_base64_encode((const guchar *)plain->str, plain->len);
    const Scan whole = {.min_tier = TIER_MEDIUM}, pieces = {.min_tier = TIER_MEDIUM, .piece = 1013};
    g_autofree char *matches = testing_scan(rules, &whole, encoded, strlen(encoded));
    g_autofree char *in_pieces = testing_scan(rules, &pieces, encoded, strlen(encoded));
    g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);
    g_assert_cmpstr(matches, ==, in_pieces);
    g_assert_cmpuint(g_strv_length(lines), ==, 3001);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/encoded/values-in-encoded-text-are-found-in-their-place",
        test_values_in_encoded_text_are_found_in_their_place);
    g_test_add_func("/detect/encoded/encoded-twice-is-found", test_encoded_twice_is_found);
    g_test_add_func(
        "/detect/encoded/long-runs-are-looked-at-piece-by-piece", test_long_runs_are_looked_at_piece_by_piece);
    return g_test_run();
}
