#include "detect/structure/table.h"
#include "detect/structure/table_cell.h"
#include "detect/structure/table_census.h"
#include "detect/structure/table_head.h"

#include <string.h>

enum { STEPS = 16 }; /* so many cells beside the last answer are looked at before the search begins anew */

void table_scan_init(TableScan *scan)
{
    *scan = (TableScan){.cells = g_array_new(FALSE, FALSE, sizeof(TableCell))};
}

void table_scan_clear(TableScan *scan)
{
    g_array_unref(scan->cells);
}

static const TableCell *cell_at(const TableScan *scan, guint index)
{
    return &g_array_index(scan->cells, TableCell, index);
}

static TableCell cell_of(const TableCursor *cursor)
{
    return (TableCell){.position = cursor->position,
        .record_start = cursor->record_start,
        .row = (uint32_t)cursor->row,
        .column = cursor->column};
}

/* The cells that begin behind the marks of a block. */
static void see_block(TableScan *scan, TableCursor *cursor, uint64_t mask, uint64_t at, const uint8_t *text)
{
    const TableFormat format = {.delimiter = scan->delimiter, .newline = scan->newline, .columns = scan->columns};
    guint count = scan->cells->len;

    g_array_set_size(scan->cells, count + (guint)__builtin_popcountll(mask));
    TableCell *cells = (TableCell *)(void *)scan->cells->data;
    for (; mask != 0; mask &= mask - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(mask);
        table_see(&format, cursor, at + bit, text[bit]);
        if (cursor->state == CELL_START)
            cells[count++] = cell_of(cursor);
    }
    g_array_set_size(scan->cells, count);
}

/* A state that only holds at the very next byte ends with it. */
static void walk(TableScan *scan, TableCursor *cursor, const TextView *view, uint64_t to)
{
    for (uint64_t at = cursor->position; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        if (mask != 0)
            see_block(scan, cursor, mask, at, text);
    }
    if (cursor->position < to && (cursor->state == CELL_START || cursor->state == CELL_CLOSING))
        cursor->state = CELL_PLAIN;
    cursor->position = MAX(cursor->position, to);
}

void table_scan_feed(TableScan *scan, const TextView *view, uint64_t to)
{
    TableCursor cursor = scan->front;

    walk(scan, &cursor, view, to);
    scan->front = cursor;
}

/* Index of the first cell behind the position. */
static guint cells_until(const TableScan *scan, uint64_t position)
{
    guint low = 0, high = scan->cells->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (cell_at(scan, middle)->position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Mostly the one of the last answer, or one beside it. */
static guint find(TableScan *scan, uint64_t position)
{
    const TableCell *cells = (const TableCell *)(const void *)scan->cells->data;
    guint at = scan->recent, count = scan->cells->len;
    guint low = at - MIN(at, (guint)STEPS), high = MIN(at + 1 + STEPS, count);

    while (at > low && cells[at].position > position)
        at--;
    while (at + 1 < high && cells[at + 1].position <= position)
        at++;
    if (cells[at].position > position || (at + 1 < count && cells[at + 1].position <= position))
        at = MAX(cells_until(scan, position), 1) - 1;
    scan->recent = at;
    return at;
}

const TableCell *table_scan_find(TableScan *scan, uint64_t position)
{
    return cell_at(scan, find(scan, position));
}

uint32_t table_scan_name(const TableScan *scan, const TableCell *cell)
{
    bool is_below = cell->record_start > scan->header;

    return is_below && cell->column < scan->columns ? scan->names[cell->column] : 0;
}

uint64_t table_scan_row(const TableScan *scan, const TableCell *cell)
{
    return scan->front.row - (uint32_t)((uint32_t)scan->front.row - cell->row);
}

/* The rules that a cell's column asks for; NULL: none. */
static const uint64_t *cell_rules(const TableScan *scan, const TableCell *cell)
{
    return cell->column < scan->columns && cell->record_start > scan->header ? scan->rules[cell->column] : NULL;
}

void table_scan_add_zones(TableScan *scan, const Zone *stretch, GArray *zones)
{
    if (!scan->is_hot)
        return;
    guint known = zones->len, first = find(scan, stretch->from);
    const TableCell *cell = cell_at(scan, first), *end = cell + (scan->cells->len - first);
    g_array_set_size(zones, known + scan->cells->len - first);
    Zone *start = &g_array_index(zones, Zone, known), *zone = start;
    for (; cell < end && cell->position < stretch->to; cell++) {
        const uint64_t *rules = cell_rules(scan, cell);
        uint64_t to = cell + 1 < end ? MIN(cell[1].position, stretch->to) : stretch->to;
        if (rules != NULL)
            *zone++ = (Zone){.from = MAX(cell->position, stretch->from), .to = to, .rules = rules};
    }
    g_array_set_size(zones, known + (guint)(zone - start));
}

uint64_t table_scan_cell_end(const TableScan *scan, const TableCell *cell)
{
    const TableCell *next = cell + 1;

    return next < &g_array_index(scan->cells, TableCell, 0) + scan->cells->len ? next->position : UINT64_MAX;
}

void table_scan_forget(TableScan *scan, uint64_t position)
{
    guint behind = cells_until(scan, position);

    if (behind > 1)
        g_array_remove_range(scan->cells, 0, behind - 1);
    scan->recent = 0;
}

/* ---- the header ---- */

typedef struct HeaderNames {
    TableScan *scan;
    FieldNames *names;
    uint32_t shift;
} HeaderNames;

/* A quote in a quoted cell is doubled (RFC 4180, section 2). Returns the name's length. */
static size_t copy_name(Bytes cell, uint8_t *name)
{
    size_t len = 0;

    for (size_t at = 0; at < cell.len; at++) {
        name[len++] = cell.data[at];
        at += cell.data[at] == '"' && at + 1 < cell.len && cell.data[at + 1] == '"' ? 1 : 0;
    }
    return len;
}

static uint32_t intern_name(FieldNames *names, Bytes cell)
{
    enum { COPIED_MAX = 256 };
    uint8_t name[COPIED_MAX];

    if (cell.len > sizeof name || memchr(cell.data, '"', cell.len) == NULL)
        return field_names_intern(names, cell);
    return field_names_intern(names, (Bytes){.data = name, .len = copy_name(cell, name)});
}

static bool name_column(void *data, uint32_t column, Bytes cell)
{
    const HeaderNames *header = data;

    column += header->shift;
    if (column >= TABLE_MAX_COLUMNS)
        return false;
    if (!table_is_name(cell))
        return true;
    header->scan->names[column] = intern_name(header->names, cell);
    header->scan->rules[column] = field_names_at(header->names, header->scan->names[column])->rules;
    header->scan->is_hot = header->scan->is_hot || header->scan->rules[column] != NULL;
    return true;
}

/* The cells of the titles before the header, then its first. */
static void begin_cells(TableScan *scan, const TableHead *head, const TableShape *shape)
{
    const TextView view = {.data = head->text.data, .len = head->text.len};
    TableCursor title = {0};
    const TableCell first = {0};

    g_array_set_size(scan->cells, 0);
    g_array_append_val(scan->cells, first);
    walk(scan, &title, &view, shape->header_start);
    scan->header = shape->header_start;
    scan->front =
        (TableCursor){.position = shape->header_start, .record_start = shape->header_start, .row = shape->header_row};
    const TableCell header = cell_of(&scan->front);
    g_array_append_val(scan->cells, header);
    scan->recent = 0;
}

static Bytes header_line(const TableHead *head, const TableShape *shape)
{
    return (Bytes){
        .data = head->text.data + shape->header_start, .len = (size_t)(shape->header_end - shape->header_start)};
}

static bool has_no_keyword(void *data, G_GNUC_UNUSED uint32_t column, Bytes cell)
{
    FieldNames *names = data;

    return field_names_at(names, field_names_intern(names, cell))->groups == NULL;
}

/* Whether what stands below the first name names things itself: a form with a label in each line, whose first line is
 * no header, and holds a value. */
static bool is_form(const TableHead *head, const TableShape *shape, FieldNames *names)
{
    enum { LINES_SEEN = 5, LABELS_MIN = 2 };
    const uint8_t *at = head->text.data + shape->header_end, *end = head->text.data + head->text.len;
    uint32_t labels = 0;

    for (int i = 0; i < LINES_SEEN && at + 1 < end; i++) {
        const uint8_t *line = at + 1;
        const uint8_t *newline = memchr(line, shape->newline, (size_t)(end - line));
        at = newline != NULL ? newline : end;
        const uint8_t *mark = memchr(line, shape->delimiter, (size_t)(at - line));
        if (mark == NULL ||
            field_names_label(names, table_trim((Bytes){.data = line, .len = (size_t)(mark - line)})) == 0)
            return false;
        labels++;
    }
    return labels >= LABELS_MIN;
}

bool table_scan_begin(TableScan *scan, const TableHead *head, FieldNames *names)
{
    TableShape shape;

    if (!table_head_tell(head, &shape))
        return false;
    if (shape.needs_keyword && table_visit_cells(shape.delimiter, header_line(head, &shape), has_no_keyword, names))
        return false;
    if (shape.columns == 2 && is_form(head, &shape, names))
        return false;
    scan->delimiter = shape.delimiter;
    scan->newline = shape.newline;
    scan->columns = MIN(shape.columns, (uint32_t)TABLE_MAX_COLUMNS);
    memset(scan->names, 0, sizeof scan->names);
    memset(scan->rules, 0, sizeof scan->rules);
    scan->is_hot = false;
    const char members[] = {(char)shape.delimiter, '"', (char)shape.newline, '\0'};
    const HeaderNames header = {.scan = scan, .names = names, .shift = shape.shift};
    byte_set_init(&scan->marks, members);
    begin_cells(scan, head, &shape);
    (void)table_visit_cells(shape.delimiter, header_line(head, &shape), name_column, (void *)&header);
    return true;
}
