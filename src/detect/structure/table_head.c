#include "detect/structure/table_head.h"
#include "detect/structure/table_cell.h"
#include "detect/structure/table_origin.h"

#include <string.h>

enum {
    RECORDS_SEEN = 20,
    TITLES_MAX = 8,  /* records before the header */
    FOOTERS_MAX = 2, /* records behind the last row of a short table */
    SHORT_NAME_WORDS = 4,
};

static const char DELIMITERS[] = "\t,;|";

typedef struct Record {
    uint64_t start, end, row;
    uint32_t cells, filled;
    bool ends_empty; /* its last cell is */
} Record;

typedef struct Census {
    uint8_t delimiter;
    uint32_t count;
    Record records[TITLES_MAX + RECORDS_SEEN];
    bool is_all; /* the text ends with the last */
} Census;

/* ---- records ---- */

/* One byte of a record, special or not. */
static void see_any(const TableFormat *format, TableCursor *cursor, uint64_t position, uint8_t byte)
{
    if (byte == format->delimiter || byte == '\n' || byte == '"')
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

/* The first records, without blank lines. The last one only counts if the text ends with it. */
static void take_census(Census *census, const TableHead *head, const TableOrigin *origin)
{
    const Bytes text = head->text;
    TableCursor cursor = {.position = origin->at, .record_start = origin->at, .row = origin->row};
    Record record = {.start = origin->at, .row = origin->row, .cells = 1, .ends_empty = true};
    TableFormat format = {.delimiter = census->delimiter};
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

bool table_visit_cells(uint8_t delimiter, Bytes record, CellVisitor visitor, void *data)
{
    const TableFormat format = {.delimiter = delimiter};
    TableCursor cursor = {0};
    size_t start = 0;

    for (size_t at = 0; at < record.len; at++) {
        uint32_t column = cursor.column;
        see_any(&format, &cursor, at, record.data[at]);
        if (cursor.column == column)
            continue;
        if (!visitor(data, column, trim((Bytes){.data = record.data + start, .len = at - start})))
            return false;
        start = at + 1;
    }
    return visitor(data, cursor.column, trim((Bytes){.data = record.data + start, .len = record.len - start}));
}

/* ---- is it a header? ---- */

typedef struct HeaderCount {
    uint32_t of[KIND_DATA + 1];
    uint32_t cells, repeated;
    uint8_t kinds[TABLE_MAX_COLUMNS];
} HeaderCount;

static bool count_cell(void *data, uint32_t column, Bytes cell)
{
    HeaderCount *count = data;
    CellKind kind = table_cell_kind(cell);

    count->cells++;
    count->of[kind]++;
    if (column < TABLE_MAX_COLUMNS)
        count->kinds[column] = (uint8_t)kind;
    return kind != KIND_DATA;
}

static bool count_repeated(void *data, uint32_t column, Bytes cell)
{
    HeaderCount *count = data;

    if (column < TABLE_MAX_COLUMNS && (count->kinds[column] == KIND_PERIOD || count->kinds[column] == KIND_SMALL))
        count->repeated += table_cell_kind(cell) == (CellKind)count->kinds[column];
    return true;
}

static Bytes record_text(const TableHead *head, const Record *record)
{
    return (Bytes){.data = head->text.data + record->start, .len = (size_t)(record->end - record->start)};
}

/* How the records from one on agree with it. */
typedef struct Agreement {
    uint32_t rows, fitting; /* behind the first */
} Agreement;

typedef enum Strictness { STRICT, LOOSE } Strictness; /* LOOSE: as many as half of the names may be missing */

static bool is_header(const Census *census, const TableHead *head, uint32_t at, const Agreement *rows, Strictness how)
{
    HeaderCount count = {0};

    if (!table_visit_cells(census->delimiter, record_text(head, &census->records[at]), count_cell, &count))
        return false;
    bool is_strong = count.cells >= 3 && rows->rows >= 2 && rows->fitting == rows->rows;
    uint32_t numbers = count.of[KIND_PERIOD] + count.of[KIND_SMALL];
    uint32_t doubtful = count.of[KIND_ODD] + (is_strong ? 0 : count.of[KIND_LONG]);
    if (count.of[KIND_NAME] + count.of[KIND_LONG] == 0 || doubtful * 5 > count.cells ||
        count.of[KIND_SYMBOL] * 2 > count.cells || count.of[KIND_EMPTY] * (how == STRICT ? 4U : 2U) > count.cells)
        return false;
    if (numbers == 0)
        return true;
    /* Numbers of the same kind below: they are data there, and here as well. */
    (void)table_visit_cells(census->delimiter, record_text(head, &census->records[at + 1]), count_repeated, &count);
    return count.repeated * 2 <= numbers;
}

/* ---- is it a table? ---- */

/* Many a program ends each row with a delimiter, but not the header, or the reverse. */
static bool fits(const Record *record, const Record *header)
{
    return record->cells == header->cells || (record->cells == header->cells + 1 && record->ends_empty) ||
           (record->cells + 1 == header->cells && header->ends_empty && record->cells > 1);
}

static Agreement agreement_with(const Census *census, uint32_t header)
{
    const Record *first = &census->records[header];
    Agreement agreement = {0};
    uint32_t end = census->count;

    if (census->is_all && first->cells > 2) {
        for (uint32_t i = 0; i < FOOTERS_MAX && end > header + 3 && census->records[end - 1].cells == 1; i++)
            end--;
    }
    end = MIN(end, header + RECORDS_SEEN);
    for (uint32_t i = header + 1; i < end; i++) {
        agreement.rows++;
        agreement.fitting += fits(&census->records[i], first) ? 1 : 0;
    }
    return agreement;
}

/* Few columns are more easily chance than many, and so is a table behind other lines. */
static bool is_regular(uint32_t columns, const Agreement *rows, uint32_t titles)
{
    if (columns < 2 || rows->rows == 0)
        return false;
    if (titles > 0)
        return rows->fitting == rows->rows && rows->rows >= (columns == 2 ? 4U : 2U);
    return (rows->fitting + 1) * 10 >= (rows->rows + 1) * 9;
}

static bool count_plain(void *data, uint32_t column, Bytes cell)
{
    (void)column;
    (void)data;
    return table_cell_kind(cell) == KIND_NAME && memchr(cell.data, ' ', cell.len) == NULL;
}

static bool see_digits(void *data, uint32_t column, Bytes cell)
{
    bool *has_digits = data;
    size_t digits = 0;

    (void)column;
    for (size_t i = 0; i < cell.len; i++)
        digits += g_ascii_isdigit(cell.data[i]) ? 1 : 0;
    *has_digits = *has_digits || digits >= 3;
    return true;
}

/* A few words that make no sentence and no setting. */
static bool count_short(void *data, uint32_t column, Bytes cell)
{
    size_t blanks = 0;

    (void)column;
    (void)data;
    for (size_t i = 0; i < cell.len; i++)
        blanks += cell.data[i] == ' ' ? 1 : 0;
    return table_cell_kind(cell) == KIND_NAME && blanks < SHORT_NAME_WORDS &&
           memchr(cell.data, ':', cell.len) == NULL && memchr(cell.data, '.', cell.len - 1) == NULL;
}

static bool all_cells(const Census *census, const TableHead *head, uint32_t at, CellVisitor visitor)
{
    return table_visit_cells(census->delimiter, record_text(head, &census->records[at]), visitor, NULL);
}

static bool is_tiny(const Census *census, uint32_t at, const Agreement *rows)
{
    return census->records[at].cells == 2 && rows->rows < 2;
}

/* Two columns of two lines may be anything: only short names over something, and nothing else, may be a table. */
static bool is_enough(const Census *census, const TableHead *head, uint32_t at, const Agreement *rows)
{
    return !is_tiny(census, at, rows) || (census->is_all && all_cells(census, head, at, count_short));
}

/* Names without blanks over a number say that it is one; others must name what some rule looks for. */
static bool needs_keyword(const Census *census, const TableHead *head, uint32_t at)
{
    const Agreement rows = agreement_with(census, at);
    bool has_digits = false;

    if (!is_tiny(census, at, &rows))
        return false;
    (void)table_visit_cells(census->delimiter, record_text(head, &census->records[at + 1]), see_digits, &has_digits);
    return !has_digits || !all_cells(census, head, at, count_plain);
}

/* Before the header: fewer cells than it has, or hardly anything in them. */
static bool is_title(const Record *record, const Record *header)
{
    return record->filled <= 1 || (record->cells < header->cells && !fits(record, header)) ||
           (fits(record, header) && record->filled * 2 <= header->cells);
}

static bool are_titles(const Census *census, uint32_t header)
{
    for (uint32_t i = 0; i < header; i++) {
        if (!is_title(&census->records[i], &census->records[header]))
            return false;
    }
    return true;
}

/* Index of the header; count of the records: there is none. */
static uint32_t find_header(const Census *census, const TableHead *head, Strictness how)
{
    for (uint32_t at = 0; at <= TITLES_MAX && at + 1 < census->count; at++) {
        const Agreement rows = agreement_with(census, at);
        if (is_regular(census->records[at].cells, &rows, at) && are_titles(census, at) &&
            is_enough(census, head, at, &rows) && is_header(census, head, at, &rows, how))
            return at;
    }
    return census->count;
}

static bool is_table(const Census *census, const TableHead *head, TableShape *ret_shape)
{
    uint32_t at = find_header(census, head, STRICT);

    if (at == census->count)
        at = find_header(census, head, LOOSE);
    if (at == census->count)
        return false;
    const Record *header = &census->records[at];
    *ret_shape = (TableShape){.delimiter = census->delimiter,
        .columns = header->cells,
        .header_start = header->start,
        .header_end = header->end,
        .header_row = header->row,
        .needs_keyword = needs_keyword(census, head, at)};
    return true;
}

static bool has_any(Bytes text, const char *bytes)
{
    for (const char *byte = bytes; *byte != '\0'; byte++) {
        if (memchr(text.data, *byte, text.len) != NULL)
            return true;
    }
    return false;
}

/* One column: a word, then lines of one value each. */
static bool is_single_column(const Census *census, Bytes text, TableShape *ret_shape)
{
    if (census->count < 3)
        return false;
    const Record *first = &census->records[0];
    const Bytes header = trim((Bytes){.data = text.data + first->start, .len = (size_t)(first->end - first->start)});
    size_t lines = 0, with_digit = 0, digits = 0;

    if (table_cell_kind(header) != KIND_NAME || has_any(header, " :,;|\t"))
        return false;
    for (size_t at = first->end + 1; at < text.len && lines < RECORDS_SEEN; at++) {
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
    *ret_shape = (TableShape){.delimiter = '\t', .columns = 1, .header_start = first->start, .header_end = first->end};
    ret_shape->header_row = first->row;
    return lines >= 2 && with_digit * 10 >= lines * 9;
}

bool table_head_tell(const TableHead *head, TableShape *ret_shape)
{
    const TableOrigin origin = table_origin_find(head->text);
    const char said[] = {(char)origin.delimiter, '\0'};
    TableShape best = {0}, shape;
    Census census = {0};

    for (const char *delimiter = origin.delimiter != 0 ? said : DELIMITERS; *delimiter != '\0'; delimiter++) {
        census.delimiter = (uint8_t)*delimiter;
        take_census(&census, head, &origin);
        if (is_table(&census, head, &shape) && shape.columns > best.columns)
            best = shape;
    }
    if (best.columns == 0 && !is_single_column(&census, head->text, &best))
        return false;
    *ret_shape = best;
    return true;
}
