/* Names that stand apart from their values in JSON, HTML and the XML of spreadsheets. */
#include "detect_testing.h"

#include <string.h>

/* The keyword reaches no further than its own cell: what is found is found by a name elsewhere. */
static const char RULES[] =
    "rules:\n"
    "  - id: id.badge\n"
    "    name: n\n    description: d\n    category: personal\n    severity: high\n    mask: all\n"
    "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['9']\n"
    "    keyword: required\n"
    "    keywords: [badge]\n"
    "    distance: 4\n"
    "    examples: {match: [x], no_match: [y]}\n";

#define FAR "sixty characters, none of which may stand for anything here"

typedef struct Labelled {
    const char *what, *text, *matches;
} Labelled;

static void write_line(void *data, const Match *match)
{
    g_string_append_printf(data, "%.*s %s\n", (int)match->text.len, (const char *)match->text.data,
        match->record_path != NULL ? match->record_path : "-");
}

/* As Excel, LibreOffice, pandas, docker and the programs of clouds write them. */
static const Labelled texts[] = {
    {"JSON, a row of names over others", "[[\"name\", \"badge\", \"id\"], [\"Ann\", \"123456789\", 111111111]]\n",
        "123456789 $[1][1]\n"},
    {"JSON, orient=split",
        "{\"columns\":[\"badge\",\"day\"],\"index\":[0,222222222],\"data\":[[\"123456789\",111111111],[null,0]]}",
        "123456789 $.data[0][0]\n"},
    {"JSON, objects for columns",
        "{\"fields\":[{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"badge\",\"type\":\"text\"}],\n"
        " \"rows\":[[222222222,\"123456789\"],[111111111,987654321]]}",
        "123456789 $.rows[0][1]\n987654321 $.rows[1][1]\n"},
    {"JSON, objects in rows take no name of a column",
        "{\"columns\":[\"badge\",\"badge\",\"x\"],\"rows\":[{\"x\":\"123123123\"}]}", ""},
    {"JSON, names end with what holds them", "{\"a\":{\"columns\":[\"badge\",\"id\",\"x\"]},\"rows\":[[123123123,1]]}",
        ""},
    {"JSON, name and value", "{\"env\":[{\"name\":\"STAFF_BADGE\",\"type\":\"x\",\"value\":\"123456789\"}]}",
        "123456789 $.env[0].value\n"},
    {"JSON, Key and Value",
        "{\"Tags\":[{\"Key\":\"badge\",\"Value\":\"123456789\"},{\"Key\":\"x\",\"Value\":\"123123123\"}]}",
        "123456789 $.Tags[0].Value\n"},
    {"JSON, a label before the kind", "[{\"label\":\"Badge\",\"required\":true,\"type\":\"text\",\"value\":123456789}]",
        "123456789 $[0].value\n"},
    {"JSON, Value and Key",
        "{\"Tags\":[{\"Value\":\"123456789\",\"Key\":\"badge\"},{\"Value\":\"123123123\",\"Key\":\"x\"}]}",
        "123456789 $.Tags[0].Value\n"},
    {"JSON, a number before its name", "[{\n  \"value\": 123456789,\n  \"id\": 1,\n  \"name\": \"badge\"\n}]",
        "123456789 $[0].value\n"},
    {"JSON, the name of another object", "[{\"value\":\"123123123\"},{\"name\":\"badge\"}]", ""},
    {"JSON, the name of an inner object", "{\"value\":\"123123123\",\"x\":{\"name\":\"badge\"}}", ""},
    {"JSON, the name of an outer object", "{\"x\":{\"value\":\"123123123\"},\"name\":\"badge\"}", ""},
    {"JSON, a name that is no string", "{\"value\":\"123123123\",\"name\":7,\"x\":\"badge\"}", ""},
    {"JSON, a name far behind its value", "{\"value\":\"123123123\",\"x\":\"" FAR FAR FAR FAR "\",\"name\":\"badge\"}",
        ""},
    {"JSON, prose is no value of a name", "[{\"label\":\"Badge\",\"type\":\"text\",\"value\":\"we saw 123123123 go\"}]",
        ""},
    {"a spreadsheet of Excel",
        "<?xml version=\"1.0\"?>\n<Workbook><Worksheet ss:Name=\"A\"><Table>\n"
        " <Row>\n  <Cell><Data ss:Type=\"String\">Name</Data></Cell>\n"
        "  <Cell><Data ss:Type=\"String\">Badge no</Data></Cell>\n </Row>\n"
        " <Row>\n  <Cell><Data ss:Type=\"String\">Ann</Data></Cell>\n"
        "  <Cell><Data ss:Type=\"Number\">123456789</Data></Cell>\n </Row>\n"
        " <Row>\n  <Cell ss:Index=\"2\"><Data ss:Type=\"Number\">987654321</Data></Cell>\n"
        "  <Cell><Data ss:Type=\"Number\">111111111</Data></Cell>\n </Row>\n"
        "</Table></Worksheet></Workbook>\n",
        "123456789 /Workbook/Worksheet/Table/Row/Cell/Data\n987654321 /Workbook/Worksheet/Table/Row/Cell/Data\n"},
    {"a flat spreadsheet of OpenDocument",
        "<?xml version=\"1.0\"?>\n<table:table table:name=\"A\"><table:table-column/>"
        "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>id</text:p></table:table-cell>"
        "<table:table-cell/><table:table-cell><text:p>badge</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell table:number-columns-repeated=\"2\"/>"
        "<table:table-cell><text:p>123456789</text:p></table:table-cell>"
        "<table:table-cell><text:p>111111111</text:p></table:table-cell></table:table-row></table:table>\n",
        "123456789 /table/table-row/table-cell/p\n"},
    {"HTML, as pandas writes it",
        "<html><table border=\"1\" class=\"dataframe\">\n  <thead>\n    <tr style=\"text-align: right;\">\n"
        "      <th></th>\n      <th>badge</th>\n      <th>day</th>\n    </tr>\n  </thead>\n  <tbody>\n    <tr>\n"
        "      <th>0</th>\n      <td>123456789</td>\n      <td>222222222</td>\n    </tr>\n  </tbody>\n</table></html>",
        "123456789 /html/table/tbody/tr/td\n"},
    {"HTML without the ends that it may leave out",
        "<html><table><tr><td>Day<td>Badge<td>Room<tr><td>222222222<td>123456789<td>111111111</table></html>",
        "123456789 /html/table/tr/td\n"},
    {"HTML, a name over two columns",
        "<html><table><tr><th colspan=2>Person</th><th class=b>Badge</th></tr>\n"
        "<tr><td>123123123</td><td>321321321</td><td>123456789</td></tr>\n"
        "<tr><td class=x colspan=\"2\">-</td><td>987654321</td></tr></table></html>",
        "123456789 /html/table/tr/td\n987654321 /html/table/tr/td\n"},
    {"HTML, names and values side by side",
        "<html><table>\n<tr>\n <td class=\"a\"><b>Badge:</b></td>\n <td class=\"long-name-of-a-class\">123456789</td>\n"
        "</tr>\n<tr><th>Day</th><td>222222222</td></tr>\n</table></html>",
        "123456789 /html/table/tr/td\n"},
    {"HTML, terms",
        "<html><dl><dt>Badge</dt><dd class=\"col-sm-9\">123456789</dd><dt>x</dt><dd>222222222</dd></dl></html>",
        "123456789 /html/dl/dd\n"},
    {"HTML, a cell of prose",
        "<html><table><tr><th>Badge</th><th>Day</th></tr><tr><td>all of the 123123123 and "
        "more</td></tr></table></html>",
        ""},
    {"HTML, a form", "<html><input name=\"badge\" type=\"text\" class=\"form-control\" value=\"123456789\"></html>",
        "123456789 /html/input/@value\n"},
    {"XML, keys and values",
        "<?xml version=\"1.0\"?>\n<a><add key=\"x\" value=\"222222222\"/><add key=\"badge\" order=\"1\" "
        "value=\"123456789\"/></a>",
        "123456789 /a/add/@value\n"},
    {"XML, a table in a cell, and rows behind it",
        "<html><table><tr><th>Day</th><th>Badge</th></tr><tr><td><table><tr><td>1</td></tr></table></td>"
        "<td>123123123</td></tr></table></html>",
        ""},
};

static void test_a_name_apart_counts_for_its_value_however_the_text_is_cut(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        for (size_t cut = 0; cut <= strlen(texts[i].text); cut++) {
            g_autofree char *matches = testing_write(rules, write_line, texts[i].text, cut);
            if (strcmp(matches, texts[i].matches) == 0)
                continue;
            g_test_message("%s, cut at %zu: %s", texts[i].what, cut, matches);
            g_test_fail();
            break;
        }
    }
}

/* Rows over many windows, all but the first far from the names. */
static void test_a_table_of_any_length_keeps_its_names(void)
{
    enum { ROWS = 20000 };
    static const struct {
        const char *head, *before, *behind, *path;
    } forms[] = {
        {"{\"columns\":[\"id\",\"badge\",\"x\"],\"data\":[[0,0,0]", ",\n[1,\"", "\",2]", "$.data[%d][1]"},
        {"<html><table><tr><th>id</th><th>badge</th></tr>", "<tr><td>some text</td><td>", "</td></tr>\n",
            "/html/table/tr/td"},
    };
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GString) text = g_string_new(forms[i].head), expected = g_string_new(NULL);
        for (int row = 1; row <= ROWS; row++) {
            g_string_append_printf(text, "%s%d%s", forms[i].before, 100000000 + row, forms[i].behind);
            g_string_append_printf(expected, "%d ", 100000000 + row);
            if (i == 0)
                g_string_append_printf(expected, "$.data[%d][1]\n", row);
            else
                g_string_append_printf(expected, "%s\n", forms[i].path);
        }
        g_autofree char *matches = testing_write(rules, write_line, text->str, text->len / 3);
        if (!g_str_equal(matches, expected->str))
            g_test_message("%s: %.200s", forms[i].head, matches);
        g_assert_true(g_str_equal(matches, expected->str));
    }
}

/* What stands where names may stand is data mostly: it must not take the room of names that come later. */
static void test_texts_that_might_be_names_leave_room_for_names(void)
{
    enum { TEXTS = 5000 };
    static const struct {
        const char *head, *before, *behind, *end, *match;
    } forms[] = {
        {"[", "{\"name\":\"", "\",\"value\":1},\n", "{\"zebra\":{\"badge\":\"123456789\"}}]",
            "123456789 $[5000].zebra.badge\n"},
        {"<html><table>", "<tr><td>", "</td><td>1</td></tr>\n",
            "</table><zebra><badge>123456789</badge></zebra></html>", "123456789 /html/zebra/badge\n"},
        {"<list>", "<item name=\"", "\" value=\"1\"/>\n", "<zebra><badge>123456789</badge></zebra></list>",
            "123456789 /list/zebra/badge\n"},
    };
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GString) text = g_string_new(forms[i].head);
        for (int n = 0; n < TEXTS; n++)
            g_string_append_printf(text, "%sText %d%s", forms[i].before, n, forms[i].behind);
        g_string_append(text, forms[i].end);
        g_autofree char *matches = testing_write(rules, write_line, text->str, text->len / 2);
        g_assert_cmpstr(matches, ==, forms[i].match);
    }
}

/* A keyword may be as far from what stands right before the value as its distance allows. */
static void test_layout_before_a_value_takes_no_distance(void)
{
    static const char *const cases[][2] = {
        {"badge,x;\"value\": \"123456789\"", "123456789 -\n"}, {"badge,x;y\"value\": \"123456789\"", "123456789 -\n"},
        {"badge,x;yz\"value\": \"123123123\"", ""}, {"badge xyz</td><td>123456789", "123456789 -\n"},
        {"badge xyz</td><td class=\"number wide\">123456789", "123456789 -\n"}, {"badge wxyz</td><td>123123123", ""},
        {"badge,xy; ........ 123456789", "123456789 -\n"}, {"badge,wxyz ........ 123123123", ""},
        {"badge,xyz\": 123123123", ""}, /* a quote and a colon are punctuation */
    };
    enum { BEHIND = 1000 }; /* of text, so that it is known where the layout ends */
    g_autoptr(RuleSet) rules = testing_rules(RULES);
    g_autofree char *behind = g_strnfill(BEHIND, 'z');

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("See %s %s", cases[i][0], behind);
        g_autofree char *long_matches = testing_write(rules, write_line, text, 3);
        g_autofree char *matches = testing_write(rules, write_line, cases[i][0], 3);
        g_assert_cmpstr(long_matches, ==, cases[i][1]);
        g_assert_cmpstr(matches, ==, cases[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/labels/a-name-apart-counts-for-its-value-however-the-text-is-cut",
        test_a_name_apart_counts_for_its_value_however_the_text_is_cut);
    g_test_add_func("/detect/labels/a-table-of-any-length-keeps-its-names", test_a_table_of_any_length_keeps_its_names);
    g_test_add_func("/detect/labels/texts-that-might-be-names-leave-room-for-names",
        test_texts_that_might_be_names_leave_room_for_names);
    g_test_add_func(
        "/detect/labels/layout-before-a-value-takes-no-distance", test_layout_before_a_value_takes_no_distance);
    return g_test_run();
}
