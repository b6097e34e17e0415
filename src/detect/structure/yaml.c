#include "detect/structure/yaml.h"
#include "detect/byte_class.h"

#include <string.h>

enum { KEY_MAX = 128, LINE_SEEN = 256 };

void yaml_scan_init(YamlScan *scan, Path *path)
{
    *scan = (YamlScan){.path = path};
}

/* A line as far as its key: indentation, the key, and where its value begins. */
typedef struct Line {
    size_t indent; /* of the key, behind dashes */
    size_t dashes;
    Bytes key;     /* empty: none */
    size_t value;  /* index behind the colon */
    bool is_blank; /* nothing, or a comment */
    bool is_whole; /* more text could not change what is known */
} Line;

static size_t skip_spaces(Bytes text, size_t at)
{
    while (at < text.len && text.data[at] == ' ')
        at++;
    return at;
}

static bool is_key_byte(uint8_t byte)
{
    return byte >= 0x80 || byte_is_word(byte) || strchr(" -./$@", byte) != NULL;
}

/* A colon ends a key only before a space or the line's end. */
static bool ends_key(Bytes text, size_t colon)
{
    return colon + 1 >= text.len || text.data[colon + 1] == ' ' || text.data[colon + 1] == '\n' ||
           text.data[colon + 1] == '\r';
}

static void read_key(Bytes text, size_t at, Line *line)
{
    uint8_t quote = at < text.len && (text.data[at] == '"' || text.data[at] == '\'') ? text.data[at] : 0;
    size_t start = quote != 0 ? at + 1 : at, end = start;

    while (end < text.len && end - start < KEY_MAX && text.data[end] != '\0' &&
           (quote != 0 ? text.data[end] != quote && text.data[end] != '\n' : is_key_byte(text.data[end])))
        end++;
    size_t colon = quote != 0 && end < text.len && text.data[end] == quote ? end + 1 : end;
    line->is_whole = colon + 1 < text.len || (colon < text.len && text.data[colon] != ':') || end - start == KEY_MAX;
    if (colon >= text.len || text.data[colon] != ':' || end == start || !ends_key(text, colon))
        return;
    line->key = (Bytes){.data = text.data + start, .len = end - start};
    line->value = colon + 1;
}

/* text: from the line's beginning on; it may end before the line does. */
static Line read_line(Bytes text)
{
    Line line = {0};
    size_t at = skip_spaces(text, 0);

    while (at + 1 < text.len && text.data[at] == '-' && text.data[at + 1] == ' ') {
        line.dashes++;
        at = skip_spaces(text, at + 1);
    }
    line.indent = at;
    if (at < text.len && (text.data[at] == '\n' || text.data[at] == '\r' || text.data[at] == '#')) {
        line.is_blank = true;
        line.is_whole = true;
        return line;
    }
    read_key(text, at, &line);
    return line;
}

YamlLine yaml_line_kind(Bytes text)
{
    Line line = read_line(text);

    if (line.is_blank || text.len == 0 || (text.len >= 3 && memcmp(text.data, "---", 3) == 0))
        return YAML_EMPTY;
    if (line.key.len > 0 && memchr(line.key.data, ' ', line.key.len) == NULL)
        return YAML_KEY;
    return line.dashes > 0 ? YAML_ITEM : YAML_OTHER;
}

static void pop_to(Path *path, size_t indent)
{
    while (path->depth > 0 && path->levels[path->depth - 1].detail >= indent)
        path_pop(path);
}

/* "key: |" and "key: >": the deeper lines that follow are text. */
static bool begins_scalar(Bytes text, size_t at)
{
    at = skip_spaces(text, at);
    return at < text.len && (text.data[at] == '|' || text.data[at] == '>');
}

static void see_line(YamlScan *scan, Bytes text)
{
    Path *path = scan->path;
    Line line = read_line(text);

    if (line.is_blank || (scan->scalar != 0 && line.indent >= scan->scalar))
        return;
    scan->scalar = 0;
    if (line.key.len == 0) {
        /* An item may stand no deeper than the key of its list. */
        pop_to(path, line.dashes > 0 ? line.indent - 1 : line.indent);
        path_mark(path, scan->line, path_top_node(path));
        return;
    }
    pop_to(path, line.indent);
    uint32_t node = path_child(path, path_top_node(path), field_names_intern(path->names, line.key), 0);
    path_mark(path, scan->line, path_top_node(path));
    path_mark(path, scan->line + line.value, node);
    path_push(path, (PathLevel){.node = node, .detail = (uint32_t)line.indent});
    if (begins_scalar(text, line.value))
        scan->scalar = (uint32_t)line.indent + 1;
}

/* text: the line as far as it is known. */
static void try_line(YamlScan *scan, Bytes text)
{
    bool has_end = memchr(text.data, '\n', text.len) != NULL || text.len >= LINE_SEEN;

    if (scan->is_read || text.len == 0 || (!has_end && !read_line(text).is_whole))
        return;
    see_line(scan, text);
    scan->is_read = true;
}

void yaml_scan_feed(YamlScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    while (scan->line < to) {
        uint64_t start = scan->line;
        if (start >= view->base) {
            const Bytes seen = {
                .data = view->data + (start - view->base), .len = (size_t)MIN(to - start, (uint64_t)LINE_SEEN)};
            try_line(scan, seen);
        }
        uint64_t search = MAX(start, from);
        const uint8_t *text = view->data + (search - view->base);
        const uint8_t *end = memchr(text, '\n', (size_t)(to - search));
        if (end == NULL)
            return;
        scan->line = search + (uint64_t)(end - text) + 1;
        scan->is_read = false;
    }
}
