#include "detect/encoded/encoded_spans.h"
#include "detect/byte_class.h"
#include "detect/encoded/base64.h"
#include "detect/encoded/encoded_runs.h"
#include "detect/encoded/escapes.h"
#include "detect/encoded/forms.h"
#include "detect/encoded/printed.h"

#include <glib.h>
#include <string.h>

enum {
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

/* "x=2D48" is no mail, "532=2D48" is. */
static bool is_within_word(const TextView *view, size_t at)
{
    return view->data[at] == '=' && view->data[at + 1] == '2' && (at == 0 || !byte_is_digit(view->data[at - 1]));
}

/* What assigns nothing at the end of a line is code, not mail. */
static bool is_worth_it(const TextView *view, size_t at)
{
    if (view->data[at] >= 0x80)
        return printed_is_telling((Bytes){.data = view->data, .len = view->len}, at);
    if (view->data[at] == '&' && form_is_telling_before((Bytes){.data = view->data, .len = view->len}, at))
        return true;
    if (!escape_is_telling(from_index(view, at)) || is_within_word(view, at))
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
        return next == '3' || next == '4' || next == '\n' || next == '\r' || (text[3] == '=' && text[6] == '=') ||
               (next == '2' && text[2] == 'D');
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
    *ret_span = (EncodedSpan){
        .kind = ENCODED_ESCAPES, .start = start, .end = escapes_end(view, at, encoded_span_limit(view, start))};
    return true;
}

bool encoded_find(
    const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedKind kind, EncodedSpan *ret_span)
{
    return kind == ENCODED_RUN ? encoded_find_run(finder, view, from, to, ret_span)
                               : find_escapes(finder, view, from, to, ret_span);
}
