#include "detect/encoded/encoded_runs.h"
#include "detect/byte_class.h"
#include "detect/encoded/decimals.h"
#include "detect/encoded/dumps.h"
#include "detect/encoded/runs.h"

#include <glib.h>

enum {
    LINE_RUN_MIN = 60, /* lines of a run that goes on in the next */
    LINE_TAIL = 6,     /* "==" and a break: tells whether a line is one of them */
    INDENT_MAX = 64,   /* characters */
};

static uint64_t run_mask(const EncodedFinder *finder, const TextView *view, size_t at)
{
    return byte_set_mask(&finder->runs, view->data + at, view->len - at);
}

static size_t line_end(const EncodedFinder *finder, const TextView *view, size_t at, size_t limit)
{
    for (; at < limit; at += BYTE_SET_BLOCK) {
        uint64_t gaps = ~run_mask(finder, view, at);
        if (gaps != 0)
            return MIN(at + (size_t)__builtin_ctzll(gaps), limit);
    }
    return limit;
}

/* Where four bits in a row are set. */
static uint64_t runs_of_four(uint64_t mask)
{
    mask &= mask >> 1;
    return mask & mask >> 2;
}

/* Where RUN_MIN bits in a row are set, by where four are. */
static uint64_t long_runs(uint64_t fours)
{
    for (unsigned length = 4; length < RUN_MIN; length *= 2)
        fours &= fours >> length;
    return fours;
}

/* A block of text: where words are, what stands before it in a row, and where in it long rows are. */
typedef struct RunBlock {
    size_t start, carried;
    uint64_t mask, fours, inner;
} RunBlock;

static bool half_may_be_decimals(const RunBlock *block, unsigned half)
{
    return may_be_decimals((uint32_t)(block->mask >> half), (uint32_t)(block->fours >> half));
}

/* SIZE_MAX: there are none. */
static size_t find_decimals(const TextView *view, const RunBlock *block)
{
    const Bytes text = {.data = view->data, .len = view->len};
    size_t found = SIZE_MAX;

    for (unsigned half = 0; half < BYTE_SET_BLOCK && found == SIZE_MAX; half += DECIMALS_HALF)
        if (half_may_be_decimals(block, half))
            found = decimals_find(text, block->start + half, block->start + half + DECIMALS_HALF);
    return found;
}

/* The run or the dump that begins first. False: there is none. */
static bool find_in_block(
    const EncodedFinder *finder, const TextView *view, const RunBlock *block, EncodedSpan *ret_span)
{
    uint64_t gaps = ~block->mask, words = dump_words(gaps);
    size_t leading = gaps != 0 ? (size_t)__builtin_ctzll(gaps) : BYTE_SET_BLOCK;
    size_t run = SIZE_MAX, dump = words != 0 ? block->start + (size_t)__builtin_ctzll(words) : SIZE_MAX;
    size_t decimals = find_decimals(view, block);

    if (block->carried + leading >= RUN_MIN)
        run = block->start - block->carried;
    else if (block->inner != 0)
        run = block->start + (size_t)__builtin_ctzll(block->inner);
    if (decimals < MIN(dump, run))
        *ret_span = (EncodedSpan){.kind = ENCODED_DECIMALS, .start = decimals, .end = decimals + 1};
    else if (dump < run)
        *ret_span = (EncodedSpan){.kind = ENCODED_DUMP, .start = dump, .end = MIN(dump + DUMP_WORDS_MIN, view->len)};
    else if (run != SIZE_MAX)
        *ret_span = (EncodedSpan){
            .kind = ENCODED_RUN, .start = run, .end = line_end(finder, view, run, encoded_span_limit(view, run))};
    return MIN(MIN(dump, run), decimals) != SIZE_MAX;
}

/* Whether something may begin in the block; a dump takes more than one. Hardly anything does in most. */
static bool may_begin(const RunBlock *block, size_t at)
{
    uint64_t gaps = ~block->mask;
    size_t leading = gaps != 0 ? (size_t)__builtin_ctzll(gaps) : BYTE_SET_BLOCK;
    bool has_run = (block->inner != 0) | (block->carried + leading >= RUN_MIN);
    bool may_have_dump = ((at & BYTE_SET_BLOCK) == 0) & may_be_dump(gaps);
    bool has_short_words = ((uint32_t)block->fours == 0) | (block->fours >> 32 == 0);

    return has_run | may_have_dump |
           (has_short_words && (half_may_be_decimals(block, 0) || half_may_be_decimals(block, DECIMALS_HALF)));
}

bool encoded_find_run(const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedSpan *ret_span)
{
    RunBlock block = {.start = from};

    for (; block.start < to; block.start += BYTE_SET_BLOCK) {
        block.mask = run_mask(finder, view, block.start);
        block.fours = runs_of_four(block.mask);
        block.inner = long_runs(block.fours);
        if (may_begin(&block, block.start - from) && find_in_block(finder, view, &block, ret_span))
            return ret_span->start < to;
        block.carried = (size_t)__builtin_clzll(~block.mask); /* so long is the run that the block ends with */
    }
    return false;
}

/* The byte at a place; a break where the text ends, if it does with the view. */
static uint8_t byte_or_break(const TextView *view, size_t at)
{
    return at < view->len ? view->data[at] : '\n';
}

/* "\n" or "\r\n" as JSON writes them. */
static size_t escaped_break_length(const TextView *view, size_t at)
{
    size_t len = byte_or_break(view, at + 1) == 'r' ? 2 : 0;

    return byte_or_break(view, at + len) == '\\' && byte_or_break(view, at + len + 1) == 'n' ? len + 2 : 0;
}

/* With the blanks that the next line begins with, as in YAML and LDIF. */
static size_t break_length(const TextView *view, size_t at)
{
    size_t len = byte_or_break(view, at) == '\r' ? 1 : 0;

    if (byte_or_break(view, at) == '\\')
        return escaped_break_length(view, at);
    if (byte_or_break(view, at + len) != '\n')
        return 0;
    for (len++; len < INDENT_MAX && byte_is_one_of(byte_or_break(view, at + len), " \t");)
        len++;
    return len;
}

/* Whether the line whose run ends here is nothing else: padding follows, or the end of the line or of a string. */
static bool is_whole_line(const TextView *view, size_t end)
{
    for (int padding = 0; padding < 2 && byte_or_break(view, end) == '='; padding++)
        end++;
    uint8_t byte = byte_or_break(view, end);
    return break_length(view, end) > 0 || byte == '"' || byte == '\'' || byte == '`' || byte == '<';
}

static bool begins_line(const TextView *view, size_t at)
{
    return at == 0 || view->data[at - 1] == '\n';
}

/* Lines of encoded text have one length, but for the last, and for a first one that begins within a line. */
static bool may_follow(const TextView *view, const EncodedSpan *span, size_t line, size_t next_len)
{
    size_t len = span->end - line;

    return next_len > 0 && (next_len <= len || (line == span->start && !begins_line(view, line)));
}

/* Of the lines that are joined: where the last one begins, where a span ends at most, and how far the text is known. */
typedef struct Joining {
    size_t line, limit, known;
    bool is_last;
} Joining;

/* Adds the next line. False: it does not belong to the run, or is not known. */
static bool join_line(
    const EncodedFinder *finder, const TextView *view, EncodedSpan *span, Joining *joining, JoinResult *ret_result)
{
    size_t next = span->end + break_length(view, span->end);

    *ret_result = next >= joining->known || span->end + LINE_TAIL > joining->known ? JOIN_OPEN : JOIN_DONE;
    if (*ret_result == JOIN_OPEN)
        return false;
    if (next >= joining->limit && joining->limit - span->start == ENCODED_SPAN_MAX)
        span->end = joining->limit; /* the span may be longer */
    if (next == span->end || next >= joining->limit)
        return false;
    size_t end = line_end(finder, view, next, joining->limit);
    bool is_cut = end - span->start == ENCODED_SPAN_MAX;
    *ret_result = !is_cut && end + LINE_TAIL > joining->known ? JOIN_OPEN : JOIN_DONE;
    bool follows = is_cut || (may_follow(view, span, joining->line, end - next) && is_whole_line(view, end));
    if (*ret_result == JOIN_OPEN || !follows)
        return false;
    joining->is_last = end - next < span->end - joining->line;
    joining->line = next;
    span->end = end;
    return true;
}

JoinResult encoded_join(const EncodedFinder *finder, const TextView *view, EncodedStep step, EncodedSpan *span)
{
    Joining joining = {.line = span->start,
        .limit = encoded_span_limit(view, span->start),
        .known = step == ENCODED_LAST ? SIZE_MAX : view->len};
    JoinResult result = JOIN_DONE;

    while (!joining.is_last && span->end - joining.line >= LINE_RUN_MIN &&
           join_line(finder, view, span, &joining, &result))
        continue;
    return result;
}
