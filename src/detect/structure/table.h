/* Delimited text: records, cells, quotes (RFC 4180), and the names of the columns. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/field_names.h"

enum { TABLE_MAX_COLUMNS = 1024 };

typedef enum CellState { CELL_START, CELL_PLAIN, CELL_QUOTED, CELL_CLOSING } CellState;

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
    uint8_t delimiter;
    uint32_t columns;
    uint32_t names[TABLE_MAX_COLUMNS];
    bool is_hot;         /* some column holds a keyword that a rule of engine class demands */
    TableCursor header;  /* where the header begins; what stands before it is no part of the table */
    TableCursor front;   /* what was fed ends here */
    TableCursor recent;  /* the last answer */
    GArray *checkpoints; /* TableCursor, positions rise */
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

/* Index of the name of the column that the cursor is in; 0: none. */
uint32_t table_scan_name(const TableScan *scan, const TableCursor *cursor);

void table_scan_feed(TableScan *scan, const TextView *view, uint64_t to);
/* Where the position is. Cheapest with rising positions. */
TableCursor table_scan_find(TableScan *scan, const TextView *view, uint64_t position);
/* Moves the cursor to the beginning of the next cell, or to limit: returns where it is then. */
uint64_t table_scan_next_cell(const TableScan *scan, const TextView *view, TableCursor *cursor, uint64_t limit);
void table_scan_forget(TableScan *scan, uint64_t position);
