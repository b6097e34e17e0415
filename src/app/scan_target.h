/* What a URI on the command line means: the bucket and prefix of a job, and a filter where one file is named. */
#pragma once

#include "base/error.h"

typedef struct ScanTarget {
    char *bucket;   /* "my-bucket", or "file:///absolute/root" (percent-encoded) */
    char *prefix;   /* "" for all */
    char *only_key; /* a glob for exactly one key, or NULL */
} ScanTarget;

void scan_target_clear(ScanTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanTarget, scan_target_clear)

/* s3://bucket[/prefix], file:///path, or a path; a directory, or one file. INVALID and NOT_FOUND name the URI. */
FALLIBLE bool scan_target_parse(const char *uri, ScanTarget *ret_target, GError **error);
