/* Tables that stand inside other text: rows of SQL, and printed tables. Bounded by the window, apart from the columns
 * of SQL_TABLES_MAX tables. */
#pragma once

#include "detect/structure/cell_log.h"
#include "detect/structure/printed.h"
#include "detect/structure/sql_head.h"
#include "detect/structure/sql_rows.h"

typedef enum EmbeddedMode {
    EMBEDDED_LINES,     /* looks at lines until one begins something */
    EMBEDDED_PARAGRAPH, /* the text begins, or it goes on behind a blank line */
    EMBEDDED_SKIP,      /* up to the next line */
    EMBEDDED_SQL_HEAD,
    EMBEDDED_SQL_ROWS,
    EMBEDDED_PRINTED,
} EmbeddedMode;

typedef struct EmbeddedScan {
    CellLog log;
    SqlHead head;
    SqlRows rows;
    PrintedTable printed;
    EmbeddedMode mode;
    uint64_t at;        /* what is before it was looked at */
    uint64_t statement; /* where the one that is being read begins */
    uint64_t insert;    /* a statement that begins within a line, unless it is `searched` */
    uint64_t searched;  /* before it there is none behind the one */
    uint64_t floor;     /* a header does not begin before it */
    ByteSets sets;      /* of bytes that lines begin with, or end */
} EmbeddedScan;

void embedded_scan_init(EmbeddedScan *scan, FieldNames *names);
void embedded_scan_clear(EmbeddedScan *scan);
/* Another text begins; its names are none of the last one's. */
void embedded_scan_reset(EmbeddedScan *scan);

typedef enum EmbeddedStep { EMBEDDED_MORE, EMBEDDED_LAST } EmbeddedStep; /* LAST: the text ends at `to` */

void embedded_scan_feed(EmbeddedScan *scan, const TextView *view, uint64_t to, EmbeddedStep step);

/* Whether a text is a dump of SQL or a printed table, rather than delimited text that looks like it. */
bool embedded_begins(Bytes text);
