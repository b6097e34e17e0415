/* The expected bytes are written by hand from what array_recv() reads: dimensions, NULLs, element type (text 25, bigint
 * 20), length, lower bound, then each element behind its length; big-endian. */
#include "store/postgres_array.h"

#include <string.h>

#define TEXTS(count)                                                                                                   \
    "00000001"                                                                                                         \
    "00000000"                                                                                                         \
    "00000019" count "00000001"
#define INTS(count)                                                                                                    \
    "00000001"                                                                                                         \
    "00000000"                                                                                                         \
    "00000014" count "00000001"

typedef struct Case {
    const char *json;
    const char *hex; /* NULL: refused */
} Case;

static const Case texts[] = {
    {"[]", "00000000"
           "00000000"
           "00000019"},
    {" [ ] ", "00000000"
              "00000000"
              "00000019"},
    {"[\"a\"]", TEXTS("00000001") "00000001"
                                  "61"},
    {"[\"\",\"b c\"]", TEXTS("00000002") "00000000"
                                         "00000003"
                                         "622063"},
    {"[ \"\\\"\\\\\\/\" , \"\\b\\f\\n\\r\\t\" ]", TEXTS("00000002") "00000003"
                                                                    "225c2f"
                                                                    "00000005"
                                                                    "080c0a0d09"},
    {"[\"\\u00e9\\u20AC\"]", TEXTS("00000001") "00000005"
                                               "c3a9e282ac"},
    {"[\"\\ud83d\\ude00\"]", TEXTS("00000001") "00000004"
                                               "f09f9880"},
    {"[\"\xc3\xa9\"]", TEXTS("00000001") "00000002"
                                         "c3a9"},
    {"[\"\\u0000\"]", NULL},
    {"[\"\\ud83d\"]", NULL},
    {"[\"\\ud83dx\\ude00\"]", NULL},
    {"[\"\\udc00\"]", NULL},
    {"[\"\\u12\"]", NULL},
    {"[\"\\x\"]", NULL},
    {"[\"\\", NULL},
    {"[\"a\tb\"]", NULL},
    {"[\"a", NULL},
    {"[\"a\"", NULL},
    {"[\"a\",]", NULL},
    {"[\"a\"]x", NULL},
    {"[1]", NULL},
    {"[null]", NULL},
    {"{}", NULL},
    {"", NULL},
};

static const Case ints[] = {
    {"[]", "00000000"
           "00000000"
           "00000014"},
    {"[1,-2]", INTS("00000002") "00000008"
                                "0000000000000001"
                                "00000008"
                                "fffffffffffffffe"},
    {"[ 0 ]", INTS("00000001") "00000008"
                               "0000000000000000"},
    {"[9223372036854775807]", INTS("00000001") "00000008"
                                               "7fffffffffffffff"},
    {"[-9223372036854775808]", INTS("00000001") "00000008"
                                                "8000000000000000"},
    {"[9223372036854775808]", NULL},
    {"[-9223372036854775809]", NULL},
    {"[99999999999999999999]", NULL},
    {"[1.5]", NULL},
    {"[1e3]", NULL},
    {"[-]", NULL},
    {"[\"1\"]", NULL},
    {"[1,]", NULL},
    {"[1", NULL},
    {"null", NULL},
};

static void check(const Case *one, bool (*append)(GByteArray *array, Bytes json))
{
    g_autoptr(GByteArray) array = g_byte_array_new();
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autofree char *copy = g_strdup(one->json); /* so that reading beyond its end is seen */
    bool is_taken = append(array, (Bytes){(const uint8_t *)copy, strlen(copy)});

    for (guint i = 0; i < array->len; i++)
        g_string_append_printf(hex, "%02x", array->data[i]);
    g_test_message("%s", one->json);
    g_assert_true(is_taken == (one->hex != NULL));
    if (is_taken)
        g_assert_cmpstr(hex->str, ==, one->hex);
}

static void test_strings_become_texts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        check(&texts[i], postgres_append_texts);
}

static void test_integers_become_bigints(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ints); i++)
        check(&ints[i], postgres_append_ints);
}

/* ---- and back ---- */

static const Case texts_back[] = {
    {"[]", "00000000"
           "00000000"
           "00000019"},
    {"[\"a\",\"\"]", TEXTS("00000002") "00000001"
                                       "61"
                                       "00000000"},
    {"[\"\\\"\\\\/\",\"x\\u000a\\u0001\"]", TEXTS("00000002") "00000003"
                                                              "225c2f"
                                                              "00000003"
                                                              "780a01"},
    {"[\"\xc3\xa9\"]", TEXTS("00000001") "00000002"
                                         "c3a9"},
    {"[\"a\"", TEXTS("00000002") "00000001"
                                 "61"
                                 "0000"},
    {"[\"a\"", TEXTS("00000002") "00000001"
                                 "61"
                                 "00000002"
                                 "61"},
};

static const Case ints_back[] = {
    {"[]", "00000000"
           "00000000"
           "00000014"},
    {"[1,-2,0]", INTS("00000003") "00000008"
                                  "0000000000000001"
                                  "00000008"
                                  "fffffffffffffffe"
                                  "00000008"
                                  "0000000000000000"},
    {"[9223372036854775807,-9223372036854775808]", INTS("00000002") "00000008"
                                                                    "7fffffffffffffff"
                                                                    "00000008"
                                                                    "8000000000000000"},
};

static void check_back(const Case *one, void (*as_json)(GString *json, Bytes array))
{
    g_autoptr(GString) json = g_string_new(NULL);
    size_t len = strlen(one->hex) / 2;
    g_autofree uint8_t *array = g_malloc(len); /* so that reading beyond its end is seen */

    for (size_t i = 0; i < len; i++)
        array[i] = (uint8_t)(g_ascii_xdigit_value(one->hex[2 * i]) * 16 + g_ascii_xdigit_value(one->hex[2 * i + 1]));
    as_json(json, (Bytes){array, len});
    g_assert_cmpstr(json->str, ==, one->json);
}

static void test_arrays_become_json(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts_back); i++)
        check_back(&texts_back[i], postgres_texts_as_json);
    for (size_t i = 0; i < G_N_ELEMENTS(ints_back); i++)
        check_back(&ints_back[i], postgres_ints_as_json);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/postgres-array/strings-become-texts", test_strings_become_texts);
    g_test_add_func("/store/postgres-array/integers-become-bigints", test_integers_become_bigints);
    g_test_add_func("/store/postgres-array/arrays-become-json", test_arrays_become_json);
    return g_test_run();
}
