#include "detect/structure/json.h"

enum { IN_OBJECT = 1, IN_ARRAY = 2, NO_ESCAPE = 0 };

void json_scan_init(JsonScan *scan, Path *path)
{
    *scan = (JsonScan){.path = path};
    byte_set_init(&scan->marks, "\"\\\n{}[]:,");
}

/* What stands at this place of the innermost container, apart from its key. */
static uint32_t element_node(Path *path)
{
    PathLevel *top = path_top(path);

    if (top == NULL || top->detail != IN_ARRAY)
        return path_top_node(path);
    return path_child(path, top->node, 0, ++top->count);
}

/* The node that holds just before the position: what a new container is the value of. */
static uint32_t current_node(const JsonScan *scan)
{
    const GArray *marks = scan->path->marks;

    return marks->len > 0 ? g_array_index(marks, PathMark, marks->len - 1).node : 0;
}

static void open_container(JsonScan *scan, uint64_t position, uint32_t kind)
{
    const PathLevel level = {.node = current_node(scan), .detail = kind};

    path_push(scan->path, level);
    path_mark(scan->path, position + 1, element_node(scan->path));
}

static void close_container(JsonScan *scan, uint64_t position)
{
    PathLevel *top = path_top(scan->path);
    uint32_t node = top != NULL ? top->node : 0;

    path_pop(scan->path);
    if (scan->path->depth == 0) /* the next text stands on its own */
        node = 0;
    path_mark(scan->path, position + 1, node);
}

static void name_value(JsonScan *scan, const TextView *view, uint64_t position)
{
    PathLevel *top = path_top(scan->path);

    if (!scan->may_be_key || top == NULL || top->detail != IN_OBJECT)
        return;
    scan->may_be_key = false;
    if (scan->string_start < view->base)
        return;
    const Bytes key = {
        .data = view->data + (scan->string_start - view->base), .len = (size_t)(scan->string_end - scan->string_start)};
    uint32_t name = field_names_intern(scan->path->names, key);
    path_mark(scan->path, position + 1, path_child(scan->path, top->node, name, 0));
}

static void start_over(JsonScan *scan, uint64_t position)
{
    scan->is_in_string = false;
    scan->path->depth = scan->path->deeper = 0;
    path_mark(scan->path, position + 1, 0);
}

static void see_in_string(JsonScan *scan, uint8_t byte, uint64_t position)
{
    if (position == scan->escaped && position != NO_ESCAPE)
        return;
    if (byte == '\\') {
        scan->escaped = position + 1;
    } else if (byte == '"') {
        scan->is_in_string = false;
        scan->may_be_key = true;
        scan->string_end = position;
    } else if (byte == '\n') {
        start_over(scan, position);
    }
}

static void see(JsonScan *scan, const TextView *view, uint64_t position)
{
    uint8_t byte = view->data[position - view->base];

    if (scan->is_in_string) {
        see_in_string(scan, byte, position);
        return;
    }
    switch (byte) {
    case '"':
        scan->is_in_string = true;
        scan->may_be_key = false;
        scan->string_start = position + 1;
        return;
    case '{':
    case '[':
        open_container(scan, position, byte == '{' ? IN_OBJECT : IN_ARRAY);
        return;
    case '}':
    case ']':
        close_container(scan, position);
        return;
    case ':':
        name_value(scan, view, position);
        return;
    case ',':
        scan->may_be_key = false;
        path_mark(scan->path, position + 1, element_node(scan->path));
        return;
    default:
        return;
    }
}

void json_scan_feed(JsonScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1)
            see(scan, view, at + (uint64_t)__builtin_ctzll(mask));
    }
}
