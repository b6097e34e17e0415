/* Where a table's records begin, behind what programs write before them. */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

typedef struct TableOrigin {
    size_t at;
    uint64_t row;
    uint8_t delimiter; /* if the text itself says which ("sep=;"); 0: it does not */
} TableOrigin;

TableOrigin table_origin_find(Bytes text);
