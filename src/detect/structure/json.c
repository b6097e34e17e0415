#include "detect/structure/json.h"
#include "detect/structure/json_head.h"

#include <string.h>

enum { IN_OBJECT = 1, IN_ARRAY = 2, NO_ESCAPE = 0 };

void json_scan_init(JsonScan *scan, Path *path)
{
    *scan = (JsonScan){.path = path};
    byte_set_init(&scan->marks, "\"\\\n{}[]:,");
    byte_set_init(&scan->quotes, "\"");
    byte_set_init(&scan->brackets, "{}[]:,");
    byte_set_init(&scan->rare, "\\\n");
}

/* What stands at this place of the innermost container, apart from its key. */
static PathPlace element_place(Path *path)
{
    PathLevel *top = path_top(path);

    return top != NULL && top->detail == IN_ARRAY ? path_next_element(path, top) : path_top_place(path);
}

/* A container is the value of what stands before it. */
static void open_container(JsonScan *scan, uint64_t position, uint32_t kind)
{
    const PathLevel level = {.place = path_last_place(scan->path), .detail = kind};

    path_push(scan->path, level);
    path_mark(scan->path, position + 1, element_place(scan->path));
}

static void close_container(JsonScan *scan, uint64_t position)
{
    PathPlace place = path_top_place(scan->path);

    path_pop(scan->path);
    if (scan->path->depth == 0) /* the next text stands on its own */
        place = (PathPlace){0};
    path_mark(scan->path, position + 1, place);
}

static uint32_t key_node(const JsonScan *scan, uint32_t parent, Bytes key)
{
    uint8_t decoded[JSON_KEY_MAX];

    if (scan->escapes_end <= scan->string_start)
        return path_key(scan->path, parent, key);
    const Bytes name = {.data = decoded, .len = json_key_decode(key, decoded)};
    return path_member(scan->path, parent, field_names_intern(scan->path->names, name));
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
    const PathPlace place = {.node = key_node(scan, top->place.node, key), .item = top->place.item};
    path_mark(scan->path, position + 1, place);
}

static void start_over(JsonScan *scan, uint64_t position)
{
    scan->is_in_string = false;
    scan->path->depth = scan->path->deeper = 0;
    path_mark(scan->path, position + 1, (PathPlace){0});
}

static void see_in_string(JsonScan *scan, uint8_t byte, uint64_t position)
{
    if (position == scan->escaped && position != NO_ESCAPE)
        return;
    if (byte == '\\') {
        scan->escaped = scan->escapes_end = position + 1;
    } else if (byte == '"') {
        scan->is_in_string = false;
        scan->may_be_key = true;
        scan->string_end = position;
    } else if (byte == '\n') {
        start_over(scan, position);
    }
}

/* Outside of strings. */
static void see_bracket(JsonScan *scan, const TextView *view, uint64_t position)
{
    uint8_t byte = view->data[position - view->base];

    switch (byte) {
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
    default:
        scan->may_be_key = false;
        path_mark(scan->path, position + 1, element_place(scan->path));
        return;
    }
}

static void see(JsonScan *scan, const TextView *view, uint64_t position)
{
    uint8_t byte = view->data[position - view->base];

    if (scan->is_in_string) {
        see_in_string(scan, byte, position);
    } else if (byte == '"') {
        scan->is_in_string = true;
        scan->may_be_key = false;
        scan->string_start = position + 1;
    } else if (byte == '\n') {
        if (scan->ends_with_line)
            start_over(scan, position);
    } else if (byte != '\\') {
        see_bracket(scan, view, position);
    }
}

/* Bit i: the number of bits up to i is odd. */
static uint64_t parity_up_to(uint64_t bits)
{
    for (unsigned shift = 1; shift < BYTE_SET_BLOCK; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* Escapes, and line breaks within strings, are looked at one by one. */
static bool may_be_plain(const JsonScan *scan, uint64_t at, const uint8_t *text, uint64_t rare, uint64_t quotes)
{
    if (scan->escaped == at && at != NO_ESCAPE)
        return false;
    if (rare == 0)
        return true;
    if (scan->ends_with_line)
        return false;
    uint64_t in_string = parity_up_to(quotes) ^ (scan->is_in_string ? ~UINT64_C(0) : 0);
    return (rare & in_string) == 0 && memchr(text, '\\', BYTE_SET_BLOCK) == NULL;
}

static void note_string(JsonScan *scan, uint64_t at, uint64_t quotes)
{
    unsigned last = BYTE_SET_BLOCK - 1 - (unsigned)__builtin_clzll(quotes);
    uint64_t before = quotes & ~(UINT64_C(1) << last);

    scan->string_end = at + last;
    if (before != 0)
        scan->string_start = at + BYTE_SET_BLOCK - (unsigned)__builtin_clzll(before);
    scan->may_be_key = true;
}

/* No escape in it, and no string that a line break cuts: quotes tell which brackets count. */
static void see_plain_block(JsonScan *scan, const TextView *view, uint64_t at, uint64_t quotes, uint64_t brackets)
{
    uint64_t in_string = parity_up_to(quotes) ^ (scan->is_in_string ? ~UINT64_C(0) : 0);
    uint64_t unseen = quotes;

    for (brackets &= ~in_string; brackets != 0; brackets &= brackets - 1) {
        uint64_t below = (brackets & -brackets) - 1;
        if ((unseen & below) != 0)
            note_string(scan, at, quotes & below);
        unseen &= ~below;
        see_bracket(scan, view, at + (uint64_t)__builtin_ctzll(brackets));
    }
    scan->is_in_string = in_string >> (BYTE_SET_BLOCK - 1) != 0;
    if (unseen != 0)
        note_string(scan, at, quotes);
    if (unseen != 0 && scan->is_in_string) { /* the last one is open */
        scan->may_be_key = false;
        scan->string_start = scan->string_end + 1;
    }
}

void json_scan_feed(JsonScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + (at - view->base);
        size_t left = (size_t)(to - at);
        uint64_t rare = byte_set_mask(&scan->rare, text, left), quotes = byte_set_mask(&scan->quotes, text, left);
        if (left >= BYTE_SET_BLOCK && may_be_plain(scan, at, text, rare, quotes)) {
            see_plain_block(scan, view, at, quotes, byte_set_mask(&scan->brackets, text, left));
            continue;
        }
        for (uint64_t mask = byte_set_mask(&scan->marks, text, left); mask != 0; mask &= mask - 1)
            see(scan, view, at + (uint64_t)__builtin_ctzll(mask));
    }
}
