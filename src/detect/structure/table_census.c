#include "detect/structure/table_census.h"

/* One byte of a record, special or not. */
static void see_any(const TableFormat *format, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    if (byte == format->delimiter || byte == format->newline || byte == '"')
        table_see(format, cursor, position, byte);
    else if (cursor->state != CELL_QUOTED)
        cursor->state = CELL_PLAIN;
}

/* Whether a byte makes a cell more than empty. */
static bool is_filling(uint8_t delimiter, uint8_t byte)
{
    return byte != delimiter && byte != '"' && !g_ascii_isspace(byte);
}

static void end_record(Census *census, Record *record, uint64_t end)
{
    record->end = end;
    if (record->cells > 1 || !record->ends_empty)
        census->records[census->count++] = *record;
}

void table_census_take(Census *census, const TableHead *head, const TableOrigin *origin)
{
    const Bytes text = head->text;
    TableCursor cursor = {.position = origin->at, .record_start = origin->at, .row = origin->row};
    Record record = {.start = origin->at, .row = origin->row, .cells = 1, .ends_empty = true};
    TableFormat format = {.delimiter = census->delimiter, .newline = census->newline};
    size_t at = origin->at;

    census->count = 0;
    for (; at < text.len && census->count < G_N_ELEMENTS(census->records); at++) {
        const TableCursor before = cursor;
        see_any(&format, &cursor, at, text.data[at]);
        if (cursor.row != before.row) {
            end_record(census, &record, at);
            format.columns = census->count > 0 ? census->records[census->count - 1].cells : 0;
            record = (Record){.start = at + 1, .row = cursor.row, .cells = 1, .ends_empty = true};
        } else if (cursor.column != before.column) {
            record.cells++;
            record.ends_empty = true;
        } else if (record.ends_empty && is_filling(census->delimiter, text.data[at])) {
            record.filled++;
            record.ends_empty = false;
        }
    }
    if (at == text.len && head->is_whole && census->count < G_N_ELEMENTS(census->records))
        end_record(census, &record, at);
    census->is_all = at == text.len && head->is_whole;
}

Bytes table_trim(Bytes cell)
{
    while (cell.len > 0 && (g_ascii_isspace(cell.data[0]) || cell.data[0] == '"')) {
        cell.data++;
        cell.len--;
    }
    while (cell.len > 0 && (g_ascii_isspace(cell.data[cell.len - 1]) || cell.data[cell.len - 1] == '"'))
        cell.len--;
    return cell;
}

bool table_visit_cells(uint8_t delimiter, Bytes record, CellVisitor visitor, void *data)
{
    const TableFormat format = {.delimiter = delimiter, .newline = '\n'};
    TableCursor cursor = {0};
    size_t start = 0;

    for (size_t at = 0; at < record.len; at++) {
        uint32_t column = cursor.column;
        see_any(&format, &cursor, at, record.data[at]);
        if (cursor.column == column)
            continue;
        if (!visitor(data, column, table_trim((Bytes){.data = record.data + start, .len = at - start})))
            return false;
        start = at + 1;
    }
    return visitor(data, cursor.column, table_trim((Bytes){.data = record.data + start, .len = record.len - start}));
}
