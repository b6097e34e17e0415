#include "app/scan_target.h"

#include <glib/gstdio.h>

#include <string.h>

typedef struct GoodCase {
    const char *uri, *bucket, *prefix;
} GoodCase;

static const GoodCase good_cases[] = {
    {"s3://my-bucket", "my-bucket", ""},
    {"s3://my-bucket/", "my-bucket", ""},
    {"s3://my-bucket/a/b c/", "my-bucket", "a/b c/"},
    {"s3://my-bucket//two", "my-bucket", "/two"},
    {"/", "file:///", ""},
    {"file:///", "file:///", ""},
};

static const char *const bad_uris[] = {
    "s3://", "s3://x", "s3:///key", "s3://bad bucket/", "https://bucket/key", "file://host/dir", "/no/such/place", ""};

static void test_uris_name_bucket_and_prefix(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(good_cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanTarget) target = {0};

        g_assert_true(scan_target_parse(good_cases[i].uri, &target, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(target.bucket, ==, good_cases[i].bucket);
        g_assert_cmpstr(target.prefix, ==, good_cases[i].prefix);
        g_assert_null(target.only_key);
    }
}

static void test_bad_uris_are_named_in_the_error(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_uris); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ScanTarget) target = {0};

        g_assert_false(scan_target_parse(bad_uris[i], &target, &error));
        g_assert_nonnull(strstr(error->message, bad_uris[i]));
        g_assert_nonnull(strstr(error->message, "expected"));
    }
}

static void test_one_file_is_its_directory_and_a_filter(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanTarget) target = {0};
    g_autofree char *folder = g_dir_make_tmp("trawl-target-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "odd [name]*.txt", NULL);

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_true(scan_target_parse(path, &target, &error));
    g_assert_cmpstr(target.prefix, ==, "odd [name]*.txt");
    g_assert_cmpstr(target.only_key, ==, "odd \\[name]\\*.txt");
    g_assert_true(g_str_has_prefix(target.bucket, "file:///"));
    g_remove(path);
    g_rmdir(folder);
}

static void test_a_file_whose_name_is_no_text_is_its_escaped_key(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(ScanTarget) target = {0};
    g_autofree char *folder = g_dir_make_tmp("trawl-target-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "in\xff%.txt", NULL);

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_true(scan_target_parse(path, &target, &error));
    g_assert_cmpstr(target.prefix, ==, "in");
    g_assert_cmpstr(target.only_key, ==, "in%FF%25.txt");
    g_remove(path);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/app/target/uris-name-bucket-and-prefix", test_uris_name_bucket_and_prefix);
    g_test_add_func("/app/target/bad-uris-are-named-in-the-error", test_bad_uris_are_named_in_the_error);
    g_test_add_func("/app/target/one-file-is-its-directory-and-a-filter", test_one_file_is_its_directory_and_a_filter);
    g_test_add_func("/app/target/a-file-whose-name-is-no-text-is-its-escaped-key",
        test_a_file_whose_name_is_no_text_is_its_escaped_key);
    return g_test_run();
}
