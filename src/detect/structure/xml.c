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
    xml_table_init(&scan->table, path->names);
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

/* A row, or a cell, ends where the next one begins. */
static void close_cells(XmlScan *scan, Bytes name)
{
    Path *path = scan->path;
    FieldRole role = path_node(path, path->open)->role;
    uint32_t depth = path->deeper == 0 ? xml_table_depth_before(&scan->table, role, path->depth) : path->depth;

    if (depth == path->depth)
        return;
    path->depth = depth;
    xml_table_settle(&scan->table, depth);
    path->open = path_key(path, place_node(path_top_place(path)), name);
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
    if (name.len == 0)
        return;
    uint32_t above = scan->path->open;
    scan->path->open = path_key(scan->path, above, name);
    if (path_node(scan->path, scan->path->open)->role >= FIELD_ROW)
        close_cells(scan, name);
}

static void open_value(XmlScan *scan, const TextView *view, uint64_t position, uint8_t quote)
{
    if (!scan->is_named)
        name_element(scan, view, position);
    scan->quote = quote;
    scan->role = FIELD_PLAIN;
    Bytes name = attribute_before(view, scan->tag_start, position);
    if (name.len == 0)
        return;
    uint32_t node = path_attribute(scan->path, scan->path->open, field_names_intern(scan->path->names, name));
    scan->role = path_node(scan->path, node)->role;
    scan->value_start = position + 1;
    if (scan->role == FIELD_VALUE)
        node = path_label(scan->path, node, scan->label);
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
        uint32_t node = path_without_label(path, place_node(level->place));
        if (path_node(path, node)->name == wanted) {
            path->depth = left - 1;
            return;
        }
        unclosed += level->detail == HOLDS_TEXT ? 0 : 1;
    }
}

/* The name of a cell is a label below its element. */
static void open_element(XmlScan *scan, uint64_t content_start)
{
    Path *path = scan->path;
    FieldRole role = path_node(path, path->open)->role;

    xml_table_settle(&scan->table, path->depth);
    if (role >= FIELD_TABLE)
        path->open = path_label(path, path->open, xml_table_open(&scan->table, role, path->depth + 1));
    path_push(path, (PathLevel){.place = path_place(path->open, 0), .count = (uint32_t)content_start});
    scan->is_fresh = scan->path->deeper == 0;
    scan->content_start = content_start;
}

/* An empty cell fills its column, too. */
static void pass_empty(XmlScan *scan)
{
    const Path *path = scan->path;

    (void)xml_table_open(&scan->table, (FieldRole)path_node(path, path->open)->role, path->depth + 1);
    xml_table_settle(&scan->table, path->depth);
}

/* "colspan=2" without quotes, as spreadsheets write HTML. */
static void see_bare_span(XmlScan *scan, const TextView *view, uint64_t position)
{
    enum { TAG_SEEN = 256 };
    static const char mark[] = "colspan=";
    FieldRole role = (FieldRole)path_node(scan->path, scan->path->open)->role;

    if ((role != FIELD_CELL && role != FIELD_HEAD_CELL) || scan->tag_start < view->base)
        return;
    const uint8_t *tag = view->data + (scan->tag_start - view->base);
    size_t len = (size_t)MIN(position - scan->tag_start, (uint64_t)TAG_SEEN), end;
    const uint8_t *found = memmem(tag, len, mark, strlen(mark));
    size_t start = found != NULL ? (size_t)(found - tag) + strlen(mark) : len;
    for (end = start; end < len && g_ascii_isdigit(tag[end]); end++)
        continue;
    xml_table_see_number(&scan->table, FIELD_SPAN, (Bytes){.data = tag + start, .len = end - start});
}

static void end_tag(XmlScan *scan, const TextView *view, uint64_t position)
{
    scan->state = XML_TEXT;
    scan->text_start = position + 1;
    if (scan->tag_start >= view->base && view->data[scan->tag_start - view->base] == '/') {
        close_element(scan, view, position);
        xml_table_settle(&scan->table, scan->path->depth);
    } else {
        if (!scan->is_named)
            name_element(scan, view, position);
        see_bare_span(scan, view, position);
        bool is_empty = position > view->base && view->data[position - 1 - view->base] == '/';
        if (!is_empty && !scan->is_void)
            open_element(scan, position + 1);
        else if (path_node(scan->path, scan->path->open)->role >= FIELD_TABLE)
            pass_empty(scan);
    }
    path_mark(scan->path, position + 1, path_top_place(scan->path));
}

/* The attribute's value ends: it may name that of another, or tell the cell's column. */
static void see_attribute(XmlScan *scan, const TextView *view, uint64_t position)
{
    if (scan->value_start < view->base)
        return;
    const Bytes value = {
        .data = view->data + (scan->value_start - view->base), .len = (size_t)(position - scan->value_start)};
    if (scan->role == FIELD_LABEL || (scan->role == FIELD_KIND && scan->label == 0)) {
        uint32_t label = field_names_label(scan->path->names, value);
        scan->label = label != 0 ? label : scan->label;
    } else if (scan->role == FIELD_INDEX || scan->role == FIELD_SPAN) {
        xml_table_see_number(&scan->table, (FieldRole)scan->role, value);
    }
}

/* The text of a cell, at the tag that ends it. */
static void see_cell_text(XmlScan *scan, const TextView *view, uint64_t position)
{
    if (scan->text_start < view->base)
        return;
    const uint8_t *text = view->data + (scan->text_start - view->base);
    const uint8_t *end = text + (position - scan->text_start);
    while (text < end && g_ascii_isspace(*text))
        text++;
    while (text < end && g_ascii_isspace(end[-1]))
        end--;
    if (text < end)
        xml_table_see_text(&scan->table, (Bytes){.data = text, .len = (size_t)(end - text)});
}

static void see_in_tag(XmlScan *scan, const TextView *view, uint64_t position, uint8_t byte)
{
    if (scan->quote != 0) {
        if (byte == scan->quote) {
            scan->quote = 0;
            if (scan->role != FIELD_PLAIN)
                see_attribute(scan, view, position);
            /* What stands between attributes is no text of the element. */
            path_mark(scan->path, position + 1, path_place(path_attribute(scan->path, scan->path->open, 0), 0));
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
    if (xml_table_wants_text(&scan->table))
        see_cell_text(scan, view, position);
    scan->label = 0;
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

/* Whether what begins here is in the view. */
static bool must_hold(const XmlScan *scan, const TextView *view, uint64_t position)
{
    enum { TOLD_BY = sizeof "<![CDATA[" - 1 };

    return scan->state == XML_TEXT && view->base + view->len - position < TOLD_BY &&
           view->data[position - view->base] == '<';
}

void xml_scan_feed(XmlScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    if (scan->held != 0)
        from = MAX(scan->held, view->base);
    scan->held = 0;
    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        uint64_t mask = byte_set_mask(&scan->marks, text, (size_t)(to - at));
        for (; mask != 0; mask &= mask - 1) {
            uint64_t position = at + (uint64_t)__builtin_ctzll(mask);
            if (must_hold(scan, view, position)) {
                scan->held = position;
                return;
            }
            see(scan, view, position);
        }
    }
}
