/* What must hold over long texts: paths behind more of them than are kept, keywords at the far end of their distance,
 * hits of literals that are searched in ranges, matches that begin inside others. */
#include "detect_testing.h"

#include <string.h>

#define HEAD "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
#define TAIL "    examples: {match: [x], no_match: [y]}\n"

static const char RULES[] = "rules:\n"
                            "  - id: id.badge\n" HEAD "    engine: class\n"
                            "    shape: digits\n"
                            "    forms: ['9']\n"
                            "    keyword: required\n"
                            "    keywords: [badge]\n"
                            "    distance: 300\n" TAIL "  - id: id.serial\n" HEAD "    engine: class\n"
                            "    shape: digits\n"
                            "    forms: ['7']\n"
                            "    keyword: required\n"
                            "    keywords: [serial]\n"
                            "    distance_after: 300\n" TAIL "  - id: sec.key\n" HEAD "    engine: literal\n"
                            "    pattern: '\\bKEY[0-9]{6}\\b'\n" TAIL;

/* ---- paths ---- */

static void write_path(void *data, const Match *match)
{
    g_string_append_printf(data, "%.*s %s\n", (int)match->text.len, (const char *)match->text.data,
        match->record_path != NULL ? match->record_path : "-");
}

enum { WINDOW_NEAR = 65536 }; /* windows end near multiples of it */

enum { LETTERS = 26, PATHS = LETTERS * LETTERS * LETTERS, PATHS_AGAIN = 3000, PATHS_FIRST = 5000 };

/* In what is repeated \1, \2 and \3 are letters, another three each time, and \4 is a number. */
typedef struct TreeCase {
    const char *what, *before, *member, *after;
    const char *paths_before, *path, *paths_after;
} TreeCase;

static const TreeCase tree_cases[] = {
    {"JSON", "{\"a\": [\"KEY111111\", {\"b\": {\"n\": \"KEY222222\",\n",
        "\"k\1\": {\"l\2\": [0, {\"m\3\": [\"KEY\4\"]}]},\n",
        "\"n\": \"KEY333333\"}}, \"KEY444444\"], \"n\": \"KEY555555\"}", "KEY111111 $.a[0]\nKEY222222 $.a[1].b.n\n",
        "KEY\4 $.a[1].b.k\1.l\2[1].m\3[0]\n", "KEY333333 $.a[1].b.n\nKEY444444 $.a[2]\nKEY555555 $.n\n"},
    {"XML", "<a><n>KEY111111</n><b><c n='KEY222222'>\n", "<k\1 n='x'><l\2><m\3>KEY\4</m\3></l\2></k\1>\n",
        "<n>KEY333333</n></c><n>KEY444444</n></b><c n='KEY555555'/></a>\n", "KEY111111 /a/n\nKEY222222 /a/b/c/@n\n",
        "KEY\4 /a/b/c/k\1/l\2/m\3\n", "KEY333333 /a/b/c/n\nKEY444444 /a/b/n\nKEY555555 /a/c/@n\n"},
    {"YAML", "a:\n  - KEY111111\n  - b:\n      n: KEY222222\n",
        "      k\1:\n        l\2:\n          - 0\n          - m\3: KEY\4\n",
        "      n: KEY333333\n  - KEY444444\nn: KEY555555\n", "KEY111111 $.a[0]\nKEY222222 $.a[1].b.n\n",
        "KEY\4 $.a[1].b.k\1.l\2[1].m\3\n", "KEY333333 $.a[1].b.n\nKEY444444 $.a[2]\nKEY555555 $.n\n"},
};

static void append_member(GString *out, const char *member, int number)
{
    const int letters[] = {number / LETTERS / LETTERS, number / LETTERS % LETTERS, number % LETTERS};

    for (; *member != '\0'; member++) {
        if (*member == '\4')
            g_string_append_printf(out, "%06d", number);
        else
            g_string_append_c(out, *member < '\4' ? (char)('a' + letters[*member - 1]) : *member);
    }
}

/* All levels around stay open meanwhile; those of the second round were let go. */
static void test_paths_hold_behind_more_of_them_than_are_kept(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(tree_cases); i++) {
        const TreeCase *test = &tree_cases[i];
        g_autoptr(GString) text = g_string_new(test->before), expected = g_string_new(test->paths_before);
        for (int j = 0; j < PATHS + PATHS_AGAIN; j++) {
            append_member(text, test->member, j % PATHS);
            append_member(expected, test->path, j % PATHS);
        }
        g_string_append(text, test->after);
        g_string_append(expected, test->paths_after);
        g_autofree char *found = testing_write(rules, write_path, text->str, text->len / 3);
        if (strcmp(found, expected->str) != 0)
            g_test_fail_printf("%s: %zu bytes of paths, expected %zu", test->what, strlen(found), expected->len);
    }
}

/* A tree's first members, which are let go before the window's second end. */
static GString *tree_begun(const char *before, const char *member)
{
    GString *text = g_string_new(before);

    for (int j = 0; j < PATHS_FIRST; j++)
        append_member(text, member, j);
    return text;
}

static void append_until(GString *text, size_t len)
{
    g_assert_cmpuint(text->len, <=, len);
    for (size_t left = len - text->len; left > 0; left--)
        g_string_append_c(text, '~');
}

/* What stands around a value is far before it, and over, when the value is told. */
static void test_paths_hold_of_what_is_over_by_then(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t behind = 32; behind < 1600; behind += 32) {
        g_autoptr(GString) text = tree_begun("z:\n", " k\1:\n  l\2:\n   m\3: 0\n");
        g_string_append(text, "k:\n  i:\n    - 0\n    - - 1\n      - h: ");
        append_until(text, 2 * WINDOW_NEAR - behind);
        g_string_append(text, "\n        n: KEY111111\nl: ");
        append_until(text, 3 * WINDOW_NEAR);
        g_string_append(text, "\nm: KEY222222\n");
        g_autofree char *found = testing_write(rules, write_path, text->str, 0);
        g_assert_cmpstr(found, ==, "KEY111111 $.k.i[1][1].n\nKEY222222 $.m\n");
    }
}

/* And more of them while it is open. */
static void test_paths_hold_in_a_list_that_was_begun_behind_many_members(void)
{
    static const char member[] = "\"k\1\":{\"l\2\":{\"m\3\":0}},";
    g_autoptr(RuleSet) rules = testing_rules(RULES);
    g_autoptr(GString) text = tree_begun("{\"z\":{", member), expected = g_string_new(NULL);

    g_string_append(text, "\"e\":0},\n\"k\":[[0");
    for (int i = 1; i < 6; i++) {
        g_string_append(text, ",{");
        for (int j = 0; j < PATHS_FIRST; j++)
            append_member(text, member, i * PATHS_AGAIN + j);
        g_string_append_printf(text, "\"e\":0}, \"KEY%06d\", {\"n\": \"KEY%06d\"}\n", i, i);
        g_string_append_printf(expected, "KEY%06d $.k[0][%d]\nKEY%06d $.k[0][%d].n\n", i, 3 * i - 1, i, 3 * i);
    }
    g_string_append(text, "], \"KEY000000\"], \"n\": \"KEY000000\"}");
    g_string_append(expected, "KEY000000 $.k[1]\nKEY000000 $.n\n");
    g_autofree char *found = testing_write(rules, write_path, text->str, 0);
    g_assert_cmpstr(found, ==, expected->str);
}

/* ---- the distance of keywords ---- */

static const char *const fillers[] = {"~", "\u00e9", "\u20ac", "\U0001F600"};

enum { DISTANCE = 300 };

/* characters: between keyword and value, the signs at both ends among them. */
static char *apart(const char *first, const char *filler, size_t characters, const char *second)
{
    GString *text = g_string_new(first);

    g_string_append_c(text, '~');
    for (size_t i = 2; i < characters; i++)
        g_string_append(text, filler);
    g_string_append_c(text, '~');
    return g_string_free(g_string_append(text, second), FALSE);
}

static void check_distance(RuleSet *rules, const char *before, const char *text, bool is_near)
{
    g_autofree char *whole = g_strconcat(before, text, "\n", NULL);
    g_autofree char *found = testing_find(rules, whole);

    if ((*found != '\0') != is_near)
        g_test_fail_printf("%zu bytes before %s: %s", strlen(before), text, found);
}

static void test_a_keyword_counts_as_far_as_its_distance_whatever_the_characters(void)
{
    static const size_t distances[] = {2, 3, 63, 64, 65, 100, 128, 129, 200, 255, 299, 300, 301, 310, 600};
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(distances); j++) {
            g_autofree char *behind = apart("badge", fillers[i], distances[j], "123456789");
            g_autofree char *ahead = apart("1234567", fillers[i], distances[j], "serial");
            check_distance(rules, "", behind, distances[j] <= DISTANCE);
            check_distance(rules, "- ", behind, distances[j] <= DISTANCE);
            check_distance(rules, "", ahead, distances[j] <= DISTANCE);
        }
    }
}

/* The second keyword's distance begins within the first one's. */
static void test_each_of_two_keywords_counts_as_far_as_its_distance(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);
    g_autofree char *last = apart("badge", "~", DISTANCE, "123456789");
    g_autofree char *beyond = apart("badge", "~", DISTANCE + 1, "123456789");

    for (size_t between = 2; between < DISTANCE + 100; between += 49) {
        g_autofree char *first = apart("badge", "~", between, "");
        check_distance(rules, first, last, true);
        check_distance(rules, first, beyond, false);
    }
}

/* The window's end falls before the keyword, right behind it, between it and the value, and behind the value. */
static void test_a_keyword_counts_as_far_wherever_the_window_ends(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++) {
        g_autofree char *last = apart("badge", fillers[i], DISTANCE, "123456789");
        g_autofree char *beyond = apart("badge", fillers[i], DISTANCE + 1, "123456789");
        g_autofree char *ahead = apart("1234567", fillers[i], DISTANCE, "serial");
        for (size_t before = WINDOW_NEAR + 70; before > WINDOW_NEAR - strlen(beyond) - 20; before -= 75) {
            g_autofree char *lines = g_strnfill(before, '\n');
            check_distance(rules, lines, last, true);
            check_distance(rules, lines, beyond, false);
            check_distance(rules, lines, ahead, true);
        }
    }
}

/* ---- ranges of hits ---- */

/* What begins inside a match may be longer than it. */
#define RANGE_PATTERN "KEY(?:aKEY|b{1,40};)|aKEYb{0,40}"

static const char RANGE_RULES[] = "rules:\n"
                                  "  - id: sec.run\n" HEAD "    engine: literal\n"
                                  "    prefilter: 'KEY'\n"
                                  "    pattern: '" RANGE_PATTERN "'\n" TAIL;

/* A text of these pieces in an order that is the same in each run. far: how often it has long gaps. */
static char *keys_text(uint32_t seed, unsigned far, size_t len)
{
    static const char *const pieces[] = {"KEY", "KEYa", "KEYaKEYb", "a", "bbbbb", "b;", "K", " "};
    GString *text = g_string_new(NULL);

    while (text->len < len) {
        seed = seed * 1664525U + 1013904223U; /* Numerical Recipes, section 7.1 */
        g_string_append(text, pieces[seed >> 29]);
        unsigned gap = far > 0 && (seed >> 8) % far == 0 ? 40 + (seed >> 16) % 60 : 0;
        for (unsigned i = 0; i < gap; i++)
            g_string_append_c(text, '.');
    }
    return g_string_free(text, FALSE);
}

/* One behind the other, as GLib finds them in the whole text. */
static char *keys_expected(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new(RANGE_PATTERN, G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) info = NULL;
    GString *lines = g_string_new(NULL);

    for (bool is_found = g_regex_match(regex, text, 0, &info); is_found; is_found = g_match_info_next(info, NULL)) {
        int from = 0, to = 0;
        (void)g_match_info_fetch_pos(info, 0, &from, &to);
        g_string_append_printf(lines, "%d+%d\n", from, to - from);
    }
    return g_string_free(lines, FALSE);
}

static void write_place(void *data, const Match *match)
{
    g_string_append_printf(data, "%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT "\n", match->offset, match->length);
}

static void test_hits_in_ranges_give_each_match_once(void)
{
    static const unsigned fars[] = {0, 3, 20, 200};
    g_autoptr(RuleSet) rules = testing_rules(RANGE_RULES);

    for (uint32_t i = 0; i < 4 * G_N_ELEMENTS(fars); i++) {
        g_autofree char *text = keys_text(i, fars[i % G_N_ELEMENTS(fars)], 150000);
        g_autofree char *expected = keys_expected(text);
        g_autofree char *found = testing_write(rules, write_place, text, strlen(text) / (2 + i));
        g_assert_cmpuint(strlen(expected), >, 5000);
        if (strcmp(found, expected) != 0)
            g_test_fail_printf("text %u: %zu bytes of matches, expected %zu", i, strlen(found), strlen(expected));
    }
}

/* ---- matches inside others ---- */

static const char INNER_RULES[] = "rules:\n"
                                  "  - id: sec.inner\n" HEAD "    engine: class\n"
                                  "    shape: upper\n"
                                  "    start: UU\n"
                                  "    pattern: 'AA(?: BB)?|BB CC DD|FF GG (?:acme )?HH|HH II'\n"
                                  "    keywords: [acme]\n" TAIL;

static const char *const inner_cases[][2] = {
    {"acme BB CC DD\n", "BB CC DD\n"}, {"acme AA BB CC DD\n", "AA BB\n"}, /* the longer one begins inside the first */
    {"FF GG acme HH II\n", "HH II\n"},              /* of a higher tier than the one that it begins in */
    {"acme FF GG acme HH II\n", "FF GG acme HH\n"}, /* of the highest: what begins inside is none */
};

static void write_text(void *data, const Match *match)
{
    g_string_append_printf(data, "%.*s\n", (int)match->text.len, (const char *)match->text.data);
}

static void test_what_begins_inside_a_match_of_its_rule_is_none(void)
{
    g_autoptr(RuleSet) rules = testing_rules(INNER_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(inner_cases); i++) {
        g_autofree char *found = testing_write(rules, write_text, inner_cases[i][0], 0);
        g_assert_cmpstr(found, ==, inner_cases[i][1]);
    }
}

#define TEST(name) g_test_add_func("/detect/long-texts/" #name, test_##name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    TEST(paths_hold_behind_more_of_them_than_are_kept);
    TEST(paths_hold_of_what_is_over_by_then);
    TEST(paths_hold_in_a_list_that_was_begun_behind_many_members);
    TEST(a_keyword_counts_as_far_as_its_distance_whatever_the_characters);
    TEST(each_of_two_keywords_counts_as_far_as_its_distance);
    TEST(a_keyword_counts_as_far_wherever_the_window_ends);
    TEST(hits_in_ranges_give_each_match_once);
    TEST(what_begins_inside_a_match_of_its_rule_is_none);
    return g_test_run();
}
