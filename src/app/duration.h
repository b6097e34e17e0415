/* Lengths of time as people write them: 90d. */
#pragma once

#include "base/error.h"

#include <stdint.h>

/* A whole number above 0 with h, d, w or m (30 days). INVALID otherwise; flag is named in the error. */
FALLIBLE bool duration_parse(const char *flag, const char *text, int64_t *ret_ms, GError **error);
