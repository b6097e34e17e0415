/* Is this definition a machine that this interpreter runs? Everything wrong is listed at once. Any thread. */
#pragma once

#include "base/error.h"

#include <jansson.h>

/* INVALID with all problems, "<what> at <JSON pointer>", separated by "; ". What the language has and this interpreter
 * has not (Parallel, Map, intrinsic functions, JSONata) is a problem, too. */
FALLIBLE bool asl_validate(const json_t *definition, GError **error);
