#include "queue/page_json.h"

#include <string.h>

static Bytes bytes_of(const char *text)
{
    return (Bytes){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

static void test_columns_become_objects(void)
{
    const PageColumns columns = {bytes_of("[\"a\",\"b c/\\u00e9\\\"\"]"), bytes_of("[0,5497558138880]"),
        bytes_of("[\"e1\",\"\"]"), bytes_of("[-1,1700000000123]"), bytes_of("[1]"), bytes_of("d/")};
    g_autoptr(GArray) objects = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(page_parse(&columns, &objects, &error));
    g_assert_cmpuint(objects->len, ==, 2);
    const ObjectEntry *first = object_entries_at(objects, 0), *second = object_entries_at(objects, 1);
    g_assert_cmpstr(first->key, ==, "d/a");
    g_assert_cmpstr(first->etag, ==, "e1");
    g_assert_cmpuint(first->size_bytes, ==, 0);
    g_assert_cmpint(first->modified_ms, ==, -1);
    g_assert_false(first->is_escaped);
    g_assert_cmpstr(second->key, ==, "d/b c/é\"");
    g_assert_cmpstr(second->etag, ==, "");
    g_assert_cmpuint(second->size_bytes, ==, UINT64_C(5497558138880));
    g_assert_cmpint(second->modified_ms, ==, INT64_C(1700000000123));
    g_assert_true(second->is_escaped);
}

static void test_damaged_columns_are_corrupt(void)
{
    static const char *const cases[][5] = {
        {NULL, "[1]", "[\"e\"]", "[1]", NULL},
        {"", "[1]", "[\"e\"]", "[1]", NULL},
        {"{}", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"", "[1]", "[\"e\"]", "[1]", NULL},
        {"[1]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[1,2]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[\"1\"]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[-1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[1]", "[]", "[1]", NULL},
        {"[\"a\"]", "[1]", "[null]", "[1]", NULL},
        {"[\"a\"]", "[1]", "[\"e\"]", "null", NULL},
        {"[\"a\"]", "[1]", "[\"e\"]", "[\"1\"]", NULL},
        {"[\"a\"]", "[1]", "[\"e\"]", "[1]", "[1]"},
        {"[\"a\"]", "[1]", "[\"e\"]", "[1]", "[-1]"},
        {"[\"a\"]", "[1]", "[\"e\"]", "[1]", "7"},
        {"[\"a\",]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"] x", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\tb\"]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\\", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\\\"]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"\\u0000\"]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"\xff\"]", "[1]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[1.5]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[9223372036854775808]", "[\"e\"]", "[1]", NULL},
        {"[\"a\"]", "[1]", "[\"e\"]", "[1,2]", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const PageColumns columns = {bytes_of(cases[i][0]), bytes_of(cases[i][1]), bytes_of(cases[i][2]),
            bytes_of(cases[i][3]), bytes_of(cases[i][4]), bytes_of("")};
        g_autoptr(GArray) objects = NULL;
        g_autoptr(GError) error = NULL;
        if (page_parse(&columns, &objects, &error))
            g_error("case %zu is taken", i);
        g_assert_cmpint(error_kind(error), ==, ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/queue/page-json/columns-become-objects", test_columns_become_objects);
    g_test_add_func("/queue/page-json/damaged-columns-are-corrupt", test_damaged_columns_are_corrupt);
    return g_test_run();
}
