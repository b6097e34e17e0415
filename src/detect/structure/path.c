#include "detect/structure/path.h"

#include <string.h>

enum { KEPT = 4096, ROOM_AT_FIRST = 64 }; /* KEPT: from so many nodes or items on those that hold no more are let go */

void path_init(Path *path, FieldNames *names)
{
    *path = (Path){.names = names};
    path_reset(path);
}

void path_clear(Path *path)
{
    g_free(path->nodes);
    g_free(path->items);
    g_free(path->marks);
}

/* Twice the room. */
static void *grown(void *array, size_t size, uint32_t *room)
{
    *room = MAX(2 * *room, (uint32_t)ROOM_AT_FIRST);
    return g_realloc_n(array, *room, size);
}

static uint32_t add_node(Path *path, const PathNode *node)
{
    if (path->node_count == path->node_room)
        path->nodes = grown(path->nodes, sizeof *path->nodes, &path->node_room);
    path->nodes[path->node_count] = *node;
    return path->node_count++;
}

static uint32_t add_item(Path *path, PathItem item)
{
    if (path->item_count == path->item_room)
        path->items = grown(path->items, sizeof *path->items, &path->item_room);
    path->items[path->item_count] = item;
    return path->item_count++;
}

void path_make_room(Path *path)
{
    path->marks = grown(path->marks, sizeof *path->marks, &path->mark_room);
}

void path_reset(Path *path)
{
    const PathNode root = {0};

    path->node_count = path->item_count = path->mark_count = 0;
    (void)add_node(path, &root);
    (void)add_item(path, (PathItem){0});
    path->depth = path->deeper = 0;
    path->has_labels = false;
    path->open = path->last_key = path->found = 0;
}

/* ---- nodes ---- */

static uint32_t new_child(Path *path, uint32_t parent, uint32_t name)
{
    PathNode node = {.parent = parent,
        .name = name,
        .has_keywords = path->nodes[parent].has_keywords,
        .rules = path->nodes[parent].rules};

    if (name != 0) {
        const FieldName *field = field_names_at(path->names, name);
        node.has_keywords = node.has_keywords || field->groups != NULL;
        node.rules = field_names_join(path->names, node.rules, field->rules);
        node.role = field->role;
    }
    return add_node(path, &node);
}

static uint32_t child(Path *path, uint32_t parent, uint32_t name, PathKind kind)
{
    uint32_t *known = &path->members[(parent * 31 + name * 2 + kind) % PATH_RECENT];

    if (*known != 0 && *known < path->node_count) {
        const PathNode *node = path_node(path, *known);
        if (node->parent == parent && node->name == name && node->kind == kind)
            return *known;
    }
    *known = new_child(path, parent, name);
    path->nodes[*known].kind = (uint8_t)kind;
    return *known;
}

uint32_t path_member(Path *path, uint32_t parent, uint32_t name)
{
    return child(path, parent, name, PATH_MEMBER);
}

uint32_t path_attribute(Path *path, uint32_t parent, uint32_t name)
{
    return child(path, parent, name, PATH_ATTRIBUTE);
}

uint32_t path_label(Path *path, uint32_t node, uint32_t name)
{
    if (name == 0)
        return node;
    path->has_labels = true;
    return child(path, node, name, PATH_LABEL);
}

static inline uint64_t load8(const uint8_t *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

/* Eight bytes at a time; the last ones may be looked at twice. */
static inline bool is_key(const PathNode *node, Bytes key)
{
    if (node->key_len != key.len || key.len == 0)
        return false;
    if (key.len < 8)
        return (load8(node->key) ^ load8(key.data)) << (64 - 8 * key.len) == 0;
    uint64_t different = load8(node->key + key.len - 8) ^ load8(key.data + key.len - 8);
    for (size_t at = 0; at + 8 < key.len; at += 8)
        different |= load8(node->key + at) ^ load8(key.data + at);
    return different == 0;
}

static uint32_t look_up_key(Path *path, uint32_t parent, Bytes key)
{
    uint32_t index = path_member(path, parent, field_names_intern(path->names, key));
    PathNode *node = &path->nodes[index];

    node->key_len = key.len <= PATH_KEY_MAX ? (uint8_t)key.len : 0;
    memset(node->key, 0, sizeof node->key);
    memcpy(node->key, key.data, node->key_len);
    path->nodes[path->last_key].next = index;
    return index;
}

uint32_t path_key(Path *path, uint32_t parent, Bytes key)
{
    uint32_t next = path->nodes[path->last_key].next;

    if (next == 0 || path->nodes[next].parent != parent || !is_key(&path->nodes[next], key))
        next = look_up_key(path, parent, key);
    path->last_key = next;
    return next;
}

/* ---- items ---- */

uint32_t path_item(Path *path, uint32_t above, uint32_t ordinal)
{
    uint32_t *known = &path->recent[(above * 31 + ordinal) % PATH_RECENT];

    if (*known == 0 || *known >= path->item_count || path->items[*known].above != above ||
        path->items[*known].ordinal != ordinal)
        *known = add_item(path, (PathItem){.above = above, .ordinal = ordinal});
    return *known;
}

PathPlace path_next_element(Path *path, PathLevel *level)
{
    if (level->element == 0)
        level->element = path_member(path, place_node(level->place), 0);
    return path_place(level->element, path_item(path, place_item(level->place), ++level->count));
}

/* ---- marks ---- */

/* Index of the first mark behind the position: low or more, high at most. */
static uint32_t marks_between(const Path *path, uint64_t position, uint32_t low, uint32_t high)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (path->marks[middle].from <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Questions come mostly in the order of the text: the answer is near the last one. */
static uint32_t marks_until(const Path *path, uint64_t position)
{
    uint32_t low = path->found, count = path->mark_count, step = 1;

    if (low >= count || path->marks[low].from > position)
        return marks_between(path, position, 0, MIN(low, count));
    while (low + step < count && path->marks[low + step].from <= position) {
        low += step;
        step *= 2;
    }
    return marks_between(path, position, low + 1, MIN(low + step, count));
}

const PathMark *path_find(Path *path, uint64_t position)
{
    uint32_t behind = marks_until(path, position);

    if (behind == 0)
        return NULL;
    path->found = behind - 1;
    return &path->marks[behind - 1];
}

/* ---- letting go ---- */

/* moved: by index, not 0 for those to keep; then where each is. What is above these is kept too: it has a lower index.
 */
static void keep_nodes(Path *path, uint32_t *moved)
{
    uint32_t kept = 1;

    for (uint32_t i = path->node_count; i-- > 1;)
        moved[path->nodes[i].parent] |= moved[i];
    for (uint32_t i = 1; i < path->node_count; i++) {
        if (moved[i] == 0)
            continue;
        PathNode node = path->nodes[i];
        node.parent = node.parent != 0 ? moved[node.parent] : 0;
        node.next = 0;
        moved[i] = kept;
        path->nodes[kept++] = node;
    }
    path->nodes[0].next = 0;
    path->node_count = kept;
    path->last_key = 0;
    moved[0] = 0;
}

static void keep_items(Path *path, uint32_t *moved)
{
    uint32_t kept = 1;

    for (uint32_t i = path->item_count; i-- > 1;)
        moved[path->items[i].above] |= moved[i];
    for (uint32_t i = 1; i < path->item_count; i++) {
        if (moved[i] == 0)
            continue;
        PathItem item = path->items[i];
        item.above = item.above != 0 ? moved[item.above] : 0;
        moved[i] = kept;
        path->items[kept++] = item;
    }
    path->item_count = kept;
    moved[0] = 0;
}

static void hold(PathPlace place, uint32_t *nodes, uint32_t *items)
{
    nodes[place_node(place)] = items[place_item(place)] = 1;
}

static PathPlace moved_place(PathPlace place, const uint32_t *nodes, const uint32_t *items)
{
    return path_place(nodes[place_node(place)], items[place_item(place)]);
}

static void compact(Path *path)
{
    g_autofree uint32_t *nodes = g_new0(uint32_t, path->node_count), *items = g_new0(uint32_t, path->item_count);

    nodes[path->open] = 1;
    for (uint32_t i = 0; i < path->depth; i++)
        hold(path->levels[i].place, nodes, items);
    for (uint32_t i = 0; i < path->mark_count; i++)
        hold(path->marks[i].place, nodes, items);
    keep_nodes(path, nodes);
    keep_items(path, items);
    path->open = nodes[path->open];
    for (uint32_t i = 0; i < path->depth; i++) {
        PathLevel *level = &path->levels[i];
        level->place = moved_place(level->place, nodes, items);
        level->element = 0;
    }
    for (uint32_t i = 0; i < path->mark_count; i++)
        path->marks[i].place = moved_place(path->marks[i].place, nodes, items);
}

void path_forget(Path *path, uint64_t position)
{
    uint32_t behind = marks_until(path, position);

    if (behind > path->mark_count / 2 + 1) { /* moving the others costs as much as they are many */
        path->mark_count -= behind - 1;
        memmove(path->marks, path->marks + behind - 1, path->mark_count * sizeof *path->marks);
        path->found = 0;
    }
    if (path->node_count > KEPT || path->item_count > KEPT)
        compact(path);
}
