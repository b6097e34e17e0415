/* The body of POST /scan, checked: strict JSON, and what the operator lets clients choose. */
#pragma once

#include "api/api.h"

#include <jansson.h>

/* What is allowed, borrowed. */
typedef struct ScanPolicy {
    const char *allow_files; /* canonical path, or NULL */
    ApiClientEndpoints client_endpoints;
    const json_t *default_options; /* object, or NULL */
} ScanPolicy;

typedef struct ScanRequest {
    char *bucket;  /* a bucket's name, or file:///canonical/dir */
    char *prefix;  /* "" for all */
    char *options; /* JSON object: the defaults with the client's over them */
} ScanRequest;

void scan_request_clear(ScanRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanRequest, scan_request_clear)

/* INVALID names the field and what was expected; FORBIDDEN what only the operator may choose; NOT_FOUND for a directory
 * that is allowed but not there. */
FALLIBLE bool scan_request_parse(Bytes body, const ScanPolicy *policy, ScanRequest *ret_request, GError **error);
