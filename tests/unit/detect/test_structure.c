/* Columns and paths as keywords, and as places: what the engine knows of the structure around a value. */
#include "structure_testing.h"

#include <string.h>

typedef struct Place {
    const char *what, *text, *matches;
} Place;

static const Place places[] = {
    {"CSV", "name,badge_no,city\nAnn,123456789,Bonn\nBob,987654321,Rome\n",
        "id.badge 123456789 high row 2 cell 2 badge_no\nid.badge 987654321 high row 3 cell 2 badge_no\n"},
    {"columns of years", "name,2023,2024,badge\nAnn,1.5,2.5,123456789\nBob,0.5,7.5,987654321\n",
        "id.badge 123456789 high row 2 cell 4 badge\nid.badge 987654321 high row 3 cell 4 badge\n"},
    {"columns of days", "badge,1/22/20,1/23/20,2024-01,2024-01-31\n123456789,0,0,1,12\n",
        "id.badge 123456789 high row 2 cell 1 badge\n"},
    {"signs and nothing for names", "%,-,,badge,,note\n1,2,x,123456789,y,z\n",
        "id.badge 123456789 high row 2 cell 4 badge\n"},
    {"a name that is none among names", "a,b=c,d,e,badge\n1,2,x,y,123456789\n",
        "id.badge 123456789 high row 2 cell 5 badge\n"},
    {"a question for a name",
        "Time,\"What is the number, if any, on the badge that you wear at your neck when you are at work?\",City\n"
        "1,123456789,Bonn\n2,987654321,Rome\n",
        "id.badge 123456789 high row 2 cell 2 *\nid.badge 987654321 high row 3 cell 2 *\n"},
    {"years below a year are no names", "badge,2023," FAR "\n123456789,2024,c\n987654321,2025,d\n", ""},
    {"a delimiter at the end of each row", "a;badge\nx;123456789;\ny;987654321;\n",
        "id.badge 123456789 high row 2 cell 2 badge\nid.badge 987654321 high row 3 cell 2 badge\n"},
    {"a delimiter at the end of the header", "a;b;badge;\nx;y;123456789\ny;x;987654321\n",
        "id.badge 123456789 high row 2 cell 3 badge\nid.badge 987654321 high row 3 cell 3 badge\n"},
    {"a comment before the header", "# made by x, y\n#\nn,x,badge\nAnn,x,123456789\nBob,x,987654321\n",
        "id.badge 123456789 high row 4 cell 3 badge\nid.badge 987654321 high row 5 cell 3 badge\n"},
    {"a header that is a comment", "##version=4.2\n##x\n#n\tx\tbadge\nAnn\tx\t123456789\nBob\tx\t987654321\n",
        "id.badge 123456789 high row 4 cell 3 badge\nid.badge 987654321 high row 5 cell 3 badge\n"},
    {"a title before the header", "Staff of 2024-11-01\n\nn,x,badge\nAnn,x,123456789\nBob,x,987654321\n",
        "id.badge 123456789 high row 4 cell 3 badge\nid.badge 987654321 high row 5 cell 3 badge\n"},
    {"a title in a row of its own, filled up",
        "Staff,,,\nBonn,,\"\",\nn,x,y,badge\nAnn,x,,123456789\nBob,x,,987654321\n",
        "id.badge 123456789 high row 4 cell 4 badge\nid.badge 987654321 high row 5 cell 4 badge\n"},
    {"Excel's own first line", "sep=^\nn^badge\na,b^123456789\nc,d^987654321\n",
        "id.badge 123456789 high row 3 cell 2 badge\nid.badge 987654321 high row 4 cell 2 badge\n"},
    {"a header of two lines", "n;\"home\r\ntown\";badge\r\na;b;123456789\r\nc;d;987654321\r\n",
        "id.badge 123456789 high row 2 cell 3 badge\nid.badge 987654321 high row 3 cell 3 badge\n"},
    {"a table of Markdown", "| badge | name |\n|---|---|\n| 123456789 | Ann |\n| 987654321 | Bob |\n",
        "id.badge 123456789 high row 3 cell 2 badge\nid.badge 987654321 high row 4 cell 2 badge\n"},
    {"a short table's last line", "n,x,badge\nAnn,x,123456789\nBob,x,-\nCy,y,-\n3 rows\n",
        "id.badge 123456789 high row 2 cell 3 badge\n"},
    {"a quote that is the sign of inches",
        "n,x,badge\na,\"5 "
        "pipe,1\nb,x,2\nc,x,3\nd,x,4\ne,x,123456789\nf,x,987654321\ng,x,1\nh,x,1\ni,x,1\nj,x,1\nk,x,1\nl,x,1\n",
        "id.badge 123456789 high row 6 cell 3 badge\nid.badge 987654321 high row 7 cell 3 badge\n"},
    {"what stands before a table is not in it", "badge\n\n987654321 of " FAR "\nn,x,y\n123456789,b,c\nc,d,e\n", ""},
    {"prose with commas",
        "Ann, Bob, and the badge\nwere, as we say, lost " FAR ".\nCall 123456789 " FAR ", 987654321\n", ""},
    {"another column is not meant", "name,badge,total\nAnn,-,123456789\nBob,-,123456788\n", ""},
    {"semicolons, quotes, a line break and a delimiter in a cell",
        "note;Badge\n\"two\nlines; and more\";\"123456789\"\nx;987654321\ny;-\n",
        "id.badge 123456789 high row 2 cell 2 Badge\nid.badge 987654321 high row 3 cell 2 Badge\n"},
    {"tabs", "badgeNumber\tname\n123456789\tAnn\n987654321\tBob\n1\tCy\n",
        "id.badge 123456789 high row 2 cell 1 badgeNumber\nid.badge 987654321 high row 3 cell 1 badgeNumber\n"},
    {"bars", "a|badge|b\n1|123456789|2\n", "id.badge 123456789 high row 2 cell 2 badge\n"},
    {"a doubled quote", "note,badge\n\"say \"\"x\"\", y\",123456789\n1,2\n",
        "id.badge 123456789 high row 2 cell 2 badge\n"},
    {"line ends of DOS", "n,badge\r\n1,123456789\r\n2,987654321\r\n",
        "id.badge 123456789 high row 2 cell 2 badge\nid.badge 987654321 high row 3 cell 2 badge\n"},
    {"one column", "badge\n123456789\n987654321\n555555555\n",
        "id.badge 123456789 high row 2 cell 1 badge\nid.badge 987654321 high row 3 cell 1 badge\n"
        "id.badge 555555555 high row 4 cell 1 badge\n"},
    {"one column with blanks and commas in quotes", "badge\n\"of 123456789, Bonn\"\n\"of 987654321, Rome\"\n",
        "id.badge 123456789 high row 2 cell 1 badge\nid.badge 987654321 high row 3 cell 1 badge\n"},
    {"one column of numbers with blanks", "badge\n12 34 no\n123456789\n98 76 54\n987654321\n",
        "id.badge 123456789 high row 3 cell 1 badge\nid.badge 987654321 high row 5 cell 1 badge\n"},
    {"lines of text below a word are no column",
        "badge\nwe met at 12 30 45 " FAR "\nsome 123456789 letters\nsome 987654321 letters\n", ""},
    {"one column with blanks whose name is no keyword is text", "total\nbadge 12345\n123456789\n",
        "id.badge 123456789 high\n"},
    {"one column whose lines end with CR alone", "badge\r123456789\r987654321\r",
        "id.badge 123456789 high row 2 cell 1 badge\nid.badge 987654321 high row 3 cell 1 badge\n"},
    {"a header of data is none", "Ann,bob@ab.org,1\nBob,x,2\nbadge 123456789,y,3\n", "id.badge 123456789 high\n"},
    {"the header's last name is not the first cell's keyword", "n,badge\n123456789,x\n987654321,y\n", ""},
    {"a keyword in the row counts", "kind,number\nbadge,123456789\nother,987654321\n",
        "id.badge 123456789 high row 2 cell 2 number\n"},
    {"a column that refuses", "order_no,badge\n123456789,1\n2,3\n", ""},
    {"a column that refuses though a keyword is near", "kind,tracking\nbadge,123456789\nx,1\n", ""},
    {"JSON", "{\"patient\": {\"badge\": {\"no\": \"123456789\"}}, \"x\": \"987654321\"}",
        "id.badge 123456789 high $.patient.badge.no\n"},
    {"JSON, a name far above", "{\"badge\": {\"" FAR "\": {\"" FAR "\": [1, [{\"n\": 123456789}]]}}}",
        "id.badge 123456789 high $.badge['" FAR "']['" FAR "'][1][0].n\n"},
    {"JSON lines",
        "{\"badge\":1,\"" FAR "\":{}}\n{\"x\":\"" FAR "\",\"n\":123456789}\n"
        "{\"badge\":[\"" FAR "\",\"987654321\"]}\n",
        "id.badge 987654321 high $.badge[1]\n"},
    {"JSON, escapes and brackets in strings", "{\"badge\": \"\\\"]}\\\\\", \"a\": [\"{\", {\"badge\": [123456789]}]}",
        "id.badge 123456789 high $.a[1].badge[0]\n"},
    {"JSON, a key with escapes",
        "{\"b\\u0061dg\\u0065\": {\"" FAR "\": 123456789}, \"a\\tb\\/\": {\"badge\": [987654321]}}",
        "id.badge 123456789 high $.badge['" FAR "']\nid.badge 987654321 high $['a b/'].badge[0]\n"},
    {"JSON, an array that begins with a number", "[-1.5, {\"badge\": {\"f\": \"" FAR "\", \"v\": 123456789}}]",
        "id.badge 123456789 high $[1].badge.v\n"},
    {"JSON, an array that begins with null", "[null, {\"badge\": {\"f\": \"" FAR "\", \"v\": 123456789}}]",
        "id.badge 123456789 high $[1].badge.v\n"},
    {"JSON with comments", "// it's so\n/* [ */ {\n // of course\n \"badge\": {\"f\": \"" FAR "\", \"v\": 123456789}}",
        "id.badge 123456789 high $.badge.v\n"},
    {"JSON in lines of a log",
        "10:23 info [x {\"badge\":{\"f\":\"" FAR "\",\"v\":123456789}}\n10:24 warn it's {\"n\":\"" FAR
        "\",\"v\":987654321}\n10:25 \"bad\n10:26 info {\"badge\":[\"" FAR "\",\"987654321\"]}\n",
        "id.badge 123456789 high $[0].badge.v\nid.badge 987654321 high $.badge[1]\n"},
    {"a section is no array", "[badge]\nx = " FAR "\ny = 987654321\n", ""},
    {"damaged JSON is text", "{\"a\": [\"cut\n badge 123456789 ]]}}}} \"badge\": 987654321",
        "id.badge 123456789 high\nid.badge 987654321 high\n"},
    {"names only keywords of fields know", "{\"insurance\": {\"" FAR "\": 123456789}}",
        "id.badge 123456789 high $.insurance['" FAR "']\n"},
    {"keywords of fields in plain text", "insurance 123456789", ""},
    {"XML", "<?xml version='1.0'?>\n<staff><badge a=\"1\"><n>123456789</n></badge><" FAR "><n>987654321</n></staff>",
        "id.badge 123456789 high /staff/badge/n\n"},
    {"an XML attribute", "<staff><one badge='123456789' x='" FAR "' y='987654321'/></staff>",
        "id.badge 123456789 high /staff/one/@badge\n"},
    {"XML, comments and CDATA", "<badge><!-- <a> --><![CDATA[ <b> " FAR " 123456789 ]]></badge>",
        "id.badge 123456789 high /badge\n"},
    {"HTML that closes nothing", "<html><body><br><badge><p>" FAR "<p>123456789</badge>" FAR "<p>987654321</body>",
        "id.badge 123456789 high /html/body/badge/p/p\n"},
    {"what HTML never closes may be closed in XML",
        "<?xml version='1.0'?><doc><link>x</link><input><badge>" FAR "123456789</badge></input></doc>",
        "id.badge 123456789 high /doc/input/badge\n"},
    {"an element with text that nobody closes is not for ever",
        "<doc><badge>7<a>" FAR_AWAY "</a><b>987654321</b><badge>" FAR "123456789</badge></doc>",
        "id.badge 123456789 high /doc/badge\n"},
    {"one that holds others is, however much they hold",
        "<doc><badge>\n <a>" FAR_AWAY "</a><b>123456789</b></badge><c>" FAR_AWAY "</c><b>987654321</b></doc>",
        "id.badge 123456789 high /doc/badge/b\n"},
    {"one that begins with a comment holds others, too",
        "<doc><badge><!-- x --><a>" FAR_AWAY "</a><b>123456789</b></badge><c>" FAR_AWAY "</c><b>987654321</b></doc>",
        "id.badge 123456789 high /doc/badge/b\n"},
    {"a program of PHP is none", "<?php echo \"<badge>\"; // " FAR "\n$n = 123456789; // badge 987654321\n",
        "id.badge 987654321 high\n"},
    {"nor one of short tags", "<?= $badge ?><badge>" FAR FAR "123456789", ""},
    {"a style sheet's line before the XML", "<?xml-stylesheet href='a'?><badge>" FAR " 123456789</badge>",
        "id.badge 123456789 high /badge\n"},
    {"YAML", "patient:\n  badge:\n    - " FAR "\n    - 123456789\n  other: 987654321\nz: 1\n",
        "id.badge 123456789 high $.patient.badge[1]\n"},
    {"YAML, items as deep as their key", "badge:\n- a: " FAR "\n  n: 123456789\nother:\n- 987654321\n",
        "id.badge 123456789 high $.badge[0].n\n"},
    {"YAML, text", "badge: |\n  " FAR "\n  a: 123456789\nother: " FAR "\nlast: 987654321\n",
        "id.badge 123456789 high $.badge\n"},
    {"YAML, an item at the very end", "badge:\n- " FAR "\n- 123456789", "id.badge 123456789 high $.badge[1]\n"},
    {"YAML, lists in lists", "z:\n  badge:\n  - - " FAR "\n    - 987654321\n  - x: [" FAR "]\n    y: 123456789\n",
        "id.badge 987654321 high $.z.badge[0][1]\nid.badge 123456789 high $.z.badge[1].y\n"},
    {"YAML, a list of records", "- a: 1\n  badge: {x: " FAR ", y: 123456789}\n- a: 2\n  n: 987654321\n",
        "id.badge 123456789 high $[0].badge.y\n"},
    {"YAML, items whose values stand below", "badge:\n  -\n    x: " FAR "\n    y: 123456789\n  -\n    y: 1\n",
        "id.badge 123456789 high $.badge[0].y\n"},
    {"YAML, brackets", "a: {badge: {f: " FAR ", v: 123456789}, w: [" FAR ", 987654321]}\n",
        "id.badge 123456789 high $.a.badge.v\n"},
    {"YAML, brackets over lines, in quotes and with comments",
        "a: !x {  # it's {\n  \"badge\": ['" FAR "]', \"{\\\"\", it's,\n    http://a/#b, 123456789 ],\n"
        "  z: {n: " FAR ", m: 987654321}\n}\nb: 987654321\n",
        "id.badge 123456789 high $.a.badge[4]\n"},
    {"YAML, brackets that nobody closes", "a: [" FAR "\nbadge:\n  x: " FAR "\n  y: 123456789\nz: " FAR " 987654321\n",
        "id.badge 123456789 high $.badge.y\n"},
    {"YAML, a long licence",
        "# \n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n"
        "#\n#\n#\n#\n#\n#\n#\n#\n#\n\nbadge:\n  x: " FAR "\n  y: 123456789\n",
        "id.badge 123456789 high $.badge.y\n"},
    {"YAML, a program inside",
        "a: 1\nrun: |\n  set -e\n  cd /x\n  ls -l\n  make\n  cat x\n  - y\n  exit 1\n\n  echo\nbadge:\n  x: " FAR
        "\n  y: 123456789\n",
        "id.badge 123456789 high $.badge.y\n"},
    {"YAML, texts in a list", "badge:\n- |\n  " FAR "\n  a: 123456789\n- x: 1\n",
        "id.badge 123456789 high $.badge[0]\n"},
    {"YAML with a template's statements",
        "a: 1\n{{- if .x }}\nbadge:\n  {{- range .y }}\n  x: {{ .z }} " FAR "\n{{- end }}\n  y: 123456789\n",
        "id.badge 123456789 high $.badge.y\n"},
    {"YAML, documents", "badge: 1\n---\nx: " FAR " 987654321\ny:\n  badge: {f: " FAR ", v: 123456789}\n",
        "id.badge 123456789 high $.y.badge.v\n"},
    {"YAML, names in quotes", "\"all of them\":\n  'badge list':\n    \"" FAR "\": 123456789\n",
        "id.badge 123456789 high $['all of them']['badge list']['" FAR "']\n"},
    {"two lines that begin as YAML does", "Badge: see below\nNote: " FAR "\n987654321 is lost\n", ""},
    {"plain text refuses", "badge of order 123456789, order of badge 987654321", "id.badge 987654321 high\n"},
    {"a refusing word beside a tier", "phone 123-45-6789 case 123-45-6788", "id.case 123-45-6788 high\n"},
    {"a keyword behind", "1234567 is its serial", "id.serial 1234567 high\n"},
    {"a keyword too far behind", "1234567 " FAR "serial", ""},
    {"a keyword on another line", "serial and some more of it\n1234567", ""},
    {"a label above its value", "serial:\n1234567", "id.serial 1234567 high\n"},
    {"a long line that ends with a keyword", FAR FAR "serial\n1234567", ""},
    {"two columns of two lines", "serial,x\n1234567,1", "id.serial 1234567 high row 2 cell 1 serial\n"},
    {"two lines with names of words", "serial number,unit\n1234567,a",
        "id.serial 1234567 high row 2 cell 1 serial number\n"},
    {"two lines in quotes", "\"unit\";\"the serial\"\r\n\"a\";\"1234567\"\r\n",
        "id.serial 1234567 high row 2 cell 2 the serial\n"},
    {"two lines without a number", "acme name,unit\ntok_abcd,a\n", "sec.token tok_abcd high row 2 cell 1 acme name\n"},
    {"two lines whose names no rule knows", "the note,unit\nserial " FAR " 1234567,1\n", ""},
    {"two lines of which one is a sentence", "look at all of this, serial\n" FAR " 1234567,1\n", ""},
    {"two lines of settings", "serial: a,b\n" FAR " 1234567,1\n", ""},
    {"two lines behind others", "a\nserial number,unit\n" FAR " 1234567,a\n", ""},
    {"kebab case", "badge-number-of-staff: 123456789", "id.badge 123456789 high\n"},
    {"a literal rule in a column", "acme,x\ntok_abcd,1\n2,3\n", "sec.token tok_abcd high row 2 cell 1 acme\n"},
    {"a literal rule in a record", "{\"acme\":{\"" FAR "\":\"tok_abcd\"}}",
        "sec.token tok_abcd high $.acme['" FAR "']\n"},
    {"a pair", "IDN1234 and KEY123456", "sec.id IDN1234 validated\nsec.key KEY123456 medium\n"},
    {"a pair the other way round", "KEY123456 IDN1234", "sec.key KEY123456 medium\nsec.id IDN1234 validated\n"},
    {"a pair too far apart", "KEY123456 " FAR " IDN1234", "sec.key KEY123456 medium\n"},
    {"a rule beats those that it names, and says so", "ZZ1234-xy 1234-xyzx",
        "sec.chosen -xyzx medium also sec.narrow\n"},
    {"the longer stands and says so", "ZZ1234-xyzx", "sec.wide ZZ1234-xyzx medium also sec.chosen\n"},
    {"names that look like data are not shown", "{\"badge 5551234567\": {\"no\": 123456789}}",
        "id.badge 123456789 high $.*.no\n"},
    {"a long word of letters is a name", "{\"badge Sozialversicherungsnummer\": {\"no\": 123456789}}",
        "id.badge 123456789 high $['badge Sozialversicherungsnummer'].no\n"},
    {"forty letters are one", "{\"badge\": {\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\": 123456789}}",
        "id.badge 123456789 high $.badge.abcdefghijklmnopqrstuvwxyzabcdefghijklmn\n"},
    {"more are not", "{\"badge\": {\"abcdefghijklmnopqrstuvwxyzabcdefghijklmno\": 123456789}}",
        "id.badge 123456789 high $.badge.*\n"},
    {"nor are 25 with a digit among them",
        "{\"badge\": {\"abcdefghijklmnopqrstuvwxy\": {\"abcdefghijklmnopqrstuvwx1\": "
        "123456789}}}",
        "id.badge 123456789 high $.badge.abcdefghijklmnopqrstuvwxy.*\n"},
};

/* Two keywords behind a value: the nearer one's rule does not reach so far back. */
static void test_a_keyword_behind_counts_though_another_stands_before_it(void)
{
    static const char two_rules[] = "rules:\n"
                                    "  - id: id.far\n" HEAD "    engine: class\n"
                                    "    shape: digits\n"
                                    "    forms: ['7']\n"
                                    "    keyword: required\n"
                                    "    keywords: [beta]\n"
                                    "    distance_after: 300\n" TAIL "  - id: id.near\n" HEAD "    engine: class\n"
                                    "    shape: digits\n"
                                    "    forms: ['9']\n"
                                    "    keyword: required\n"
                                    "    keywords: [alpha]\n"
                                    "    distance_after: 1\n" TAIL;
    g_autoptr(RuleSet) rules = testing_rules(two_rules);
    g_autoptr(GString) text = g_string_new("1234567");
    const Feeding whole = {0};

    for (int i = 0; i < 35; i++)
        g_string_append(text, " €€€€€€€");
    g_string_append(text, " alpha beta");
    g_autofree char *matches = structure_find(rules, &whole, text->str, text->len);
    g_assert_cmpstr(matches, ==, "id.far 1234567 high\n");
}

static void test_names_of_columns_and_paths_are_keywords(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);
    const Feeding whole = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *matches = structure_find(rules, &whole, places[i].text, strlen(places[i].text));
        if (strcmp(matches, places[i].matches) != 0) {
            g_test_fail();
            g_test_message("%s: expected\n%sgot\n%s", places[i].what, places[i].matches, matches);
        }
    }
}

static void test_a_doubtful_value_among_words_is_none(void)
{
    static const char lone_rules[] = "rules:\n"
                                     "  - id: id.lone\n" HEAD "    engine: class\n"
                                     "    shape: digits\n"
                                     "    forms: ['8']\n"
                                     "    keyword: expected\n"
                                     "    keywords: [badge]\n"
                                     "    alone: true\n" TAIL;
    static const struct {
        const char *text, *matches;
    } cases[] = {
        {"12345678", "id.lone 12345678 low\n"},
        {"  \"12345678\"\r\nwords on another line", "id.lone 12345678 low\n"},
        {"12345678 and 87654321", "id.lone 12345678 low\nid.lone 87654321 low\n"},
        {"AB12345 12345678", "id.lone 12345678 low\n"},
        {"order 12345678", ""},
        {"12345678 bytes were read", ""},
        {"no=12345678", ""},
        {"1,12345678,2", ""},
        {"zu 12345678", "id.lone 12345678 low\n"},
        {"für 12345678", ""},
        {"12345678 and AB12345", "id.lone 12345678 low\n"},
        {"заказ 12345678", ""},
        {"badge 12345678 was lost", "id.lone 12345678 high\n"},
    };
    g_autoptr(RuleSet) rules = testing_rules(lone_rules);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (size_t cut = 0; cut <= strlen(cases[i].text); cut++) {
            const Feeding feeding = {.cut = cut, .wants_low = true};
            g_autofree char *matches = structure_find(rules, &feeding, cases[i].text, strlen(cases[i].text));
            g_assert_cmpstr(matches, ==, cases[i].matches);
        }
    }
}

static void test_a_structured_text_cut_anywhere_gives_the_same_matches(void)
{
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        size_t len = strlen(places[i].text);
        for (size_t cut = 1; cut < len; cut++) {
            const Feeding feeding = {.cut = cut};
            g_autofree char *matches = structure_find(rules, &feeding, places[i].text, len);
            if (strcmp(matches, places[i].matches) != 0)
                g_test_fail_printf("%s, cut at %zu: %s", places[i].what, cut, matches);
        }
    }
}

static void test_names_of_objects_lower_tiers(void)
{
    static const char *const paths[] = {"a/npm.lock", "vendor/x", "a/b.txt", NULL};
    g_autoptr(RuleSet) rules = testing_rules(STRUCTURE_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        const Feeding feeding = {.path = paths[i]};
        g_autofree char *matches = structure_find(rules, &feeding, "KEY123456", 9);
        g_assert_cmpstr(matches, ==, i < 2 ? "" : "sec.key KEY123456 medium\n");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func(
        "/detect/structure/names-of-columns-and-paths-are-keywords", test_names_of_columns_and_paths_are_keywords);
    g_test_add_func("/detect/structure/a-keyword-behind-counts-though-another-stands-before-it",
        test_a_keyword_behind_counts_though_another_stands_before_it);
    g_test_add_func(
        "/detect/structure/a-doubtful-value-among-words-is-none", test_a_doubtful_value_among_words_is_none);
    g_test_add_func("/detect/structure/a-structured-text-cut-anywhere-gives-the-same-matches",
        test_a_structured_text_cut_anywhere_gives_the_same_matches);
    g_test_add_func("/detect/structure/names-of-objects-lower-tiers", test_names_of_objects_lower_tiers);
    return g_test_run();
}
