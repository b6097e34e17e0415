/* Tables that a program printed for people, or people drew: psql, mysql, sqlite3, Markdown, reports of fixed width. The
 * header stands over a ruler of dashes, or its words stand over those of the rows. */
#pragma once

#include "detect/structure/cell_log.h"

enum { PRINTED_COLUMNS_MAX = 128, PRINTED_LINE_MAX = 4096 };

typedef enum PrintedKind {
    PRINTED_BARS,  /* bars between the cells */
    PRINTED_RUNS,  /* a run of dashes over each column */
    PRINTED_WORDS, /* two blanks or more between the cells, which stand below their names */
} PrintedKind;

typedef struct PrintedColumn {
    uint32_t name;       /* 0: none */
    uint32_t start, end; /* in characters */
} PrintedColumn;

typedef struct PrintedTable {
    FieldNames *names;
    CellLog *log;
    PrintedKind kind;
    uint32_t count;
    uint32_t rows;
    PrintedColumn columns[PRINTED_COLUMNS_MAX];
} PrintedTable;

void printed_init(PrintedTable *table, FieldNames *names, CellLog *log);

/* Whether a line that begins so may be a ruler. */
static inline bool printed_may_be_ruler(uint8_t first)
{
    return first == '-' || first == '+' || first == '|' || first == '=' || first == ':' || first == 0xE2;
}

/* Lines are without their newline. False: no table. */
bool printed_begin(PrintedTable *table, Bytes header, Bytes ruler);
/* Without a ruler: a first row that stands as the header does, and a name of it that rules ask for. */
bool printed_begin_plain(PrintedTable *table, Bytes header, Bytes row);

/* False: the table is over before this line. */
bool printed_see_line(PrintedTable *table, Bytes line, uint64_t position);
