#include "detect/structure/json.h"
#include "detect/fast_target.h"
#include "detect/structure/json_head.h"

#include <string.h>

enum { IN_OBJECT = 1, IN_ARRAY = 2 };

/* The sets of marks. */
enum { QUOTES, BRACKETS, BACKSLASHES, BREAKS };

void json_scan_init(JsonScan *scan, Path *path)
{
    static const char *const members[BYTE_SETS] = {
        [QUOTES] = "\"", [BRACKETS] = "{}[]:,", [BACKSLASHES] = "\\", [BREAKS] = "\n"};

    *scan = (JsonScan){.path = path};
    byte_sets_init(&scan->marks, members);
    json_labels_init(&scan->labels, path);
}

/* What stands at this place of the innermost container, apart from its key. */
static ALWAYS_INLINE PathPlace element_place(JsonScan *scan)
{
    Path *path = scan->path;
    PathLevel *top = path_top(path);

    if (top == NULL || top->detail != IN_ARRAY)
        return path_top_place(path);
    PathPlace place = path_next_element(path, top);
    return json_labels_hold(&scan->labels) ? json_labels_element(&scan->labels, place, top) : place;
}

/* A container is the value of what stands before it. Returns the place behind the bracket. */
static PathPlace open_container(JsonScan *scan, uint32_t kind, uint64_t position)
{
    const PathLevel *top = path_top(scan->path);
    PathPlace place = path_last_place(scan->path);

    if (top != NULL && top->detail == IN_ARRAY) /* the name of a column is for what is no container */
        place = path_place(path_without_label(scan->path, place_node(place)), place_item(place));
    path_push(scan->path, (PathLevel){.place = place, .detail = kind});
    if (kind == IN_ARRAY)
        json_labels_open_array(&scan->labels);
    else
        json_labels_open_object(&scan->labels, position);
    return element_place(scan);
}

static PathPlace close_container(JsonScan *scan, const TextView *view, uint64_t position)
{
    const PathPlace place = path_top_place(scan->path);

    if (scan->labels.head != 0)
        json_labels_end_object(&scan->labels, view, position);
    path_pop(scan->path);
    json_labels_close(&scan->labels);
    return scan->path->depth > 0 ? place : (PathPlace){0}; /* the next text stands on its own */
}

static uint32_t key_node(const JsonScan *scan, uint32_t parent, Bytes key)
{
    uint8_t decoded[JSON_KEY_MAX];

    if (scan->escapes_end <= scan->string_start)
        return path_key(scan->path, parent, key);
    const Bytes name = {.data = decoded, .len = json_key_decode(key, decoded)};
    return path_member(scan->path, parent, field_names_intern(scan->path->names, name));
}

/* Behind a colon; false: no key stands before it. */
static bool name_value(JsonScan *scan, const TextView *view, uint64_t position, PathPlace *ret_place)
{
    const PathLevel *top = path_top(scan->path);

    if (!scan->may_be_key || top == NULL || top->detail != IN_OBJECT)
        return false;
    scan->may_be_key = false;
    if (scan->string_start < view->base)
        return false;
    const Bytes key = {
        .data = view->data + (scan->string_start - view->base), .len = (size_t)(scan->string_end - scan->string_start)};
    uint32_t node = json_labels_name(&scan->labels, view, key_node(scan, place_node(top->place), key), position);
    *ret_place = path_place(node, place_item(top->place));
    return true;
}

/* The marks of a block, or of the part of it before a line break that ends all. */
typedef struct Marks {
    uint64_t at; /* of bit 0 */
    uint64_t quotes, brackets;
    uint64_t escapes; /* backslashes that are not escaped themselves */
} Marks;

static unsigned highest(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* The last string that ends, or has begun, with these. */
static void note_string(JsonScan *scan, const Marks *marks, uint64_t below)
{
    uint64_t quotes = marks->quotes & below, escapes = marks->escapes & below;
    unsigned last = highest(quotes);
    uint64_t before = quotes & ~(UINT64_C(1) << last);

    scan->string_end = marks->at + last;
    if (before != 0)
        scan->string_start = marks->at + highest(before) + 1;
    if (escapes != 0)
        scan->escapes_end = marks->at + highest(escapes) + 1;
    scan->may_be_key = true;
}

/* Bit i: the number of bits up to i is odd. */
static uint64_t parity_up_to(uint64_t bits)
{
    for (unsigned shift = 1; shift < BYTE_SET_BLOCK; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static uint64_t in_string(const JsonScan *scan, uint64_t quotes)
{
    return parity_up_to(quotes) ^ (scan->is_in_string ? ~UINT64_C(0) : 0);
}

/* The string that ended before a comma or a bracket, if it may name something. */
static void see_string(JsonScan *scan, const TextView *view)
{
    const Span string = {.start = scan->string_start, .end = scan->string_end};

    if (scan->may_be_key)
        json_labels_see_string(&scan->labels, view, &string);
}

/* Outside of strings. unseen: the quotes that are not noted. */
static void see_bracket(JsonScan *scan, const TextView *view, const Marks *marks, unsigned bit, uint64_t *unseen)
{
    uint64_t below = (UINT64_C(1) << bit) - 1;
    uint8_t byte = view->data[marks->at + bit - view->base];
    PathPlace place;

    if (byte != ':' && json_labels_want_string(&scan->labels)) {
        if ((*unseen & below) != 0)
            note_string(scan, marks, below);
        see_string(scan, view);
        json_labels_leave_string(&scan->labels);
    }
    switch (byte) {
    case '{':
    case '[':
        place = open_container(scan, byte == '{' ? IN_OBJECT : IN_ARRAY, marks->at + bit);
        break;
    case '}':
    case ']':
        *unseen &= ~below;
        scan->may_be_key = false;
        place = close_container(scan, view, marks->at + bit);
        break;
    case ':':
        if ((*unseen & below) != 0)
            note_string(scan, marks, below);
        *unseen &= ~below;
        if (!name_value(scan, view, marks->at + bit, &place))
            return;
        break;
    default:
        *unseen &= ~below;
        scan->may_be_key = false;
        place = element_place(scan);
        break;
    }
    path_mark(scan->path, marks->at + bit + 1, place);
}

/* Quotes tell which brackets count. */
static void see_marks(JsonScan *scan, const TextView *view, const Marks *marks)
{
    uint64_t strings = in_string(scan, marks->quotes), unseen = marks->quotes;

    for (uint64_t brackets = marks->brackets & ~strings; brackets != 0; brackets &= brackets - 1)
        see_bracket(scan, view, marks, (unsigned)__builtin_ctzll(brackets), &unseen);
    scan->is_in_string = strings >> (BYTE_SET_BLOCK - 1) != 0;
    if (unseen != 0)
        note_string(scan, marks, ~UINT64_C(0));
    else if (marks->escapes != 0)
        scan->escapes_end = marks->at + highest(marks->escapes) + 1;
    if (unseen != 0 && scan->is_in_string) { /* the last one is open */
        scan->may_be_key = false;
        scan->string_start = scan->string_end + 1;
    }
}

/* A backslash escapes what follows it, another one too. */
static uint64_t escapes_among(uint64_t backslashes)
{
    uint64_t escapes = 0;

    while (backslashes != 0) {
        uint64_t escape = backslashes & -backslashes;
        escapes |= escape;
        backslashes &= ~(escape | escape << 1);
    }
    return escapes;
}

static void start_over(JsonScan *scan, uint64_t position)
{
    scan->is_in_string = false;
    scan->path->depth = scan->path->deeper = 0;
    json_labels_reset(&scan->labels);
    path_mark(scan->path, position + 1, (PathPlace){0});
}

static void see_block(JsonScan *scan, const TextView *view, uint64_t at, const uint64_t masks[BYTE_SETS])
{
    uint64_t carried = scan->escapes_end == at && at != 0 ? 1 : 0; /* the first byte is escaped */
    uint64_t escapes = escapes_among(masks[BACKSLASHES] & ~carried), escaped = escapes << 1 | carried;
    uint64_t quotes = masks[QUOTES] & ~escaped, cut = 0;

    for (uint64_t left = ~UINT64_C(0); left != 0; left &= ~(cut ^ (cut - 1))) {
        Marks marks = {
            .at = at, .quotes = quotes & left, .brackets = masks[BRACKETS] & left, .escapes = escapes & left};
        if (masks[BREAKS] != 0) {
            uint64_t strings = in_string(scan, marks.quotes);
            cut = masks[BREAKS] & left & ~(escaped & strings) & (scan->ends_with_line ? ~UINT64_C(0) : strings);
            cut &= -cut;
        }
        if (cut == 0) {
            see_marks(scan, view, &marks);
            return;
        }
        marks.quotes &= cut - 1;
        marks.brackets &= cut - 1;
        marks.escapes &= cut - 1;
        see_marks(scan, view, &marks);
        start_over(scan, at + (uint64_t)__builtin_ctzll(cut));
    }
}

void json_scan_feed(JsonScan *scan, const TextView *view, uint64_t from, uint64_t to)
{
    uint64_t masks[BYTE_SETS];

    for (uint64_t at = from; at < to; at += BYTE_SET_BLOCK) {
        byte_sets_masks(&scan->marks, view->data + (at - view->base), (size_t)(to - at), masks);
        see_block(scan, view, at, masks);
    }
}
