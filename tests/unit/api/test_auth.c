#include "api/auth.h"

#include <glib/gstdio.h>
#include <string.h>

/* Made of repeated characters, so that nobody takes them for somebody's keys. */
#define KEY_A "aaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbb"

static ApiKeys *two_keys(void)
{
    g_autoptr(GError) error = NULL;
    ApiKeys *keys = NULL;

    g_assert_true(api_keys_parse("keys", "# first\n" KEY_A "\n\n  " KEY_B " \r\n", &keys, &error));
    g_assert_no_error(error);
    return keys;
}

static const struct {
    const char *name, *header, *value, *second_header, *second_value;
    bool is_accepted;
} attempts[] = {
    {"no header", NULL, NULL, NULL, NULL, false},
    {"bearer", "Authorization", "Bearer " KEY_A, NULL, NULL, true},
    {"the scheme's case does not matter (RFC 9110, 11.1)", "authorization", "bEARER  " KEY_B, NULL, NULL, true},
    {"x-api-key", "X-Api-Key", KEY_B, NULL, NULL, true},
    {"wrong key", "Authorization", "Bearer cccccccccccccccccccc", NULL, NULL, false},
    {"a key's beginning", "x-api-key", "aaaaaaaaaaaaaaaaaaa", NULL, NULL, false},
    {"a key with more behind", "x-api-key", KEY_A "a", NULL, NULL, false},
    {"a key's case matters", "x-api-key", "AAAAAAAAAAAAAAAAAAAA", NULL, NULL, false},
    {"empty bearer", "Authorization", "Bearer ", NULL, NULL, false},
    {"empty x-api-key", "x-api-key", "", NULL, NULL, false},
    {"a comment is no key", "x-api-key", "# first", NULL, NULL, false},
    {"basic", "Authorization", "Basic " KEY_A, NULL, NULL, false},
    {"the bare key", "Authorization", KEY_A, NULL, NULL, false},
    {"one of two right", "Authorization", "Bearer nope", "x-api-key", KEY_A, true},
    {"both wrong", "Authorization", "Bearer nope", "x-api-key", "nope", false},
};

static void test_only_known_keys_are_accepted(void)
{
    g_autoptr(ApiKeys) keys = two_keys();

    for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++) {
        g_autoptr(GError) error = NULL;
        const HttpPair headers[] = {
            {attempts[i].header, attempts[i].value}, {attempts[i].second_header, attempts[i].second_value}};
        const HttpCall call = {.method = "GET",
            .path = "/jobs",
            .headers = headers,
            .header_count = (attempts[i].header != NULL) + (attempts[i].second_header != NULL)};
        g_test_message("%s", attempts[i].name);
        g_assert_cmpint(api_keys_check(keys, &call, &error), ==, attempts[i].is_accepted);
        g_assert_cmpint(error_is(error, ERROR_UNAUTHORIZED), ==, !attempts[i].is_accepted);
        if (error != NULL && attempts[i].value != NULL && *attempts[i].value != '\0')
            g_assert_null(strstr(error->message, attempts[i].value));
    }
}

static void test_a_key_with_a_name_is_a_key_and_a_secret(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ApiKeys) keys = NULL;
    const HttpPair header = {"x-api-key", KEY_B};
    const HttpCall call = {.method = "GET", .path = "/jobs", .headers = &header, .header_count = 1};

    g_assert_true(api_keys_parse("keys", KEY_A "\n  ci-user.1 \t " KEY_B "\n", &keys, &error));
    g_assert_true(api_keys_check(keys, &call, &error));
    g_assert_cmpstr(api_keys_secret(keys, "ci-user.1"), ==, KEY_B);
    g_assert_null(api_keys_secret(keys, "ci-user"));
    g_assert_null(api_keys_secret(keys, KEY_A));
    g_assert_null(api_keys_secret(keys, ""));
}

static const struct {
    const char *text, *message;
} bad_files[] = {
    {"user short\n", "f:1: expected a key of 16 to 512 visible ASCII characters"},
    {"us/er " KEY_A "\n", "f:1: expected a key, or NAME KEY"},
    {"user " KEY_A "\nuser " KEY_B "\n", "f:2: the name is there twice"},
    {"", "f: expected at least one key"},
    {"# only a comment\n\n", "f: expected at least one key"},
    {KEY_A "\nshort\n", "f:2: expected a key of 16 to 512 visible ASCII characters"},
    {"aaaaaaaaaaaaaaa\n", "f:1: expected a key"},
    {"two words are not a key\n", "f:1: expected a key"},
    {"# c\n\n\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n", "f:3: expected a key"},
};

static void test_key_files_are_checked_without_showing_keys(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_files); i++) {
        g_autoptr(GError) error = NULL;
        ApiKeys *keys = NULL;
        g_assert_false(api_keys_parse("f", bad_files[i].text, &keys, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_true(g_str_has_prefix(error->message, bad_files[i].message));
        g_assert_null(strstr(error->message, "short"));
        g_assert_null(strstr(error->message, "two words"));
    }
}

static const struct {
    int mode;
    bool is_accepted;
} modes[] = {{0600, true}, {0400, true}, {0640, true}, {0644, false}, {0660, false}, {0604, false}, {0602, false}};

static void test_key_files_that_others_may_read_are_refused(void)
{
    g_autofree char *directory = g_dir_make_tmp("trawl-keys-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "keys", NULL);

    g_assert_true(g_file_set_contents(path, KEY_A "\n", -1, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ApiKeys) keys = NULL;
        g_assert_cmpint(g_chmod(path, modes[i].mode), ==, 0);
        g_assert_cmpint(api_keys_load(path, &keys, &error), ==, modes[i].is_accepted);
        g_assert_cmpint(error_is(error, ERROR_INVALID), ==, !modes[i].is_accepted);
    }
    (void)g_unlink(path);
    g_autoptr(GError) error = NULL;
    ApiKeys *keys = NULL;
    g_assert_false(api_keys_load(path, &keys, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    (void)g_rmdir(directory);
}

static const struct {
    const char *host;
    bool is_loopback;
} hosts[] = {
    {"localhost", true},
    {"LOCALHOST", true},
    {"127.0.0.1", true},
    {"127.8.9.10", true},
    {"::1", true},
    {"[::1]", true},
    {"0.0.0.0", false},
    {"::", false},
    {"[::]", false},
    {"10.0.0.1", false},
    {"128.0.0.1", false},
    {"localhost.example.com", false},
    {"127.0.0.1.example.com", false},
    {"0127.0.0.1", false},
    {"127.1", false},
    {"[127.0.0.1]", false},
    {"", false},
    {"[", false},
    {"[]", false},
    {"example.com", false},
    {"::ffff:10.0.0.1", false},
};

static void test_loopback_hosts_are_told_from_others(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_test_message("%s", hosts[i].host);
        g_assert_cmpint(api_listen_is_loopback(hosts[i].host), ==, hosts[i].is_loopback);
    }
}

/* error_kind, or -1 for accepted, without and with keys */
static const struct {
    const char *method, *host, *origin, *type;
    int without_keys, with_keys;
} browser[] = {
    {"GET", "localhost:8080", NULL, NULL, -1, -1},
    {"GET", "127.0.0.1", NULL, NULL, -1, -1},
    {"GET", "[::1]:8080", NULL, NULL, -1, -1},
    {"GET", "evil.example:8080", NULL, NULL, ERROR_FORBIDDEN, -1},
    {"GET", "127.0.0.1.evil.example", NULL, NULL, ERROR_FORBIDDEN, -1},
    {"GET", NULL, NULL, NULL, ERROR_INVALID, ERROR_INVALID},
    {"POST", "localhost:8080", NULL, "application/json", -1, -1},
    {"POST", "localhost:8080", NULL, "Application/JSON; charset=utf-8", -1, -1},
    {"POST", "localhost:8080", NULL, NULL, ERROR_UNSUPPORTED, ERROR_UNSUPPORTED},
    {"POST", "localhost:8080", NULL, "text/plain", ERROR_UNSUPPORTED, ERROR_UNSUPPORTED},
    {"POST", "localhost:8080", NULL, "application/x-www-form-urlencoded", ERROR_UNSUPPORTED, ERROR_UNSUPPORTED},
    {"POST", "localhost:8080", NULL, "application/jsonp", ERROR_UNSUPPORTED, ERROR_UNSUPPORTED},
    {"POST", "localhost:8080", "http://localhost:8080", "application/json", -1, -1},
    {"POST", "localhost:8080", "http://localhost:9090", "application/json", ERROR_FORBIDDEN, ERROR_FORBIDDEN},
    {"POST", "localhost:8080", "https://evil.example", "application/json", ERROR_FORBIDDEN, ERROR_FORBIDDEN},
    {"POST", "localhost:8080", "null", "application/json", ERROR_FORBIDDEN, ERROR_FORBIDDEN},
    {"GET", "localhost:8080", "https://evil.example", NULL, ERROR_FORBIDDEN, ERROR_FORBIDDEN},
    {"POST", "trawl.example", "https://trawl.example", "application/json", ERROR_FORBIDDEN, -1},
};

static void assert_browser(const ApiKeys *keys, size_t i, int expected)
{
    g_autoptr(GError) error = NULL;
    HttpPair headers[3];
    size_t count = 0;

    if (browser[i].host != NULL)
        headers[count++] = (HttpPair){"Host", browser[i].host};
    if (browser[i].origin != NULL)
        headers[count++] = (HttpPair){"Origin", browser[i].origin};
    if (browser[i].type != NULL)
        headers[count++] = (HttpPair){"Content-Type", browser[i].type};
    const HttpCall call = {.method = browser[i].method, .path = "/scan", .headers = headers, .header_count = count};
    g_assert_cmpint(api_check_browser(keys, &call, &error), ==, expected == -1);
    g_assert_cmpint(error != NULL ? (int)error_kind(error) : -1, ==, expected);
}

static void test_pages_of_other_sites_are_refused(void)
{
    g_autoptr(ApiKeys) keys = two_keys();

    for (size_t i = 0; i < G_N_ELEMENTS(browser); i++) {
        g_test_message("%zu", i);
        assert_browser(NULL, i, browser[i].without_keys);
        assert_browser(keys, i, browser[i].with_keys);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api/auth/named-keys", test_a_key_with_a_name_is_a_key_and_a_secret);
    g_test_add_func("/api/auth/only-known-keys-are-accepted", test_only_known_keys_are_accepted);
    g_test_add_func(
        "/api/auth/key-files-are-checked-without-showing-keys", test_key_files_are_checked_without_showing_keys);
    g_test_add_func(
        "/api/auth/key-files-that-others-may-read-are-refused", test_key_files_that_others_may_read_are_refused);
    g_test_add_func("/api/auth/loopback-hosts-are-told-from-others", test_loopback_hosts_are_told_from_others);
    g_test_add_func("/api/auth/pages-of-other-sites-are-refused", test_pages_of_other_sites_are_refused);
    return g_test_run();
}
