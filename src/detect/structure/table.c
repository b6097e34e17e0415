#include "detect/structure/table.h"
#include "detect/structure/table_cell.h"
#include "detect/structure/table_head.h"

#include <string.h>

enum { CHECKPOINT_GAP = 256 };

void table_scan_init(TableScan *scan)
{
    *scan = (TableScan){.checkpoints = g_array_new(FALSE, FALSE, sizeof(TableCursor))};
}

void table_scan_clear(TableScan *scan)
{
    g_array_unref(scan->checkpoints);
}

/* A state that only holds at the very next byte ends with it. */
static void walk(const TableScan *scan, TableCursor *cursor, const TextView *view, uint64_t to)
{
    const TableFormat format = {.delimiter = scan->delimiter, .columns = scan->columns};

    for (uint64_t at = cursor->position; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(mask);
            table_see(&format, cursor, at + bit, text[bit]);
        }
    }
    if (cursor->position < to && (cursor->state == CELL_START || cursor->state == CELL_CLOSING))
        cursor->state = CELL_PLAIN;
    cursor->position = MAX(cursor->position, to);
}

/* As walk(), but only until another cell begins. */
uint64_t table_scan_next_cell(const TableScan *scan, const TextView *view, TableCursor *cursor, uint64_t limit)
{
    const TableFormat format = {.delimiter = scan->delimiter, .columns = scan->columns};
    uint64_t row = cursor->row, column = cursor->column;

    if (cursor->position < scan->header.position && limit >= scan->header.position) {
        *cursor = scan->header;
        return cursor->position;
    }
    for (uint64_t at = cursor->position; at < limit; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(limit - at));
        for (; mask != 0; mask &= mask - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(mask);
            table_see(&format, cursor, at + bit, text[bit]);
            if (cursor->row != row || cursor->column != column)
                return cursor->position;
        }
    }
    if (cursor->position < limit && (cursor->state == CELL_START || cursor->state == CELL_CLOSING))
        cursor->state = CELL_PLAIN;
    cursor->position = MAX(cursor->position, limit);
    return cursor->position;
}

uint32_t table_scan_name(const TableScan *scan, const TableCursor *cursor)
{
    bool is_below = cursor->row > scan->header.row && cursor->record_start > scan->header.position;

    return is_below && cursor->column < scan->columns ? scan->names[cursor->column] : 0;
}

void table_scan_feed(TableScan *scan, const TextView *view, uint64_t to)
{
    while (scan->front.position < to) {
        uint64_t next = MIN(scan->front.position + CHECKPOINT_GAP, to);
        g_array_append_val(scan->checkpoints, scan->front);
        walk(scan, &scan->front, view, next);
    }
}

/* Index of the first checkpoint behind the position. */
static guint checkpoints_until(const TableScan *scan, uint64_t position)
{
    guint low = 0, high = scan->checkpoints->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(scan->checkpoints, TableCursor, middle).position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

TableCursor table_scan_find(TableScan *scan, const TextView *view, uint64_t position)
{
    if (scan->recent.position > position || position - scan->recent.position > CHECKPOINT_GAP) {
        guint behind = checkpoints_until(scan, position);
        scan->recent = behind > 0 ? g_array_index(scan->checkpoints, TableCursor, behind - 1) : (TableCursor){0};
    }
    if (scan->recent.position < scan->header.position && position >= scan->header.position)
        scan->recent = scan->header;
    walk(scan, &scan->recent, view, position);
    return scan->recent;
}

void table_scan_forget(TableScan *scan, uint64_t position)
{
    guint behind = checkpoints_until(scan, position);

    if (behind > 1)
        g_array_remove_range(scan->checkpoints, 0, behind - 1);
}

/* ---- the header ---- */

typedef struct HeaderNames {
    TableScan *scan;
    FieldNames *names;
} HeaderNames;

static bool name_column(void *data, uint32_t column, Bytes cell)
{
    const HeaderNames *header = data;

    if (column >= TABLE_MAX_COLUMNS)
        return false;
    if (!table_is_name(cell))
        return true;
    header->scan->names[column] = field_names_intern(header->names, cell);
    if (field_names_at(header->names, header->scan->names[column])->rules != NULL)
        header->scan->is_hot = true;
    return true;
}

bool table_scan_begin(TableScan *scan, const TableHead *head, FieldNames *names)
{
    const HeaderNames header = {.scan = scan, .names = names};
    TableShape shape;

    if (!table_head_tell(head, &shape))
        return false;
    scan->delimiter = shape.delimiter;
    scan->columns = MIN(shape.columns, (uint32_t)TABLE_MAX_COLUMNS);
    memset(scan->names, 0, sizeof scan->names);
    scan->is_hot = false;
    const char members[] = {(char)shape.delimiter, '"', '\n', '\0'};
    byte_set_init(&scan->marks, members);
    g_array_set_size(scan->checkpoints, 0);
    scan->header =
        (TableCursor){.position = shape.header_start, .record_start = shape.header_start, .row = shape.header_row};
    scan->front = scan->recent = scan->header;
    const Bytes line = {
        .data = head->text.data + shape.header_start, .len = (size_t)(shape.header_end - shape.header_start)};
    (void)table_visit_cells(shape.delimiter, line, name_column, (void *)&header);
    return true;
}
