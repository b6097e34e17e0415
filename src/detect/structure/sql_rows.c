#include "detect/structure/sql_rows.h"

#include <string.h>

enum { STRING_MAX = 1024 * 1024, GAP_MAX = 256 }; /* a string that is open for longer never was one */

void sql_rows_init(SqlRows *rows, CellLog *log, const SqlHead *head)
{
    *rows = (SqlRows){.log = log, .head = head};
    byte_set_init(&rows->value_marks, "'\"(),;\\");
}

static void mark(SqlRows *rows, uint64_t position)
{
    const SqlColumns *columns = &rows->head->columns;
    uint32_t name = rows->column < columns->count ? columns->names[rows->column] : 0;

    cell_log_add(rows->log, (CellMark){.position = position, .record_start = rows->record_start, .name = name});
}

static void mark_end(SqlRows *rows, uint64_t position)
{
    cell_log_add(rows->log, (CellMark){.position = position, .record_start = position});
}

void sql_rows_begin(SqlRows *rows, uint64_t at)
{
    const char line[] = {(char)rows->head->delimiter, '\n', '\0'};

    rows->gap = rows->record_start = at;
    rows->depth = rows->column = 0;
    rows->quote = 0;
    rows->escaped = 0;
    rows->is_line_start = true;
    if (rows->head->verb == SQL_COPY)
        byte_set_init(&rows->line_marks, line);
}

/* ---- VALUES ---- */

static uint8_t byte_at(const TextView *view, uint64_t position)
{
    return view->data[position - view->base];
}

/* Behind the comment that begins here; the same place if none does. */
static uint64_t skip_comment(const TextView *view, uint64_t at, uint64_t end)
{
    const char *data = (const char *)view->data + (at - view->base);

    if (end - at < 2 || (memcmp(data, "--", 2) != 0 && memcmp(data, "/*", 2) != 0))
        return at;
    const char *close = data[0] == '-' ? "\n" : "*/";
    const char *found = memmem(data + 2, (size_t)(end - at) - 2, close, strlen(close));
    return found != NULL ? at + (uint64_t)(found - data) + strlen(close) : end;
}

/* What stands between two rows: a comma and comments, or something else, and then they are over. */
typedef enum Gap { GAP_NEXT, GAP_COMMENT, GAP_OTHER } Gap; /* COMMENT: it is not over */

static Gap gap_before(const SqlRows *rows, const TextView *view, uint64_t position)
{
    uint32_t commas = rows->gap == position ? 1 : 0;

    if (position - rows->gap > GAP_MAX || rows->gap < view->base)
        return GAP_OTHER;
    for (uint64_t at = rows->gap; at < position; at++) {
        uint64_t behind = skip_comment(view, at, position);
        uint8_t byte = byte_at(view, at);
        if (behind == position && behind > at && byte_at(view, position - 1) != (byte == '-' ? '\n' : '/'))
            return GAP_COMMENT;
        if (behind > at)
            at = behind - 1;
        else if (byte == ',')
            commas++;
        else if (!g_ascii_isspace(byte))
            return GAP_OTHER;
    }
    return commas == 1 ? GAP_NEXT : GAP_OTHER;
}

typedef enum RowStep { STEP_ON, STEP_OVER, STEP_BROKEN } RowStep;

static bool ends_value(uint8_t byte)
{
    return byte == ',' || byte == ')';
}

/* Some programs write \' for a quote in a string; others mean that the string ends there. */
static void see_backslash(SqlRows *rows, const TextView *view, uint64_t position)
{
    if (rows->escaped == position || rows->head->escapes == SQL_DOUBLED)
        return;
    bool may_end = position + 2 < view->base + view->len && byte_at(view, position + 1) == rows->quote &&
                   ends_value(byte_at(view, position + 2));
    if (rows->head->escapes == SQL_BACKSLASH || !may_end)
        rows->escaped = position + 1;
}

static void see_in_string(SqlRows *rows, const TextView *view, uint64_t position)
{
    uint8_t byte = byte_at(view, position);

    if (byte == '\\')
        see_backslash(rows, view, position);
    else if (byte == rows->quote && rows->escaped != position)
        rows->quote = 0;
}

static RowStep open_bracket(SqlRows *rows, uint64_t position)
{
    if (rows->depth++ > 0)
        return STEP_ON;
    rows->record_start = position;
    rows->column = 0;
    mark(rows, position);
    return STEP_ON;
}

static RowStep close_bracket(SqlRows *rows, uint64_t position)
{
    if (--rows->depth == 0) {
        mark_end(rows, position);
        rows->gap = position + 1;
    }
    return STEP_ON;
}

static RowStep see_between(SqlRows *rows, const TextView *view, uint64_t position)
{
    uint8_t byte = byte_at(view, position);
    Gap gap = byte == ',' || byte == '\\' ? GAP_COMMENT : gap_before(rows, view, position);

    if (gap == GAP_COMMENT)
        return STEP_ON;
    if (byte == ';')
        return STEP_OVER;
    return byte == '(' && gap == GAP_NEXT ? open_bracket(rows, position) : STEP_BROKEN;
}

static RowStep see_in_row(SqlRows *rows, const TextView *view, uint64_t position)
{
    uint8_t byte = byte_at(view, position);

    switch (byte) {
    case '(':
        return open_bracket(rows, position);
    case ')':
        return close_bracket(rows, position);
    case ';':
        return STEP_BROKEN;
    case ',':
        if (rows->depth == 1) {
            rows->column++;
            mark(rows, position + 1);
        }
        return STEP_ON;
    case '\'':
    case '"':
        rows->quote = byte;
        rows->quote_start = position;
        return STEP_ON;
    default:
        return STEP_ON;
    }
}

static RowStep see_value_mark(SqlRows *rows, const TextView *view, uint64_t position)
{
    if (rows->quote == 0)
        return rows->depth == 0 ? see_between(rows, view, position) : see_in_row(rows, view, position);
    if (position - rows->quote_start > STRING_MAX)
        return STEP_BROKEN;
    see_in_string(rows, view, position);
    return STEP_ON;
}

/* What stands behind the last row is no part of it: a further statement may begin there. */
static SqlRowsEnd stop(SqlRows *rows, const TextView *view, uint64_t position, RowStep step)
{
    if (step == STEP_OVER)
        return (SqlRowsEnd){.at = position + 1, .is_over = true, .is_known = true};
    if (rows->gap > rows->record_start)
        return (SqlRowsEnd){.at = MAX(rows->gap, view->base), .is_over = true};
    mark_end(rows, position);
    return (SqlRowsEnd){.at = position, .is_over = true};
}

/* What a backslash means, the two bytes behind it tell. */
static bool must_wait(const SqlRows *rows, const TextView *view, uint64_t position)
{
    return rows->quote != 0 && byte_at(view, position) == '\\' && position + 2 >= view->base + view->len;
}

static SqlRowsEnd feed_values(SqlRows *rows, const TextView *view, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        uint64_t mask = byte_set_mask(&rows->value_marks, view->data + (at - view->base), (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1) {
            uint64_t position = at + (unsigned)__builtin_ctzll(mask);
            if (must_wait(rows, view, position))
                return (SqlRowsEnd){.at = position};
            RowStep step = see_value_mark(rows, view, position);
            if (step != STEP_ON)
                return stop(rows, view, position, step);
        }
    }
    return (SqlRowsEnd){.at = to};
}

/* ---- COPY ---- */

/* One line, as far as it is there: "\." ends the rows. */
static SqlRowsEnd feed_lines(SqlRows *rows, const TextView *view, uint64_t from, uint64_t to)
{
    uint64_t at = from;

    while (at < to) {
        if (rows->is_line_start) {
            if (to - at < 2 && byte_at(view, at) == '\\')
                break;
            if (byte_at(view, at) == '\\' && byte_at(view, at + 1) == '.') {
                mark_end(rows, at);
                return (SqlRowsEnd){.at = at, .is_over = true};
            }
            rows->is_line_start = false;
            rows->record_start = at;
            rows->column = 0;
            mark(rows, at);
        }
        uint64_t mask = byte_set_mask(&rows->line_marks, view->data + (at - view->base), (size_t)(to - at));
        if (mask == 0) {
            at += MIN(to - at, (uint64_t)BYTE_SET_BLOCK);
            continue;
        }
        at += (unsigned)__builtin_ctzll(mask);
        rows->is_line_start = byte_at(view, at) == '\n';
        rows->column++;
        at++;
        if (!rows->is_line_start)
            mark(rows, at);
    }
    return (SqlRowsEnd){.at = at};
}

SqlRowsEnd sql_rows_feed(SqlRows *rows, const TextView *view, uint64_t at, uint64_t to)
{
    return rows->head->verb == SQL_COPY ? feed_lines(rows, view, at, to) : feed_values(rows, view, at, to);
}
