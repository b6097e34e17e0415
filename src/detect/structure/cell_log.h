/* Which column a piece of text stands in, as a log: from this position on, that one. Covers the detector's window. */
#pragma once

#include "detect/structure/field_names.h"
#include "detect/zones.h"

typedef struct CellMark {
    uint64_t position;
    uint64_t record_start; /* keywords before it belong to another record */
    uint32_t name;         /* 0: none */
} CellMark;

typedef struct CellLog {
    const FieldNames *names;
    GArray *marks; /* CellMark; positions rise */
    guint recent;  /* index of the last answer */
} CellLog;

void cell_log_init(CellLog *log, const FieldNames *names);
void cell_log_clear(CellLog *log);
void cell_log_reset(CellLog *log);

/* Positions rise; a second mark at the same one counts. */
void cell_log_add(CellLog *log, CellMark mark);
/* Forgets the marks at the position and behind it. */
void cell_log_drop_from(CellLog *log, uint64_t position);
/* NULL: nothing is known of the position. Cheapest with rising positions. Valid until the next addition. */
const CellMark *cell_log_find(CellLog *log, uint64_t position);
/* Where the cell of a mark that was found ends, as far as is known. */
uint64_t cell_log_end(const CellLog *log, const CellMark *mark);
/* Forgets what only held before the position. */
void cell_log_forget(CellLog *log, uint64_t position);

/* Adds to an array of Zone each cell in [from, to) whose column has rules. */
void cell_log_add_zones(CellLog *log, const Zone *stretch, GArray *zones);
