/* Tables in HTML and in the XML of spreadsheets: the cells of the first row name the columns below, the first cell of a
 * row names the one beside it.
 *
 * Told of elements that open and close, and of the text in cells. */
#pragma once

#include "detect/structure/path.h"

enum { XML_COLUMNS_MAX = 256 };

typedef enum XmlHead {
    HEAD_OPEN,    /* no row was read yet */
    HEAD_READING, /* in the first one */
    HEAD_NAMES,   /* it has names of columns */
    HEAD_NONE,
} XmlHead;

typedef struct XmlTable {
    FieldNames *names;
    XmlHead head;
    uint32_t table, row, cell; /* levels open in the element; 0: it is not open */
    bool is_implicit;          /* nothing says that a table begins but its first row */
    uint32_t column, next;     /* of this cell, of the next one; from 0 */
    uint32_t span;             /* columns that the next cell fills; 0: one */
    bool is_head_cell, has_text;
    bool is_data;                               /* a spreadsheet */
    uint32_t label;                             /* name of the cell before; 0: it has none that counts */
    uint32_t cells, head_cells, texts, telling; /* of the first row */
    bool is_named;                              /* whatever it says may be a name */
    uint32_t columns[XML_COLUMNS_MAX];          /* names; 0: none */
} XmlTable;

void xml_table_init(XmlTable *table, FieldNames *names);

/* So many levels are open by now. */
void xml_table_settle(XmlTable *table, uint32_t depth);
/* How many levels stay open where an element of this role opens: HTML need not say where cells and rows end. */
uint32_t xml_table_depth_before(const XmlTable *table, FieldRole role, uint32_t depth);
/* An element of this role opened, with so many levels. Returns the name of what it holds; 0: none. */
uint32_t xml_table_open(XmlTable *table, FieldRole role, uint32_t depth);
/* Whether the text in a cell is asked for; then the text. */
static inline bool xml_table_wants_text(const XmlTable *table)
{
    return table->cell != 0 && !table->has_text;
}
void xml_table_see_text(XmlTable *table, Bytes text);

/* An attribute of a cell that is about to open: FIELD_INDEX or FIELD_SPAN. */
void xml_table_see_number(XmlTable *table, FieldRole role, Bytes digits);
