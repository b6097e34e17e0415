/* Rows of SQL: those behind VALUES, and the lines behind COPY ... FROM stdin. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/cell_log.h"
#include "detect/structure/sql_head.h"

typedef struct SqlRows {
    CellLog *log;
    const SqlHead *head;
    ByteSet value_marks, line_marks;
    uint64_t record_start;
    uint64_t gap;         /* outside of rows: where the last one ended */
    uint64_t quote_start; /* of the string that is open */
    uint64_t escaped;     /* this byte does not end a string */
    uint32_t depth;       /* of brackets; 0: between rows */
    uint32_t column;
    uint8_t quote;      /* 0: no string is open */
    bool is_line_start; /* of COPY */
} SqlRows;

void sql_rows_init(SqlRows *rows, CellLog *log, const SqlHead *head);
/* Behind what the head says. at: of the first row's bracket, or of the first line's first byte. */
void sql_rows_begin(SqlRows *rows, uint64_t at);

/* What was read: up to `at`. */
typedef struct SqlRowsEnd {
    uint64_t at;
    bool is_over;  /* no further row follows */
    bool is_known; /* the statement ended as it should: another may follow on this line */
} SqlRowsEnd;

/* From at on, which is where the last call or the head ended. It may end before `to` where it must wait for more. */
SqlRowsEnd sql_rows_feed(SqlRows *rows, const TextView *view, uint64_t at, uint64_t to);
