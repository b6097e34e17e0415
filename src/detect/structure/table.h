/* Delimited text: records, cells, quotes (RFC 4180), and the names of the columns. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/field_names.h"
#include "detect/zones.h"

enum { TABLE_MAX_COLUMNS = 1024 };

typedef enum CellState { CELL_START, CELL_PLAIN, CELL_QUOTED, CELL_CLOSING } CellState;

/* A cell of the table: [position, that of the next). */
typedef struct TableCell {
    uint64_t position, record_start;
    uint32_t row;    /* from 0; the lowest bits */
    uint32_t column; /* from 0 */
} TableCell;

/* A position, and where in the table it is. */
typedef struct TableCursor {
    uint64_t position, record_start, quote_start;
    uint64_t row;                  /* from 0 */
    uint32_t column;               /* from 0 */
    uint32_t lines, inside, alike; /* of a quoted cell: line breaks, delimiters in its line, lines like records */
    CellState state;
} TableCursor;

typedef struct TableScan {
    ByteSet marks;
    uint8_t delimiter, newline;
    uint32_t columns;
    uint32_t names[TABLE_MAX_COLUMNS];
    const uint64_t *rules[TABLE_MAX_COLUMNS]; /* bit sets: those of engine class that the names' keywords ask for */
    bool is_hot;                              /* some column has any */
    uint64_t header;                          /* where it begins; what stands before it is no part of the table */
    TableCursor front;                        /* what was fed ends here */
    GArray *cells; /* TableCell: all that was fed and not forgotten, and the one before; positions rise */
    guint recent;  /* index of the last answer */
} TableScan;

void table_scan_init(TableScan *scan);
void table_scan_clear(TableScan *scan);

/* The beginning of a text, or all of it. */
typedef struct TableHead {
    Bytes text;
    bool is_whole;
} TableHead;

/* Whether it is a table; what follows is then read as one. */
bool table_scan_begin(TableScan *scan, const TableHead *head, FieldNames *names);

void table_scan_feed(TableScan *scan, const TextView *view, uint64_t to);
/* The cell that holds the position. Cheapest with rising positions. Valid until the next feed. */
const TableCell *table_scan_find(TableScan *scan, uint64_t position);
/* Where a cell that was found ends, as far as is known. */
uint64_t table_scan_cell_end(const TableScan *scan, const TableCell *cell);
void table_scan_forget(TableScan *scan, uint64_t position);

/* Index of the name of the cell's column; 0: none. */
uint32_t table_scan_name(const TableScan *scan, const TableCell *cell);
/* From 0. */
uint64_t table_scan_row(const TableScan *scan, const TableCell *cell);

/* Adds to an array of Zone each cell in [from, to) whose column has rules. */
void table_scan_add_zones(TableScan *scan, const Zone *stretch, GArray *zones);
