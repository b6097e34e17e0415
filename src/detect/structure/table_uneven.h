/* Tables whose rows have other numbers of cells than their header: programs leave out empty cells at the end of rows,
 * or write more than they named. */
#pragma once

#include "detect/structure/table_census.h"

/* Whether the first record may be the header of such a table: its cells are short names. */
bool table_is_uneven(const Census *census, const TableHead *head, TableShape *ret_shape);
