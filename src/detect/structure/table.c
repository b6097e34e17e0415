#include "detect/structure/table.h"

#include <string.h>

enum {
    CHECKPOINT_GAP = 256,
    QUOTED_MAX = 32 * 1024, /* a quote that is open for longer never was one */
    RECORDS_SEEN = 20,
    HEADER_CELL_MAX = 80,
    HEADER_WORDS_MAX = 8,
};

static const char DELIMITERS[] = "\t,;|";

void table_scan_init(TableScan *scan)
{
    *scan = (TableScan){.checkpoints = g_array_new(FALSE, FALSE, sizeof(TableCursor))};
}

void table_scan_clear(TableScan *scan)
{
    g_array_unref(scan->checkpoints);
}

static void see(const TableScan *scan, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    bool is_cell_start = cursor->state == CELL_START && cursor->position == position;

    if (cursor->state == CELL_QUOTED && position - cursor->quote_start > QUOTED_MAX)
        cursor->state = CELL_PLAIN;
    if (cursor->state == CELL_QUOTED) {
        cursor->state = byte == '"' ? CELL_CLOSING : CELL_QUOTED;
    } else if (byte == '"' && cursor->state == CELL_CLOSING && cursor->position == position) {
        cursor->state = CELL_QUOTED; /* a doubled quote */
    } else if (byte == '"') {
        cursor->state = is_cell_start ? CELL_QUOTED : CELL_PLAIN;
        cursor->quote_start = position;
    } else if (byte == '\n') {
        cursor->row++;
        cursor->column = 0;
        cursor->record_start = position + 1;
        cursor->state = CELL_START;
    } else if (byte == scan->delimiter) {
        cursor->column++;
        cursor->state = CELL_START;
    }
    cursor->position = position + 1;
}

/* A state that only holds at the very next byte ends with it. */
static void walk(const TableScan *scan, TableCursor *cursor, const TextView *view, uint64_t to)
{
    for (uint64_t at = cursor->position; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(mask);
            see(scan, cursor, at + bit, text[bit]);
        }
    }
    if (cursor->position < to && (cursor->state == CELL_START || cursor->state == CELL_CLOSING))
        cursor->state = CELL_PLAIN;
    cursor->position = MAX(cursor->position, to);
}

/* As walk(), but only until another cell begins. */
uint64_t table_scan_next_cell(const TableScan *scan, const TextView *view, TableCursor *cursor, uint64_t limit)
{
    uint64_t row = cursor->row, column = cursor->column;

    for (uint64_t at = cursor->position; at < limit; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(limit - at));
        for (; mask != 0; mask &= mask - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(mask);
            see(scan, cursor, at + bit, text[bit]);
            if (cursor->row != row || cursor->column != column)
                return cursor->position;
        }
    }
    if (cursor->position < limit && (cursor->state == CELL_START || cursor->state == CELL_CLOSING))
        cursor->state = CELL_PLAIN;
    cursor->position = MAX(cursor->position, limit);
    return cursor->position;
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
    walk(scan, &scan->recent, view, position);
    return scan->recent;
}

void table_scan_forget(TableScan *scan, uint64_t position)
{
    guint behind = checkpoints_until(scan, position);

    if (behind > 1)
        g_array_remove_range(scan->checkpoints, 0, behind - 1);
}

/* ---- is it a table? ---- */

/* A cell's text without quotes and spaces around. */
static Bytes trim(Bytes cell)
{
    while (cell.len > 0 && (g_ascii_isspace(cell.data[0]) || cell.data[0] == '"')) {
        cell.data++;
        cell.len--;
    }
    while (cell.len > 0 && (g_ascii_isspace(cell.data[cell.len - 1]) || cell.data[cell.len - 1] == '"'))
        cell.len--;
    return cell;
}

typedef struct Census {
    uint32_t records, fitting; /* complete records; those with as many cells as the first */
    uint32_t columns;
    uint64_t header_end;
} Census;

/* One byte of a record, special or not. */
static void see_any(const TableScan *scan, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    if (byte == scan->delimiter || byte == '\n' || byte == '"')
        see(scan, cursor, position, byte);
    else if (cursor->state != CELL_QUOTED)
        cursor->state = CELL_PLAIN;
}

static void count_record(Census *census, uint32_t cells, uint64_t end)
{
    if (census->records++ == 0) {
        census->columns = cells;
        census->header_end = end;
    }
    census->fitting += cells == census->columns;
}

/* Counts the cells of the first records. The last one only counts if the text ends with it. */
static Census take_census(const TableScan *scan, const TableHead *head)
{
    TableCursor cursor = {0};
    Census census = {0};

    for (size_t at = 0; at < head->text.len && census.records < RECORDS_SEEN; at++) {
        const TableCursor before = cursor;
        see_any(scan, &cursor, at, head->text.data[at]);
        bool is_blank = at == before.record_start;
        bool is_end = head->is_whole && at + 1 == head->text.len;
        if (cursor.row != before.row && !is_blank)
            count_record(&census, before.column + 1, at);
        else if (cursor.row == before.row && is_end && !is_blank)
            count_record(&census, cursor.column + 1, at);
    }
    return census;
}

/* A name, not data: letters, few digits, no address. */
static bool is_header_cell(Bytes cell)
{
    size_t letters = 0, digits = 0, words = 1;

    for (size_t i = 0; i < cell.len; i++) {
        uint8_t byte = cell.data[i];
        letters += g_ascii_isalpha(byte) || byte >= 0x80 ? 1 : 0;
        digits += g_ascii_isdigit(byte) ? 1 : 0;
        words += byte == ' ' ? 1 : 0;
        if (byte == '@' || byte == '{' || byte == '=' || byte == '<' || (byte < ' ' && byte != '\t'))
            return false;
    }
    return letters > 0 && digits <= 3 && cell.len <= HEADER_CELL_MAX && words <= HEADER_WORDS_MAX;
}

/* Calls the visitor for each cell of the header; false as soon as it says so. */
typedef bool (*CellVisitor)(void *data, uint32_t column, Bytes cell);

static bool visit_header(const TableScan *scan, Bytes header, CellVisitor visitor, void *data)
{
    TableCursor cursor = {0};
    size_t start = 0;

    for (size_t at = 0; at < header.len; at++) {
        uint32_t column = cursor.column;
        see_any(scan, &cursor, at, header.data[at]);
        if (cursor.column == column)
            continue;
        if (!visitor(data, column, trim((Bytes){.data = header.data + start, .len = at - start})))
            return false;
        start = at + 1;
    }
    return visitor(data, cursor.column, trim((Bytes){.data = header.data + start, .len = header.len - start}));
}

typedef struct HeaderCount {
    uint32_t empty, cells;
} HeaderCount;

static bool count_cell(void *data, uint32_t column, Bytes cell)
{
    HeaderCount *count = data;

    (void)column;
    count->cells++;
    count->empty += cell.len == 0;
    return cell.len == 0 || is_header_cell(cell);
}

static bool is_header(const TableScan *scan, Bytes header)
{
    HeaderCount count = {0};

    return visit_header(scan, header, count_cell, &count) && count.empty * 4 <= count.cells;
}

typedef struct HeaderNames {
    TableScan *scan;
    FieldNames *names;
} HeaderNames;

static bool name_column(void *data, uint32_t column, Bytes cell)
{
    const HeaderNames *header = data;

    if (column >= TABLE_MAX_COLUMNS)
        return false;
    if (cell.len == 0)
        return true;
    header->scan->names[column] = field_names_intern(header->names, cell);
    if (field_names_at(header->names, header->scan->names[column])->rules != NULL)
        header->scan->is_hot = true;
    return true;
}

/* One column: a word, then lines of one value each. */
static bool is_single_column(Bytes text, uint64_t header_end)
{
    Bytes header = trim((Bytes){.data = text.data, .len = header_end});
    size_t lines = 0, with_digit = 0, digits = 0;

    if (!is_header_cell(header) || memchr(header.data, ' ', header.len) != NULL ||
        memchr(header.data, ':', header.len) != NULL)
        return false;
    for (size_t at = header_end + 1; at < text.len && lines < RECORDS_SEEN; at++) {
        uint8_t byte = text.data[at];
        if (byte == ' ' || byte == '\t' || byte == '{' || byte == '=' || byte == ':')
            return false;
        digits += g_ascii_isdigit(byte) ? 1 : 0;
        if (byte == '\n' || at + 1 == text.len) {
            lines++;
            with_digit += digits > 3;
            digits = 0;
        }
    }
    return lines >= 2 && with_digit * 10 >= lines * 9;
}

/* Few columns are more easily chance than many. */
static bool is_regular(const Census *census)
{
    uint32_t rows = census->records - 1;

    if (census->records < 2 || census->columns < 2)
        return false;
    if (census->columns == 2 && rows < 2)
        return false;
    return census->fitting * 10 >= census->records * 9;
}

static bool is_table_with(TableScan *scan, const TableHead *head, uint8_t delimiter, Census *ret_census)
{
    scan->delimiter = delimiter;
    *ret_census = take_census(scan, head);
    const Bytes header = {.data = head->text.data, .len = ret_census->header_end};
    return is_regular(ret_census) && is_header(scan, header);
}

bool table_scan_begin(TableScan *scan, const TableHead *head, FieldNames *names)
{
    uint8_t best = 0;
    Census best_census = {0}, census = {0};

    for (const char *delimiter = DELIMITERS; *delimiter != '\0'; delimiter++) {
        if (is_table_with(scan, head, (uint8_t)*delimiter, &census) && census.columns > best_census.columns) {
            best = (uint8_t)*delimiter;
            best_census = census;
        }
    }
    if (best == 0) {
        if (census.records < 3 || !is_single_column(head->text, census.header_end))
            return false;
        best = '\t';
        best_census = (Census){.columns = 1, .header_end = census.header_end};
    }
    scan->delimiter = best;
    scan->columns = MIN(best_census.columns, (uint32_t)TABLE_MAX_COLUMNS);
    memset(scan->names, 0, sizeof scan->names);
    scan->is_hot = false;
    const char members[] = {(char)best, '"', '\n', '\0'};
    byte_set_init(&scan->marks, members);
    g_array_set_size(scan->checkpoints, 0);
    scan->front = scan->recent = (TableCursor){0};
    const HeaderNames header = {.scan = scan, .names = names};
    (void)visit_header(
        scan, (Bytes){.data = head->text.data, .len = best_census.header_end}, name_column, (void *)&header);
    return true;
}
