#include "detect/structure/printed.h"
#include "detect/structure/printed_line.h"
#include "detect/structure/table_cell.h"

#include <string.h>

enum { PLAIN_COLUMNS_MIN = 3 };

void printed_init(PrintedTable *table, FieldNames *names, CellLog *log)
{
    *table = (PrintedTable){.names = names, .log = log};
}

/* ---- the header ---- */

static bool take_names(PrintedTable *table, const PrintedCell *cells, uint32_t count)
{
    uint32_t named = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (table_cell_kind(cells[i].text) == KIND_DATA)
            return false;
    }

    table->count = count;
    table->rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_name = table_is_name(cells[i].text);
        table->columns[i] = (PrintedColumn){.start = cells[i].start,
            .end = cells[i].end,
            .name = is_name ? field_names_intern(table->names, cells[i].text) : 0};
        named += is_name ? 1 : 0;
    }
    return named > 0 && named * 2 >= count;
}

static void extend(PrintedCell *cell, Bytes line, size_t at, uint32_t column)
{
    if (cell->text.data == NULL)
        *cell = (PrintedCell){.begin = at, .text.data = line.data + at, .start = column};
    cell->text.len = (size_t)(line.data + at + 1 - cell->text.data);
    cell->end = column + 1;
}

/* What stands below each run of dashes, up to the next. */
static void cut_at_runs(Bytes line, const PrintedColumn *runs, uint32_t count, PrintedCell *cells)
{
    uint32_t column = 0, run = 0;

    memset(cells, 0, count * sizeof *cells);
    for (size_t at = 0; at < line.len; at++) {
        uint8_t byte = line.data[at];
        uint32_t width = printed_width(byte, column);
        while (width > 0 && run + 1 < count && column >= runs[run + 1].start)
            run++;
        if (byte != ' ' && byte != '\t' && byte != '\r')
            extend(&cells[run], line, at, column);
        column += width;
    }
}

static bool begin_at_runs(PrintedTable *table, Bytes header, const PrintedCell *runs, uint32_t count)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];
    PrintedColumn columns[PRINTED_COLUMNS_MAX] = {0};

    for (uint32_t i = 0; i < count; i++)
        columns[i] = (PrintedColumn){.start = i == 0 ? 0 : runs[i].start};
    cut_at_runs(header, columns, count, cells);
    for (uint32_t i = 0; i < count; i++)
        cells[i].start = columns[i].start;
    table->kind = PRINTED_RUNS;
    return take_names(table, cells, count);
}

static bool begin_at_words(PrintedTable *table, Bytes header, uint32_t min)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];
    uint32_t count = printed_words(header, cells, PRINTED_COLUMNS_MAX);

    table->kind = PRINTED_WORDS;
    return count >= min && count <= PRINTED_COLUMNS_MAX && take_names(table, cells, count);
}

static bool begin_at_bars(PrintedTable *table, Bytes header, uint32_t runs)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];
    uint32_t count = printed_bars(header, cells, PRINTED_COLUMNS_MAX);

    table->kind = PRINTED_BARS;
    return count > 0 && count == runs && take_names(table, cells, count);
}

/* psql prints a blank before a name: a title that is underlined mostly has none. */
static bool begin_at_line(PrintedTable *table, Bytes header, const PrintedCell *line)
{
    PrintedCell cell;

    if (header.data[0] == ' ' && line->start == 0 && printed_words(header, &cell, 1) == 1 && cell.end < line->end)
        return begin_at_runs(table, header, line, 1);
    return begin_at_words(table, header, 2);
}

bool printed_begin(PrintedTable *table, Bytes header, Bytes ruler)
{
    PrintedCell runs[PRINTED_COLUMNS_MAX];
    uint32_t count = 0;

    if (header.len == 0 || header.len > PRINTED_LINE_MAX || ruler.len > PRINTED_LINE_MAX)
        return false;
    switch (printed_ruler(ruler, runs, PRINTED_COLUMNS_MAX, &count)) {
    case RULER_NONE:
        return false;
    case RULER_LINE:
        return begin_at_line(table, header, &runs[0]);
    case RULER_RUNS:
        return begin_at_runs(table, header, runs, count);
    case RULER_BARS:
        return begin_at_bars(table, header, count);
    }
    return false;
}

static bool has_rules(const PrintedTable *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->columns[i].name != 0 && field_names_at(table->names, table->columns[i].name)->groups != NULL)
            return true;
    }
    return false;
}

static bool is_ruler(Bytes line)
{
    PrintedCell runs[PRINTED_COLUMNS_MAX];
    uint32_t count = 0;

    return line.len > 0 && printed_may_be_ruler(line.data[0]) &&
           printed_ruler(line, runs, PRINTED_COLUMNS_MAX, &count) != RULER_NONE;
}

static bool stand_below(const PrintedCell *header, const PrintedCell *row, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (row[i].start >= header[i].end || header[i].start >= row[i].end)
            return false;
    }
    return true;
}

/* What is cheap is looked at first: most paragraphs with gaps in them are no tables. */
bool printed_begin_plain(PrintedTable *table, Bytes header, Bytes row)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX], first[PRINTED_COLUMNS_MAX];

    if (header.len > PRINTED_LINE_MAX || row.len > PRINTED_LINE_MAX)
        return false;
    uint32_t count = printed_words(header, cells, PRINTED_COLUMNS_MAX);
    if (count < PLAIN_COLUMNS_MIN || count > PRINTED_COLUMNS_MAX ||
        printed_words(row, first, PRINTED_COLUMNS_MAX) != count || !stand_below(cells, first, count) || is_ruler(row))
        return false;
    table->kind = PRINTED_WORDS;
    return take_names(table, cells, count) && has_rules(table);
}

/* ---- rows ---- */

static void mark_cell(PrintedTable *table, uint64_t line, uint64_t position, uint32_t column)
{
    uint32_t name = column < table->count ? table->columns[column].name : 0;

    cell_log_add(table->log, (CellMark){.position = position, .record_start = line, .name = name});
}

static bool see_bars(PrintedTable *table, Bytes line, uint64_t position)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];
    uint32_t count = printed_bars(line, cells, PRINTED_COLUMNS_MAX);

    for (uint32_t i = 0; i < MIN(count, (uint32_t)PRINTED_COLUMNS_MAX); i++)
        mark_cell(table, position, position + cells[i].begin, i);
    return count > 0;
}

static bool see_runs(PrintedTable *table, Bytes line, uint64_t position)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];

    cut_at_runs(line, table->columns, table->count, cells);
    for (uint32_t i = 0; i < table->count; i++) {
        if (cells[i].text.len > 0)
            mark_cell(table, position, position + cells[i].begin, i);
    }
    return true;
}

static bool overlap(const PrintedColumn *column, const PrintedCell *cell)
{
    return cell->start < column->end && column->start < cell->end;
}

/* The column below which most likely a cell stands. */
static uint32_t column_of(const PrintedTable *table, const PrintedCell *cell)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        if (overlap(&table->columns[i], cell))
            return i;
        left = table->columns[i].start <= cell->start ? i : left;
    }
    return left;
}

static bool see_words(PrintedTable *table, Bytes line, uint64_t position)
{
    PrintedCell cells[PRINTED_COLUMNS_MAX];
    uint32_t count = printed_words(line, cells, PRINTED_COLUMNS_MAX);

    if (count < 2 || count > table->count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        mark_cell(table, position, position + cells[i].begin, count == table->count ? i : column_of(table, &cells[i]));
    return true;
}

static bool is_empty(Bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (!g_ascii_isspace(line.data[i]))
            return false;
    }
    return true;
}

bool printed_see_line(PrintedTable *table, Bytes line, uint64_t position)
{
    if (is_empty(line))
        return false;
    if (is_ruler(line))
        return table->kind == PRINTED_BARS;
    table->rows++;
    switch (table->kind) {
    case PRINTED_BARS:
        return see_bars(table, line, position);
    case PRINTED_RUNS:
        return see_runs(table, line, position);
    case PRINTED_WORDS:
        return see_words(table, line, position);
    }
    return false;
}
