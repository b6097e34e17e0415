/* What names of keys, elements and attributes say of what stands beside them. Pure. */
#pragma once

#include "detect/structure/field_names.h"

/* In any case, with or without signs between its words. */
FieldRole field_role(Bytes name);
