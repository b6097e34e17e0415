/* The body of a request. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <jansson.h>

/* A JSON object, a new reference; an empty body is an empty object. INVALID says line and column. */
FALLIBLE bool body_object(Bytes body, json_t **ret_root, GError **error);
