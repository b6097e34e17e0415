/* Whether a request to the Step Functions API was signed by somebody who has one of the keys: AWS Signature Version 4
 * in the Authorization header, which is how AWS's clients sign.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. Pure but for the clock; any thread. */
#pragma once

#include "api/auth.h"

/* What is signed: all headers that the client named, but x-amz-date, which is made from the time. Borrowed. */
typedef struct SignatureInput {
    const char *method, *path;
    const HttpPair *query;
    size_t query_count;
    const HttpPair *headers;
    size_t header_count;
    const char *payload_hash; /* lower-case hex of SHA-256 */
    const char *region, *service;
    const char *key_id, *secret;
    int64_t time_ms;
} SignatureInput;

/* Makes the signature, 64 hex digits, owned by the caller. */
typedef char *(*SignatureMaker)(const SignatureInput *input);

typedef struct SignaturePolicy {
    const ApiKeys *keys;
    SignatureMaker make;
    const char *service; /* of the credential's scope; any region is fine */
} SignaturePolicy;

/* UNAUTHORIZED in AWS's words, with AWS's error code in *ret_code (a constant): no signature, half a signature, an
 * unknown key, a time more than five minutes from ours, a header that should have been signed, or simply wrong. */
FALLIBLE bool signature_check(
    const SignaturePolicy *policy, const HttpCall *call, const char **ret_code, GError **error);
