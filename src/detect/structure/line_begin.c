#include "detect/structure/line_begin.h"
#include "detect/byte_class.h"
#include "detect/fast_target.h"
#include "detect/structure/sql_head.h"

#include <string.h>

enum { HEADER_SEEN = 256 }; /* bytes of a line without a ruler: there are gaps, or it is none */

enum { SET_NEWLINES, SET_BLANKS, SET_BEGINNINGS, SET_ASCII };

void line_sets_init(ByteSets *sets)
{
    char ascii[128] = {0};

    for (unsigned i = 0; i < sizeof ascii - 1; i++)
        ascii[i] = (char)(i + 1);
    byte_sets_init(sets,
        (const char *const[BYTE_SETS]){
            [SET_NEWLINES] = "\n", [SET_BLANKS] = " \t", [SET_BEGINNINGS] = "iIcCrR-+|=:\r\n", [SET_ASCII] = ascii});
}

uint64_t feed_line_end(const Feed *feed, uint64_t from)
{
    if (from >= feed->to)
        return feed->to;
    const uint8_t *text = feed_text(feed, from), *newline = memchr(text, '\n', (size_t)(feed->to - from));

    return newline != NULL ? from + (uint64_t)(newline - text) : feed->to;
}

Bytes feed_line(const Feed *feed, uint64_t from, uint64_t to)
{
    size_t len = (size_t)(to - from);
    const uint8_t *text = feed_text(feed, from);

    return (Bytes){.data = text, .len = len > 0 && text[len - 1] == '\r' ? len - 1 : len};
}

/* By the first byte of a line; SET_BEGINNINGS has all that are not dull, but for the last and the blanks. */
const uint8_t LINE_BEGINS[256] = {[' '] = BEGINS_BLANK,
    ['\t'] = BEGINS_BLANK,
    ['\r'] = BEGINS_NOTHING,
    ['\n'] = BEGINS_NOTHING,
    ['i'] = BEGINS_VERB,
    ['I'] = BEGINS_VERB,
    ['c'] = BEGINS_VERB,
    ['C'] = BEGINS_VERB,
    ['r'] = BEGINS_VERB,
    ['R'] = BEGINS_VERB,
    ['-'] = BEGINS_RULER,
    ['+'] = BEGINS_RULER,
    ['|'] = BEGINS_RULER,
    ['='] = BEGINS_RULER,
    [':'] = BEGINS_RULER,
    [0xE2] = BEGINS_RULER};

/* "return" and "const" begin more lines than any verb. Four bytes may be read. */
static bool may_be_verb(const uint8_t *text, size_t len)
{
    static const char verbs[][5] = {"inse", "repl", "crea", "copy"};
    char lower[4];

    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = (char)(text[i] | 0x20);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (memcmp(lower, verbs[i], sizeof lower) == 0)
            return true;
    }
    return len < sizeof lower;
}

LineBegin line_begin_of(const Feed *feed, uint64_t position)
{
    const uint8_t *text = feed_text(feed, position), *end = feed_text(feed, feed->to);

    while (text < end && LINE_BEGINS[*text] == BEGINS_BLANK)
        text++;
    if (text == end)
        return BEGINS_BLANK;
    LineBegin begin = (LineBegin)LINE_BEGINS[*text];
    return begin == BEGINS_VERB && !may_be_verb(text, (size_t)(end - text)) ? BEGINS_DULL : begin;
}

/* Of a block where the first bytes of lines stand that are no blanks. *is_open: a line begins at the block, or had
 * nothing but blanks before it; then whether one is open at the end. */
static uint64_t first_bytes(uint64_t newlines, uint64_t blanks, bool *is_open)
{
    uint64_t begins = newlines << 1 | (uint64_t)*is_open, sum = 0;
    bool goes_on = __builtin_add_overflow(begins, blanks, &sum);

    *is_open = goes_on || newlines >> 63 != 0;
    return sum & ~blanks;
}

uint64_t line_skip_dull(const ByteSets *sets, const Feed *feed, uint64_t line)
{
    uint64_t last = line;
    bool is_open = true;

    for (uint64_t at = line; at < feed->to; at += BYTE_SET_BLOCK) {
        uint64_t masks[BYTE_SETS];
        byte_sets_masks(sets, feed_text(feed, at), (size_t)(feed->to - at), masks);
        uint64_t firsts = first_bytes(masks[SET_NEWLINES], masks[SET_BLANKS], &is_open);
        uint64_t left = firsts & (masks[SET_BEGINNINGS] | ~masks[SET_ASCII]);
        for (; left != 0; left &= left - 1) {
            uint64_t before = masks[SET_NEWLINES] & ((left & -left) - 1);
            uint64_t start = before != 0 ? at + BYTE_SET_BLOCK - (unsigned)__builtin_clzll(before) : last;
            if (start == feed->to || line_begin_of(feed, start) != BEGINS_DULL)
                return start;
        }
        if (masks[SET_NEWLINES] != 0)
            last = at + BYTE_SET_BLOCK - (unsigned)__builtin_clzll(masks[SET_NEWLINES]);
    }
    return last;
}

bool line_has_gaps(const ByteSets *sets, Bytes line)
{
    size_t from = 0;

    while (from < line.len && LINE_BEGINS[line.data[from]] == BEGINS_BLANK)
        from++;
    size_t to = MIN(line.len, from + HEADER_SEEN);
    if (from < to && memchr(line.data + from, '\t', to - from) != NULL)
        return true;
    for (size_t at = from; at < to; at += BYTE_SET_BLOCK - 1) {
        uint64_t masks[BYTE_SETS];
        byte_sets_masks(sets, line.data + at, to - at, masks);
        if ((masks[SET_BLANKS] & masks[SET_BLANKS] >> 1) != 0)
            return true;
    }
    return false;
}

/* ---- statements within lines ---- */

/* Whether "insert" may begin in 32 bytes, in any case: by its first, third and fifth letter. Four more are read. */
static ALWAYS_INLINE bool may_have_insert(const uint8_t *text)
{
    uint8_t found = 0;

    for (unsigned i = 0; i < 32; i++)
        found |= (uint8_t)((text[i] | 0x20) == 'i') & (uint8_t)((text[i + 2] | 0x20) == 's') &
                 (uint8_t)((text[i + 4] | 0x20) == 'r');
    return found != 0;
}

/* Blocks of 32 bytes from the beginning on that have none. */
static ALWAYS_INLINE size_t blocks_without(const uint8_t *text, size_t count)
{
    size_t at = 0;

    while (at < count && !may_have_insert(text + 32 * at))
        at++;
    return at;
}

static size_t blocks_without_any(const uint8_t *text, size_t count)
{
    return blocks_without(text, count);
}

FAST_TARGET static size_t blocks_without_fast(const uint8_t *text, size_t count)
{
    return blocks_without(text, count);
}

static bool is_insert(const Feed *feed, uint64_t position)
{
    const uint8_t *text = feed_text(feed, position);
    size_t len = 0;

    if (position > feed->view->base && byte_is_word(text[-1]))
        return false;
    return sql_head_verb((Bytes){.data = text, .len = (size_t)(feed->to - position)}, &len) == SQL_INSERT;
}

uint64_t line_find_insert(const Feed *feed, uint64_t from)
{
    size_t (*const blocks)(const uint8_t *, size_t) =
        processor_best() == PROCESSOR_ANY ? blocks_without_any : blocks_without_fast;
    uint64_t at = from;

    while (at < feed->to) {
        at += 32 * blocks(feed_text(feed, at), (size_t)(feed->to - at + 31) / 32);
        for (uint64_t end = MIN(at + 32, feed->to); at < end; at++) {
            uint8_t letter = *feed_text(feed, at) | 0x20;
            if (letter == 'i' && is_insert(feed, at))
                return at;
        }
    }
    return feed->to;
}
