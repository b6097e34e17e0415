#include "detect/structure/yaml_flow.h"
#include "detect/byte_class.h"

#include <string.h>

enum { KEY_MAX = 128 };

/* Details of levels in brackets are greater than any indentation. */
static const uint32_t IN_MAP = UINT32_MAX - 1, IN_LIST = UINT32_MAX;

void yaml_flow_init(YamlFlow *flow, Path *path)
{
    *flow = (YamlFlow){.path = path};
    byte_set_init(&flow->marks, "\"'\\{}[],:#\n");
}

void yaml_flow_open(YamlFlow *flow, uint64_t position, uint32_t indent)
{
    flow->is_open = true;
    flow->is_comment = false;
    flow->quote = 0;
    flow->indent = indent;
    flow->base = flow->path->depth + flow->path->deeper;
    flow->at = position;
    flow->string_start = flow->string_end = 0;
}

static uint8_t byte_at(const TextView *view, uint64_t position)
{
    return view->data[position - view->base];
}

static void begin_token(YamlFlow *flow, uint64_t position)
{
    flow->token = position;
    flow->string_start = flow->string_end = 0;
}

static PathPlace element_place(Path *path)
{
    PathLevel *top = path_top(path);

    return top != NULL && top->detail == IN_LIST ? path_next_element(path, top) : path_top_place(path);
}

static void open_level(YamlFlow *flow, uint64_t position, uint32_t kind)
{
    path_push(flow->path, (PathLevel){.place = path_last_place(flow->path), .detail = kind});
    path_mark(flow->path, position + 1, element_place(flow->path));
    begin_token(flow, position + 1);
}

static void close_level(YamlFlow *flow, uint64_t position)
{
    path_pop(flow->path);
    path_mark(flow->path, position + 1, path_top_place(flow->path));
    begin_token(flow, position + 1);
    flow->is_open = flow->path->depth + flow->path->deeper > flow->base;
}

static Bytes key_before(const YamlFlow *flow, const TextView *view, uint64_t colon)
{
    bool is_quoted = flow->string_end > 0;
    uint64_t start = is_quoted ? flow->string_start : flow->token, end = is_quoted ? flow->string_end : colon;

    while (!is_quoted && start < end && start >= view->base && g_ascii_isspace(byte_at(view, start)))
        start++;
    while (!is_quoted && end > start && g_ascii_isspace(byte_at(view, end - 1)))
        end--;
    if (start < view->base || end - start > KEY_MAX)
        return (Bytes){0};
    return (Bytes){.data = view->data + (start - view->base), .len = (size_t)(end - start)};
}

/* A colon ends a key before a space, a bracket or a comma, and anywhere behind a quoted one. */
static void see_colon(YamlFlow *flow, const TextView *view, uint64_t position)
{
    const PathLevel *top = path_top(flow->path);
    uint8_t next = byte_at(view, position + 1);

    if (top == NULL || top->detail != IN_MAP || (flow->string_end == 0 && !byte_is_one_of(next, " \r\n{}[],")))
        return;
    const Bytes key = key_before(flow, view, position);
    begin_token(flow, position + 1);
    if (key.len == 0)
        return;
    const PathPlace place = path_place(path_key(flow->path, place_node(top->place), key), place_item(top->place));
    path_mark(flow->path, position + 1, place);
}

static void see_in_quotes(YamlFlow *flow, uint64_t position, uint8_t byte)
{
    if (position == flow->escaped)
        return;
    if (byte == '\\' && flow->quote == '"') {
        flow->escaped = position + 1;
    } else if (byte == flow->quote) {
        flow->quote = 0;
        flow->string_end = position;
    }
}

/* An apostrophe inside a word is none. */
static void see_quote(YamlFlow *flow, const TextView *view, uint64_t position, uint8_t byte)
{
    uint8_t before = position > view->base ? byte_at(view, position - 1) : ' ';

    if (!byte_is_one_of(before, " \t\n{[,:\"'"))
        return;
    flow->quote = byte;
    flow->string_start = position + 1;
}

static void see(YamlFlow *flow, const TextView *view, uint64_t position)
{
    uint8_t byte = byte_at(view, position);

    if (flow->is_comment) {
        flow->is_comment = byte != '\n';
        return;
    }
    if (flow->quote != 0) {
        see_in_quotes(flow, position, byte);
        return;
    }
    switch (byte) {
    case '"':
    case '\'':
        see_quote(flow, view, position, byte);
        return;
    case '{':
    case '[':
        open_level(flow, position, byte == '{' ? IN_MAP : IN_LIST);
        return;
    case '}':
    case ']':
        close_level(flow, position);
        return;
    case ':':
        see_colon(flow, view, position);
        return;
    case ',':
        path_mark(flow->path, position + 1, element_place(flow->path));
        begin_token(flow, position + 1);
        return;
    case '#':
        flow->is_comment = position > view->base && g_ascii_isspace(byte_at(view, position - 1));
        return;
    default:
        return;
    }
}

void yaml_flow_feed(YamlFlow *flow, const TextView *view, uint64_t to)
{
    uint64_t end = view->base + view->len;

    flow->at = MAX(flow->at, view->base);
    while (flow->at < to) {
        size_t len = (size_t)MIN(to - flow->at, (uint64_t)BYTE_SET_BLOCK);
        uint64_t mask = byte_set_mask(&flow->marks, view->data + (flow->at - view->base), len);
        uint64_t from = flow->at;
        for (; mask != 0 && flow->is_open; mask &= mask - 1) {
            flow->at = from + (uint64_t)__builtin_ctzll(mask);
            if (flow->at + 1 == end && byte_at(view, flow->at) == ':')
                return; /* what follows decides, and is not here yet */
            see(flow, view, flow->at);
        }
        if (!flow->is_open)
            return;
        flow->at = from + len;
    }
}
