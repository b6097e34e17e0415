/* The first records of what may be a table. */
#pragma once

#include "detect/structure/table_head.h"
#include "detect/structure/table_origin.h"

enum {
    RECORDS_SEEN = 20,
    TITLES_MAX = 8, /* records before the header */
};

typedef struct Record {
    uint64_t start, end, row;
    uint32_t cells, filled;
    bool ends_empty; /* its last cell is */
} Record;

typedef struct Census {
    uint8_t delimiter, newline;
    uint32_t count;
    Record records[TITLES_MAX + RECORDS_SEEN];
    bool is_all; /* the text ends with the last */
} Census;

/* The first records, without blank lines. The last one only counts if the text ends with it. */
void table_census_take(Census *census, const TableHead *head, const TableOrigin *origin);

static inline Bytes table_record_text(const TableHead *head, const Record *record)
{
    return (Bytes){.data = head->text.data + record->start, .len = (size_t)(record->end - record->start)};
}

/* A cell's text without quotes and spaces around. */
Bytes table_trim(Bytes cell);
