/* What the files of the S3 client share. */
#pragma once

#include "aws/s3.h"
#include "aws/s3_xml.h"
#include "aws/sigv4.h"

/* Where requests go. Immutable; replaced when the region changes. */
typedef struct S3Place {
    char *region;
    char *base; /* "https://host:port" */
    char *host; /* as the Host header says it */
    char *path; /* encoded, what stands before the key: "" or "/base/bucket" */
} S3Place;

struct S3Client {
    HttpClient *http;
    AwsCredentialChain *credentials;
    AwsRetry *retry;
    char *bucket;
    char *endpoint; /* or NULL: AWS, by region */
    S3Addressing addressing;
    S3Payer payer;
    SigV4KeyCache signing_key;
    GMutex mutex;
    struct {
        S3Place place;
        int64_t clock_offset_ms; /* the store's clock minus ours */
    } locked;
};

/* INVALID for an endpoint or bucket that cannot be. */
FALLIBLE bool s3_place_init(S3Place *place, const S3Client *client, const char *region, GError **error);
void s3_place_clear(S3Place *place);
bool s3_region_is_valid(const char *region);

/* One request, before it is signed. */
typedef struct S3Call {
    const char *key_path; /* encoded, with its slash; or "" for the bucket */
    const SigV4Pair *query;
    size_t query_count;
    const SigV4Pair *headers;
    size_t header_count;
} S3Call;

/* One try at an operation, and what was already tried to cure it. */
typedef struct S3Attempts {
    uint32_t made;
    bool has_moved;
    bool has_set_clock;
    bool has_new_credentials;
} S3Attempts;

/* What an error answer asks for. */
typedef enum S3Cure {
    S3_CURE_NONE,
    S3_CURE_REGION,
    S3_CURE_CLOCK,
    S3_CURE_CREDENTIALS,
} S3Cure;

/* Signs and starts a GET; ret_used are the credentials it was signed with, for s3_try_again. */
FALLIBLE bool s3_start(
    S3Client *client, const S3Call *call, HttpTransfer **ret_transfer, AwsCredentials *ret_used, GError **error);

/* After a failed attempt: true if another should be made, having waited for its time. Else the error is the problem, or
 * CANCELLED if the HTTP client was stopped meanwhile. */
FALLIBLE bool s3_try_again(S3Client *client, S3Attempts *attempts, GError *take_problem, S3Cure cure,
    const AwsCredentials *used, GError **error);

/* Turns an error answer (any status but success, or an <Error> document) into an error, always; *ret_cure says what
 * may help. resource is "s3://bucket/key". */
bool s3_fail_with_answer(S3Client *client, HttpTransfer *transfer, const HttpResponse *response, const char *resource,
    S3Cure *ret_cure, GError **error);
/* The same for an <Error> document that came with success. */
bool s3_fail_with_document(S3Client *client, const HttpResponse *response, const S3ErrorAnswer *answer,
    const char *resource, S3Cure *ret_cure, GError **error);

/* "s3://bucket/key" fit for a message: control characters become question marks. */
char *s3_resource_name(const S3Client *client, Bytes key);
