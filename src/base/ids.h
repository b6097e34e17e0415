/* Identifiers as distinct types, so that one cannot be passed where another is wanted. Plain values. */
#pragma once

#include "base/error.h"

typedef struct JobId {
    char text[37]; /* UUID, lower case, with dashes */
} JobId;

/* A new random (version 4) UUID. */
JobId job_id_new(void);

/* INVALID unless text is a UUID; upper case is folded. */
FALLIBLE bool job_id_parse(const char *text, JobId *ret_id, GError **error);
