/* Tables inside other text: rows of SQL, and tables that programs printed. */
#include "detect_testing.h"

#include <string.h>

/* The keyword reaches no further than its own cell: what is found below it, its column told. */
static const char RULES[] =
    "rules:\n"
    "  - id: id.badge\n"
    "    name: n\n    description: d\n    category: personal\n    severity: high\n    mask: all\n"
    "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['9']\n"
    "    keyword: required\n"
    "    keywords: [badge]\n"
    "    distance: 20\n"
    "    examples: {match: [x], no_match: [y]}\n"
    "  - id: sec.token\n"
    "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
    "    engine: literal\n"
    "    pattern: '\\btok_[a-z]{4}\\b'\n"
    "    keyword: required\n"
    "    keywords: [acme]\n"
    "    distance: 20\n"
    "    examples: {match: [x], no_match: [y]}\n";

typedef struct Table {
    const char *what, *text, *matches;
} Table;

static void write_line(void *data, const Match *match)
{
    g_string_append_printf(data, "%.*s %s\n", (int)match->text.len, (const char *)match->text.data,
        match->column_name != NULL ? match->column_name : "-");
}

/* Words, each kind in a column of its own. */
static const char WORD_RULES[] =
    "rules:\n"
    "  - id: pii.paint\n"
    "    name: n\n    description: d\n    category: personal\n    severity: high\n    mask: all\n"
    "    engine: class\n"
    "    shape: word\n"
    "    pattern: 'red[a-z]{2}\\b'\n"
    "    keyword: required\n"
    "    keywords: [paint]\n"
    "    distance: 1\n"
    "    examples: {match: [x], no_match: [y]}\n"
    "  - id: pii.pet\n"
    "    name: n\n    description: d\n    category: personal\n    severity: high\n    mask: all\n"
    "    engine: class\n"
    "    shape: word\n"
    "    pattern: 'cat[a-z]{2}\\b'\n"
    "    keyword: required\n"
    "    keywords: [pet]\n"
    "    distance: 1\n"
    "    examples: {match: [x], no_match: [y]}\n";

#define BOTH "123456789 badge\n987654321 badge\n"

/* What sqlite3 3.40, psql and pg_dump 15 print; MySQL's as its manual shows it. */
static const Table tables[] = {
    {"sqlite3, .mode column",
        "id  name       badge    \n--  ---------  ---------\n1   Ann        123456789\n2   Bob, 'Jr'  987654321\n",
        BOTH},
    {"sqlite3, .mode table",
        "+----+-----------+-----------+\n| id |   name    |   badge   |\n+----+-----------+-----------+\n"
        "| 1  | Ann       | 123456789 |\n| 2  | Bob, 'Jr' | 987654321 |\n+----+-----------+-----------+\n",
        BOTH},
    {"sqlite3, .mode box",
        "┌────┬───────────┬───────────┐\n│ id │   name    │   badge   │\n├────┼───────────┼───────────┤\n"
        "│ 1  │ Ann       │ 123456789 │\n│ 2  │ Bob, 'Jr' │ 987654321 │\n└────┴───────────┴───────────┘\n",
        BOTH},
    {"sqlite3, .mode markdown, in a document",
        "# People\n\nThese are all.\n\n| id |   name    |   badge   |\n|----|-----------|-----------|\n"
        "| 1  | Ann       | 123456789 |\n| 2  | Bob, 'Jr' | 987654321 |\n\nA number: 123123123\n",
        BOTH},
    {"Markdown right below another value", "badge 123123123\n\nid | badge\n:--|--:\n1 | 123456789\n2 | 987654321\n",
        "123123123 -\n" BOTH},
    {"Markdown without bars at the ends, aligned", "People\n\nid | badge\n:--|--:\n1 | 123456789\n2 | 987654321\n",
        BOTH},
    {"sqlite3, .dump",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE people(id int, name text, badge text);\n"
        "INSERT INTO people VALUES(1,'Ann','123456789');\nINSERT INTO people VALUES(2,'Bob, ''Jr''','987654321');\n"
        "COMMIT;\n",
        BOTH},
    {"sqlite3, .mode insert",
        "INSERT INTO \"table\"(id,name,badge) VALUES(1,'Ann','123456789');\n"
        "INSERT INTO \"table\"(id,name,badge) VALUES(2,'Bob, ''Jr''','987654321');\n",
        BOTH},
    {"psql",
        " id | name |   badge   \n----+------+-----------\n  1 | Ann  | 123456789\n  2 | Bob +| 987654321\n"
        "    | Jr   | \n(2 rows)\n\n",
        BOTH},
    {"psql, border 2",
        "Border style is 2.\n+----+------+-----------+\n| id | name |   badge   |\n+----+------+-----------+\n"
        "|  1 | Ann  | 123456789 |\n|  2 | Bob +| 987654321 |\n|    | Jr   |           |\n+----+------+-----------+\n"
        "(2 rows)\n\n123123123\n",
        BOTH},
    {"psql, border 0",
        "id name   badge   \n-- ---- ---------\n 1 Ann  123456789\n 2 Bob +987654321\n   Jr   \n(2 rows)\n", BOTH},
    {"psql, one column", "   badge   \n-----------\n 123456789\n 987654321\n(2 rows)\n", BOTH},
    {"pg_dump",
        "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.staff (\n    id integer,\n    name text,\n"
        "    badge text\n);\n\nALTER TABLE public.staff OWNER TO trawl;\n\n"
        "COPY public.staff (id, name, badge) FROM stdin;\n1\tAnn\t123456789\n2\tBob\\nJr\t987654321\n\\.\n\n"
        "--\n-- PostgreSQL database dump complete\n--\n\n123123123\n",
        BOTH},
    {"pg_dump --inserts --rows-per-insert",
        "CREATE TABLE public.staff (\n    id integer,\n    name text,\n    badge text\n);\n"
        "INSERT INTO public.staff VALUES\n\t(1, 'Ann', '123456789'),\n\t(2, 'Bob\nJr', '987654321');\n",
        BOTH},
    {"mysqldump",
        "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `staff`;\nCREATE TABLE `staff` (\n"
        "  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `name` varchar(30) DEFAULT 'it''s (none)',\n  `badge` char(9),\n"
        "  PRIMARY KEY (`id`),\n  KEY `badge` (`name`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8;\nLOCK TABLES `staff` "
        "WRITE;\n"
        "INSERT INTO `staff` VALUES (1,'O\\'Neil, (Ann)','123456789'),(2,'a\\\\','987654321');\nUNLOCK TABLES;\n",
        BOTH},
    {"a statement between rows and comments",
        "INSERT INTO staff (id, badge) VALUES\n(1, '123456789'), -- the first; (really)\n(2, '987654321')\n"
        "ON CONFLICT (id) DO NOTHING;\n",
        BOTH},
    {"a function in a row", "INSERT INTO s(a, badge, c) VALUES (f(1, 2), concat('123456789', ''), 111111111);\n",
        "123456789 badge\n"},
    {"SQL Server",
        "INSERT [dbo].[Staff] ([Id], [Badge]) VALUES (1, N'123456789')\nGO\n"
        "INSERT INTO [dbo].[Staff] ([Id], [Badge]) VALUES (2, N'987654321')\nGO\n",
        "123456789 Badge\n987654321 Badge\n"},
    {"a string that ends with a backslash",
        "INSERT INTO s(a, badge) VALUES ('C:\\', '123456789'), ('D:\\', '987654321');\n", BOTH},
    {"two statements on a line",
        "INSERT INTO s(a, badge) VALUES (1, '123456789'); INSERT INTO s(badge, a) VALUES ('987654321', 1);\n", BOTH},
    {"a table of another column",
        "CREATE TABLE a(x int, badge int);\nCREATE TABLE b(x int, y int);\n"
        "INSERT INTO a VALUES (111111111, 123456789);\nINSERT INTO b VALUES (1, 222222222);\n",
        "123456789 badge\n"},
    {"a report with a line below its header",
        "Staff of today\n\nID      Name of person     Badge\n--------------------------------\n"
        "1       Ann Doe            123456789\n2       Bob                987654321\n\n123123123\n",
        "123456789 Badge\n987654321 Badge\n"},
    {"a report without one",
        "NAME       ROOM   BADGE\nann        12     123456789\nbob                987654321\n\n123123123\n",
        "123456789 BADGE\n987654321 BADGE\n"},
    {"names to the right of their numbers",
        "Name             Badge      Room\n----------------------------------------\n"
        "Ann Doe      123456789        12\nBob          987654321          \n",
        "123456789 Badge\n987654321 Badge\n"},
    {"letters of two bytes before a column",
        "Name          Badge      Room\n-----------------------------\nÄüößéàèñ 33   123456789  1\nB             "
        "987654321  2\n",
        "123456789 Badge\n987654321 Badge\n"},
    {"a title that is underlined", "Badge\n-----\n123123123 and more text\n", "123123123 -\n"},
    {"text with bars",
        "one | badge\ntwo | 123123123 | and "
        "far far far far far far far far away | 321321321\n",
        "123123123 -\n"},
    {"prose that begins as SQL does",
        "Insert the badge (see above, values) into the slot.\nCopy it. (123123123, 321321321)\n", ""},
    {"statements in a program",
        "def seed(db):\n    db.execute(\"INSERT INTO staff (id, badge) VALUES (1, '123456789')\")\n"
        "    db.execute(f'INSERT INTO staff (badge, id) VALUES (987654321, 111111111)')  # 222222222\n",
        BOTH},
    {"a statement in a template of several lines",
        "const seed = `\n  INSERT INTO staff\n    (id, badge)\n  VALUES\n    (1, '123456789'),\n"
        "    (2, '987654321')\n`;\nawait pool.query(seed, 222222222);\n",
        BOTH},
    {"statements in a log",
        "2024-05-01 10:11:12 LOG:  statement: insert into staff (id, badge) values (1, '123456789')\n"
        "2024-05-01 10:11:13 LOG:  statement: INSERT INTO \"staff\" (\"badge\", \"id\") VALUES ('987654321', 2)\n"
        "2024-05-01 10:11:13 LOG:  duration: 222222222\n",
        BOTH},
    {"quotes with backslashes around names",
        "run \"INSERT INTO \\\"staff\\\" (\\\"id\\\", \\\"badge\\\") VALUES (1, '123456789')\" 222222222\n",
        "123456789 badge\n"},
    {"prose that has a statement's words in it",
        "You may insert into the slot (badge, other) all of the values (111111111).\n"
        "reinsert into staff (badge, some_other_column) values (111111111, 1)\n",
        ""},
    {"a literal's keyword",
        "INSERT INTO t(id, acme, note) VALUES\n(1, 'tok_abcd', 'x'),\n(2, 'tok_efgh', 'tok_ijkl');\n",
        "tok_abcd acme\ntok_efgh acme\n"},
};

static void test_a_column_counts_for_every_row_however_the_text_is_cut(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (size_t cut = 0; cut <= strlen(tables[i].text); cut++) {
            g_autofree char *matches = testing_write(rules, write_line, tables[i].text, cut);
            if (strcmp(matches, tables[i].matches) == 0)
                continue;
            g_test_message("%s, cut at %zu: %s", tables[i].what, cut, matches);
            g_test_fail();
            break;
        }
    }
}

/* Rows over many windows, all but the first far from the names. */
static void test_a_table_of_any_length_keeps_its_columns(void)
{
    enum { ROWS = 20000 };
    static const char *const heads[] = {"INSERT INTO t (id, note, badge) VALUES\n",
        "COPY t (id, note, badge) FROM stdin;\n", " id | note | badge \n----+------+-------\n",
        "id      note     badge\n----------------------------\n"};
    static const struct {
        const char *before, *behind;
    } rows[] = {
        {"(1,'a note','", "'),\n"}, {"1\ta note\t", "\n"}, {" 1 | a note | ", " \n"}, {"1       a note   ", "\n"}};
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autoptr(GString) text = g_string_new(heads[i]), expected = g_string_new(NULL);
        for (int row = 1; row <= ROWS; row++) {
            g_string_append_printf(text, "%s%d%s", rows[i].before, 100000000 + row, rows[i].behind);
            g_string_append_printf(expected, "%d badge\n", 100000000 + row);
        }
        g_autofree char *matches = testing_write(rules, write_line, text->str, text->len / 3);
        g_assert_cmpstr(matches, ==, expected->str);
    }
}

/* Of the same length, so that the same positions mean other columns. */
static const Table numbers_in_turn[] = {
    {"the second column", "id,badge,x\n1,123456789,y\n2,987654321,z\n", BOTH},
    {"the same with another name", "id,count,x\n1,123456789,y\n2,987654321,z\n", ""},
    {"the name of another column", "badge,id,x\n1,123456789,y\n2,987654321,z\n", ""},
    {"quoted cells", "id,badge,x\n1,\"123456789\",\"a, b\"\n2,\"987654321\",\"c\"\"d\"\n", BOTH},
    {"delimiters in quotes", "id,badge,x\n\"1,2\",123456789,y\n\"3,4\",987654321,z\n", BOTH},
    {"no header", "1,123456789,y\n2,987654321,z\n3,987654321,z\n", ""},
    {"two tables",
        "INSERT INTO a (id, badge) VALUES (1, 123456789);\nINSERT INTO b (id, count) VALUES (1, 987654321);\n",
        "123456789 badge\n"},
    {"two tables, the other way",
        "INSERT INTO a (id, count) VALUES (1, 123456789);\nINSERT INTO b (id, badge) VALUES (1, 987654321);\n",
        "987654321 badge\n"},
    {"the first again", "id,badge,x\n1,123456789,y\n2,987654321,z\n", BOTH},
};

static const Table words_in_turn[] = {
    {"each in its own", "id,paint,pet\n1,redab catab,redcd catcd\n2,catef,redgh\n3,redef,catgh\n",
        "redab paint\ncatcd pet\nredef paint\ncatgh pet\n"},
    {"in the other's", "id,pet,paint\n1,redab catab,redcd catcd\n2,catef,redgh\n3,redef,catgh\n",
        "catab pet\nredcd paint\ncatef pet\nredgh paint\n"},
    {"both in one", "id,pet paint,x\n1,redab catab,redcd\n2,catef,catgh\n3,x,y\n",
        "redab pet paint\ncatab pet paint\ncatef pet paint\n"},
    {"in none", "id,count,x\n1,redab catab,redcd\n2,catef,catgh\n3,x,y\n", ""},
};

static void check_in_turn(const char *rules_text, const Table *texts, size_t count)
{
    g_autoptr(RuleSet) rules = testing_rules(rules_text);
    g_autoptr(GString) lines = g_string_new(NULL);
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = write_line, .data = lines};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    for (size_t i = 0; i < 2 * count; i++) {
        const Table *table = &texts[i % count];
        g_string_truncate(lines, 0);
        g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
        g_assert_true(detector_feed(detector, table->text, strlen(table->text), &error));
        g_assert_true(detector_end(detector, &error));
        if (!g_str_equal(lines->str, table->matches))
            g_test_fail_printf("%s: %s", table->what, lines->str);
    }
}

static void test_tables_that_one_detector_reads_in_turn_keep_their_own_columns(void)
{
    check_in_turn(RULES, numbers_in_turn, G_N_ELEMENTS(numbers_in_turn));
    check_in_turn(WORD_RULES, words_in_turn, G_N_ELEMENTS(words_in_turn));
}

/* Long tables have stretches without a keyword, many times as long as what is looked at together. */
static const char *random_cell(GRand *random, int row)
{
    enum { CALM_ROWS = 4000, CALM_CELLS = 3 };
    static const char *const names[] = {"id", "badge", "paint", "pet", "acme", "x", "pet paint"};
    static const char *const cells[] = {"123456789", "redab", "catcd", "badge", "paint", "a pet", "tok_abcd",
        "badge 987654321", "", "some words, \"\"quoted\"\"", "long words without any meaning at all", "1", "2024-01-02",
        "redef catgh"};
    bool is_calm = row / CALM_ROWS % 2 == 1;

    if (row == 0)
        return names[g_rand_int_range(random, 0, G_N_ELEMENTS(names))];
    return cells[g_rand_int_range(random, 0, is_calm ? CALM_CELLS : G_N_ELEMENTS(cells))];
}

static char *random_table(GRand *random, int rows)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int row = 0; row <= rows; row++) {
        for (int column = 0; column < 5; column++) {
            const char *cell = random_cell(random, row);
            bool is_quoted = strchr(cell, '"') != NULL || g_rand_int_range(random, 0, 8) == 0;
            g_string_append_printf(text, is_quoted ? "%s\"%s\"" : "%s%s", column > 0 ? "," : "", cell);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void ignore_refusal(void *data, const Refusal *refusal)
{
    (void)data;
    (void)refusal;
}

/* Who asks for refusals has all rules tried at all places. */
static void check_every_place(Detector *detector, const char *text)
{
    g_autoptr(GString) chosen = g_string_new(NULL), all = g_string_new(NULL);
    const DetectorOptions some = {.min_tier = TIER_MEDIUM, .handler = write_line, .data = chosen};
    const DetectorOptions every = {
        .min_tier = TIER_MEDIUM, .handler = write_line, .refusal_handler = ignore_refusal, .data = all};
    const DetectorOptions *const ways[] = {&some, &every};
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_assert_true(detector_begin(detector, ways[i], TEXT_UTF8, 0, &error));
        g_assert_true(detector_feed(detector, text, strlen(text), &error));
        g_assert_true(detector_end(detector, &error));
    }
    g_assert_cmpstr(chosen->str, ==, all->str);
}

static void test_the_places_that_are_tried_are_all_that_have_a_match(void)
{
    enum { TEXTS = 300, ROWS_MAX = 40, LONG_ROWS = 12000 };
    g_autoptr(GString) rules_text = g_string_new(RULES);
    GRand *random = g_rand_new_with_seed(1123);

    g_string_append(rules_text, WORD_RULES + strlen("rules:\n"));
    g_autoptr(RuleSet) rules = testing_rules(rules_text->str);
    g_autoptr(Detector) detector = NULL;
    g_assert_true(detector_new(rules, &detector, NULL));
    for (int i = 0; i <= TEXTS; i++) {
        g_autofree char *text = random_table(random, i < TEXTS ? g_rand_int_range(random, 2, ROWS_MAX) : LONG_ROWS);
        check_every_place(detector, text);
    }
    g_rand_free(random);
}

/* The same in rows that are shorter or longer than their header. */
static const Table uneven[] = {
    {"rows without their last cells", "id,x,badge,note,day,room\n1,a,123456789\n2,b,987654321\n", BOTH},
    {"rows without their empty cells", "id,badge,note,day\n1,123456789,x\n2,987654321\n3,-,x,y\n", BOTH},
    {"rows that go on", "id,badge,x\n1,123456789,y,111111111,n\n2,987654321,z,222222222,n\n", BOTH},
    {"rows with their number", "name\tbadge\tcity\n1\tAnn\t123456789\tBonn\n2\tBob\t987654321\tRome\n", BOTH},
    {"rows with their number in quotes",
        "\"name\",\"badge\",\"city\"\n\"1\",\"Ann\",\"123456789\",\"Bonn\"\n\"2\",\"Bob\",\"987654321\",\"Rome\"\n",
        BOTH},
    {"lists that are no rows", "first, badge, third\none\ntwo, one, three, four, five, six, 123123123\n", ""},
    {"rows of less than half", "id,badge,x,y,the room,the hour,the floor\n1,123123123\n2,321321321\n", ""},
    {"a form, whose first line is no header", "name\tAnn Smith\nbadge\t123456789\nthe badge\t987654321\n",
        "123456789 -\n987654321 -\n"},
    {"lines that end with CR alone", "id,badge,x\r1,123456789,y\r2,987654321,z\r", BOTH},
    {"a quoted name", "id,\"the \"\"badge\"\" no\",x\n1,123456789,y\n2,987654321,z\n",
        "123456789 the \"badge\" no\n987654321 the \"badge\" no\n"},
};

static void test_rows_may_be_shorter_or_longer_than_their_header(void)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(uneven); i++) {
        for (size_t cut = 0; cut < strlen(uneven[i].text); cut++) {
            g_autofree char *matches = testing_write(rules, write_line, uneven[i].text, cut);
            if (!g_str_equal(matches, uneven[i].matches))
                g_test_fail_printf("%s, cut at %zu: %s", uneven[i].what, cut, matches);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/tables/tables-that-one-detector-reads-in-turn-keep-their-own-columns",
        test_tables_that_one_detector_reads_in_turn_keep_their_own_columns);
    g_test_add_func("/detect/tables/the-places-that-are-tried-are-all-that-have-a-match",
        test_the_places_that_are_tried_are_all_that_have_a_match);
    g_test_add_func("/detect/tables/a-column-counts-for-every-row-however-the-text-is-cut",
        test_a_column_counts_for_every_row_however_the_text_is_cut);
    g_test_add_func(
        "/detect/tables/a-table-of-any-length-keeps-its-columns", test_a_table_of_any_length_keeps_its_columns);
    g_test_add_func("/detect/tables/rows-may-be-shorter-or-longer-than-their-header",
        test_rows_may_be_shorter_or_longer_than_their_header);
    return g_test_run();
}
