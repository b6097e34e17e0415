/* What a cell may be in the first record of a table: a name, something beside names, or data. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

typedef enum CellKind {
    KIND_EMPTY,
    KIND_NAME,
    KIND_LONG,   /* a name as long as a sentence: a question of a form */
    KIND_SYMBOL, /* "%", "-" */
    KIND_PERIOD, /* "2024", "2024-01", "1/22/20" */
    KIND_SMALL,  /* a number of at most three digits */
    KIND_ODD,    /* "a=b", "{x}": hardly a name, but no data either */
    KIND_DATA,
} CellKind;

/* cell: without the quotes and spaces around it. */
CellKind table_cell_kind(Bytes cell);

/* Whether the column may be called so. */
static inline bool table_is_name(Bytes cell)
{
    CellKind kind = table_cell_kind(cell);

    return kind == KIND_NAME || kind == KIND_LONG || kind == KIND_ODD;
}
