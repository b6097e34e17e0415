#include "api/page_token.h"
#include "api/query.h"

#include <string.h>

static const uint8_t key[PAGE_TOKEN_KEY_BYTES] = {1, 2, 3, 4, 5};
static const uint8_t other_key[PAGE_TOKEN_KEY_BYTES] = {1, 2, 3, 4, 6};
static const char binding[] = "/jobs\nstatus=9:completed";

static const PagePosition positions[] = {
    {0, ""},
    {1, "a"},
    {1762682400000, "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa"},
    {G_MAXINT64, "123456789012345678901234567890123456789012345678901234567890123"},
    {G_MININT64, "x"},
};

static void test_a_token_gives_its_position_back(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(positions); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *token = page_token_make(key, binding, &positions[i]);
        PagePosition read = {0};

        g_assert_cmpuint(strspn(token, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"), ==, strlen(token));
        g_assert_true(page_token_read(key, binding, token, &read, &error));
        g_assert_cmpint(read.number, ==, positions[i].number);
        g_assert_cmpstr(read.text, ==, positions[i].text);
    }
}

static void assert_refused(const uint8_t *with_key, const char *with_binding, const char *token)
{
    g_autoptr(GError) error = NULL;
    PagePosition read = {.number = 77};

    g_assert_false(page_token_read(with_key, with_binding, token, &read, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_assert_nonnull(strstr(error->message, "'nextToken': invalid token"));
    g_assert_cmpint(read.number, ==, 77);
}

static void test_every_other_character_makes_a_token_invalid(void)
{
    static const char alphabet[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_=+/ %";
    g_autofree char *token = page_token_make(key, binding, &positions[2]);
    const size_t len = strlen(token);

    for (size_t i = 0; i < len; i++) {
        const char was = token[i];
        for (size_t j = 0; j < strlen(alphabet); j++) {
            token[i] = alphabet[j];
            if (token[i] != was)
                assert_refused(key, binding, token);
        }
        token[i] = was;
    }
    for (size_t cut = 0; cut < len; cut++) {
        g_autofree char *shorter = g_strndup(token, cut);
        assert_refused(key, binding, shorter);
    }
}

static void test_a_token_fits_only_its_key_and_list(void)
{
    g_autofree char *token = page_token_make(key, binding, &positions[2]);
    g_autofree char *padded = g_strconcat(token, "=", NULL);
    g_autofree char *doubled = g_strconcat(token, token, NULL);
    g_autofree char *long_one = g_strnfill(100000, 'A');

    assert_refused(other_key, binding, token);
    assert_refused(key, "/jobs", token);
    assert_refused(key, "", token);
    assert_refused(key, "/jobs\nstatus=6:failed", token);
    assert_refused(key, binding, padded);
    assert_refused(key, binding, doubled);
    assert_refused(key, binding, long_one);
    assert_refused(key, binding, "\xff\xfe");
}

static char *binding_of(const char *path, const char *name, const char *value, const char *limit)
{
    static const char *const known[] = {"limit", "nextToken", "status", "bucket", NULL};
    const HttpPair query[] = {{"limit", limit}, {"nextToken", "t"}, {name, value}};
    const HttpCall call = {.method = "GET", .path = path, .query = query, .query_count = name != NULL ? 3 : 2};

    return query_binding(&call, known);
}

static void test_bindings_tell_filters_apart_but_not_limits(void)
{
    g_autofree char *plain = binding_of("/jobs", NULL, NULL, "5");
    g_autofree char *same = binding_of("/jobs", NULL, NULL, "6");
    const char *const others[][3] = {{"/jobs", "status", "a"}, {"/jobs", "bucket", "a"}, {"/jobs", "status", "b"},
        {"/jobs", "status", "a\nbucket=1:a"}, {"/jobs/x/findings", NULL, NULL}};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_assert_cmpstr(plain, ==, same);
    g_hash_table_add(seen, g_strdup(plain));
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_true(g_hash_table_add(seen, binding_of(others[i][0], others[i][1], others[i][2], "5")));
}

static const struct {
    const char *name, *value, *message;
} limits[] = {
    {"limit", "1", NULL},
    {"limit", "1000", NULL},
    {"limit", "0", "'limit': expected a whole number from 1 to 1000"},
    {"limit", "1001", "'limit'"},
    {"limit", "-1", "'limit'"},
    {"limit", "+5", "'limit'"},
    {"limit", "5 ", "'limit'"},
    {"limit", "five", "'limit'"},
    {"limit", "99999999999999999999999", "'limit'"},
    {"limit", "", "'limit' is empty"},
    {"Limit", "5", "'Limit' is not known here; expected limit, real_time"},
    {"real_time", "true", NULL},
    {"real_time", "false", NULL},
    {"real_time", "TRUE", "'real_time': expected true or false"},
    {"real_time", "1", "'real_time'"},
    {"realtime", "true", "'realtime' is not known here"},
};

static void test_query_parameters_are_strict(void)
{
    static const char *const known[] = {"limit", "real_time", NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(GError) error = NULL;
        const HttpPair query[] = {{limits[i].name, limits[i].value}};
        const HttpCall call = {.method = "GET", .path = "/jobs", .query = query, .query_count = 1};
        uint32_t limit = 0;
        bool is_set = false;
        const bool is_good = query_check(&call, known, &error) && query_limit(&call, &limit, &error) &&
                             query_flag(&call, "real_time", &is_set, &error);
        g_test_message("%s=%s", limits[i].name, limits[i].value);
        g_assert_cmpint(is_good, ==, limits[i].message == NULL);
        g_assert_true(is_good || strstr(error->message, limits[i].message) != NULL);
        g_assert_true(is_good || error_is(error, ERROR_INVALID));
    }
}

static void test_a_parameter_given_twice_is_refused(void)
{
    static const char *const known[] = {"limit", NULL};
    g_autoptr(GError) error = NULL;
    const HttpPair query[] = {{"limit", "5"}, {"limit", "5"}};
    const HttpCall call = {.method = "GET", .path = "/jobs", .query = query, .query_count = 2};

    g_assert_false(query_check(&call, known, &error));
    g_assert_nonnull(strstr(error->message, "given twice"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api/page-token/a-token-gives-its-position-back", test_a_token_gives_its_position_back);
    g_test_add_func("/api/page-token/every-other-character-makes-a-token-invalid",
        test_every_other_character_makes_a_token_invalid);
    g_test_add_func("/api/page-token/a-token-fits-only-its-key-and-list", test_a_token_fits_only_its_key_and_list);
    g_test_add_func(
        "/api/query/bindings-tell-filters-apart-but-not-limits", test_bindings_tell_filters_apart_but_not_limits);
    g_test_add_func("/api/query/parameters-are-strict", test_query_parameters_are_strict);
    g_test_add_func("/api/query/a-parameter-given-twice-is-refused", test_a_parameter_given_twice_is_refused);
    return g_test_run();
}
