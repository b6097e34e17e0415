/* Character references of HTML by name. Pure. */
#pragma once

#include "base/bytes.h"

enum { ENTITY_NAME_MIN = 2, ENTITY_NAME_MAX = 20 };

/* The code point that &name; stands for; 0: there is none of this name. The name is letters and digits. */
uint32_t entity_value(Bytes name);
