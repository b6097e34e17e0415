/* Objects of an S3 bucket. See aws/s3.h for what the options mean. */
#pragma once

#include "aws/s3.h"
#include "objects/source.h"

/* NULL and zero mean the default; strings are copied. */
typedef struct S3SourceOptions {
    const char *bucket;
    const char *endpoint;
    const char *region;
    const char *profile;
    S3Addressing addressing;
    AwsSigning signing;
    S3Payer payer;
    AwsRetryOptions retry;
    HttpClient *http;               /* shared between sources, referenced; NULL: one of its own, from http_options */
    HttpClientOptions http_options; /* ca_file: else AWS_CA_BUNDLE */
} S3SourceOptions;

/* INVALID for options that cannot be. Sends nothing. */
FALLIBLE bool s3_source_open(const S3SourceOptions *options, ObjectSource **ret_source, GError **error);
