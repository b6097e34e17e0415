/* What is known of a value: the names around it. */
#include "detect/structure/path_show.h"
#include "detect/structure/structure_internal.h"

#include <string.h>

static bool name_has(const FieldName *name, uint32_t group)
{
    return name != NULL && rule_bits_have(name->groups, group);
}

/* NULL: it has none. */
static const FieldName *name_of(const Structure *structure, uint32_t name)
{
    return name != 0 ? field_names_at(structure->names, name) : NULL;
}

/* ---- columns ---- */

static uint32_t find_column(Structure *structure, uint64_t position)
{
    if (structure->kind == STRUCTURE_TABLE) {
        const TableCell *cell = table_scan_find(&structure->table, position);
        structure->found_cell = cell;
        structure->found_field = (Span){.start = cell->position, .end = table_scan_cell_end(&structure->table, cell)};
        return table_scan_name(&structure->table, cell);
    }
    CellLog *log = &structure->embedded.log;
    const CellMark *mark = cell_log_find(log, position);
    structure->found_field = mark != NULL ? (Span){.start = mark->position, .end = cell_log_end(log, mark)}
                                          : (Span){.start = position, .end = position + 1};
    return mark != NULL ? mark->name : 0;
}

/* The values of a cell are asked about several times. */
static const FieldName *column_name(Structure *structure, uint64_t position)
{
    const Span *field = &structure->found_field;

    if (!structure->is_found || position < field->start || position >= field->end) {
        structure->found_name = name_of(structure, find_column(structure, position));
        structure->is_found = true;
    }
    return structure->found_name;
}

/* Of a table. */
static const TableCell *cell_at(Structure *structure, uint64_t position)
{
    (void)column_name(structure, position);
    return structure->found_cell;
}

/* ---- where a value is in a tree ---- */

static PathPlace place_of(Structure *structure, const StructureValue *value)
{
    if (!structure->is_found || memcmp(&structure->found_of, &value->span, sizeof value->span) != 0) {
        const PathMark *mark = path_find(&structure->path, value->span.start);
        structure->found = mark != NULL ? mark->place : (PathPlace){0};
        structure->found_of = value->span;
        structure->labels = LABELS_UNKNOWN;
        structure->is_found = true;
    }
    return structure->found;
}

/* The label of a value, which elements may stand around (<td><b>…</b></td>); 0: there is none. */
static uint32_t label_above(const Structure *structure, uint32_t node)
{
    enum { LEVELS = 3 };
    const Path *path = &structure->path;

    if (!path->has_labels)
        return 0;
    for (unsigned i = 0; i < LEVELS && node != 0; i++, node = path_node(path, node)->parent) {
        if (path_node(path, node)->kind != PATH_MEMBER)
            return path_node(path, node)->kind == PATH_LABEL ? node : 0;
        uint32_t name = path_node(path, node)->name;
        bool is_name = structure->kind != STRUCTURE_XML && name != 0;
        if (is_name && field_names_at(structure->names, name)->groups != NULL)
            return 0;
    }
    return 0;
}

/* ---- cells ---- */

/* The field of the value; false: its name does not stand apart from it, or it has none. */
static bool apart_field(Structure *structure, const StructureValue *value, Span *ret_field)
{
    uint64_t position = value->span.start;

    if (!structure_is_tree(structure)) {
        bool has_name = column_name(structure, position) != NULL;
        *ret_field = structure->found_field;
        return has_name;
    }
    const Path *path = &structure->path;
    const PathMark *mark = path->has_labels ? path_find(&structure->path, position) : NULL;
    if (mark == NULL || label_above(structure, place_node(mark->place)) == 0)
        return false;
    bool is_last = mark + 1 == path->marks + path->mark_count;
    *ret_field = (Span){.start = mark->from, .end = is_last ? UINT64_MAX : mark[1].from};
    return true;
}

enum { BEFORE_VALUE = 1, BEHIND_VALUE = 2, BESIDE_VALUE = BEFORE_VALUE | BEHIND_VALUE };

/* Blanks, quotes, and what parts cells; brackets where they face the value. */
static bool is_beside_value(uint8_t byte, uint8_t side)
{
    static const uint8_t sides[256] = {[0 ... ' '] = BESIDE_VALUE,
        ['"'] = BESIDE_VALUE,
        ['\''] = BESIDE_VALUE,
        ['`'] = BESIDE_VALUE,
        ['\\'] = BESIDE_VALUE,
        [','] = BESIDE_VALUE,
        [';'] = BESIDE_VALUE,
        ['|'] = BESIDE_VALUE,
        ['('] = BEFORE_VALUE,
        ['['] = BEFORE_VALUE,
        ['>'] = BEFORE_VALUE,
        [')'] = BEHIND_VALUE,
        [']'] = BEHIND_VALUE,
        ['}'] = BEHIND_VALUE,
        ['<'] = BEHIND_VALUE};

    return (sides[byte] & side) != 0;
}

/* Whether nothing but the value stands there, as far as the first byte behind it tells. What begins far from its
 * field's beginning does not: a field of many values would be looked at from there for each. */
static bool fills(const StructureValue *value, const Span *field)
{
    enum { AROUND_MAX = 256 };
    const TextView *view = value->text;

    if (field->start < view->base || value->span.end > field->end || value->span.start > field->start + AROUND_MAX)
        return false;
    const uint8_t *text = view->data;
    size_t at = (size_t)(field->start - view->base), start = (size_t)(value->span.start - view->base);
    while (at < start && is_beside_value(text[at], BEFORE_VALUE))
        at++;
    if (start - at == 1 && (text[at] == 'N' || text[at] == 'E')) /* N'…' of SQL */
        at++;
    size_t end = (size_t)(value->span.end - view->base);
    size_t to = (size_t)(MIN(field->end, view->base + view->len) - view->base);
    while (end < to && (text[end] == ' ' || text[end] == '\t'))
        end++;
    return at >= start && (end >= to || (is_beside_value(text[end], BEHIND_VALUE) && text[end] != ' '));
}

bool structure_fills_cell(Structure *structure, const StructureValue *value)
{
    Span field;

    return apart_field(structure, value, &field) && fills(value, &field);
}

/* Prose in the cell of a document is of many things. */
static bool labels_count(Structure *structure, const StructureValue *value)
{
    if (structure->labels == LABELS_UNKNOWN)
        structure->labels = structure_fills_cell(structure, value) ? LABELS_COUNT : LABELS_IGNORED;
    return structure->labels == LABELS_COUNT;
}

/* ---- names ---- */

/* The node whose name is the innermost; a label says more than the elements in it. */
static uint32_t name_node(Structure *structure, const StructureValue *value)
{
    const Path *path = &structure->path;
    uint32_t node = place_node(place_of(structure, value)), label = label_above(structure, node);

    if (label != 0 && labels_count(structure, value))
        return label;
    while (node != 0 && (path_node(path, node)->name == 0 || path_node(path, node)->kind == PATH_LABEL))
        node = path_node(path, node)->parent;
    return node;
}

/* NULL: the field has no name. */
static const FieldName *field_name(Structure *structure, const StructureValue *value)
{
    if (!structure_is_tree(structure))
        return column_name(structure, value->span.start);
    return name_of(structure, path_node(&structure->path, name_node(structure, value))->name);
}

bool structure_field_has_keyword(Structure *structure, const StructureValue *value, uint32_t group)
{
    return name_has(field_name(structure, value), group);
}

bool structure_has_keyword(Structure *structure, const StructureValue *value, uint32_t group)
{
    const Path *path = &structure->path;

    if (!structure_is_tree(structure))
        return structure_field_has_keyword(structure, value, group);
    uint32_t node = place_node(place_of(structure, value));
    if (!path_node(path, node)->has_keywords)
        return false;
    for (; node != 0; node = path_node(path, node)->parent) {
        if (name_has(name_of(structure, path_node(path, node)->name), group) &&
            (path_node(path, node)->kind != PATH_LABEL || labels_count(structure, value)))
            return true;
    }
    return false;
}

Bytes structure_field(Structure *structure, const StructureValue *value)
{
    const FieldName *name = field_name(structure, value);

    return name != NULL ? (Bytes){.data = (const uint8_t *)name->text, .len = name->len} : (Bytes){.data = NULL};
}

bool structure_is_of_document(Structure *structure, const StructureValue *value)
{
    enum { CELL_LEN = 2 }; /* td, dd */
    const Path *path = &structure->path;

    if (structure->kind != STRUCTURE_XML)
        return false;
    uint32_t label = label_above(structure, place_node(place_of(structure, value)));
    uint32_t name = path_node(path, path_node(path, label)->parent)->name;
    return label != 0 && name != 0 && field_names_at(structure->names, name)->len == CELL_LEN;
}

uint64_t structure_barrier(Structure *structure, uint64_t position)
{
    if (structure->kind == STRUCTURE_TABLE)
        return cell_at(structure, position)->record_start;
    const CellMark *mark =
        structure->kind == STRUCTURE_PLAIN ? cell_log_find(&structure->embedded.log, position) : NULL;
    return mark != NULL ? mark->record_start : 0;
}

uint64_t structure_field_end(Structure *structure, uint64_t position)
{
    const Path *path = &structure->path;
    const PathMark *mark = structure_is_tree(structure) ? path_find(&structure->path, position) : NULL;

    return mark != NULL && mark + 1 < path->marks + path->mark_count ? mark[1].from : 0;
}

/* ---- for people ---- */

void structure_describe(Structure *structure, uint64_t position, StructurePlace *ret_place)
{
    *ret_place = (StructurePlace){0};
    if (structure_is_tree(structure)) {
        const PathMark *mark = path_find(&structure->path, position);
        PathStyle style = structure->kind == STRUCTURE_XML ? PATH_OF_ELEMENTS : PATH_OF_MEMBERS;
        const PathPlace place = mark != NULL ? mark->place : (PathPlace){0};
        ret_place->path = path_show(&structure->path, place, style, structure->shown_path);
        return;
    }
    const FieldName *name = column_name(structure, position);
    if (name != NULL)
        ret_place->column = name->text;
    if (structure->kind != STRUCTURE_TABLE)
        return;
    const TableCell *cell = cell_at(structure, position);
    ret_place->row = table_scan_row(&structure->table, cell) + 1;
    ret_place->cell = cell->column + 1;
}
