#include "detect/structure/xml.h"
#include "detect/byte_class.h"

#include <string.h>

enum { NAME_MAX_BYTES = 128, UNCLOSED_MAX = 8 };

void xml_scan_init(XmlScan *scan, Path *path)
{
    *scan = (XmlScan){.path = path};
    byte_set_init(&scan->marks, "<>\"'");
}

static bool is_name_byte(uint8_t byte)
{
    return byte_is_word(byte) || byte == '-' || byte == '.' || byte == ':' || byte >= 0x80;
}

/* The name that begins at from; without its namespace's prefix. */
static Bytes name_at(const TextView *view, uint64_t from, uint64_t end)
{
    const uint8_t *text = view->data + (from - view->base);
    size_t limit = MIN((size_t)(end - from), (size_t)NAME_MAX_BYTES), len = 0, start = 0;

    while (len < limit && is_name_byte(text[len])) {
        if (text[len] == ':')
            start = len + 1;
        len++;
    }
    return (Bytes){.data = text + start, .len = len - start};
}

/* Name of the attribute whose value's quote stands at end. */
static Bytes attribute_before(const TextView *view, uint64_t start, uint64_t end)
{
    const uint8_t *text = view->data;
    uint64_t at = end - view->base, stop = MAX(start, view->base) - view->base;

    while (at > stop && g_ascii_isspace(text[at - 1]))
        at--;
    if (at == stop || text[at - 1] != '=')
        return (Bytes){.data = text, .len = 0};
    at--;
    while (at > stop && g_ascii_isspace(text[at - 1]))
        at--;
    uint64_t last = at;
    while (at > stop && last - at < NAME_MAX_BYTES && is_name_byte(text[at - 1]) && text[at - 1] != ':')
        at--;
    return (Bytes){.data = text + at, .len = (size_t)(last - at)};
}

static void name_element(XmlScan *scan, const TextView *view, uint64_t end)
{
    scan->path->open = path_top_node(scan->path);
    scan->is_named = true;
    if (scan->tag_start < view->base)
        return;
    Bytes name = name_at(view, scan->tag_start, end);
    if (name.len > 0)
        scan->path->open =
            path_child(scan->path, path_top_node(scan->path), field_names_intern(scan->path->names, name), 0);
}

static void open_value(XmlScan *scan, const TextView *view, uint64_t position, uint8_t quote)
{
    if (!scan->is_named)
        name_element(scan, view, position);
    scan->quote = quote;
    Bytes name = attribute_before(view, scan->tag_start, position);
    if (name.len == 0)
        return;
    uint32_t node = path_child(scan->path, scan->path->open, field_names_intern(scan->path->names, name), 0);
    g_array_index(scan->path->nodes, PathNode, node).is_attribute = true;
    path_mark(scan->path, position + 1, node);
}

/* Tags that nobody closes (HTML has them) are closed with the one that is. */
static void close_element(XmlScan *scan, const TextView *view, uint64_t position)
{
    Path *path = scan->path;
    Bytes name = name_at(view, scan->tag_start + 1, position);
    uint32_t wanted = name.len > 0 ? field_names_intern(path->names, name) : 0;

    if (path->deeper > 0) {
        path_pop(path);
        return;
    }
    for (uint32_t back = 1; back <= MIN(path->depth, (uint32_t)UNCLOSED_MAX); back++) {
        if (path_node(path, path->levels[path->depth - back].node)->name == wanted) {
            path->depth -= back;
            return;
        }
    }
}

static void end_tag(XmlScan *scan, const TextView *view, uint64_t position)
{
    scan->state = XML_TEXT;
    if (scan->tag_start >= view->base && view->data[scan->tag_start - view->base] == '/') {
        close_element(scan, view, position);
    } else {
        if (!scan->is_named)
            name_element(scan, view, position);
        bool is_empty = position > view->base && view->data[position - 1 - view->base] == '/';
        if (!is_empty)
            path_push(scan->path, (PathLevel){.node = scan->path->open});
    }
    path_mark(scan->path, position + 1, path_top_node(scan->path));
}

static void see_in_tag(XmlScan *scan, const TextView *view, uint64_t position, uint8_t byte)
{
    if (scan->quote != 0) {
        if (byte == scan->quote) {
            scan->quote = 0;
            path_mark(scan->path, position + 1, scan->path->open);
        } else if (byte == '<') { /* an apostrophe in text that is no XML */
            scan->quote = 0;
            scan->state = XML_TEXT;
        }
    } else if (byte == '>') {
        end_tag(scan, view, position);
    } else if (byte == '"' || byte == '\'') {
        open_value(scan, view, position, byte);
    }
}

static bool begins_with(const TextView *view, uint64_t position, const char *text)
{
    size_t len = strlen(text);

    return position + len <= view->base + view->len && memcmp(view->data + (position - view->base), text, len) == 0;
}

static void open_tag(XmlScan *scan, const TextView *view, uint64_t position)
{
    uint8_t next = position + 1 < view->base + view->len ? view->data[position + 1 - view->base] : 0;

    scan->tag_start = position + 1;
    scan->is_named = false;
    scan->quote = 0;
    if (begins_with(view, position, "<!--"))
        scan->state = XML_COMMENT;
    else if (begins_with(view, position, "<![CDATA["))
        scan->state = XML_CDATA;
    else if (next == '!' || next == '?')
        scan->state = XML_SKIPPED;
    else if (next == '/' || is_name_byte(next))
        scan->state = XML_TAG;
}

static bool ends_with(const TextView *view, uint64_t position, const char *text)
{
    size_t len = strlen(text);

    return position - view->base >= len && memcmp(view->data + (position - view->base) - len, text, len) == 0;
}

static void see(XmlScan *scan, const TextView *view, uint64_t position)
{
    uint8_t byte = view->data[position - view->base];

    switch (scan->state) {
    case XML_TEXT:
        if (byte == '<')
            open_tag(scan, view, position);
        return;
    case XML_TAG:
        see_in_tag(scan, view, position, byte);
        return;
    case XML_COMMENT:
        if (byte == '>' && ends_with(view, position, "--"))
            scan->state = XML_TEXT;
        return;
    case XML_CDATA:
        if (byte == '>' && ends_with(view, position, "]]"))
            scan->state = XML_TEXT;
        return;
    case XML_SKIPPED:
        if (byte == '>')
            scan->state = XML_TEXT;
        return;
    }
}

void xml_scan_feed(XmlScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1)
            see(scan, view, at + (uint64_t)__builtin_ctzll(mask));
    }
}
