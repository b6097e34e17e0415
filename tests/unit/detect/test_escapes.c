/* The forms of escapes: each is found, and placed where the encoded bytes are, however the text is cut. */
#include "detect_testing.h"

#include <string.h>

typedef struct FormCase {
    const char *what, *text, *matches;
} FormCase;

/* Encoded by Python's urllib.parse and string formats; places by the definitions of the encodings. */
static const FormCase cases[] = {
    {"a form", "name=Ann+Smith&iban=DE89+3704+0044+0532+0130+00&ok=1",
        "fin.iban 20+27 1:21 validated DE89 3704 0044 0532 0130 00\n"},
    {"a form in a query", "GET /pay?n=DE89+3704+0044+0532+0130+00 HTTP/1.1",
        "fin.iban 11+27 1:12 validated DE89 3704 0044 0532 0130 00\n"},
    {"a form, the first field", "n=DE89+3704+0044+0532+0130+00&mail=to+bob%40ab.org",
        "fin.iban 2+27 1:3 validated DE89 3704 0044 0532 0130 00\npii.email 38+12 1:39 medium bob@ab.org\n"},
    {"a form in HTML", "<a href='?x=1&amp;n=DE89+3704+0044+0532+0130+00&amp;y=2'>",
        "fin.iban 20+27 1:21 validated DE89 3704 0044 0532 0130 00\n"},
    {"a form whose blank stands before a keyword", "q=my+F%C3%BChrerschein+120034567&x=y",
        "id.badge 23+9 1:24 high 120034567\n"},
    {"no form: a sum", "x=DE89+3704+0044+0532+0130+00; y=2 & z=3", ""},
    {"no form: an address with a tag", "/?mail=bob+tag@ab.org&n=1+2", "pii.email 7+14 1:8 medium bob+tag@ab.org\n"},
    {"braces of JavaScript", "\"bob\\u{40}ab\\u{2e}org\"", "pii.email 1+20 1:2 medium bob@ab.org\n"},
    {"braces of Perl", "\"bob\\x{40}ab.org\"", "pii.email 1+15 1:2 medium bob@ab.org\n"},
    {"eight digits", "\"bob\\U00000040ab.org\", C:\\Users\\Uma", "pii.email 1+19 1:2 medium bob@ab.org\n"},
    {"octal of C", "x = \"\\142\\157\\142\\100\\141\\142\\056\\157\\162\\147\";",
        "pii.email 5+40 1:6 medium bob@ab.org\n"},
    {"octal of echo", "echo -e '\\0142\\0157\\0142\\0100\\0141\\0142\\0056\\0157\\0162\\0147'",
        "pii.email 9+50 1:10 medium bob@ab.org\n"},
    {"octal in a string", "{\"x\":\"\\\\142\\\\157\\\\142\\\\100\\\\141\\\\142\\\\056\\\\157\\\\162\\\\147\"}",
        "pii.email 6+50 1:7 medium bob@ab.org\n"},
    {"no octal", "D:\\bob\\100ab.org, (a)\\1\\2\\3", ""},
    {"escape() of JavaScript", "q=bob%u0040ab.org", "pii.email 2+15 1:3 medium bob@ab.org\n"},
    {"HTML without a semicolon", "<p>bob&#64ab.org bob&#x40zb.org</p>",
        "pii.email 3+13 1:4 medium bob@ab.org\npii.email 17+14 1:18 medium bob@zb.org\n"},
    {"spaces that do not break",
        "IBAN : DE89\xC2\xA0"
        "3704\xC2\xA0"
        "0044\xC2\xA0"
        "0532\xC2\xA0"
        "0130\xC2\xA0"
        "00.",
        "fin.iban 7+32 1:8 validated DE89 3704 0044 0532 0130 00\n"},
    {"narrow ones",
        "DE89\xE2\x80\xAF"
        "3704\xE2\x80\xAF"
        "0044\xE2\x80\xAF"
        "0532\xE2\x80\xAF"
        "0130\xE2\x80\xAF"
        "00",
        "fin.iban 0+37 1:1 validated DE89 3704 0044 0532 0130 00\n"},
    {"digits of full width",
        "badge "
        "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x90\xEF\xBC\x90\xEF\xBC\x93\xEF\xBC\x94\xEF\xBC\x95\xEF\xBC\x96\xEF\xBC\x97",
        "id.badge 6+27 1:7 high 120034567\n"},
    {"Arabic digits", "badge \xD9\xA1\xD9\xA2\xD9\xA0\xD9\xA0\xD9\xA3\xD9\xA4\xD9\xA5\xD9\xA6\xD9\xA7",
        "id.badge 6+18 1:7 high 120034567\n"},
    {"Persian digits", "badge \xDB\xB1\xDB\xB2\xDB\xB0\xDB\xB0\xDB\xB3\xDB\xB4\xDB\xB5\xDB\xB6\xDB\xB7",
        "id.badge 6+18 1:7 high 120034567\n"},
    {"spaces and dashes of print that part no number",
        "bob\xE2\x80\x93"
        "ab \xC2\xA0"
        "1 \xEF\xBC\x91 \xE2\x80\x94"
        "1",
        ""},
    {"slashes of PHP", "{\"d\":\"12\\/05\\/1980\",\"m\":\"bob\\u0040ab.org\"}",
        "pii.email 25+15 1:26 medium bob@ab.org\n"},
};

static void test_values_are_found_in_every_form_of_escape(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        testing_check_cuts(rules, cases[i].what, cases[i].text, cases[i].matches);
}

/* A form is looked at in pieces, whose ends lie anywhere in its fields. */
static void test_fields_of_a_long_form_are_found_once(void)
{
    enum { FIELDS = 8000 }; /* several windows */
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) text = g_string_new("x=1"), expected = g_string_new(NULL);

    for (unsigned i = 0; i < FIELDS; i++) {
        g_string_append_printf(
            text, "&f%u=%.*s", i, (int)(i * 7 % 60), "lorem+ipsum+dolor+sit+amet+consectetur+adipiscing+elit+sed+do");
        g_string_append_printf(text, "&n=");
        gsize start = text->len;
        g_string_append(text, "DE89+3704+0044+0532+0130+00");
        g_string_append_printf(
            expected, "fin.iban %zu+27 1:%zu validated DE89 3704 0044 0532 0130 00\n", start, start + 1);
    }
    g_autofree char *matches = testing_find(rules, text->str);
    g_assert_cmpstr(matches, ==, expected->str);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func(
        "/detect/escapes/values-are-found-in-every-form-of-escape", test_values_are_found_in_every_form_of_escape);
    g_test_add_func("/detect/escapes/fields-of-a-long-form-are-found-once", test_fields_of_a_long_form_are_found_once);
    return g_test_run();
}
