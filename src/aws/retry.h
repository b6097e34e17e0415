/* When to try a request again, and how long to wait before.
 *
 * Waits grow and are drawn at random ("full jitter"); a bucket of tokens that all requests of a client share stops
 * storms of retries against a service that is down. Any thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

typedef struct AwsRetryOptions {
    uint32_t max_attempts; /* in all, for one request: 5 */
    uint32_t base_ms;      /* 50 */
    uint32_t throttled_ms; /* base when we are asked to slow down: 500 */
    uint32_t max_ms;       /* of one wait: 20,000 */
} AwsRetryOptions;

typedef struct AwsRetry AwsRetry;

/* Zero in an option means its default. */
AwsRetry *aws_retry_new(const AwsRetryOptions *options);
void aws_retry_free(AwsRetry *retry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsRetry, aws_retry_free)

/* After failed attempt number `attempt` (from 1) with this error: true to wait *ret_wait_ms and try again. */
bool aws_retry_allows(AwsRetry *retry, uint32_t attempt, const GError *error, uint32_t *ret_wait_ms);
/* After an attempt that succeeded: `attempts` were needed. Gives tokens back. */
void aws_retry_succeeded(AwsRetry *retry, uint32_t attempts);

/* What an error answer means: BUSY for codes that ask us to slow down, UNAVAILABLE or TIMEOUT for others that a retry
 * may cure, and ERROR_KIND_COUNT for codes that say nothing about retrying. */
ErrorKind aws_retry_kind_of_code(const char *code);
