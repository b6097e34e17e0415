#include "aws/retry.h"

#include <string.h>

/* The bucket of botocore's "standard" mode. */
#define TOKENS       500
#define RETRY_COST   5
#define TIMEOUT_COST 10

struct AwsRetry {
    AwsRetryOptions options;
    gint tokens; /* atomic */
};

typedef struct CodeKind {
    const char *code;
    ErrorKind kind;
} CodeKind;

static const CodeKind code_kinds[] = {
    {"RequestTimeout", ERROR_TIMEOUT},
    {"RequestTimeoutException", ERROR_TIMEOUT},
    {"PriorRequestNotComplete", ERROR_UNAVAILABLE},
    {"InternalError", ERROR_UNAVAILABLE},
    {"ServiceUnavailable", ERROR_BUSY},
    {"Throttling", ERROR_BUSY},
    {"ThrottlingException", ERROR_BUSY},
    {"ThrottledException", ERROR_BUSY},
    {"RequestThrottledException", ERROR_BUSY},
    {"RequestThrottled", ERROR_BUSY},
    {"TooManyRequestsException", ERROR_BUSY},
    {"ProvisionedThroughputExceededException", ERROR_BUSY},
    {"RequestLimitExceeded", ERROR_BUSY},
    {"BandwidthLimitExceeded", ERROR_BUSY},
    {"LimitExceededException", ERROR_BUSY},
    {"SlowDown", ERROR_BUSY},
    {"TransactionInProgressException", ERROR_BUSY},
    {"EC2ThrottledException", ERROR_BUSY},
};

AwsRetry *aws_retry_new(const AwsRetryOptions *options)
{
    AwsRetry *retry = g_new0(AwsRetry, 1);

    retry->options.max_attempts = options->max_attempts ? options->max_attempts : 5;
    retry->options.base_ms = options->base_ms ? options->base_ms : 50;
    retry->options.throttled_ms = options->throttled_ms ? options->throttled_ms : 500;
    retry->options.max_ms = options->max_ms ? options->max_ms : 20000;
    retry->tokens = TOKENS;
    return retry;
}

void aws_retry_free(AwsRetry *retry)
{
    g_free(retry);
}

static bool take_tokens(AwsRetry *retry, gint cost)
{
    if (g_atomic_int_add(&retry->tokens, -cost) >= cost)
        return true;
    g_atomic_int_add(&retry->tokens, cost);
    return false;
}

bool aws_retry_allows(AwsRetry *retry, uint32_t attempt, const GError *error, uint32_t *ret_wait_ms)
{
    ErrorKind kind = error_kind(error);

    if (!error_kind_is_retryable(kind) || attempt >= retry->options.max_attempts)
        return false;
    if (!take_tokens(retry, kind == ERROR_TIMEOUT ? TIMEOUT_COST : RETRY_COST))
        return false;
    uint32_t base_ms = kind == ERROR_BUSY ? retry->options.throttled_ms : retry->options.base_ms;
    uint64_t longest_ms = (uint64_t)base_ms << MIN(attempt, 20);
    *ret_wait_ms = (uint32_t)(g_random_double() * (double)MIN(longest_ms, retry->options.max_ms));
    return true;
}

void aws_retry_succeeded(AwsRetry *retry, uint32_t attempts)
{
    gint refund = attempts > 1 ? RETRY_COST : 1;

    if (g_atomic_int_get(&retry->tokens) + refund <= TOKENS)
        g_atomic_int_add(&retry->tokens, refund);
}

ErrorKind aws_retry_kind_of_code(const char *code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(code_kinds); i++) {
        if (strcmp(code, code_kinds[i].code) == 0)
            return code_kinds[i].kind;
    }
    return ERROR_KIND_COUNT;
}
