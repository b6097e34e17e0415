#include "jobs/job_options.h"

#include <string.h>

static void test_what_is_parsed_comes_back(void)
{
    static const struct {
        const char *json, *formatted;
    } cases[] = {
        {"", "{}"},
        {"{}", "{}"},
        {"{\"addressing\":\"auto\",\"anonymous\":false,\"concurrency\":0,\"include\":[],\"max_object_bytes\":0}", "{}"},
        {"{\"request_payer\":\"requester\", \"endpoint\":\"http://127.0.0.1:9000\"}",
            "{\"endpoint\":\"http://127.0.0.1:9000\",\"request_payer\":\"requester\"}"},
        {"{\"include\":[\"*.csv\",\"a b\"],\"exclude\":[\"tmp/*\"],\"profile\":\"p\",\"region\":\"eu-west-1\"}",
            "{\"exclude\":[\"tmp/*\"],\"include\":[\"*.csv\",\"a b\"],\"profile\":\"p\",\"region\":\"eu-west-1\"}"},
        {"{\"anonymous\":true,\"max_object_bytes\":5497558138880,\"concurrency\":64,\"addressing\":\"virtual\"}",
            "{\"addressing\":\"virtual\",\"anonymous\":true,\"concurrency\":64,\"max_object_bytes\":5497558138880}"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(JobOptions) options = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(job_options_parse(cases[i].json, &options, &error));
        g_autofree char *formatted = job_options_format(&options);
        g_assert_cmpstr(formatted, ==, cases[i].formatted);
    }
}

static void test_what_is_wrong_is_named(void)
{
    static const struct {
        const char *json, *named;
    } cases[] = {
        {"{\"bucket\":\"x\"}", "'bucket'"},
        {"{\"secret_access_key\":\"x\"}", "'secret_access_key'"},
        {"{\"Region\":\"x\"}", "'Region'"},
        {"{\"region\":1}", "'region'"},
        {"{\"region\":\"\"}", "'region'"},
        {"{\"region\":null}", "'region'"},
        {"{\"addressing\":\"dns\"}", "auto, path or virtual"},
        {"{\"addressing\":1}", "auto, path or virtual"},
        {"{\"anonymous\":\"yes\"}", "'anonymous'"},
        {"{\"include\":\"*.csv\"}", "'include'"},
        {"{\"include\":[1]}", "'include'"},
        {"{\"exclude\":{\"a\":1}}", "'exclude'"},
        {"{\"max_object_bytes\":-1}", "'max_object_bytes'"},
        {"{\"max_object_bytes\":1.5}", "'max_object_bytes'"},
        {"{\"concurrency\":4294967297}", "'concurrency'"},
        {"{\"region\":\"a\",\"region\":\"b\"}", "line 1"},
        {"[]", "object"},
        {"{\"region\":", "line 1"},
        {"{} {}", "line 1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(JobOptions) options = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(job_options_parse(cases[i].json, &options, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_INVALID);
        if (strstr(error->message, cases[i].named) == NULL)
            g_error("%s gives: %s", cases[i].json, error->message);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/options/what-is-parsed-comes-back", test_what_is_parsed_comes_back);
    g_test_add_func("/jobs/options/what-is-wrong-is-named", test_what_is_wrong_is_named);
    return g_test_run();
}
