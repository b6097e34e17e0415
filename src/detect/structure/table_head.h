/* Whether a text is a table, told by its first records: which delimiter, and which line is the header. */
#pragma once

#include "detect/structure/table.h"

enum { QUOTED_MAX = 32 * 1024 }; /* a quote that is open for longer never was one */

/* One byte that may be special: a delimiter, a quote, a line's end. */
static inline void table_see(uint8_t delimiter, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    bool is_cell_start = cursor->state == CELL_START && cursor->position == position;

    if (cursor->state == CELL_QUOTED && position - cursor->quote_start > QUOTED_MAX)
        cursor->state = CELL_PLAIN;
    if (cursor->state == CELL_QUOTED) {
        cursor->state = byte == '"' ? CELL_CLOSING : CELL_QUOTED;
    } else if (byte == '"' && cursor->state == CELL_CLOSING && cursor->position == position) {
        cursor->state = CELL_QUOTED; /* a doubled quote */
    } else if (byte == '"') {
        cursor->state = is_cell_start ? CELL_QUOTED : CELL_PLAIN;
        cursor->quote_start = position;
    } else if (byte == '\n') {
        cursor->row++;
        cursor->column = 0;
        cursor->record_start = position + 1;
        cursor->state = CELL_START;
    } else if (byte == delimiter) {
        cursor->column++;
        cursor->state = CELL_START;
    }
    cursor->position = position + 1;
}

typedef struct TableShape {
    uint8_t delimiter;
    uint32_t columns;
    uint64_t header_start, header_end, header_row; /* bytes of the text; rows from 0, as in TableCursor */
} TableShape;

bool table_head_tell(const TableHead *head, TableShape *ret_shape);

/* Calls the visitor for each cell of a record, without the quotes and spaces around it; false as soon as it says so. */
typedef bool (*CellVisitor)(void *data, uint32_t column, Bytes cell);
bool table_visit_cells(uint8_t delimiter, Bytes record, CellVisitor visitor, void *data);
