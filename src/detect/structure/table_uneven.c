#include "detect/structure/table_uneven.h"
#include "detect/structure/table_cell.h"

#include <glib.h>
#include <string.h>

enum {
    COLUMNS_MIN = 3,
    ROWS_MIN = 2,
    MORE_MAX = 3, /* cells that a row may have more */
    NAME_BLANKS_MAX = 2,
};

static bool is_short_name(void *data, uint32_t column, Bytes cell)
{
    size_t blanks = 0;

    (void)column;
    (void)data;
    for (size_t i = 0; i < cell.len; i++)
        blanks += cell.data[i] == ' ' ? 1 : 0;
    return table_cell_kind(cell) == KIND_NAME && blanks <= NAME_BLANKS_MAX;
}

typedef struct Extent {
    uint32_t least, most;
} Extent;

/* How many cells the rows have. */
static Extent extent_of(const Census *census)
{
    Extent extent = {.least = UINT32_MAX};

    for (uint32_t i = 1; i < census->count; i++) {
        extent.least = MIN(extent.least, census->records[i].cells);
        extent.most = MAX(extent.most, census->records[i].cells);
    }
    return extent;
}

/* The number in the first cell of a record; UINT64_MAX: something else stands there. */
static uint64_t first_number(const Census *census, const TableHead *head, uint32_t at)
{
    enum { DIGITS_MAX = 9 };
    const Bytes record = table_record_text(head, &census->records[at]);
    const uint8_t *end = memchr(record.data, census->delimiter, record.len);
    const Bytes cell = table_trim((Bytes){.data = record.data, .len = end != NULL ? (size_t)(end - record.data) : 0});
    uint64_t number = 0;

    for (size_t i = 0; i < cell.len; i++) {
        if (!g_ascii_isdigit(cell.data[i]) || i == DIGITS_MAX)
            return UINT64_MAX;
        number = number * 10 + (uint64_t)g_ascii_digit_value((char)cell.data[i]);
    }
    return cell.len > 0 ? number : UINT64_MAX;
}

/* write.table() of R numbers the rows in a column without a name. */
static bool has_row_numbers(const Census *census, const TableHead *head)
{
    uint64_t first = first_number(census, head, 1);

    for (uint32_t i = 1; i < census->count; i++) {
        if (first > 1 || first_number(census, head, i) != first + i - 1)
            return false;
    }
    return true;
}

bool table_is_uneven(const Census *census, const TableHead *head, TableShape *ret_shape)
{
    const Record *header = &census->records[0];

    if (census->count < 1 + ROWS_MIN || header->cells < COLUMNS_MIN ||
        !table_visit_cells(census->delimiter, table_record_text(head, header), is_short_name, NULL))
        return false;
    const Extent rows = extent_of(census);
    bool are_shorter = rows.most <= header->cells && 2 * rows.least >= header->cells;
    bool are_longer = rows.least == rows.most && rows.most > header->cells && rows.most <= header->cells + MORE_MAX;
    if (!are_shorter && !are_longer)
        return false;
    bool is_shifted = rows.least == header->cells + 1 && are_longer && has_row_numbers(census, head);
    *ret_shape = (TableShape){.delimiter = census->delimiter,
        .columns = header->cells + (is_shifted ? 1 : 0),
        .header_start = header->start,
        .header_end = header->end,
        .header_row = header->row,
        .shift = is_shifted ? 1 : 0,
        .needs_keyword = true};
    return true;
}
