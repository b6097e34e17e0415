/* Whether a text is a table, told by its first records: which delimiter, and which line is the header. */
#pragma once

#include "detect/structure/table.h"

enum { QUOTED_MAX = 32 * 1024 }; /* a quote that is open for longer never was one */

/* Lines in a quoted cell that have as many cells as a record: its quote was none, but the sign of inches. */
enum { RECORDS_IN_QUOTES = 3, COLUMNS_MIN_IN_QUOTES = 3 };

typedef struct TableFormat {
    uint8_t delimiter, newline;
    uint32_t columns; /* 0: not known */
} TableFormat;

static inline void table_see_quoted(const TableFormat *format, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    if (byte == '"') {
        cursor->state = CELL_CLOSING;
    } else if (byte == format->delimiter) {
        cursor->inside++;
    } else if (byte == format->newline) {
        bool is_alike = cursor->inside + 1 == format->columns && format->columns >= COLUMNS_MIN_IN_QUOTES;
        cursor->alike = is_alike ? cursor->alike + 1 : 0;
        cursor->inside = 0;
        cursor->lines++;
        if (cursor->alike < RECORDS_IN_QUOTES)
            return;
        cursor->row += cursor->lines;
        cursor->column = 0;
        cursor->record_start = position + 1;
        cursor->state = CELL_START;
    }
}

/* One byte that may be special: a delimiter, a quote, a line's end. */
static inline void table_see(const TableFormat *format, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    bool is_cell_start = cursor->state == CELL_START && cursor->position == position;

    if (cursor->state == CELL_QUOTED && position - cursor->quote_start > QUOTED_MAX)
        cursor->state = CELL_PLAIN;
    if (cursor->state == CELL_QUOTED) {
        table_see_quoted(format, cursor, position, byte);
    } else if (byte == '"' && cursor->state == CELL_CLOSING && cursor->position == position) {
        cursor->state = CELL_QUOTED; /* a doubled quote */
    } else if (byte == '"') {
        cursor->state = is_cell_start ? CELL_QUOTED : CELL_PLAIN;
        cursor->quote_start = position;
        cursor->lines = cursor->inside = cursor->alike = 0;
    } else if (byte == format->newline) {
        cursor->row++;
        cursor->column = 0;
        cursor->record_start = position + 1;
        cursor->state = CELL_START;
    } else if (byte == format->delimiter) {
        cursor->column++;
        cursor->state = CELL_START;
    }
    cursor->position = position + 1;
}

typedef struct TableShape {
    uint8_t delimiter;
    uint8_t newline; /* '\r' where no line ends otherwise */
    uint32_t columns;
    uint32_t shift; /* so many cells of a row stand before the one that is called as the header's first */
    uint64_t header_start, header_end, header_row; /* bytes of the text; rows from 0, as in TableCursor */
    bool needs_keyword;                            /* it is one only if some column is called by a keyword */
} TableShape;

bool table_head_tell(const TableHead *head, TableShape *ret_shape);

/* Calls the visitor for each cell of a record, which is one line or has its breaks in quotes, without the quotes and
 * spaces around it; false as soon as it says so. */
typedef bool (*CellVisitor)(void *data, uint32_t column, Bytes cell);
bool table_visit_cells(uint8_t delimiter, Bytes record, CellVisitor visitor, void *data);
