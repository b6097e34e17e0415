#include "detect/structure/xml_table.h"
#include "detect/structure/table_cell.h"

enum { TEXT_MAX = 80, DIGITS_MAX = 4, PAIR_CELLS = 2 };

void xml_table_init(XmlTable *table, FieldNames *names)
{
    *table = (XmlTable){.names = names};
}

/* ---- ends ---- */

static void end_cell(XmlTable *table)
{
    table->cell = 0;
    if (!table->has_text)
        table->label = 0;
}

/* Cells that only name things. A row of two cells in HTML that does not say what it is may be a name and its value as
 * well. */
static bool is_header(const XmlTable *table)
{
    if (table->telling == 0 || !table->is_named)
        return false;
    return table->is_data || table->head_cells == table->cells || table->cells > PAIR_CELLS ||
           table->telling == table->cells;
}

static void end_row(XmlTable *table)
{
    if (table->cell != 0)
        end_cell(table);
    table->row = 0;
    table->label = 0;
    if (table->head == HEAD_READING && table->texts > 0)
        table->head = is_header(table) ? HEAD_NAMES : HEAD_NONE;
}

void xml_table_settle(XmlTable *table, uint32_t depth)
{
    if (table->cell > depth)
        end_cell(table);
    if (table->row > depth)
        end_row(table);
    if (table->table > depth + (table->is_implicit ? 1 : 0))
        table->table = 0;
}

/* ---- beginnings ---- */

static void begin_table(XmlTable *table, uint32_t depth)
{
    FieldNames *names = table->names;

    *table = (XmlTable){.names = names, .table = depth};
}

static void begin_row(XmlTable *table, uint32_t depth)
{
    if (table->row != 0)
        end_row(table);
    if (table->table == 0) {
        begin_table(table, depth);
        table->is_implicit = true;
    }
    table->row = depth;
    table->next = table->column = table->span = 0;
    table->label = 0;
    if (table->head == HEAD_OPEN || table->head == HEAD_READING) {
        table->head = HEAD_READING;
        table->cells = table->head_cells = table->texts = table->telling = 0;
        table->is_named = true;
    }
}

/* The column's name, or that of the cell before, which is the row's. */
static uint32_t name_of_cell(const XmlTable *table)
{
    uint32_t name = 0;

    if (table->head == HEAD_NAMES && table->column < XML_COLUMNS_MAX)
        name = table->columns[table->column];
    return name != 0 || table->is_head_cell ? name : table->label;
}

static uint32_t begin_cell(XmlTable *table, FieldRole role, uint32_t depth)
{
    if (table->cell != 0)
        end_cell(table);
    table->cell = depth;
    table->column = table->next;
    table->next += MAX(table->span, 1);
    table->span = 0;
    table->is_data = role == FIELD_DATA_CELL;
    table->is_head_cell = role == FIELD_HEAD_CELL;
    table->has_text = false;
    if (table->head == HEAD_READING) {
        table->cells++;
        table->head_cells += table->is_head_cell ? 1 : 0;
        if (table->column < XML_COLUMNS_MAX)
            table->columns[table->column] = 0;
    }
    return name_of_cell(table);
}

uint32_t xml_table_depth_before(const XmlTable *table, FieldRole role, uint32_t depth)
{
    bool is_cell = role == FIELD_CELL || role == FIELD_HEAD_CELL || role == FIELD_DATA_CELL;

    if (is_cell && table->cell != 0 && table->cell <= depth)
        return table->cell - 1;
    if (role == FIELD_ROW && table->row != 0 && table->row <= depth)
        return table->row - 1;
    return depth;
}

uint32_t xml_table_open(XmlTable *table, FieldRole role, uint32_t depth)
{
    switch ((int)role) {
    case FIELD_TABLE:
        begin_table(table, depth);
        return 0;
    case FIELD_ROW:
        begin_row(table, depth);
        return 0;
    case FIELD_PAIRS:
        begin_table(table, depth);
        begin_row(table, depth);
        table->head = HEAD_NONE;
        return 0;
    case FIELD_CELL:
    case FIELD_DATA_CELL:
    case FIELD_HEAD_CELL:
        return table->row != 0 ? begin_cell(table, role, depth) : 0;
    default:
        return 0;
    }
}

/* ---- what stands in cells ---- */

static void name_column(XmlTable *table, Bytes text, uint32_t name)
{
    bool may_be_name = text.len <= TEXT_MAX && table_is_name(text);

    table->texts++;
    table->is_named = table->is_named && may_be_name;
    table->telling += name != 0 && may_be_name ? 1 : 0;
    if (table->column < XML_COLUMNS_MAX)
        table->columns[table->column] = may_be_name ? name : 0;
}

void xml_table_see_text(XmlTable *table, Bytes text)
{
    bool may_name = table->is_head_cell || table->column == 0 || table->head == HEAD_READING || table->column == 2;

    table->has_text = true;
    uint32_t name = may_name && text.len <= TEXT_MAX ? field_names_label(table->names, text) : 0;
    table->label = name;
    if (table->head == HEAD_READING)
        name_column(table, text, name);
}

void xml_table_see_number(XmlTable *table, FieldRole role, Bytes digits)
{
    uint32_t number = 0;

    if (table->row == 0 || digits.len == 0 || digits.len > DIGITS_MAX)
        return;
    for (size_t i = 0; i < digits.len; i++) {
        if (!g_ascii_isdigit(digits.data[i]))
            return;
        number = number * 10 + (uint32_t)(digits.data[i] - '0');
    }
    if (role == FIELD_SPAN)
        table->span = number;
    else if (number > 0)
        table->next = number - 1;
}
