#include "detect/structure/table_head.h"
#include "detect/structure/table_cell.h"
#include "detect/structure/table_census.h"
#include "detect/structure/table_uneven.h"

#include <string.h>

enum {
    FOOTERS_MAX = 2, /* records behind the last row of a short table */
    SHORT_NAME_WORDS = 4,
};

static const char DELIMITERS[] = "\t,;|";

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

/* How the records from one on agree with it. */
typedef struct Agreement {
    uint32_t rows, fitting; /* behind the first */
} Agreement;

typedef enum Strictness { STRICT, LOOSE } Strictness; /* LOOSE: as many as half of the names may be missing */

static bool is_header(const Census *census, const TableHead *head, uint32_t at, const Agreement *rows, Strictness how)
{
    HeaderCount count = {0};

    if (!table_visit_cells(census->delimiter, table_record_text(head, &census->records[at]), count_cell, &count))
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
    (void)table_visit_cells(
        census->delimiter, table_record_text(head, &census->records[at + 1]), count_repeated, &count);
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
    return table_visit_cells(census->delimiter, table_record_text(head, &census->records[at]), visitor, NULL);
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
    (void)table_visit_cells(
        census->delimiter, table_record_text(head, &census->records[at + 1]), see_digits, &has_digits);
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
        return table_is_uneven(census, head, ret_shape);
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

/* What stands in a line of a column alone. */
typedef struct LoneValue {
    size_t digits, letters;
    bool is_quoted, has_blank, has_mark;
} LoneValue;

static void see_lone(LoneValue *value, uint8_t byte)
{
    value->digits += g_ascii_isdigit(byte) ? 1 : 0;
    value->letters += g_ascii_isalpha(byte) ? 1 : 0;
    value->is_quoted = value->is_quoted != (byte == '"');
    if (value->is_quoted)
        return;
    value->has_blank = value->has_blank || byte == ' ';
    value->has_mark = value->has_mark || byte == '\t' || byte == '{' || byte == '=' || byte == ':';
}

/* Quoted, or without blanks, or a number in groups: "+49 30 901820". */
static bool is_lone(const LoneValue *value)
{
    enum { LETTERS_MAX = 6 };

    return !value->has_mark && (!value->has_blank || value->letters <= LETTERS_MAX);
}

/* One column: a word, then lines of one value each. */
static bool is_single_column(const Census *census, Bytes text, TableShape *ret_shape)
{
    if (census->count < 3)
        return false;
    const Record *first = &census->records[0];
    const Bytes header =
        table_trim((Bytes){.data = text.data + first->start, .len = (size_t)(first->end - first->start)});
    size_t lines = 0, with_digit = 0;
    LoneValue value = {0};
    bool has_blank = false;

    if (table_cell_kind(header) != KIND_NAME || has_any(header, " :,;|\t"))
        return false;
    for (size_t at = first->end + 1; at < text.len && lines < RECORDS_SEEN; at++) {
        see_lone(&value, text.data[at]);
        if (text.data[at] != census->newline && at + 1 < text.len)
            continue;
        if (!is_lone(&value))
            return false;
        lines++;
        with_digit += value.digits > 3;
        has_blank = has_blank || value.has_blank;
        value = (LoneValue){0};
    }
    *ret_shape = (TableShape){.delimiter = '\t',
        .columns = 1,
        .header_start = first->start,
        .header_end = first->end,
        .header_row = first->row,
        .needs_keyword = has_blank};
    return lines >= 2 && with_digit * 10 >= lines * 9;
}

/* Lines end with '\r' alone where there is no '\n', as the spreadsheets of old wrote them. */
static uint8_t newline_of(Bytes text)
{
    const uint8_t *first = memchr(text.data, '\n', text.len) == NULL ? memchr(text.data, '\r', text.len) : NULL;
    size_t behind = first != NULL ? (size_t)(text.data + text.len - first) - 1 : 0;

    return behind > 0 && memchr(first + 1, '\r', behind) != NULL ? '\r' : '\n';
}

bool table_head_tell(const TableHead *head, TableShape *ret_shape)
{
    const TableOrigin origin = table_origin_find(head->text);
    const char said[] = {(char)origin.delimiter, '\0'};
    TableShape best = {0}, shape;
    Census census = {.newline = newline_of(head->text)};

    for (const char *delimiter = origin.delimiter != 0 ? said : DELIMITERS; *delimiter != '\0'; delimiter++) {
        census.delimiter = (uint8_t)*delimiter;
        table_census_take(&census, head, &origin);
        if (is_table(&census, head, &shape) && shape.columns > best.columns)
            best = shape;
    }
    if (best.columns == 0 && !is_single_column(&census, head->text, &best))
        return false;
    best.newline = census.newline;
    *ret_shape = best;
    return true;
}
