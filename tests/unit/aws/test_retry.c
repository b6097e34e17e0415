#include "aws/retry.h"

static void test_only_errors_that_may_pass_are_tried_again(void)
{
    static const struct {
        ErrorKind kind;
        bool is_retried;
    } cases[] = {{ERROR_BUSY, true}, {ERROR_UNAVAILABLE, true}, {ERROR_TIMEOUT, true}, {ERROR_TRUNCATED, true},
        {ERROR_FORBIDDEN, false}, {ERROR_NOT_FOUND, false}, {ERROR_CREDENTIALS, false}, {ERROR_PROTOCOL, false},
        {ERROR_CHANGED, false}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(AwsRetry) retry = aws_retry_new(&(AwsRetryOptions){0});
        g_autoptr(GError) error = g_error_new_literal(TRAWL_ERROR, (gint)cases[i].kind, "problem");
        uint32_t wait_ms = 0;

        g_assert_cmpint(aws_retry_allows(retry, 1, error, &wait_ms), ==, cases[i].is_retried);
    }
}

static void test_waits_stay_below_a_growing_limit(void)
{
    g_autoptr(AwsRetry) retry = aws_retry_new(&(AwsRetryOptions){.max_attempts = 40, .base_ms = 10, .max_ms = 300});
    g_autoptr(GError) error = g_error_new_literal(TRAWL_ERROR, ERROR_UNAVAILABLE, "problem");
    static const uint32_t limits[] = {0, 20, 40, 80, 160, 300, 300};

    for (uint32_t attempt = 1; attempt < G_N_ELEMENTS(limits); attempt++) {
        uint32_t wait_ms = 0;
        g_assert_true(aws_retry_allows(retry, attempt, error, &wait_ms));
        g_assert_cmpuint(wait_ms, <=, limits[attempt]);
    }
    uint32_t wait_ms = 0;
    g_assert_false(aws_retry_allows(retry, 40, error, &wait_ms));
}

static void test_the_bucket_of_tokens_stops_storms(void)
{
    g_autoptr(AwsRetry) retry = aws_retry_new(&(AwsRetryOptions){0});
    g_autoptr(GError) error = g_error_new_literal(TRAWL_ERROR, ERROR_UNAVAILABLE, "problem");
    uint32_t wait_ms = 0;
    int allowed = 0;

    while (aws_retry_allows(retry, 1, error, &wait_ms))
        allowed++;
    g_assert_cmpint(allowed, ==, 100); /* 500 tokens, 5 a retry */
    aws_retry_succeeded(retry, 2);
    g_assert_true(aws_retry_allows(retry, 1, error, &wait_ms));
    g_assert_false(aws_retry_allows(retry, 1, error, &wait_ms));
}

static void test_codes_have_their_kind(void)
{
    g_assert_cmpint(aws_retry_kind_of_code("SlowDown"), ==, ERROR_BUSY);
    g_assert_cmpint(aws_retry_kind_of_code("ThrottlingException"), ==, ERROR_BUSY);
    g_assert_cmpint(aws_retry_kind_of_code("RequestTimeout"), ==, ERROR_TIMEOUT);
    g_assert_cmpint(aws_retry_kind_of_code("InternalError"), ==, ERROR_UNAVAILABLE);
    g_assert_cmpint(aws_retry_kind_of_code("AccessDenied"), ==, ERROR_KIND_COUNT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/aws/retry/only-errors-that-may-pass-are-tried-again", test_only_errors_that_may_pass_are_tried_again);
    g_test_add_func("/aws/retry/waits-stay-below-a-growing-limit", test_waits_stay_below_a_growing_limit);
    g_test_add_func("/aws/retry/the-bucket-of-tokens-stops-storms", test_the_bucket_of_tokens_stops_storms);
    g_test_add_func("/aws/retry/codes-have-their-kind", test_codes_have_their_kind);
    return g_test_run();
}
