#include "detect/structure/xml.h"
#include "detect/byte_class.h"

#include <string.h>

/* UNCLOSED_MAX: so many levels without text of their own may be closed by the tag of one around them. UNCLOSED_BYTES:
 * what holds text and is open for longer, when a further element begins in it, is taken for one that nobody closes. */
enum { NAME_MAX_BYTES = 128, UNCLOSED_MAX = 8, UNCLOSED_BYTES = 1024, BLANK_MAX = 64 };

/* PathLevel.detail; its count has the low bits of where the content begins. */
enum { HOLDS_TEXT = 1 };

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

/* Of elements that hold text and one another, those that are open for too long are left: their names would be keywords
 * of whatever comes. */
static void leave_unclosed(const XmlScan *scan)
{
    Path *path = scan->path;

    for (uint32_t left = path->depth; left > 0 && path->levels[left - 1].detail == HOLDS_TEXT; left--) {
        if ((uint32_t)scan->tag_start - path->levels[left - 1].count > UNCLOSED_BYTES) {
            path->depth = left - 1;
            path->deeper = 0;
        }
    }
}

/* HTML Living Standard, 13.1.2, void elements; "param" was one. */
static bool is_void_name(Bytes name)
{
    static const char *const names[] = {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i]) == name.len && g_ascii_strncasecmp(names[i], (const char *)name.data, name.len) == 0)
            return true;
    }
    return false;
}

static void name_element(XmlScan *scan, const TextView *view, uint64_t end)
{
    leave_unclosed(scan);
    scan->path->open = place_node(path_top_place(scan->path));
    scan->is_named = true;
    scan->is_void = false;
    if (scan->tag_start < view->base)
        return;
    Bytes name = name_at(view, scan->tag_start, end);
    scan->is_void = !scan->is_declared && is_void_name(name);
    if (name.len > 0)
        scan->path->open = path_key(scan->path, scan->path->open, name);
}

static void open_value(XmlScan *scan, const TextView *view, uint64_t position, uint8_t quote)
{
    if (!scan->is_named)
        name_element(scan, view, position);
    scan->quote = quote;
    Bytes name = attribute_before(view, scan->tag_start, position);
    if (name.len == 0)
        return;
    uint32_t node = path_attribute(scan->path, scan->path->open, field_names_intern(scan->path->names, name));
    path_mark(scan->path, position + 1, path_place(node, 0));
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
    unsigned unclosed = 0;
    for (uint32_t left = path->depth; left > 0 && unclosed < UNCLOSED_MAX; left--) {
        const PathLevel *level = &path->levels[left - 1];
        if (path_node(path, place_node(level->place))->name == wanted) {
            path->depth = left - 1;
            return;
        }
        unclosed += level->detail == HOLDS_TEXT ? 0 : 1;
    }
}

static void open_element(XmlScan *scan, uint64_t content_start)
{
    path_push(scan->path, (PathLevel){.place = path_place(scan->path->open, 0), .count = (uint32_t)content_start});
    scan->is_fresh = scan->path->deeper == 0;
    scan->content_start = content_start;
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
        if (!is_empty && !scan->is_void)
            open_element(scan, position + 1);
    }
    path_mark(scan->path, position + 1, path_top_place(scan->path));
}

static void see_in_tag(XmlScan *scan, const TextView *view, uint64_t position, uint8_t byte)
{
    if (scan->quote != 0) {
        if (byte == scan->quote) {
            scan->quote = 0;
            path_mark(scan->path, position + 1, path_place(scan->path->open, 0));
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

/* Whether the innermost element begins with text, at the first tag in it. */
static void note_text(XmlScan *scan, const TextView *view, uint64_t position)
{
    if (!scan->is_fresh)
        return;
    scan->is_fresh = false;
    uint64_t at = MAX(scan->content_start, view->base), end = MIN(position, scan->content_start + BLANK_MAX);
    while (at < end && g_ascii_isspace(view->data[at - view->base]))
        at++;
    if (at < end || at > scan->content_start + BLANK_MAX)
        path_top(scan->path)->detail = HOLDS_TEXT;
}

static void skip_tag(XmlScan *scan, const TextView *view, uint64_t position)
{
    scan->state = XML_SKIPPED;
    if (begins_with(view, position, "<?xml"))
        scan->is_declared = true;
}

static void open_tag(XmlScan *scan, const TextView *view, uint64_t position)
{
    uint8_t next = position + 1 < view->base + view->len ? view->data[position + 1 - view->base] : 0;

    note_text(scan, view, position);
    scan->tag_start = position + 1;
    scan->is_named = false;
    scan->quote = 0;
    if (begins_with(view, position, "<!--"))
        scan->state = XML_COMMENT;
    else if (begins_with(view, position, "<![CDATA["))
        scan->state = XML_CDATA;
    else if (next == '!' || next == '?')
        skip_tag(scan, view, position);
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
