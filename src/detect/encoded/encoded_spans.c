#include "detect/encoded/encoded_spans.h"
#include "detect/byte_class.h"
#include "detect/encoded/base64.h"
#include "detect/encoded/dumps.h"
#include "detect/encoded/escapes.h"
#include "detect/encoded/forms.h"
#include "detect/encoded/printed.h"
#include "detect/encoded/runs.h"

#include <glib.h>
#include <string.h>

enum {
    LINE_RUN_MIN = 60,  /* lines of a run that goes on in the next */
    LINE_TAIL = 6,      /* "==" and a break: tells whether a line is one of them */
    INDENT_MAX = 64,    /* characters */
    ESCAPE_BEFORE = 64, /* of the text around an escape, for keywords and values */
    WORD_BEFORE = 1024, /* of a word that goes on there: it may be base64 */
};

#define HEXADECIMAL "0123456789ABCDEFabcdef"
#define LETTERS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const char ESCAPES[] = "%\\&=?";

/* The sets of an escape's first two characters. */
enum { FIRST, SECOND, FIRST_OF_MAIL, SECOND_OF_MAIL };

void encoded_finder_init(EncodedFinder *finder)
{
    static const char *const escapes[BYTE_SETS] = {[FIRST] = "%\\&?",
        [SECOND] = HEXADECIMAL LETTERS "\\/#",
        [FIRST_OF_MAIL] = "=",
        [SECOND_OF_MAIL] = HEXADECIMAL "\r\n"};

    byte_set_init(&finder->runs, LETTERS "0123456789+/-_");
    byte_sets_init(&finder->escapes, escapes);
    byte_set_init(&finder->printed, PRINTED_FIRST);
    byte_set_init(&finder->printed_second, PRINTED_SECOND);
}

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

static size_t span_limit(const TextView *view, size_t start)
{
    return MIN(view->len, start + ENCODED_SPAN_MAX);
}

/* Where RUN_MIN bits in a row are set. */
static uint64_t long_runs(uint64_t mask)
{
    for (unsigned length = 1; length < RUN_MIN; length *= 2)
        mask &= mask >> length;
    return mask;
}

/* A block of text: where words are, what stands before it in a row, and where in it long rows are. */
typedef struct RunBlock {
    size_t start, carried;
    uint64_t mask, inner;
} RunBlock;

/* The run or the dump that begins first. False: there is none. */
static bool find_in_block(
    const EncodedFinder *finder, const TextView *view, const RunBlock *block, EncodedSpan *ret_span)
{
    uint64_t gaps = ~block->mask, words = dump_words(gaps);
    size_t leading = gaps != 0 ? (size_t)__builtin_ctzll(gaps) : BYTE_SET_BLOCK;
    size_t run = SIZE_MAX, dump = words != 0 ? block->start + (size_t)__builtin_ctzll(words) : SIZE_MAX;

    if (block->carried + leading >= RUN_MIN)
        run = block->start - block->carried;
    else if (block->inner != 0)
        run = block->start + (size_t)__builtin_ctzll(block->inner);
    if (dump < run)
        *ret_span = (EncodedSpan){.kind = ENCODED_DUMP, .start = dump, .end = MIN(dump + DUMP_WORDS_MIN, view->len)};
    else if (run != SIZE_MAX)
        *ret_span =
            (EncodedSpan){.kind = ENCODED_RUN, .start = run, .end = line_end(finder, view, run, span_limit(view, run))};
    return dump != SIZE_MAX || run != SIZE_MAX;
}

static bool find_run(const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedSpan *ret_span)
{
    size_t carried = 0; /* so long is the run that the last block ended with */

    for (size_t start = from; start < to; start += BYTE_SET_BLOCK) {
        uint64_t mask = run_mask(finder, view, start), gaps = ~mask, inner = long_runs(mask);
        size_t leading = gaps != 0 ? (size_t)__builtin_ctzll(gaps) : BYTE_SET_BLOCK;
        bool has_words =
            ((start - from) & BYTE_SET_BLOCK) == 0 && may_be_dump(gaps); /* a dump takes more than a block */
        if (inner != 0 || carried + leading >= RUN_MIN || has_words) {
            const RunBlock block = {.start = start, .carried = carried, .mask = mask, .inner = inner};
            if (find_in_block(finder, view, &block, ret_span))
                return ret_span->start < to;
        }
        carried = (size_t)__builtin_clzll(gaps);
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
        .limit = span_limit(view, span->start),
        .known = step == ENCODED_LAST ? SIZE_MAX : view->len};
    JoinResult result = JOIN_DONE;

    while (!joining.is_last && span->end - joining.line >= LINE_RUN_MIN &&
           join_line(finder, view, span, &joining, &result))
        continue;
    return result;
}

static Bytes from_index(const TextView *view, size_t at)
{
    return (Bytes){.data = view->data + at, .len = view->len - at};
}

/* Whether the line that ends here, behind its break, goes on in the next. */
static bool is_behind_soft_break(const TextView *view, size_t at)
{
    return (at >= 2 && escape_is_soft_break(from_index(view, at - 2))) ||
           (at >= 3 && view->data[at - 2] == '\r' && escape_is_soft_break(from_index(view, at - 3)));
}

/* What assigns nothing at the end of a line is code, not mail. */
static bool is_worth_it(const TextView *view, size_t at)
{
    if (view->data[at] >= 0x80)
        return printed_is_telling((Bytes){.data = view->data, .len = view->len}, at);
    if (view->data[at] == '&' && form_is_telling_before((Bytes){.data = view->data, .len = view->len}, at))
        return true;
    if (!escape_is_telling(from_index(view, at)))
        return false;
    return !escape_is_soft_break(from_index(view, at)) || (at > 0 && escape_may_break_beside(view->data[at - 1]));
}

/* Most of these characters begin none, and their next one tells. Behind the view stands padding. */
static bool may_be_escape(const uint8_t *text)
{
    uint8_t next = text[1];

    if (text[0] >= 0x80)
        return printed_may_begin(text);
    switch (text[0]) {
    case '\\':
        return (next | 0x20) == 'u' || next == 'x' || next == '\\' || next == '/' || (next & 0xFC) == '0';
    case '&':
        return next == '#' || g_ascii_isalpha((char)next);
    case '?':
        return g_ascii_isalpha((char)next);
    case '=':
        return next == '3' || next == '4' || next == '\n' || next == '\r' || (text[3] == '=' && text[6] == '=');
    default:
        return next == 'u' || g_ascii_isxdigit((char)next);
    }
}

/* Bit i: an escape may begin with byte i, as its next one says where it is known. */
static uint64_t escape_mask(const EncodedFinder *finder, const uint8_t *text, size_t len)
{
    uint64_t masks[BYTE_SETS], unknown = UINT64_C(1) << (MIN(len, (size_t)BYTE_SET_BLOCK) - 1);

    byte_sets_masks(&finder->escapes, text, len, masks);
    return (masks[FIRST] & (masks[SECOND] >> 1 | unknown)) |
           (masks[FIRST_OF_MAIL] & (masks[SECOND_OF_MAIL] >> 1 | unknown));
}

/* Reads a block. Most text is ASCII. */
static bool is_ascii_block(const uint8_t *text)
{
    uint64_t words[BYTE_SET_BLOCK / 8], all = 0;

    memcpy(words, text, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        all |= words[i];
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* Likewise of characters that stand for those of ASCII. */
static uint64_t printed_mask(const EncodedFinder *finder, const uint8_t *text, size_t len)
{
    uint64_t last = UINT64_C(1) << (MIN(len, (size_t)BYTE_SET_BLOCK) - 1);

    if (is_ascii_block(text))
        return 0;
    return byte_set_mask(&finder->printed, text, len) | byte_set_mask(&finder->printed_second, text, len) >> 1 |
           (text[MIN(len, (size_t)BYTE_SET_BLOCK) - 1] == 0xC2 ? last : 0);
}

/* Where the first one in [from, to) is; to: there is none. */
static size_t next_escape(const EncodedFinder *finder, const TextView *view, size_t from, size_t to)
{
    for (size_t block = from; block < to; block += BYTE_SET_BLOCK) {
        const uint8_t *text = view->data + block;
        uint64_t mask = escape_mask(finder, text, to - block) | printed_mask(finder, text, to - block);
        for (; mask != 0; mask &= mask - 1) {
            size_t at = block + (size_t)__builtin_ctzll(mask);
            if (may_be_escape(view->data + at) && is_worth_it(view, at))
                return at;
        }
    }
    return to;
}

static size_t escapes_start(const TextView *view, size_t at)
{
    size_t start = at;

    while (
        start > 0 && at - start < ESCAPE_BEFORE && (view->data[start - 1] != '\n' || is_behind_soft_break(view, start)))
        start--;
    if (at - start < ESCAPE_BEFORE)
        return start;
    while (start > 0 && at - start < WORD_BEFORE && BASE64_VALUES[view->data[start - 1]] != 0)
        start--;
    return start;
}

/* To the end of the line, which may be written on several. */
static size_t line_of_escapes_end(const TextView *view, size_t at, size_t limit)
{
    for (; at < limit && view->data[at] != '\n'; at++)
        if (view->data[at] == '=' && escape_is_soft_break(from_index(view, at)))
            at += view->data[at + 1] == '\r' ? 2 : 1;
    return MIN(at, limit);
}

/* Where the last one in [from, to) is; to: there is none. */
static size_t last_escape(const TextView *view, size_t from, size_t to)
{
    for (size_t at = to; at > from; at--) {
        bool may_be = view->data[at - 1] >= 0x80 || byte_is_one_of(view->data[at - 1], ESCAPES);
        if (may_be && may_be_escape(view->data + at - 1) && is_worth_it(view, at - 1))
            return at - 1;
    }
    return to;
}

/* ESCAPE_AFTER behind the last one, or where the line ends before that. */
static size_t escapes_end(const TextView *view, size_t at, size_t limit)
{
    for (;;) {
        size_t reach = MIN(at + ESCAPE_AFTER, limit), end = line_of_escapes_end(view, at, reach);
        if (end < reach || end == limit)
            return end;
        size_t last = last_escape(view, at + 1, end);
        if (last == end)
            return end;
        at = last;
    }
}

static bool find_escapes(
    const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedSpan *ret_span)
{
    size_t at = next_escape(finder, view, from, to);

    if (at == to)
        return false;
    size_t start = escapes_start(view, at);
    *ret_span =
        (EncodedSpan){.kind = ENCODED_ESCAPES, .start = start, .end = escapes_end(view, at, span_limit(view, start))};
    return true;
}

bool encoded_find(
    const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedKind kind, EncodedSpan *ret_span)
{
    return kind == ENCODED_RUN ? find_run(finder, view, from, to, ret_span)
                               : find_escapes(finder, view, from, to, ret_span);
}
