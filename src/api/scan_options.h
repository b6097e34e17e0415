/* The "options" of POST /scan: which a client may give, and of what type. */
#pragma once

#include "api/scan_request.h"

/* options may be NULL (none given). *ret_merged: a new reference, the policy's defaults with options over them. */
FALLIBLE bool scan_options_merge(const json_t *options, const ScanPolicy *policy, json_t **ret_merged, GError **error);

/* "a string", "a number" …: for messages. */
const char *scan_json_type_name(const json_t *value);
