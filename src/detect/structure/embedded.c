#include "detect/structure/embedded.h"
#include "detect/structure/printed_line.h"

#include <string.h>

enum {
    VERB_MAX = 16,        /* bytes of a line that tell whether a statement begins with it */
    HEAD_MAX = 64 * 1024, /* of a statement before its rows */

    HEADER_SEEN = 256,            /* bytes of a line without a ruler: there are gaps, or it is none */
    LINE_HELD = PRINTED_LINE_MAX, /* a line that does not end by then is looked at no further */
};

/* Of scan->sets. */
enum { SET_NEWLINES, SET_BLANKS, SET_BEGINNINGS, SET_ASCII };

void embedded_scan_init(EmbeddedScan *scan, FieldNames *names)
{
    char ascii[128] = {0};

    for (unsigned i = 0; i < sizeof ascii - 1; i++)
        ascii[i] = (char)(i + 1);
    *scan = (EmbeddedScan){.mode = EMBEDDED_PARAGRAPH};
    byte_sets_init(&scan->sets,
        (const char *const[BYTE_SETS]){
            [SET_NEWLINES] = "\n", [SET_BLANKS] = " \t", [SET_BEGINNINGS] = "iIcCrR-+|=:\r\n", [SET_ASCII] = ascii});
    cell_log_init(&scan->log, names);
    sql_head_init(&scan->head, names);
    sql_rows_init(&scan->rows, &scan->log, &scan->head);
    printed_init(&scan->printed, names, &scan->log);
}

void embedded_scan_clear(EmbeddedScan *scan)
{
    cell_log_clear(&scan->log);
    sql_head_clear(&scan->head);
}

void embedded_scan_reset(EmbeddedScan *scan)
{
    cell_log_reset(&scan->log);
    sql_head_reset(&scan->head);
    scan->mode = EMBEDDED_PARAGRAPH;
    scan->at = scan->statement = scan->floor = 0;
}

typedef struct Feed {
    const TextView *view;
    uint64_t to;
    bool is_last;
} Feed;

static const uint8_t *text_at(const Feed *feed, uint64_t position)
{
    return feed->view->data + (position - feed->view->base);
}

/* Where the line's newline is; `to`: it is not there yet. */
static uint64_t line_end(const Feed *feed, uint64_t from)
{
    if (from >= feed->to)
        return feed->to;
    const uint8_t *text = text_at(feed, from), *newline = memchr(text, '\n', (size_t)(feed->to - from));

    return newline != NULL ? from + (uint64_t)(newline - text) : feed->to;
}

static Bytes line_between(const Feed *feed, uint64_t from, uint64_t to)
{
    size_t len = (size_t)(to - from);
    const uint8_t *text = text_at(feed, from);

    return (Bytes){.data = text, .len = len > 0 && text[len - 1] == '\r' ? len - 1 : len};
}

/* ---- lines of anything ---- */

typedef enum LineBegin { BEGINS_DULL, BEGINS_BLANK, BEGINS_NOTHING, BEGINS_VERB, BEGINS_RULER } LineBegin;

/* By the first byte of a line; SET_BEGINNINGS has all that are not dull, but for the last and the blanks. */
static const uint8_t BEGINNINGS[256] = {[' '] = BEGINS_BLANK,
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

/* BEGINS_BLANK: nothing but blanks is there yet. */
static LineBegin begin_of(const Feed *feed, uint64_t position)
{
    const uint8_t *text = text_at(feed, position), *end = text_at(feed, feed->to);

    while (text < end && BEGINNINGS[*text] == BEGINS_BLANK)
        text++;
    if (text == end)
        return BEGINS_BLANK;
    LineBegin begin = (LineBegin)BEGINNINGS[*text];
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

/* From a line's beginning on: the first line that does not begin as most do, or the last. */
static uint64_t skip_dull(const EmbeddedScan *scan, const Feed *feed, uint64_t line)
{
    uint64_t last = line;
    bool is_open = true;

    for (uint64_t at = line; at < feed->to; at += BYTE_SET_BLOCK) {
        uint64_t masks[BYTE_SETS];
        byte_sets_masks(&scan->sets, text_at(feed, at), (size_t)(feed->to - at), masks);
        uint64_t firsts = first_bytes(masks[SET_NEWLINES], masks[SET_BLANKS], &is_open);
        uint64_t left = firsts & (masks[SET_BEGINNINGS] | ~masks[SET_ASCII]);
        for (; left != 0; left &= left - 1) {
            uint64_t before = masks[SET_NEWLINES] & ((left & -left) - 1);
            uint64_t start = before != 0 ? at + BYTE_SET_BLOCK - (unsigned)__builtin_clzll(before) : last;
            if (start == feed->to || begin_of(feed, start) != BEGINS_DULL)
                return start;
        }
        if (masks[SET_NEWLINES] != 0)
            last = at + BYTE_SET_BLOCK - (unsigned)__builtin_clzll(masks[SET_NEWLINES]);
    }
    return last;
}

static void go_on_behind(EmbeddedScan *scan, uint64_t position)
{
    scan->mode = EMBEDDED_SKIP;
    scan->at = scan->floor = position;
}

/* False: no statement begins here. */
static bool begin_statement(EmbeddedScan *scan, const Feed *feed, uint64_t position)
{
    uint64_t from = position;
    size_t len = 0;

    while (BEGINNINGS[*text_at(feed, from)] == BEGINS_BLANK)
        from++;
    SqlVerb verb = sql_head_verb((Bytes){.data = text_at(feed, from), .len = (size_t)(feed->to - from)}, &len);
    if (verb == SQL_OTHER)
        return false;
    sql_head_begin(&scan->head, verb);
    scan->mode = EMBEDDED_SQL_HEAD;
    scan->statement = from;
    scan->at = from + len;
    return true;
}

/* The line before this one; empty: there is none, or it is too long. */
static Bytes line_before(const EmbeddedScan *scan, const Feed *feed, uint64_t position)
{
    uint64_t from = MAX(scan->floor, feed->view->base);

    if (position < from + 2)
        return (Bytes){0};
    size_t reach = (size_t)MIN(position - 1 - from, (uint64_t)PRINTED_LINE_MAX);
    const uint8_t *end = text_at(feed, position - 1), *newline = memrchr(end - reach, '\n', reach);
    if (newline == NULL && position - 1 - reach != scan->floor)
        return (Bytes){0};
    uint64_t start = newline != NULL ? position - 1 - (uint64_t)(end - newline) + 1 : scan->floor;
    return line_between(feed, start, position - 1);
}

/* Whether what follows may change what is known of a line that begins at the position. */
static bool must_wait(const Feed *feed, uint64_t position)
{
    return !feed->is_last && feed->to - position <= LINE_HELD;
}

/* Two blanks or a tab between words, as few lines of prose have them. */
static bool has_gaps(const EmbeddedScan *scan, Bytes line)
{
    size_t from = 0;

    while (from < line.len && BEGINNINGS[line.data[from]] == BEGINS_BLANK)
        from++;
    size_t to = MIN(line.len, from + HEADER_SEEN);
    if (from < to && memchr(line.data + from, '\t', to - from) != NULL)
        return true;
    for (size_t at = from; at < to; at += BYTE_SET_BLOCK - 1) {
        uint64_t masks[BYTE_SETS];
        byte_sets_masks(&scan->sets, line.data + at, to - at, masks);
        if ((masks[SET_BLANKS] & masks[SET_BLANKS] >> 1) != 0)
            return true;
    }
    return false;
}

/* A paragraph begins at the position: it may be a table whose header has no ruler. False: more must come. */
static bool see_paragraph(EmbeddedScan *scan, const Feed *feed, uint64_t position)
{
    uint64_t end = line_end(feed, position);
    bool is_whole = end < feed->to || feed->is_last;

    if (!is_whole && must_wait(feed, position))
        return false;
    scan->mode = EMBEDDED_LINES;
    scan->at = position;
    if (end >= feed->to || !has_gaps(scan, line_between(feed, position, end)))
        return true;
    uint64_t row_end = line_end(feed, end + 1);
    if (row_end == feed->to && must_wait(feed, end + 1)) {
        scan->mode = EMBEDDED_PARAGRAPH;
        return false;
    }
    const Bytes header = line_between(feed, position, end);
    if (end + 1 < feed->to && has_gaps(scan, line_between(feed, end + 1, row_end)) &&
        printed_begin_plain(&scan->printed, header, line_between(feed, end + 1, row_end))) {
        scan->mode = EMBEDDED_PRINTED;
        scan->at = end + 1;
    }
    return true;
}

static bool feed_paragraph(EmbeddedScan *scan, const Feed *feed)
{
    return see_paragraph(scan, feed, scan->at);
}

static void skip_line(EmbeddedScan *scan, const Feed *feed, uint64_t end)
{
    scan->at = MIN(end + 1, feed->to);
    if (end == feed->to)
        scan->mode = EMBEDDED_SKIP;
}

static void see_ruler(EmbeddedScan *scan, const Feed *feed, uint64_t end)
{
    const Bytes header = line_before(scan, feed, scan->at);
    bool is_table = header.len > 0 && printed_begin(&scan->printed, header, line_between(feed, scan->at, end));

    skip_line(scan, feed, end);
    if (is_table && scan->mode == EMBEDDED_LINES)
        scan->mode = EMBEDDED_PRINTED;
}

/* A line that is not dull. False: more must come. */
static bool see_line(EmbeddedScan *scan, const Feed *feed, LineBegin begin)
{
    uint64_t end = line_end(feed, scan->at);

    if (end == feed->to && must_wait(feed, scan->at) && (begin != BEGINS_VERB || feed->to - scan->at < VERB_MAX))
        return false;
    if (begin == BEGINS_VERB && begin_statement(scan, feed, scan->at))
        return true;
    if (begin == BEGINS_RULER) {
        see_ruler(scan, feed, end);
        return true;
    }
    skip_line(scan, feed, end);
    if (begin == BEGINS_NOTHING && end < feed->to)
        scan->mode = EMBEDDED_PARAGRAPH;
    return true;
}

static bool feed_lines(EmbeddedScan *scan, const Feed *feed)
{
    while (scan->mode == EMBEDDED_LINES && scan->at < feed->to) {
        scan->at = skip_dull(scan, feed, scan->at);
        if (scan->at == feed->to)
            break;
        LineBegin begin = begin_of(feed, scan->at);
        if (begin == BEGINS_DULL) /* the last, and it goes on */
            skip_line(scan, feed, feed->to);
        else if (!see_line(scan, feed, begin))
            return false;
    }
    return scan->at < feed->to;
}

static bool feed_skip(EmbeddedScan *scan, const Feed *feed)
{
    uint64_t end = line_end(feed, scan->at);

    scan->at = MIN(end + 1, feed->to);
    if (end == feed->to)
        return false;
    scan->mode = EMBEDDED_LINES;
    return true;
}

/* ---- statements and tables ---- */

static bool feed_head(EmbeddedScan *scan, const Feed *feed)
{
    SqlNext next = SQL_GO_ON;

    while (scan->at < feed->to && next == SQL_GO_ON)
        next = sql_head_see(&scan->head, *text_at(feed, scan->at++));
    if (next == SQL_GO_ON && scan->at - scan->statement <= HEAD_MAX)
        return false;
    if (next == SQL_ROW_BEGINS || next == SQL_ROWS_BEGIN) {
        scan->at -= next == SQL_ROW_BEGINS ? 1 : 0;
        sql_rows_begin(&scan->rows, scan->at);
        scan->mode = EMBEDDED_SQL_ROWS;
        return true;
    }
    /* What was no statement may have ended with its line. */
    go_on_behind(scan, scan->at - 1);
    if (next == SQL_ENDS) {
        scan->floor = ++scan->at;
        scan->mode = EMBEDDED_LINES;
    }
    return true;
}

static bool feed_rows(EmbeddedScan *scan, const Feed *feed)
{
    const SqlRowsEnd end = sql_rows_feed(&scan->rows, feed->view, scan->at, feed->to);

    scan->at = end.at;
    if (!end.is_over)
        return false;
    go_on_behind(scan, end.at);
    if (end.is_known)
        scan->mode = EMBEDDED_LINES;
    return true;
}

static bool see_row(EmbeddedScan *scan, const Feed *feed, uint64_t end)
{
    bool is_short = end - scan->at <= PRINTED_LINE_MAX;

    cell_log_drop_from(&scan->log, scan->at); /* what was known of its beginning */
    return is_short && printed_see_line(&scan->printed, line_between(feed, scan->at, end), scan->at);
}

static bool feed_printed(EmbeddedScan *scan, const Feed *feed)
{
    while (scan->at < feed->to) {
        uint64_t end = line_end(feed, scan->at);
        bool is_whole = end < feed->to || feed->is_last;
        if (!see_row(scan, feed, end) && (is_whole || end - scan->at > LINE_HELD)) {
            cell_log_add(&scan->log, (CellMark){.position = scan->at, .record_start = scan->at});
            scan->mode = EMBEDDED_LINES;
            scan->floor = scan->at;
            return true;
        }
        if (!is_whole)
            return false;
        scan->at = end + 1;
    }
    return false;
}

/* False: more must come. */
static bool feed_once(EmbeddedScan *scan, const Feed *feed)
{
    switch (scan->mode) {
    case EMBEDDED_LINES:
        return feed_lines(scan, feed);
    case EMBEDDED_PARAGRAPH:
        return feed_paragraph(scan, feed);
    case EMBEDDED_SKIP:
        return feed_skip(scan, feed);
    case EMBEDDED_SQL_HEAD:
        return feed_head(scan, feed);
    case EMBEDDED_SQL_ROWS:
        return feed_rows(scan, feed);
    case EMBEDDED_PRINTED:
        return feed_printed(scan, feed);
    }
    return false;
}

/* A table goes on behind it. */
static void leave_line(EmbeddedScan *scan, const Feed *feed)
{
    uint64_t end = line_end(feed, feed->view->base);
    bool is_table = scan->mode == EMBEDDED_PRINTED && end < feed->to;

    go_on_behind(scan, is_table ? end + 1 : feed->view->base);
    scan->mode = is_table ? EMBEDDED_PRINTED : EMBEDDED_SKIP;
}

void embedded_scan_feed(EmbeddedScan *scan, const TextView *view, uint64_t to, EmbeddedStep step)
{
    const Feed feed = {.view = view, .to = to, .is_last = step == EMBEDDED_LAST};

    if (scan->at < view->base) /* of a line that waited for its end, the beginning is gone */
        leave_line(scan, &feed);
    while (scan->at < to && feed_once(scan, &feed))
        ;
}
