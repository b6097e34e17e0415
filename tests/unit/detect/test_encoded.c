/* Values in encoded text: found, and placed where the encoded bytes are. */
#include "detect_testing.h"

#include <string.h>

typedef struct EncodedCase {
    const char *what, *text, *matches;
} EncodedCase;

/* "Body: my case is 123-45-6789, and there is more to it." and "Text: my case is 987-65-4321, and there is less of it."
 */
#define B64_A       "Qm9keTogbXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgYW5kIHRoZXJlIGlzIG1vcmUgdG8gaXQu"
#define B64_A_FOUND "id.case 22+16 1:23 medium 123-45-6789\n"
#define B64_NO_TEXT "CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYar0PUaP2SJrtP4HUJnjLHW+yBFao+0"
#define HEX_A                                                                                                          \
    "426f64793a206d792063617365206973203132332d34352d363738392c20616e64207468657265206973206d6f726520746f2069742e"
#define HEX_A_FOUND "id.case 34+22 1:35 medium 123-45-6789\n"
#define HEX_B                                                                                                          \
    "546578743a206d792063617365206973203938372d36352d343332312c20616e64207468657265206973206c657373206f662069742e"

/* Encoded by Python's base64 and binascii; places by the definitions of the encodings. */
static const EncodedCase cases[] = {
    {"base64", "key: bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=.", "id.case 19+16 1:20 medium 123-45-6789\n"},
    {"hexadecimal", "key: 6d792063617365206973203132332d34352d363738392c20736f206974206973.",
        "id.case 27+22 1:28 medium 123-45-6789\n"},
    {"URL", "?a=b&mail=bob%40ab.org&x=1", "pii.email 10+12 1:11 medium bob@ab.org\n"},
    {"JSON", "{\"m\":\"bob\\u0040ab.org\"}", "pii.email 6+15 1:7 medium bob@ab.org\n"},
    {"HTML", "<p>bob&#64;ab.org or ann&#x40;ab.org</p>",
        "pii.email 3+14 1:4 medium bob@ab.org\npii.email 21+15 1:22 medium ann@ab.org\n"},
    {"HTML by name", "<p>bob&commat;ab.org &AMP; ann&commat;ab&period;org</p>",
        "pii.email 3+17 1:4 medium bob@ab.org\npii.email 27+24 1:28 medium ann@ab.org\n"},
    {"HTML by a name that is none", "<p>bob&commut;ab.org, bob&commat ab.org, a&b;c</p>", ""},
    {"HTML spaces in a number", "<td>IBAN DE89&nbsp;3704&nbsp;0044&#160;0532&#xA0;0130&nbsp;00</td>",
        "fin.iban 9+52 1:10 validated DE89 3704 0044 0532 0130 00\n"},
    {"HTML letters in a keyword", "<b>F&uuml;hrerschein</b> 120034567", "id.badge 25+9 1:26 high 120034567\n"},
    {"JSON letters in a keyword", "{\"F\\u00fchrerschein\": \"no 120034567\"}", "id.badge 26+9 1:27 high 120034567\n"},
    {"URL of UTF-8", "F%C3%BChrerschein%3A 120034567", "id.badge 21+9 1:22 high 120034567\n"},
    {"base64 for URLs", "t=Pz8_Pj4-Pz8_IG15IGNhc2UgaXMgMTIzLTQ1LTY3ODk_Pz8-Pj4-&u",
        "id.case 30+15 1:31 medium 123-45-6789\n"},
    {"base64 behind a path",
        "GET /v1/items/bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=", "id.case 28+16 1:29 medium 123-45-6789\n"},
    {"base64 behind a hyphen",
        "key-bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=", "id.case 18+16 1:19 medium 123-45-6789\n"},
    {"base64 behind an underscore",
        "id_bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=", "id.case 17+16 1:18 medium 123-45-6789\n"},
    {"base64 behind equals signs",
        "a==bXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgc28gaXQgaXM=", "id.case 17+16 1:18 medium 123-45-6789\n"},
    {"base64 in lines behind a path", "=/" B64_A "\n" B64_A "\n",
        "id.case 24+16 1:25 medium 123-45-6789\nid.case 97+16 2:23 medium 123-45-6789\n"},
    {"UTF-16 in base64",
        "powershell -EncodedCommand "
        "bQB5ACAAYwBhAHMAZQAgAGkAcwAgADEAMgAzAC0ANAA1AC0ANgA3ADgAOQAsACAAcwBvACAAaQB0ACAAaQBzAA==",
        "id.case 56+30 1:57 medium 123-45-6789\n"},
    {"UTF-16 in base64 that begins with digits of hexadecimal",
        "powershell -EncodedCommand "
        "cAB3AD0AMQAsACAAbQB5ACAAYwBhAHMAZQAgAGkAcwAgADEAMgAzAC0ANAA1AC0ANgA3ADgAOQAsACAAcwBvACAAaQB0ACAAaQBzAA==",
        "id.case 72+30 1:73 medium 123-45-6789\n"},
    {"UTF-16 with a mark of its order in base64",
        "x: //5tAHkAIABjAGEAcwBlACAAaQBzACAAMQAyADMALQA0ADUALQA2ADcAOAA5ACwAIABzAG8AIABpAHQAIABpAHMA",
        "id.case 35+30 1:36 medium 123-45-6789\n"},
    {"UTF-16 with letters of one, two and four bytes in base64",
        "x: "
        "RgD8AGgAcgBlAHIAIACsID3YAN4gAG0AeQAgAGMAYQBzAGUAIABpAHMAIAAxADIAMwAtADQANQAtADYANwA4ADkALAAgAHMAbwAgAGkAdAAg"
        "AGkAcwA=",
        "id.case 61+30 1:62 medium 123-45-6789\n"},
    {"hexadecimal behind its mark", "SET x = 0x6d792063617365206973203132332d34352d363738392c20736f206974206973",
        "id.case 32+22 1:33 medium 123-45-6789\n"},
    {"UTF-16 in hexadecimal behind its mark",
        "x=0X6D0079002000630061007300650020006900730020003100320033002D00340035002D0036003700380039002C00200073006F00"
        "200069007400200069007300",
        "id.case 48+44 1:49 medium 123-45-6789\n"},
    {"base64 in lines",
        "Qm9keTogbXkgY2FzZSBpcyAxMjMtNDUtNjc4OSwgYW5kIHRoZXJlIGlzIG1vcmUgb2YgaXQgdG8g\r\n"
        "YmUgcmVhZCBpbiB0aGUgbmV4dCBsaW5lOiB0aGUgb3RoZXIgY2FzZSBpcyA5ODctNjUtNDMyMS4=\r\n",
        "id.case 22+16 1:23 medium 123-45-6789\nid.case 136+16 2:59 medium 987-65-4321\n"},
    {"base64 in lines, across their end",
        "Qm9keTogd2UgY291bnQgdGhlIGNoYXJhY3RlcnMgYW5kIGhlcmUgaXMgbXkgY2FzZTogMTIzLTQ1\n"
        "LTY3ODksIGFuZCBub3cgdGhlcmUgaXMgbm8gbW9yZSBvZiBpdC4=\n",
        "id.case 68+16 1:69 medium 123-45-6789\n"},
    {"a URL in a URL", "?next=%2Fa%3Fmail%3Dbob%2540ab.org", "pii.email 20+14 1:21 medium bob@ab.org\n"},
    {"JSON in JSON", "{\"m\":\"{\\\"n\\\":\\\"bob\\\\u0040ab.org\\\"}\"}", "pii.email 15+16 1:16 medium bob@ab.org\n"},
    {"HTML in HTML", "<p>bob&amp;#64;ab.org &amp;amp; AT&amp;T</p>", "pii.email 3+18 1:4 medium bob@ab.org\n"},
    {"HTML in JSON", "{\"m\":\"bob\\u0026#64;ab.org\"}", "pii.email 6+19 1:7 medium bob@ab.org\n"},
    {"HTML in a URL", "?m=bob%26%2364%3Bab.org", "pii.email 3+20 1:4 medium bob@ab.org\n"},
    {"a URL in HTML", "<p>bob&#37;40ab.org</p>", "pii.email 3+16 1:4 medium bob@ab.org\n"},
    {"base64 before a line of words", B64_A "\nEnd of message\n", B64_A_FOUND},
    {"base64 before a line that is one word", B64_A "\r\nfoo\r\n", B64_A_FOUND},
    {"base64 before a date", "x: y\n" B64_A "\n2025-01-01", "id.case 27+16 2:23 medium 123-45-6789\n"},
    {"base64 before a setting", B64_A "\nuser=x\n", B64_A_FOUND},
    {"base64 in lines that are each its own, one of them no text", B64_A "\n" B64_NO_TEXT "\n" B64_A "\n",
        B64_A_FOUND "id.case 168+16 3:23 medium 123-45-6789\n"},
    {"hexadecimal before a word", HEX_A "\nend\n", HEX_A_FOUND},
    {"hexadecimal before a word of its digits", HEX_A "\nfeed\n", HEX_A_FOUND},
    {"hexadecimal before a setting", HEX_A "\r\nuser=x\r\n", HEX_A_FOUND},
    {"hexadecimal lines", HEX_A "\n" HEX_B "\n", HEX_A_FOUND "id.case 143+22 2:35 medium 987-65-4321\n"},
    {"hexadecimal in the last column", "a," HEX_A "\nb," HEX_B "\n",
        "id.case 36+22 1:37 medium 123-45-6789\nid.case 147+22 2:37 medium 987-65-4321\n"},
    {"mail in lines", "write to bob=40ab=\n.org, or to =\nann=40ab.o=\nrg\n",
        "pii.email 9+14 1:10 medium bob@ab.org\npii.email 33+14 3:1 medium ann@ab.org\n"},
    {"mail in lines of CRLF", "case 123-4=\r\n5-6789 and bob=\r\n@ab.org\r\n",
        "id.case 5+14 1:6 medium 123-45-6789\npii.email 24+13 2:12 medium bob@ab.org\n"},
    {"mail that breaks behind a hyphen", "case 123-=\n45-6789", "id.case 5+13 1:6 medium 123-45-6789\n"},
    {"mail that breaks before a hyphen", "case 123-45=\r\n-6789", "id.case 5+14 1:6 medium 123-45-6789\n"},
    {"mail that breaks before an at sign", "bob=\n@ab.org", "pii.email 0+12 1:1 medium bob@ab.org\n"},
    {"mail that breaks behind a dot", "bob@ab.=\norg", "pii.email 0+12 1:1 medium bob@ab.org\n"},
    {"headings and code", "123-45 ===\n-6789 a[-=\n]", ""},
    {"mail with letters", "F=C3=BChrerschein:=\r\n 120034567 =E2=82=AC=\r\n20", "id.badge 22+9 2:2 high 120034567\n"},
    {"mail that hides letters", "To: =62=6F=62=40=61=62=2E=6F=72=67 and", "pii.email 4+30 1:5 medium bob@ab.org\n"},
    {"mail that hides digits", "case =31=32=33=2D=34=35=2D=36=37=38=39\n", "id.case 5+33 1:6 medium 123-45-6789\n"},
    {"mail that hides hyphens", "case 123=2D45=2D6789\n", "id.case 5+15 1:6 medium 123-45-6789\n"},
    {"mail that hides hyphens and a blank", "case:=20123=2D45=2D6789,=20yes\n",
        "id.case 8+15 1:9 medium 123-45-6789\n"},
    {"a setting that is no mail", "case x=2D45=2D6789 123=2d45=2d6789\n", ""},
    {"no mail but two numbers", "case 12=33=2D45-6789\n", ""},
    {"no mail", "a=\n123-45=\n-6789", ""},
    {"a long beginning", "mailto:somebody.with.a.long.name.that.goes.on.and.on.for.a.while%40ab.org",
        "pii.email 7+66 1:8 medium somebody.with.a.long.name.that.goes.on.and.on.for.a.while@ab.org\n"},
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

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        testing_check_cuts(rules, cases[i].what, cases[i].text, cases[i].matches);
}

static void test_encoded_twice_is_found(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *matches =
        testing_find(rules, "YWdhaW46IGJYa2dZMkZ6WlNCcGN5QXhNak10TkRVdE5qYzRPU3dnYzI4Z2FYUWdhWE09IGVuZCBvZiBpdA==");

    g_assert_true(g_str_has_prefix(matches, "id.case "));
    g_assert_true(g_str_has_suffix(matches, " 123-45-6789\n"));
}

static char *hex_of(const char *text)
{
    GString *hex = g_string_new(NULL);

    for (; *text != '\0'; text++)
        g_string_append_printf(hex, "%02x", (uint8_t)*text);
    return g_string_free(hex, FALSE);
}

/* The first few characters of a run tell whether it is text: also where one of several bytes stands among them. */
static void test_text_may_begin_with_any_letters(void)
{
    static const char *const letters[] = {"\t", "~", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(letters) * 10; i++) {
        g_autofree char *before = g_strnfill(i / G_N_ELEMENTS(letters), 'x');
        g_autofree char *text =
            g_strconcat(before, letters[i % G_N_ELEMENTS(letters)], " - my case is 123-45-6789, so it is", NULL);
        g_autofree char *hex = hex_of(text), *base64 = g_base64_encode((const guchar *)text, strlen(text));
        g_autofree char *in_hex = testing_find(rules, hex), *in_base64 = testing_find(rules, base64);
        g_assert_true(g_str_has_suffix(in_hex, " 123-45-6789\n"));
        g_assert_true(g_str_has_suffix(in_base64, " 123-45-6789\n"));
    }
}

static char *wide(const char *text, gsize *ret_len)
{
    g_autoptr(GError) error = NULL;
    char *utf16 = g_convert(text, -1, "UTF-16LE", "UTF-8", NULL, ret_len, &error);

    g_assert_no_error(error);
    return utf16;
}

static void check_rows(const RuleSet *rules, const char *text, guint rows)
{
    const Scan whole = {.min_tier = TIER_MEDIUM}, pieces = {.min_tier = TIER_MEDIUM, .piece = 1013};
    g_autofree char *matches = testing_scan((RuleSet *)rules, &whole, text, strlen(text));
    g_autofree char *in_pieces = testing_scan((RuleSet *)rules, &pieces, text, strlen(text));
    g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);

    g_assert_cmpstr(matches, ==, in_pieces);
    g_assert_cmpuint(g_strv_length(lines), ==, rows + 1);
}

static char *rows_of_numbers(unsigned count)
{
    GString *rows = g_string_new(NULL);

    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(rows, "row %04u: %03u-45-%04u, and some more text\n", i, 100 + i % 800, 1000 + i);
    return g_string_free(rows, FALSE);
}

/* A run that is longer than the window: each of its values once, also where something else stands before it. */
static void test_long_runs_are_looked_at_piece_by_piece(void)
{
    enum { ROWS = 3000 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *plain = rows_of_numbers(ROWS);
    gsize wide_len;
    g_autofree char *utf16 = wide(plain, &wide_len);
    g_autofree char *encoded = g_base64_encode((const guchar *)plain, strlen(plain));
    g_autofree char *wide_encoded = g_base64_encode((const guchar *)utf16, wide_len);
    g_autofree char *behind_path = g_strconcat("to/a/", encoded, NULL);

    check_rows(rules, encoded, ROWS);
    check_rows(rules, wide_encoded, ROWS);
    check_rows(rules, behind_path, ROWS);
}

static char *in_lines(const char *text, size_t width, const char *line_break)
{
    GString *lines = g_string_new(NULL);

    for (size_t left = strlen(text); left > 0; left -= MIN(left, width), text += MIN(strlen(text), width))
        g_string_append_printf(lines, "%.*s%s", (int)MIN(left, width), text, line_break);
    return g_string_free(lines, FALSE);
}

/* As base64(1), openssl(1), xxd(1), mail, JSON and YAML write them. */
static void test_long_runs_in_lines_are_looked_at_piece_by_piece(void)
{
    enum { ROWS = 1000 };
    static const size_t widths[] = {60, 64, 70, 72, 76, 80, 100};
    static const char *const breaks[] = {"\n", "\r\n", "\\n", "\\r\\n", "\n   "};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *plain = rows_of_numbers(ROWS), *hex = hex_of(plain);
    g_autofree char *base64 = g_base64_encode((const guchar *)plain, strlen(plain));

    for (size_t i = 0; i < G_N_ELEMENTS(breaks) * G_N_ELEMENTS(widths); i++) {
        const char *line_break = breaks[i % G_N_ELEMENTS(breaks)];
        size_t width = widths[i / G_N_ELEMENTS(breaks)];
        g_autofree char *hex_lines = in_lines(hex, width, line_break);
        g_autofree char *base64_lines = in_lines(base64, width, line_break);
        g_test_message("%zu %s", width, line_break);
        check_rows(rules, hex_lines, ROWS);
        check_rows(rules, base64_lines, ROWS);
    }
}

typedef struct EscapeForm {
    const char *first, *between, *at; /* what begins the line; what fills it up, escaped or not; the sign */
} EscapeForm;

static const EscapeForm escape_forms[] = {
    {"F\\u00fcr", " lorem ipsum", "\\u0040"},
    {"F&uuml;r", " lorem ipsum", "&#64;"},
    {"F=C3=BCr", " lorem ipsum", "=40"},
    {"F%C3%BCr", " lorem ipsum", "%40"},
    {"F\\u00fcr", " l\\u00f6rem", "\\u0040"},
    {"F%C3%BCr", "%20lorem%20ipsum", "%40"},
};

/* Lines of escapes are looked at in pieces, whose ends lie anywhere in values. */
static void test_values_in_long_lines_of_escapes_are_found_once(void)
{
    enum { LONGEST = 400000 }; /* several windows */
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(escape_forms); i++) {
        const EscapeForm *form = &escape_forms[i];
        g_autoptr(GString) text = g_string_new(form->first), expected = g_string_new(NULL);
        for (unsigned row = 0; text->len < LONGEST; row++) {
            for (unsigned filled = 0; filled < 1 + row * 7 % 60; filled++)
                g_string_append(text, form->between);
            g_string_append(text, form->between[0] == ' ' ? " " : "%20");
            gsize start = text->len;
            g_string_append_printf(text, "bob%u%sab.org", row, form->at);
            g_string_append_printf(
                expected, "pii.email %zu+%zu 1:%zu medium bob%u@ab.org\n", start, text->len - start, start + 1, row);
            g_string_append_printf(text, "%.*s", (int)(row % 5), ",,,,,");
        }
        g_string_append_c(text, '\n');
        g_autofree char *matches = testing_find(rules, text->str);
        g_test_message("%s", form->first);
        g_assert_cmpstr(matches, ==, expected->str);
    }
}

/* Text is looked at in blocks: an escape may be cut by the end of one. */
static void test_an_escape_is_found_wherever_it_stands(void)
{
    static const char *const escapes[] = {"%40", "\\u0040", "\\x40", "&#64;", "=40"};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(escapes); i++) {
        for (size_t before = 0; before < 70; before++) {
            g_autofree char *pad = g_strnfill(before, ' ');
            g_autofree char *text = g_strdup_printf("%sbob%sab.org, ann%sab.org\n", pad, escapes[i], escapes[i]);
            size_t len = strlen(escapes[i]);
            g_autofree char *expected = g_strdup_printf(
                "pii.email %zu+%zu 1:%zu medium bob@ab.org\npii.email %zu+%zu 1:%zu medium ann@ab.org\n", before,
                9 + len, before + 1, before + 11 + len, 9 + len, before + 12 + len);
            g_autofree char *matches = testing_find(rules, text);
            g_assert_cmpstr(matches, ==, expected);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/encoded/values-in-encoded-text-are-found-in-their-place",
        test_values_in_encoded_text_are_found_in_their_place);
    g_test_add_func(
        "/detect/encoded/an-escape-is-found-wherever-it-stands", test_an_escape_is_found_wherever_it_stands);
    g_test_add_func("/detect/encoded/encoded-twice-is-found", test_encoded_twice_is_found);
    g_test_add_func("/detect/encoded/text-may-begin-with-any-letters", test_text_may_begin_with_any_letters);
    g_test_add_func(
        "/detect/encoded/long-runs-are-looked-at-piece-by-piece", test_long_runs_are_looked_at_piece_by_piece);
    g_test_add_func("/detect/encoded/long-runs-in-lines-are-looked-at-piece-by-piece",
        test_long_runs_in_lines_are_looked_at_piece_by_piece);
    g_test_add_func("/detect/encoded/values-in-long-lines-of-escapes-are-found-once",
        test_values_in_long_lines_of_escapes_are_found_once);
    return g_test_run();
}
