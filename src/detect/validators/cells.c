/* Values in the cells of a table whose column's name says what they are. */
#include "detect/validators/settings.h"

#include <string.h>

typedef enum CellSide { CELL_START, CELL_END } CellSide;

static size_t blanks_beside(Bytes text, CellSide side)
{
    size_t n = 0;

    while (n < text.len && (side == CELL_END ? text.data[n] : text.data[text.len - 1 - n]) == ' ')
        n++;
    return n;
}

/* One side of a cell: a mark that may quote it, blanks, and what parts cells. Two blanks part those of a printed table.
 */
static bool is_cell_side(Bytes text, CellSide side)
{
    size_t quote = 0, blanks;

    if (text.len > 0 && is_one_of(side == CELL_END ? text.data[0] : text.data[text.len - 1], "\"'`"))
        quote = 1;
    Bytes rest = {side == CELL_END ? text.data + quote : text.data, text.len - quote};
    blanks = blanks_beside(rest, side);
    if (blanks == rest.len || blanks > 1)
        return true;
    return is_one_of(side == CELL_END ? rest.data[blanks] : rest.data[rest.len - 1 - blanks], ",;|\t\r\n()");
}

/* A cell is told by its column's name alone; elsewhere the rules of assignments decide. */
static bool is_cell(const Surroundings *surroundings)
{
    if (surroundings->cell != CELL_NONE)
        return true;
    return is_cell_side(surroundings->before, CELL_START) && is_cell_side(surroundings->after, CELL_END);
}

Verdict validate_column_password(const Surroundings *surroundings)
{
    SettingName name;

    if (!is_cell(surroundings) || !setting_name_of(surroundings->field, &name) ||
        setting_name_is_about_passwords(&name))
        return VERDICT_REJECT;
    if (memmem(surroundings->before.data, surroundings->before.len, "$ANSIBLE_VAULT;", 15) != NULL) /* encrypted */
        return VERDICT_REJECT;
    if (memchr(surroundings->value.data, '&', surroundings->value.len) != NULL) /* an entity of HTML */
        return VERDICT_REJECT;
    return outside_program(surroundings, validate_bare_password(surroundings->value));
}

Verdict validate_column_key(const Surroundings *surroundings)
{
    SettingName name;

    if (!is_cell(surroundings) || !setting_name_of(surroundings->field, &name) || setting_name_is_no_secret(&name))
        return VERDICT_REJECT;
    return has_marks(surroundings->value) ? VERDICT_REJECT : key_verdict(surroundings->value, &name);
}
