/* What a rule's pattern must not hold, since matching it would not stay linear in the text. */
#pragma once

#include "base/error.h"

/* INVALID says what stands where, from 1, and why it is refused. Other mistakes are left to the compilers. */
FALLIBLE bool pattern_check_linear(const char *pattern, GError **error);
