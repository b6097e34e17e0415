#include "detect/structure/json_labels.h"

#include <string.h>

enum { NAME_WITHIN = 240 }; /* bytes behind the beginning of a value: what is judged is known so far ahead */

void json_labels_init(JsonLabels *labels, Path *path)
{
    labels->path = path;
    json_labels_reset(labels);
}

void json_labels_reset(JsonLabels *labels)
{
    labels->expects_columns = false;
    labels->is_naming = false;
    labels->unnamed = 0;
    labels->head = labels->depth = labels->told = labels->count = 0;
}

static void name_column(JsonLabels *labels, uint32_t ordinal, uint32_t name)
{
    if (ordinal == 0 || ordinal > JSON_COLUMNS_MAX)
        return;
    for (; labels->count < ordinal; labels->count++)
        labels->names[labels->count] = 0;
    labels->told += name != 0 ? 1 : 0;
    labels->names[ordinal - 1] = name;
}

static uint32_t name_of(const JsonLabels *labels, const TextView *view, const Span *string)
{
    const Bytes text = {
        .data = view->data + (string->start - view->base), .len = (size_t)(string->end - string->start)};

    return string->start >= view->base ? field_names_label(labels->path->names, text) : 0;
}

/* The value before its name: its mark says so from now on. */
static void name_value_before(JsonLabels *labels, const TextView *view, const Span *string)
{
    Path *path = labels->path;
    uint32_t name = string->end - labels->unnamed < NAME_WITHIN ? name_of(labels, view, string) : 0;
    const PathMark *mark = name != 0 ? path_find(path, labels->unnamed) : NULL;

    if (mark != NULL && mark->from == labels->unnamed)
        path->marks[mark - path->marks].place =
            path_place(path_label(path, place_node(mark->place), name), place_item(mark->place));
    labels->unnamed = 0;
}

void json_labels_see_string(JsonLabels *labels, const TextView *view, const Span *string)
{
    const PathLevel *top = path_top(labels->path);

    if (labels->is_naming) {
        name_value_before(labels, view, string);
        return;
    }
    if (labels->path->deeper == 0 && top != NULL)
        name_column(labels, top->count, name_of(labels, view, string));
}

/* ---- the name beside a value ---- */

/* The string behind a key's colon; false: something else stands there. */
static bool string_behind(const TextView *view, uint64_t colon, uint64_t end, Span *ret_string)
{
    enum { BLANKS_MAX = 8, STRING_MAX = 96 };
    uint64_t at = colon, limit = MIN(end, at + BLANKS_MAX);

    if (at < view->base)
        return false;
    while (at < limit && g_ascii_isspace(view->data[at - view->base]))
        at++;
    if (at >= limit || view->data[at - view->base] != '"')
        return false;
    size_t room = (size_t)MIN(end - at - 1, (uint64_t)STRING_MAX);
    const uint8_t *text = view->data + (at + 1 - view->base), *quote = memchr(text, '"', room);
    *ret_string = (Span){.start = at + 1, .end = at + 1 + (quote != NULL ? (uint64_t)(quote - text) : 0)};
    return quote != NULL;
}

/* The name that a key of the innermost object gives, before a position. One that says that it is a name counts more
 * than what may be one. */
static uint32_t name_in_object(const JsonLabels *labels, const TextView *view, uint64_t before)
{
    enum { MARKS_SEEN = 48 };
    const Path *path = labels->path;
    const PathLevel *top = &path->levels[path->depth - 1];
    uint32_t found = 0;

    for (uint32_t i = path->mark_count, seen = 0; i > 0 && seen < MARKS_SEEN; i--, seen++) {
        const PathMark *mark = &path->marks[i - 1];
        const PathNode *node = path_node(path, place_node(mark->place));
        Span string;
        if ((int32_t)((uint32_t)mark->from - top->count) <= 0)
            break;
        bool is_label = node->role == FIELD_LABEL, is_kind = node->role == FIELD_KIND && found == 0;
        if (node->parent != place_node(top->place) || (!is_label && !is_kind) ||
            !string_behind(view, mark->from, before, &string))
            continue;
        uint32_t name = name_of(labels, view, &string);
        found = name != 0 ? name : found;
        if (is_label && name != 0)
            break;
    }
    return found;
}

uint32_t json_labels_find(JsonLabels *labels, const TextView *view, uint32_t node, uint64_t position)
{
    Path *path = labels->path;

    if (path->deeper > 0 || path->depth == 0)
        return node;
    uint32_t name = name_in_object(labels, view, position);
    labels->unnamed = name == 0 ? position + 1 : 0;
    labels->unnamed_depth = path->depth;
    return path_label(path, node, name);
}

/* Of the innermost object alone. */
void json_labels_expect_name(JsonLabels *labels)
{
    const PathLevel *top = path_top(labels->path);

    labels->is_naming = top != NULL && labels->path->deeper == 0 && labels->path->depth == labels->unnamed_depth &&
                        (int32_t)((uint32_t)labels->unnamed - top->count) > 0;
}

void json_labels_end_object(JsonLabels *labels, const TextView *view, uint64_t position)
{
    const Path *path = labels->path;

    if (labels->head != 0 && labels->head + 1 == path->depth && path->deeper == 0)
        name_column(labels, path->levels[path->depth - 2].count, name_in_object(labels, view, position));
}

/* ---- lists of names ---- */

/* In an array whose first element it is, or as the value of "columns". */
void json_labels_open_array(JsonLabels *labels)
{
    const Path *path = labels->path;
    bool is_list = labels->expects_columns;
    bool is_first = !is_list && path->depth > 1 && path->levels[path->depth - 2].element != 0 &&
                    path->levels[path->depth - 2].count == 1;

    labels->expects_columns = false;
    if ((!is_list && !is_first) || path->deeper > 0 || (labels->depth != 0 && labels->depth < path->depth))
        return;
    labels->head = path->depth;
    labels->is_said = is_list;
    labels->told = labels->count = 0;
}

/* One name among two texts says little: the first of a list of pairs may be one. */
static bool is_header(const JsonLabels *labels)
{
    if (labels->is_said)
        return labels->told > 0;
    return labels->told > 1 || (labels->told == 1 && labels->count > 2);
}

void json_labels_close(JsonLabels *labels)
{
    uint32_t depth = labels->path->depth;

    labels->expects_columns = false;
    if (labels->head > depth) {
        labels->depth = is_header(labels) ? depth : 0;
        labels->head = 0;
    } else if (labels->depth > depth) {
        labels->depth = 0;
    }
}

PathPlace json_labels_element(const JsonLabels *labels, PathPlace place, const PathLevel *level)
{
    if (level->count == 0 || level->count > labels->count || labels->head != 0)
        return place;
    return path_place(path_label(labels->path, place_node(place), labels->names[level->count - 1]), place_item(place));
}
