/* Amazon S3's protocol: one wire call a function, against AWS or any compatible store.
 *
 * A client speaks to one bucket. It signs, retries with jitter, follows the bucket's region once, corrects the clock
 * once, and reads rotated credentials anew. Any thread may share a client; an object belongs to one thread at a time.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_GetObject.html. */
#pragma once

#include "aws/credentials.h"
#include "aws/retry.h"
#include "base/bytes.h"
#include "net/http_client.h"

typedef struct S3Client S3Client;
typedef struct S3Object S3Object;

typedef enum S3Addressing {
    S3_ADDRESSING_AUTO, /* virtual host on AWS where the bucket's name allows it, path elsewhere */
    S3_ADDRESSING_PATH,
    S3_ADDRESSING_VIRTUAL_HOST,
} S3Addressing;

typedef enum S3Payer {
    S3_OWNER_PAYS,
    S3_REQUESTER_PAYS,
} S3Payer;

/* NULL and zero mean the default. Everything is copied; the HTTP client is referenced. */
typedef struct S3ClientOptions {
    const char *bucket;
    const char
        *endpoint;      /* "https://host[:port][/path]"; else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile, AWS */
    const char *region; /* else AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1 */
    const char *profile;
    S3Addressing addressing;
    AwsSigning signing;
    S3Payer payer;
    HttpClient *http;
    AwsRetryOptions retry;
} S3ClientOptions;

/* INVALID for a bucket's name, an endpoint, a region or a profile that cannot be. Sends nothing. */
FALLIBLE bool s3_client_open(const S3ClientOptions *options, S3Client **ret_client, GError **error);
void s3_client_close(S3Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Client, s3_client_close)

typedef struct S3ListRequest {
    const char *prefix; /* "" for all */
    Bytes start_after;  /* a key, decoded; empty for the beginning. Not sent beside a token. */
    const char *token;  /* continuation token, or NULL */
    uint32_t max_keys;  /* at most 1,000 */
} S3ListRequest;

typedef struct S3ListEntry {
    char *key; /* decoded; NUL-terminated, and may hold NUL */
    size_t key_len;
    char *etag; /* without quotes; "" if none */
    uint64_t size_bytes;
    int64_t modified_ms; /* 0: unknown */
} S3ListEntry;

typedef struct S3ListResult {
    GArray *entries;   /* S3ListEntry, in the order of the answer, at most max_keys */
    bool is_truncated; /* more follows; also if the answer held more than asked for */
    char *next_token;  /* or NULL */
} S3ListResult;

void s3_list_result_clear(S3ListResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3ListResult, s3_list_result_clear)

/* ListObjectsV2. Errors: NOT_FOUND (no such bucket), FORBIDDEN, CREDENTIALS, INVALID (another region), BUSY,
 * UNAVAILABLE, TIMEOUT, PROTOCOL (what came is no listing). */
FALLIBLE bool s3_list_objects(S3Client *client, const S3ListRequest *request, S3ListResult *ret_result, GError **error);

typedef struct S3ObjectRequest {
    Bytes key;
    const char *etag; /* without quotes; "" does not check */
    uint64_t size_bytes;
} S3ObjectRequest;

/* GetObject: starts to fetch and does not wait. */
FALLIBLE bool s3_object_open(S3Client *client, const S3ObjectRequest *request, S3Object **ret_object, GError **error);

/* The next bytes; *ret_len 0 after exactly size_bytes. A body that breaks off is asked for again from the byte reached,
 * on condition that the object is still the same. Errors: CHANGED (another ETag or size), and as for listing. */
FALLIBLE bool s3_object_read(S3Object *object, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
void s3_object_close(S3Object *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Object, s3_object_close)
