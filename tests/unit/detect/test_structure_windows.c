/* Columns and paths in texts that are longer than a window, deep, wide, or never closed. */
#include "detect/structure/structure.h"
#include "structure_testing.h"

#include <string.h>

typedef struct LongCase {
    const char *what;
    const char *before, *filler, *after, *matches; /* filler is repeated between */
} LongCase;

static const LongCase long_cases[] = {
    {"JSON", "{\"badge\":{\"list\":[", "{\"a\":\"b,[\",\"c\":[1,2]},", "{\"n\":\"123456789\"}]},\"z\":987654321}",
        "id.badge 123456789 high $.badge.list["},
    {"CSV", "badge,\"a \"\"b\"\"\",c\n", "1,\"x\ny,\",2\n", "123456789,2,3\n4,987654321,6\n",
        "id.badge 123456789 high row "},
    {"XML", "<badge><list>", "<a b='c'>d</a>", "<n>123456789</n></list></badge><" FAR "><n>987654321</n>",
        "id.badge 123456789 high /badge/list/n\n"},
    {"JSON in lines", "", "info x {\"badge\":[{\"a\":\"b,[\"}]} end\n",
        "warn [a {\"badge\":[{\"n\":\"" FAR "123456789\"}]}\nx 987654321\n",
        "id.badge 123456789 high $[0].badge[0].n\n"},
    {"YAML in brackets", "badge:\n  list: {x: [\n", "    {a: b, 'c': \"d]\"}, e: f,\n",
        "    ], n: 123456789}\nother: 987654321\n", "id.badge 123456789 high $.badge.list.n\n"},
    {"YAML", "badge:\n  list:\n", "    - a: b\n      c: d\n", "    - n: 123456789\nother: 987654321\n",
        "id.badge 123456789 high $.badge.list["},
};

/* The value falls at every place of the window's step. */
static void test_structure_holds_wherever_the_window_ends(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(long_cases); i++) {
        const LongCase *test = &long_cases[i];
        for (size_t before = 62 * 1024; before < 67 * 1024; before += 97) {
            g_autoptr(GString) text = g_string_new(test->before);
            const Feeding whole = {0}, pieces = {.piece = 777};
            while (text->len < before)
                g_string_append(text, test->filler);
            g_string_append(text, test->after);
            g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
            g_autofree char *in_pieces = structure_find(rules, &pieces, text->str, text->len);
            g_assert_cmpstr(matches, ==, in_pieces);
            if (!g_str_has_prefix(matches, test->matches) || strstr(matches, "987654321") != NULL)
                g_test_fail_printf("%s at %zu: %s", test->what, before, matches);
        }
    }
}

/* Else they would be as many as levels times places: millions in a window. */
static void test_stretches_are_no_more_than_the_sets_of_rules_that_change(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new(NULL);
    Structure *structure = structure_new(rules);
    g_autoptr(GArray) zones = g_array_new(FALSE, FALSE, sizeof(Zone));

    for (int i = 0; i < 30; i++)
        g_string_append(text, "{\"badge\":{\"serial\":");
    g_string_append(text, "[[]");
    for (int i = 0; i < 20000; i++)
        g_string_append(text, ",[]");
    const TextView view = {.data = (const uint8_t *)text->str, .len = text->len};
    structure_feed(structure, &view, STRUCTURE_LAST);
    structure_add_hot(structure, 0, text->len, zones);
    g_assert_cmpuint(zones->len, ==, 2); /* below badge, and below both */
    const Zone *outer = &g_array_index(zones, Zone, 0), *inner = outer + 1;
    g_assert_cmpuint(outer->from, <, outer->to);
    g_assert_cmpuint(outer->to, <=, inner->from);
    g_assert_cmpuint(inner->from, <, inner->to);
    g_assert_cmpuint(inner->to, ==, text->len);
    structure_free(structure);
}

static void test_deep_and_wide_structures_end_as_they_must(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("{\"badge\":");
    const Feeding whole = {0};

    for (int i = 0; i < 100000; i++)
        g_string_append(text, "[{\"a\":");
    g_string_append(text, "123456789");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "}]");
    g_string_append(text, ",\"c\":987654321}");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_true(g_str_has_prefix(matches, "id.badge 123456789 high $.badge[0].a"));
    g_assert_null(strstr(matches, "987654321"));
}

/* More members than nodes are remembered by name. */
static void test_each_of_many_members_has_its_own_path(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("{"), expected = g_string_new(NULL);
    const Feeding whole = {0};

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 26 * 26; i++) {
            int first = 'a' + i / 26, second = 'a' + i % 26;
            g_string_append_printf(text, "\"k%c%c\": \"KEY%06d\",\n", first, second, i);
            g_string_append_printf(expected, "sec.key KEY%06d medium $.k%c%c\n", i, first, second);
        }
    }
    g_string_append(text, "\"end\": 0}");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_cmpstr(matches, ==, expected->str);
}

/* However the text lies in blocks: escapes before quotes and other escapes, in names and values. */
static void test_escapes_are_read_wherever_they_stand(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);
    const Feeding whole = {0};

    for (size_t width = 0; width < 130; width++) {
        g_autofree char *pad = g_strnfill(width, '-');
        g_string_append_printf(text,
            "{\"%s\": \"\\\\\", \"a\": [\"\\\"]}\\\\\\\"{\", {\"b\\\"\\\\c\": \"KEY%06zu\"}], \"d\\n\": "
            "\"KEY%06zu\"}\n",
            pad, width, width);
        g_string_append_printf(
            expected, "sec.key KEY%06zu medium $.a[1]['b\"\\\\c']\nsec.key KEY%06zu medium $['d ']\n", width, width);
    }
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_cmpstr(matches, ==, expected->str);
}

/* The records of a list have different numbers, and each its own list within. */
static void test_each_item_of_lists_has_its_own_number(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("["), expected = g_string_new(NULL);
    const Feeding whole = {0};

    for (int i = 0; i < 6000; i++) {
        g_string_append_printf(text, "%s{\"n\": [[], [0, \"KEY%06d\"]]}", i > 0 ? "," : "", i);
        g_string_append_printf(expected, "sec.key KEY%06d medium $[%d].n[1][1]\n", i, i);
    }
    g_string_append(text, "]");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_cmpstr(matches, ==, expected->str);
}

/* Two rounds: what is remembered of a short name is not all of a long one. */
static void test_names_of_any_length_that_differ_in_one_letter_are_told_apart(void)
{
    enum { LONGEST = 20 };
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("{"), expected = g_string_new(NULL);
    const Feeding whole = {0};

    for (int round = 0; round < 2; round++) {
        for (int len = 1; len <= LONGEST; len++) {
            for (int odd = 0; odd < len; odd++) {
                g_autofree char *name = g_strnfill((gsize)len, 'a');
                name[odd] = 'b';
                g_string_append_printf(text, "\"%s\": [\"KEY%06d\", \"KEY111111\"],\n", name, odd);
                g_string_append_printf(expected, "sec.key KEY%06d medium $.%s[0]\n", odd, name);
                g_string_append_printf(expected, "sec.key KEY111111 medium $.%s[1]\n", name);
            }
        }
    }
    g_string_append(text, "\"end\": 0}");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_cmpstr(matches, ==, expected->str);
}

/* Else the path would be full of them, and be the path of all that follows. */
static void test_elements_that_nobody_closes_do_not_pile_up(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("<doc><table>");
    const Feeding whole = {0}, pieces = {.piece = 333};

    for (int i = 0; i < 1000; i++)
        g_string_append(text, "<tr><td><badge>1<p>2<p>3</td></tr>");
    g_string_append(text, "</table>");
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "<badge>1");
    g_string_append(text, "<i>" FAR_AWAY "</i><n>987654321</n><badge><b>123456789</b></badge></doc>");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_autofree char *in_pieces = structure_find(rules, &pieces, text->str, text->len);
    g_assert_cmpstr(matches, ==, "id.badge 123456789 high /doc/badge/b\n");
    g_assert_cmpstr(in_pieces, ==, matches);
}

/* A tag that goes on over many windows, behind more nodes than are kept: the path is made smaller while it is open. */
static void test_a_tag_longer_than_any_window_keeps_its_place(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    g_autoptr(GString) text = g_string_new("<docs>");
    const Feeding whole = {0}, pieces = {.piece = 1000};

    for (int i = 0; i < 30000; i++)
        g_string_append(text, "<x y='1'/>");
    g_string_append(text, "<staff><row");
    for (int i = 0; i < 30000; i++)
        g_string_append(text, " other='value'");
    g_string_append(text, " badge='123456789'><n>1</n></row><badge>123456780</badge></staff></docs>");
    const char *const expected =
        "id.badge 123456789 high /docs/staff/row/@badge\nid.badge 123456780 high /docs/staff/badge\n";
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_autofree char *in_pieces = structure_find(rules, &pieces, text->str, text->len);
    g_assert_cmpstr(matches, ==, expected);
    g_assert_cmpstr(in_pieces, ==, expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/structure-windows/structure-holds-wherever-the-window-ends",
        test_structure_holds_wherever_the_window_ends);
    g_test_add_func("/detect/structure-windows/stretches-are-no-more-than-the-sets-of-rules-that-change",
        test_stretches_are_no_more_than_the_sets_of_rules_that_change);
    g_test_add_func("/detect/structure-windows/elements-that-nobody-closes-do-not-pile-up",
        test_elements_that_nobody_closes_do_not_pile_up);
    g_test_add_func(
        "/detect/structure-windows/each-of-many-members-has-its-own-path", test_each_of_many_members_has_its_own_path);
    g_test_add_func("/detect/structure-windows/deep-and-wide-structures-end-as-they-must",
        test_deep_and_wide_structures_end_as_they_must);
    g_test_add_func("/detect/structure-windows/a-tag-longer-than-any-window-keeps-its-place",
        test_a_tag_longer_than_any_window_keeps_its_place);
    g_test_add_func(
        "/detect/structure-windows/escapes-are-read-wherever-they-stand", test_escapes_are_read_wherever_they_stand);
    g_test_add_func(
        "/detect/structure-windows/each-item-of-lists-has-its-own-number", test_each_item_of_lists_has_its_own_number);
    g_test_add_func("/detect/structure-windows/names-of-any-length-that-differ-in-one-letter-are-told-apart",
        test_names_of_any_length_that_differ_in_one_letter_are_told_apart);
    return g_test_run();
}
