#include "detect/encoded/encoded_pieces.h"
#include "detect/encoded/base64.h"
#include "detect/encoded/decimals.h"
#include "detect/encoded/dumps.h"
#include "detect/encoded/escapes.h"
#include "detect/encoded/forms.h"
#include "detect/encoded/runs.h"

#include <string.h>

enum {
    OVERLAP = 2048,    /* of the pieces of what is longer than a span */
    LINES_TOLD_BY = 8, /* so many lines of a run that are no text have none behind them */
};

bool span_is_cut(const EncodedSpan *span)
{
    return span->end - span->start + span->skipped == ENCODED_SPAN_MAX;
}

/* Behind pairs of groups of four, which are whole characters of UTF-16 too; at the beginning of a line if one of the
 * last does, for lines are joined from their beginning. */
static size_t next_piece_of_run(const TextView *view, const EncodedSpan *span)
{
    enum { LINES_WITHIN = 1024 };
    size_t end = span->end - OVERLAP, count = 0, line = 0, piece = span->start;

    for (size_t at = span->start; at < end; at++) {
        bool is_escaped = view->data[at] == '\\'; /* the break of a line in JSON */
        at += is_escaped ? 1 : 0;
        uint8_t byte = view->data[at];
        count += !is_escaped && BASE64_VALUES[byte] != 0;
        if (count % 8 == 0)
            piece = at + 1;
        if (count % 8 == 0 && byte == (is_escaped ? 'n' : '\n'))
            line = at + 1;
    }
    return line + LINES_WITHIN > end ? line : piece;
}

/* A field of a form is not cut: its beginning tells what it is. */
static size_t before_field(const TextView *view, size_t end)
{
    for (size_t at = end; at > 0 && end - at < FORM_FIELD_MAX / 2 && view->data[at - 1] > ' '; at--) {
        if (view->data[at - 1] == '&' || view->data[at - 1] == '?')
            return at - 1;
    }
    return end;
}

size_t span_own_end(const TextView *view, const EncodedSpan *span)
{
    if (span->kind == ENCODED_RUN)
        return span_is_cut(span) ? next_piece_of_run(view, span) : span->end;
    if (span->end == view->len || view->data[span->end] == '\n')
        return span->end;
    return before_field(view, span->end - (span_is_cut(span) ? OVERLAP : ESCAPE_AFTER / 2));
}

size_t next_text_line(const TextView *view, size_t at, size_t end)
{
    for (int line = 0; line < LINES_TOLD_BY; line++) {
        const uint8_t *newline = memchr(view->data + at, '\n', end - at);
        if (newline == NULL)
            return end;
        at = (size_t)(newline - view->data) + 1;
        while (at < end && (view->data[at] == ' ' || view->data[at] == '\t'))
            at++;
        if (run_may_be_text((Bytes){.data = view->data + at, .len = end - at}))
            return at;
    }
    return end;
}

/* ---- bytes one by one ---- */

static Bytes from_index(Bytes text, size_t at)
{
    return (Bytes){.data = text.data + at, .len = text.len - at};
}

size_t decode_listed(Bytes text, const EncodedSpan *words, Decoded *out, size_t *ret_start)
{
    size_t number = words->start + (words->kind == ENCODED_DUMP ? 1 : 0);

    out->gap = 0;
    if (words->kind == ENCODED_DUMP) {
        *ret_start = dump_start(text, words->start);
        size_t len = decode_dump(from_index(text, *ret_start), out);
        if (out->len > 0 || decimals_find(text, number, number + 1) == SIZE_MAX)
            return len;
    }
    *ret_start = decimals_start(text, number);
    return decode_decimals(from_index(text, *ret_start), out);
}

size_t own_end_of_dump(const TextView *view, size_t start, size_t len, const Decoded *decoded)
{
    enum { BYTES_AGAIN = 256 };

    if (!dump_is_cut(len) || decoded->len < 2 * BYTES_AGAIN)
        return start + len;
    size_t at = start + decoded->from[decoded->len - BYTES_AGAIN].index, line = at;
    while (line > start && view->data[line - 1] != '\n')
        line--;
    return line > start ? line : at;
}
