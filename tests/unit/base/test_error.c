#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"

static void test_fail_sets_kind_and_text(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(fail(&error, ERROR_NOT_FOUND, "s3://%s/%s", "bucket", "key"));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    g_assert_cmpstr(error->message, ==, "s3://bucket/key");
    g_assert_cmpint(error_kind_http_status(error_kind(error)), ==, 404);
    g_assert_false(error_kind_is_retryable(error_kind(error)));
    g_assert_true(error_kind_is_retryable(ERROR_BUSY));
}

static void test_foreign_errors_are_internal(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone");

    g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
    g_assert_cmpstr(error_kind_name(ERROR_INTERNAL), ==, "internal");
}

static void test_an_error_tells_programs_what_it_is_about(void)
{
    g_autoptr(GError) plain = NULL, copied = NULL;
    GError *error = NULL;

    g_assert_false(fail_at(&error, &(ErrorPlace){.field = "size", .line = 7}, "%d: expected less", 9));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_assert_cmpstr(error->message, ==, "size: 9: expected less");
    g_prefix_error(&error, "file: ");
    copied = g_error_copy(error);
    g_clear_error(&error);
    g_assert_cmpstr(copied->message, ==, "file: size: 9: expected less");
    g_assert_cmpstr(error_place(copied).field, ==, "size");
    g_assert_cmpuint(error_place(copied).line, ==, 7);
    g_assert_cmpstr(error_what(copied), ==, "9: expected less");

    g_assert_false(fail(&error, ERROR_INVALID, "too long"));
    g_assert_null(error_place(error).field);
    g_assert_cmpstr(error_what(error), ==, "too long");
    g_assert_false(fail_in(&plain, "name", error));
    g_assert_cmpstr(plain->message, ==, "name: too long");
    g_assert_cmpstr(error_place(plain).field, ==, "name");
    g_assert_cmpstr(error_what(plain), ==, "too long");
}

static void test_job_ids_are_uuids(void)
{
    g_autoptr(GError) error = NULL;
    JobId id = job_id_new();
    JobId parsed = {{0}};

    g_assert_true(job_id_parse(id.text, &parsed, &error));
    g_assert_cmpstr(parsed.text, ==, id.text);
    g_assert_false(job_id_parse("12345", &parsed, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
}

static void test_times_are_iso_8601_in_utc(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = clock_format_iso(1762682400000);
    int64_t time_ms = 0;

    g_assert_cmpstr(text, ==, "2025-11-09T10:00:00Z");
    g_assert_true(clock_parse_iso("2025-11-09T11:00:00.250+01:00", &time_ms, &error));
    g_assert_cmpint(time_ms, ==, 1762682400250);
    g_assert_false(clock_parse_iso("yesterday", &time_ms, &error));
}

static void test_a_date_alone_is_its_midnight_in_utc(void)
{
    static const struct {
        const char *text;
        int64_t expected_ms; /* -1: refused */
    } cases[] = {
        {"2025-11-09", 1762646400000},
        {"2025-11-09T10:00:00Z", 1762682400000},
        {"2025-11-31", -1},
        {"2025-11-9", -1},
        {"2025-11-09 ", -1},
        {"", -1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        int64_t time_ms = 0;
        g_assert_cmpint(clock_parse_day_or_iso(cases[i].text, &time_ms, &error), ==, cases[i].expected_ms >= 0);
        g_assert_cmpint(time_ms, ==, MAX(cases[i].expected_ms, 0));
        g_assert_true((error != NULL) == (cases[i].expected_ms < 0));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/fail-sets-kind-and-text", test_fail_sets_kind_and_text);
    g_test_add_func("/base/foreign-errors-are-internal", test_foreign_errors_are_internal);
    g_test_add_func("/base/an-error-tells-programs-what-it-is-about", test_an_error_tells_programs_what_it_is_about);
    g_test_add_func("/base/job-ids-are-uuids", test_job_ids_are_uuids);
    g_test_add_func("/base/times-are-iso-8601-in-utc", test_times_are_iso_8601_in_utc);
    g_test_add_func("/base/a-date-alone-is-its-midnight-in-utc", test_a_date_alone_is_its_midnight_in_utc);
    return g_test_run();
}
