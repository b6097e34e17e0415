/* AWS Signature Version 4, in headers and in the query ("presigned").
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. Pure functions; any thread. */
#pragma once

#include "aws/credentials.h"

#include <stddef.h>
#include <stdint.h>

/* The hash of an empty body, and what stands for a body that is not signed. */
#define SIGV4_EMPTY_HASH       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

typedef enum SigV4Path {
    SIGV4_PATH_NORMALIZED, /* every service but S3: decoded; dot segments and double slashes are taken out */
    SIGV4_PATH_AS_IS,      /* S3: encoded, exactly as it is sent */
} SigV4Path;

typedef enum SigV4Token {
    SIGV4_TOKEN_SIGNED,
    SIGV4_TOKEN_ADDED_AFTER, /* services that want the session token outside the signature */
} SigV4Token;

/* The signing key of a day, region and service, kept because deriving it costs more than signing with it. Any thread.
 */
typedef struct SigV4KeyCache {
    GMutex mutex;
    struct {
        char *secret;
        char *scope;
        uint8_t key[32];
    } locked;
} SigV4KeyCache;

void sigv4_key_cache_init(SigV4KeyCache *cache);
void sigv4_key_cache_clear(SigV4KeyCache *cache); /* wipes */

typedef struct SigV4Pair {
    const char *name;
    const char *value;
} SigV4Pair;

/* The query is decoded: as it is meant, not as it travels. */
typedef struct SigV4Request {
    const char *method;
    const char *path;
    SigV4Path path_rule;
    const SigV4Pair *query;
    size_t query_count;
    const SigV4Pair *headers; /* with host; without x-amz-date and the token, which are added */
    size_t header_count;
    const char *payload_hash; /* lower-case hex of SHA-256, or SIGV4_UNSIGNED_PAYLOAD */
    const char *region;
    const char *service;
    SigV4Token token_rule;
    int64_t time_ms;
    SigV4KeyCache *key_cache; /* or NULL */
} SigV4Request;

typedef struct SigV4Signed {
    char *canonical_request;
    char *string_to_sign;
    char *signature;
    char *date;          /* header form: the value of X-Amz-Date */
    char *authorization; /* header form: the value of Authorization */
    char *query;         /* query form: the whole encoded query with the signature last */
} SigV4Signed;

void sigv4_signed_clear(SigV4Signed *signed_request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SigV4Signed, sigv4_signed_clear)

/* Send X-Amz-Date, X-Amz-Security-Token if there is a token, and Authorization beside the request's headers. */
void sigv4_sign(const SigV4Request *request, const AwsCredentials *credentials, SigV4Signed *ret_signed);

/* At most 604,800 seconds (seven days) are accepted by AWS. */
void sigv4_presign(
    const SigV4Request *request, const AwsCredentials *credentials, uint32_t expires_s, SigV4Signed *ret_signed);

/* Percent-encoded by the rule of RFC 3986: everything but A-Z a-z 0-9 - . _ ~ and, in a path, the slash. */
char *sigv4_encode(const char *text);
char *sigv4_encode_path(const void *path, size_t len);
/* "a=b&c=": each pair encoded, sorted by encoded name, then value. */
char *sigv4_encode_query(const SigV4Pair *query, size_t count);

/* Lower-case hex of SHA-256. */
char *sigv4_hash(const void *data, size_t len);
