#include "api/scan_request.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static bool parse(const char *body, const ScanPolicy *policy, ScanRequest *ret_request, GError **error)
{
    return scan_request_parse((Bytes){(const uint8_t *)body, strlen(body)}, policy, ret_request, error);
}

static const struct {
    const char *body;
    ErrorKind kind;
    const char *message;
} bad_bodies[] = {
    {"", ERROR_INVALID, "the request body is empty"},
    {"{", ERROR_INVALID, "not JSON: line 1, column 1"},
    {"{\n\"bucket\": }", ERROR_INVALID, "not JSON: line 2, column 11"},
    {"{\"bucket\":\"abc\"} x", ERROR_INVALID, "not JSON: line 1"},
    {"{\"bucket\":\"abc\",\"bucket\":\"abd\"}", ERROR_INVALID, "not JSON: line 1"},
    {"{\"bucket\":\"ab\\u0000c\"}", ERROR_INVALID, "not JSON: line 1"},
    {"{\"bucket\":\"\xff\xfe\"}", ERROR_INVALID, "not JSON"},
    {"[]", ERROR_INVALID, "expected a JSON object, got an array"},
    {"\"bucket\"", ERROR_INVALID, "expected a JSON object, got a string"},
    {"null", ERROR_INVALID, "expected a JSON object, got null"},
    {"{}", ERROR_INVALID, "field 'bucket' is missing"},
    {"{\"Bucket\":\"abc\"}", ERROR_INVALID, "field 'Bucket' is not known; expected bucket, prefix and options"},
    {"{\"bucket\":\"abc\",\"sync\":true}", ERROR_INVALID, "field 'sync' is not known"},
    {"{\"bucket\":5}", ERROR_INVALID, "field 'bucket': expected a string, got a number"},
    {"{\"bucket\":null}", ERROR_INVALID, "field 'bucket': expected a string, got null"},
    {"{\"bucket\":\"\"}", ERROR_INVALID, "field 'bucket': '': expected a bucket's name"},
    {"{\"bucket\":\"ab\"}", ERROR_INVALID, "3 to 63"},
    {"{\"bucket\":\"a/b/c\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"a b c\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"abc\\n\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"..abc\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"a..b\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"host.example:80\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"user@host\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"abc?x=1\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"abc#d\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"s3://abc\"}", ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"b\xc3\xbc"
     "cket\"}",
        ERROR_INVALID, "expected a bucket's name"},
    {"{\"bucket\":\"file:///etc\"}", ERROR_FORBIDDEN, "--allow-files DIR"},
    {"{\"bucket\":\"abc\",\"prefix\":7}", ERROR_INVALID, "field 'prefix': expected a string, got a number"},
    {"{\"bucket\":\"abc\",\"options\":[]}", ERROR_INVALID, "field 'options': expected an object, got an array"},
    {"{\"bucket\":\"abc\",\"options\":null}", ERROR_INVALID, "field 'options': expected an object, got null"},
    {"{\"bucket\":\"abc\",\"options\":{\"regions\":\"x\"}}", ERROR_INVALID, "field 'options.regions' is not known"},
    {"{\"bucket\":\"abc\",\"options\":{\"include\":\"*.txt\"}}", ERROR_INVALID,
        "field 'options.include': expected an array of patterns, got a string"},
    {"{\"bucket\":\"abc\",\"options\":{\"exclude\":[\"a\",3]}}", ERROR_INVALID,
        "field 'options.exclude[1]': expected a string, got a number"},
    {"{\"bucket\":\"abc\",\"options\":{\"max_object_bytes\":\"1\"}}", ERROR_INVALID,
        "field 'options.max_object_bytes': expected a whole number of bytes, got a string"},
    {"{\"bucket\":\"abc\",\"options\":{\"max_object_bytes\":1.5}}", ERROR_INVALID, "whole number of bytes"},
    {"{\"bucket\":\"abc\",\"options\":{\"max_object_bytes\":-1}}", ERROR_INVALID, "at least 1 byte"},
    {"{\"bucket\":\"abc\",\"options\":{\"anonymous\":\"yes\"}}", ERROR_INVALID, "expected true or false, got a string"},
    {"{\"bucket\":\"abc\",\"options\":{\"addressing\":\"dns\"}}", ERROR_INVALID, "expected auto, path or virtual"},
    {"{\"bucket\":\"abc\",\"options\":{\"region\":\"x.evil.example/\"}}", ERROR_INVALID, "expected a region"},
    {"{\"bucket\":\"abc\",\"options\":{\"region\":\"\"}}", ERROR_INVALID, "options.region"},
    {"{\"bucket\":\"abc\",\"options\":{\"endpoint\":\"http://169.254.169.254\"}}", ERROR_FORBIDDEN,
        "field 'options.endpoint': API clients may not choose it; the operator gives it to 'trawl serve' with "
        "--endpoint"},
    {"{\"bucket\":\"abc\",\"options\":{\"profile\":\"admin\"}}", ERROR_FORBIDDEN, "field 'options.profile'"},
};

static void test_bad_bodies_are_refused_with_place_and_expectation(void)
{
    const ScanPolicy policy = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(bad_bodies); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanRequest) request = {0};
        g_autofree char *shown = g_strescape(bad_bodies[i].body, NULL);
        g_test_message("%s", shown);
        g_assert_false(parse(bad_bodies[i].body, &policy, &request, &error));
        g_assert_cmpint(error_kind(error), ==, bad_bodies[i].kind);
        if (strstr(error->message, bad_bodies[i].message) == NULL)
            g_error("expected <%s> in <%s>", bad_bodies[i].message, error->message);
    }
}

static const struct {
    const char *body, *bucket, *prefix, *options;
} good_bodies[] = {
    {"{\"bucket\":\"my-bucket\"}", "my-bucket", "", "{}"},
    {" {\"bucket\":\"my.bucket\",\"prefix\":\"a/b c\\u00fc/\"}\n", "my.bucket", "a/b cü/", "{}"},
    {"{\"bucket\":\"Old_Bucket\",\"options\":{}}", "Old_Bucket", "", "{}"},
    {"{\"bucket\":\"abc\",\"prefix\":\"../x\"}", "abc", "../x", "{}"},
    {"{\"bucket\":\"abc\",\"options\":{\"include\":[\"*.txt\"],\"max_object_bytes\":5,\"anonymous\":true}}", "abc", "",
        "{\"include\":[\"*.txt\"],\"max_object_bytes\":5,\"anonymous\":true}"},
};

static void test_good_bodies_are_read(void)
{
    const ScanPolicy policy = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(good_bodies); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanRequest) request = {0};
        g_assert_true(parse(good_bodies[i].body, &policy, &request, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(request.bucket, ==, good_bodies[i].bucket);
        g_assert_cmpstr(request.prefix, ==, good_bodies[i].prefix);
        g_assert_cmpstr(request.options, ==, good_bodies[i].options);
    }
}

static void test_the_operators_defaults_lie_under_the_clients_options(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanRequest) request = {0};
    json_t *defaults = json_pack("{s:s,s:s}", "endpoint", "http://127.0.0.1:9000", "region", "us-east-1");
    const ScanPolicy policy = {.default_options = defaults};

    g_assert_true(parse("{\"bucket\":\"abc\",\"options\":{\"region\":\"eu-west-1\","
                        "\"endpoint\":\"http://127.0.0.1:9000\"}}",
        &policy, &request, &error));
    g_assert_cmpstr(request.options, ==, "{\"endpoint\":\"http://127.0.0.1:9000\",\"region\":\"eu-west-1\"}");
    g_auto(ScanRequest) other = {0};
    g_assert_false(
        parse("{\"bucket\":\"abc\",\"options\":{\"endpoint\":\"http://127.0.0.1:9001\"}}", &policy, &other, &error));
    g_assert_true(error_is(error, ERROR_FORBIDDEN));
    json_decref(defaults);
}

static void test_an_operator_can_let_clients_choose_endpoints(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanRequest) request = {0};
    const ScanPolicy policy = {.client_endpoints = API_ENDPOINTS_ALLOWED};

    g_assert_true(parse("{\"bucket\":\"abc\",\"options\":{\"endpoint\":\"http://127.0.0.1:9000\",\"profile\":\"dev\"}}",
        &policy, &request, &error));
    g_assert_cmpstr(request.options, ==, "{\"endpoint\":\"http://127.0.0.1:9000\",\"profile\":\"dev\"}");
}

static void test_endpoints_of_clients_are_web_addresses(void)
{
    static const char *const bad[] = {"", "localhost", "localhost:9000", "ftp://localhost", "file:///etc/passwd",
        "http://", "http:///path", "http://user:password@localhost", "http://user@localhost", "gopher://localhost:70"};
    const ScanPolicy policy = {.client_endpoints = API_ENDPOINTS_ALLOWED};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanRequest) request = {0};
        g_autofree char *body = g_strdup_printf("{\"bucket\":\"abc\",\"options\":{\"endpoint\":\"%s\"}}", bad[i]);
        g_test_message("%s", bad[i]);
        g_assert_false(parse(body, &policy, &request, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_null(strstr(error->message, "password@"));
    }
}

/* Side by side: outside/, allowed-too/ (which only begins like the root) and the root allowed/, with in/, "in side"/,
 * file, link-out (to outside/) and link-in (to in/). */
static const struct {
    const char *below, *prefix;
    int kind; /* -1: accepted */
    const char *resolved;
} directories[] = {
    {"allowed", "", -1, "allowed"},
    {"allowed/", "", -1, "allowed"},
    {"allowed/in", "a/b", -1, "allowed/in"},
    {"allowed/in%20side", "", -1, "allowed/in%20side"},
    {"allowed/in/../in/.", "", -1, "allowed/in"},
    {"allowed/link-in", "", -1, "allowed/in"},
    {"outside/../allowed/in", "", -1, "allowed/in"},
    {"allowed/../outside", "", ERROR_FORBIDDEN, NULL},
    {"allowed/%2e%2e/outside", "", ERROR_FORBIDDEN, NULL},
    {"allowed/link-out", "", ERROR_FORBIDDEN, NULL},
    {"allowed/link-out/in", "", ERROR_FORBIDDEN, NULL},
    {"allowed-too", "", ERROR_FORBIDDEN, NULL},
    {"outside", "", ERROR_FORBIDDEN, NULL},
    {"outside/missing", "", ERROR_FORBIDDEN, NULL},
    {"", "", ERROR_FORBIDDEN, NULL},
    {"allowed/missing", "", ERROR_NOT_FOUND, NULL},
    {"allowed/file", "", ERROR_INVALID, NULL},
    {"allowed/in%00", "", ERROR_INVALID, NULL},
    {"allowed", "../outside", ERROR_INVALID, NULL},
    {"allowed", "in/../../outside", ERROR_INVALID, NULL},
    {"allowed", "/etc", ERROR_INVALID, NULL},
    {"allowed", "a..b/..c", -1, "allowed"},
};

static void make_tree(const char *base)
{
    static const char *const folders[] = {
        "allowed", "allowed/in", "allowed/in side", "outside", "outside/in", "allowed-too"};

    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(base, folders[i], NULL);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    }
    g_autofree char *file = g_build_filename(base, "allowed/file", NULL);
    g_autofree char *link_out = g_build_filename(base, "allowed/link-out", NULL);
    g_autofree char *link_in = g_build_filename(base, "allowed/link-in", NULL);
    g_assert_true(g_file_set_contents(file, "x", 1, NULL));
    g_assert_cmpint(symlink("../outside", link_out), ==, 0);
    g_assert_cmpint(symlink("in", link_in), ==, 0);
}

static void remove_tree(const char *base)
{
    static const char *const paths[] = {"allowed/file", "allowed/link-out", "allowed/link-in", "allowed/in side",
        "allowed/in", "allowed", "outside/in", "outside", "allowed-too", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *path = g_build_filename(base, paths[i], NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
}

static void assert_directory(const char *base, const ScanPolicy *policy, size_t i)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanRequest) request = {0};
    g_autofree char *body = g_strdup_printf(
        "{\"bucket\":\"file://%s/%s\",\"prefix\":\"%s\"}", base, directories[i].below, directories[i].prefix);

    g_test_message("%s + %s", directories[i].below, directories[i].prefix);
    g_assert_cmpint(parse(body, policy, &request, &error), ==, directories[i].kind == -1);
    g_assert_cmpint(error != NULL ? (int)error_kind(error) : -1, ==, directories[i].kind);
    if (directories[i].kind != -1)
        return;
    g_autofree char *expected = g_strdup_printf("file://%s/%s", base, directories[i].resolved);
    g_assert_cmpstr(request.bucket, ==, expected);
}

static void test_directories_are_scanned_only_below_the_allowed_root(void)
{
    g_autofree char *base = g_dir_make_tmp("trawl-api-XXXXXX", NULL);
    g_autofree char *root = g_build_filename(base, "allowed", NULL);
    const ScanPolicy policy = {.allow_files = root};

    make_tree(base);
    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++)
        assert_directory(base, &policy, i);

    static const char *const others[] = {"file://host/etc", "file:", "file:etc", "file://", "file:///%zz"};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanRequest) request = {0};
        g_autofree char *body = g_strdup_printf("{\"bucket\":\"%s\"}", others[i]);
        g_test_message("%s", others[i]);
        g_assert_false(parse(body, &policy, &request, &error));
        g_assert_cmpint(error_kind_http_status(error_kind(error)), <, 404);
    }
    remove_tree(base);
}

static void test_a_root_of_everything_allows_everything(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanRequest) request = {0};
    const ScanPolicy policy = {.allow_files = "/"};

    g_assert_true(parse("{\"bucket\":\"file:///\"}", &policy, &request, &error));
    g_assert_cmpstr(request.bucket, ==, "file:///");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api/scan/bad-bodies-are-refused-with-place-and-expectation",
        test_bad_bodies_are_refused_with_place_and_expectation);
    g_test_add_func("/api/scan/good-bodies-are-read", test_good_bodies_are_read);
    g_test_add_func("/api/scan/the-operators-defaults-lie-under-the-clients-options",
        test_the_operators_defaults_lie_under_the_clients_options);
    g_test_add_func(
        "/api/scan/an-operator-can-let-clients-choose-endpoints", test_an_operator_can_let_clients_choose_endpoints);
    g_test_add_func("/api/scan/endpoints-of-clients-are-web-addresses", test_endpoints_of_clients_are_web_addresses);
    g_test_add_func("/api/scan/directories-are-scanned-only-below-the-allowed-root",
        test_directories_are_scanned_only_below_the_allowed_root);
    g_test_add_func("/api/scan/a-root-of-everything-allows-everything", test_a_root_of_everything_allows_everything);
    return g_test_run();
}
