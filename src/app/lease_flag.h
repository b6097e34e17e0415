/* --lease: for how long what a process took stays its own without a sign of life. */
#pragma once

#include "base/error.h"

#include <stdint.h>

/* target: char **. */
#define LEASE_ENTRY(target)                                                                                            \
    {                                                                                                                  \
        "lease", 0, 0, G_OPTION_ARG_STRING, (target),                                                                  \
            "Take-over of a page or execution without a sign of life: 2s, "                                            \
            "500ms, 1m (default 60s)",                                                                                 \
            "TIME"                                                                                                     \
    }

/* A whole number with ms, s or m, from 100ms to 60m; text NULL gives 0, the default. */
FALLIBLE bool lease_parse(const char *text, int64_t *ret_ms, GError **error);
