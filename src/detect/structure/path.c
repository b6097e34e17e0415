#include "detect/structure/path.h"

enum { NODES_KEPT = 4096, ROOM_AT_FIRST = 64 };

void path_init(Path *path, FieldNames *names)
{
    *path = (Path){.names = names,
        .nodes = g_array_new(FALSE, TRUE, sizeof(PathNode)),
        .marks = g_array_new(FALSE, FALSE, sizeof(PathMark))};
    path_reset(path);
}

void path_clear(Path *path)
{
    g_array_unref(path->nodes);
    g_array_unref(path->marks);
}

void path_reset(Path *path)
{
    const PathNode root = {0};

    g_array_set_size(path->nodes, 0);
    g_array_append_val(path->nodes, root);
    g_array_set_size(path->marks, 0);
    path->depth = path->deeper = 0;
    path->open = 0;
}

/* GLib's own way to append is a call and a copy, which is more than all else that a bracket costs. */
void path_make_room(Path *path)
{
    guint len = path->marks->len;

    path->room = MAX(2 * path->room, (guint)ROOM_AT_FIRST);
    g_array_set_size(path->marks, path->room);
    path->marks->len = len;
}

uint32_t path_child(Path *path, uint32_t parent, uint32_t name, uint32_t ordinal)
{
    const PathNode *above = path_node(path, parent);
    PathNode node = {
        .parent = parent, .name = name, .ordinal = ordinal, .has_keywords = above->has_keywords, .rules = above->rules};

    if (name != 0) {
        const FieldName *field = field_names_at(path->names, name);
        node.has_keywords = node.has_keywords || field->groups != NULL;
        node.rules = field_names_join(path->names, node.rules, field->rules);
    }
    g_array_append_val(path->nodes, node);
    return path->nodes->len - 1;
}

uint32_t path_member(Path *path, uint32_t parent, uint32_t name, uint32_t ordinal)
{
    uint32_t *known = &path->members[(parent * 31 + name + ordinal) % PATH_MEMBERS];

    if (*known < path->nodes->len) {
        const PathNode *node = path_node(path, *known);
        if (*known != 0 && node->parent == parent && node->name == name && node->ordinal == ordinal &&
            !node->is_attribute)
            return *known;
    }
    return *known = path_child(path, parent, name, ordinal);
}

static const PathMark *mark_at(const Path *path, guint index)
{
    return &g_array_index(path->marks, PathMark, index);
}

/* Index of the first mark behind the position: low or more, high at most. */
static guint marks_between(const Path *path, uint64_t position, guint low, guint high)
{
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (mark_at(path, middle)->from <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Questions come mostly in the order of the text: the answer is near the last one. */
static guint marks_until(const Path *path, uint64_t position)
{
    guint low = path->recent, len = path->marks->len, step = 1;

    if (low >= len || mark_at(path, low)->from > position)
        return marks_between(path, position, 0, MIN(low, len));
    while (low + step < len && mark_at(path, low + step)->from <= position) {
        low += step;
        step *= 2;
    }
    return marks_between(path, position, low + 1, MIN(low + step, len));
}

const PathMark *path_find(Path *path, uint64_t position)
{
    guint behind = marks_until(path, position);

    if (behind == 0)
        return NULL;
    path->recent = behind - 1;
    return mark_at(path, behind - 1);
}

/* Copies a node and those above it that are not copied yet. moved: old index to new; 0: not copied. */
static uint32_t keep_node(const Path *path, uint32_t node, GArray *kept, uint32_t *moved)
{
    uint32_t chain[2 * PATH_DEPTH + 2];
    uint32_t length = 0;

    for (; node != 0 && moved[node] == 0 && length < G_N_ELEMENTS(chain); node = path_node(path, node)->parent)
        chain[length++] = node;
    uint32_t parent = node != 0 ? moved[node] : 0;
    while (length > 0) {
        PathNode copy = *path_node(path, chain[--length]);
        copy.parent = parent;
        g_array_append_val(kept, copy);
        parent = moved[chain[length]] = kept->len - 1;
    }
    return parent;
}

static void compact(Path *path)
{
    g_autofree uint32_t *moved = g_new0(uint32_t, path->nodes->len);
    GArray *kept = g_array_new(FALSE, TRUE, sizeof(PathNode));

    g_array_append_val(kept, *path_node(path, 0));
    for (uint32_t i = 0; i < path->depth; i++)
        path->levels[i].node = keep_node(path, path->levels[i].node, kept, moved);
    path->open = keep_node(path, path->open, kept, moved);
    for (guint i = 0; i < path->marks->len; i++) {
        PathMark *mark = &g_array_index(path->marks, PathMark, i);
        mark->node = keep_node(path, mark->node, kept, moved);
    }
    g_array_unref(path->nodes);
    path->nodes = kept;
}

void path_forget(Path *path, uint64_t position)
{
    guint behind = marks_until(path, position);

    if (behind > path->marks->len / 2 + 1) { /* moving the others costs as much as they are many */
        g_array_remove_range(path->marks, 0, behind - 1);
        path->recent = 0;
    }
    if (path->nodes->len > NODES_KEPT)
        compact(path);
}
