#include "detect/structure/yaml.h"
#include "detect/structure/yaml_line.h"

#include <string.h>

enum { LINE_SEEN = 256 };

void yaml_scan_init(YamlScan *scan, Path *path)
{
    *scan = (YamlScan){.path = path};
    yaml_flow_init(&scan->flow, path);
}

/* Levels' details are columns: an item may stand no deeper than the key of its list, but is inside. */
static uint32_t key_detail(uint32_t column)
{
    return 2 * column;
}

static uint32_t item_detail(uint32_t column)
{
    return 2 * column + 1;
}

static void pop_to(Path *path, uint32_t detail)
{
    while (path->depth > 0 && path->levels[path->depth - 1].detail >= detail)
        path_pop(path);
}

/* A level for the items of a list; its node is that of the item. */
static void open_item(Path *path, uint32_t column)
{
    pop_to(path, item_detail(column) + 1);
    PathLevel *top = path_top(path);
    if (top != NULL && path->deeper == 0 && top->detail == item_detail(column)) {
        uint32_t above = path->items[place_item(top->place)].above;
        top->place = path_place(place_node(top->place), path_item(path, above, ++top->count));
        return;
    }
    const PathPlace list = path_top_place(path);
    const PathPlace item = path_place(path_member(path, place_node(list), 0), path_item(path, place_item(list), 1));
    path_push(path, (PathLevel){.place = item, .detail = item_detail(column), .count = 1});
}

static void open_value(YamlScan *scan, const YamlLine *line)
{
    /* Of an item, what is deeper than its dash belongs to it. */
    uint32_t column = line->key.len > 0 ? line->indent : line->first;

    if (line->dash_count > 0 && line->key.len == 0)
        column = line->dashes[line->dash_count - 1];
    if (line->value == YAML_SCALAR && (line->key.len > 0 || line->dash_count > 0))
        scan->scalar = column + 1;
    else if (line->value == YAML_FLOW)
        yaml_flow_open(&scan->flow, scan->line + line->at, column);
}

static void see_line(YamlScan *scan, Bytes text)
{
    Path *path = scan->path;
    const YamlLine line = yaml_line_read(text);

    if (line.is_blank || (scan->scalar != 0 && line.first >= scan->scalar))
        return;
    scan->scalar = 0;
    for (uint32_t i = 0; i < line.dash_count; i++)
        open_item(path, line.dashes[i]);
    pop_to(path, key_detail(line.indent));
    PathPlace place = path_top_place(path);
    path_mark(path, scan->line, place);
    if (line.key.len > 0) {
        place = path_place(path_key(path, place_node(place), line.key), place_item(place));
        path_mark(path, scan->line + line.after, place);
        path_push(path, (PathLevel){.place = place, .detail = key_detail(line.indent)});
    }
    open_value(scan, &line);
}

/* Whether a line goes on with what is in brackets; it is outside if it begins no deeper than what holds them. */
static bool goes_on(YamlScan *scan, Bytes text)
{
    const YamlLine line = yaml_line_read(text);

    if (line.first >= text.len || line.is_blank || line.first > scan->flow.indent ||
        strchr("]},", text.data[line.first]) != NULL)
        return true;
    scan->flow.is_open = false;
    return false;
}

static Bytes line_seen(const YamlScan *scan, const TextView *view, uint64_t to)
{
    size_t len = (size_t)MIN(to - scan->line, (uint64_t)LINE_SEEN);

    return (Bytes){.data = view->data + (scan->line - view->base), .len = len};
}

static void read_line(YamlScan *scan, Bytes text)
{
    if (!scan->flow.is_open || !goes_on(scan, text))
        see_line(scan, text);
    scan->is_read = true;
}

static void try_line(YamlScan *scan, const TextView *view, uint64_t to)
{
    if (scan->is_read || scan->line < view->base)
        return;
    const Bytes text = line_seen(scan, view, to);
    bool has_end = memchr(text.data, '\n', text.len) != NULL || text.len >= LINE_SEEN;
    if (has_end || yaml_line_read(text).is_whole)
        read_line(scan, text);
}

void yaml_scan_feed(YamlScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    while (scan->line < to) {
        try_line(scan, view, to);
        uint64_t search = MAX(scan->line, from);
        const uint8_t *text = view->data + (search - view->base);
        const uint8_t *newline = memchr(text, '\n', (size_t)(to - search));
        uint64_t end = newline != NULL ? search + (uint64_t)(newline - text) + 1 : to;
        if (scan->flow.is_open && scan->is_read)
            yaml_flow_feed(&scan->flow, view, end);
        if (newline == NULL)
            return;
        scan->line = end;
        scan->is_read = false;
    }
}

void yaml_scan_finish(YamlScan *scan, const TextView *view)
{
    uint64_t end = view->base + view->len;

    if (scan->is_read || scan->line < view->base || scan->line >= end)
        return;
    read_line(scan, line_seen(scan, view, end));
    if (scan->flow.is_open)
        yaml_flow_feed(&scan->flow, view, end);
}
