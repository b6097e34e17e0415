#include "detect/structure/embedded.h"
#include "detect/structure/line_begin.h"
#include "detect/structure/printed_line.h"

#include <string.h>

enum {
    HEAD_MAX = 64 * 1024, /* of a statement before its rows */

    LINE_HELD = PRINTED_LINE_MAX, /* a line that does not end by then is looked at no further */
};

void embedded_scan_init(EmbeddedScan *scan, FieldNames *names)
{
    *scan = (EmbeddedScan){.mode = EMBEDDED_PARAGRAPH};
    line_sets_init(&scan->sets);
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
    scan->at = scan->statement = scan->floor = scan->insert = scan->searched = 0;
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

    while (LINE_BEGINS[*feed_text(feed, from)] == BEGINS_BLANK)
        from++;
    SqlVerb verb = sql_head_verb((Bytes){.data = feed_text(feed, from), .len = (size_t)(feed->to - from)}, &len);
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
    const uint8_t *end = feed_text(feed, position - 1), *newline = memrchr(end - reach, '\n', reach);
    if (newline == NULL && position - 1 - reach != scan->floor)
        return (Bytes){0};
    uint64_t start = newline != NULL ? position - 1 - (uint64_t)(end - newline) + 1 : scan->floor;
    return feed_line(feed, start, position - 1);
}

/* Whether what follows may change what is known of a line that begins at the position. */
static bool must_wait(const Feed *feed, uint64_t position)
{
    return !feed->is_last && feed->to - position <= LINE_HELD;
}

/* A paragraph begins at the position: it may be a table whose header has no ruler. False: more must come. */
static bool see_paragraph(EmbeddedScan *scan, const Feed *feed, uint64_t position)
{
    uint64_t end = feed_line_end(feed, position);
    bool is_whole = end < feed->to || feed->is_last;

    if (!is_whole && must_wait(feed, position))
        return false;
    scan->mode = EMBEDDED_LINES;
    scan->at = position;
    if (end >= feed->to || !line_has_gaps(&scan->sets, feed_line(feed, position, end)))
        return true;
    uint64_t row_end = feed_line_end(feed, end + 1);
    if (row_end == feed->to && must_wait(feed, end + 1)) {
        scan->mode = EMBEDDED_PARAGRAPH;
        return false;
    }
    const Bytes header = feed_line(feed, position, end);
    if (end + 1 < feed->to && line_has_gaps(&scan->sets, feed_line(feed, end + 1, row_end)) &&
        printed_begin_plain(&scan->printed, header, feed_line(feed, end + 1, row_end))) {
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
    bool is_table = header.len > 0 && printed_begin(&scan->printed, header, feed_line(feed, scan->at, end));

    skip_line(scan, feed, end);
    if (is_table && scan->mode == EMBEDDED_LINES)
        scan->mode = EMBEDDED_PRINTED;
}

/* A line that is not dull. False: more must come. */
static bool see_line(EmbeddedScan *scan, const Feed *feed, LineBegin begin)
{
    uint64_t end = feed_line_end(feed, scan->at);

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

/* The next statement that may begin within a line; `to`: none is known. */
static uint64_t next_insert(EmbeddedScan *scan, const Feed *feed, uint64_t from)
{
    if (scan->insert >= from && scan->insert < scan->searched)
        return scan->insert;
    Feed told = *feed;
    told.to = feed->is_last ? feed->to : feed->to - MIN((uint64_t)VERB_MAX, feed->to - feed->view->base);
    uint64_t start = MAX(from, scan->searched);
    scan->insert = start < told.to ? line_find_insert(&told, start) : MAX(start, told.to);
    scan->searched = scan->insert < told.to ? scan->insert + 1 : scan->insert;
    return scan->insert < told.to ? scan->insert : feed->to;
}

/* The last line goes on; a statement may begin at the end of what is known of it. */
static void go_on_in_line(EmbeddedScan *scan, const Feed *feed)
{
    scan->mode = EMBEDDED_SKIP;
    scan->at = feed->is_last ? feed->to : MAX(scan->at, feed->to - MIN((uint64_t)VERB_MAX, feed->to));
}

/* A line that begins as most do. */
static void see_dull(EmbeddedScan *scan, const Feed *feed, uint64_t insert)
{
    if (insert == feed->to)
        go_on_in_line(scan, feed);
    else if (!begin_statement(scan, feed, insert))
        go_on_behind(scan, insert + 1);
}

static bool feed_lines(EmbeddedScan *scan, const Feed *feed)
{
    while (scan->mode == EMBEDDED_LINES && scan->at < feed->to) {
        uint64_t insert = next_insert(scan, feed, scan->at);
        Feed before = *feed;
        before.to = insert;
        scan->at = line_skip_dull(&scan->sets, &before, scan->at);
        if (scan->at == feed->to)
            break;
        LineBegin begin = line_begin_of(feed, scan->at);
        if (begin == BEGINS_DULL) {
            see_dull(scan, feed, insert);
            return scan->mode != EMBEDDED_SKIP || insert < feed->to;
        }
        if (!see_line(scan, feed, begin))
            return false;
    }
    return scan->at < feed->to;
}

static bool feed_skip(EmbeddedScan *scan, const Feed *feed)
{
    uint64_t end = feed_line_end(feed, scan->at), insert = next_insert(scan, feed, scan->at);

    if (insert < end) {
        see_dull(scan, feed, insert);
        return true;
    }
    if (end == feed->to) {
        go_on_in_line(scan, feed);
        return false;
    }
    scan->at = end + 1;
    scan->mode = EMBEDDED_LINES;
    return true;
}

/* ---- statements and tables ---- */

static bool feed_head(EmbeddedScan *scan, const Feed *feed)
{
    SqlNext next = SQL_GO_ON;

    while (scan->at < feed->to && next == SQL_GO_ON)
        next = sql_head_see(&scan->head, *feed_text(feed, scan->at++));
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
    return is_short && printed_see_line(&scan->printed, feed_line(feed, scan->at, end), scan->at);
}

static bool feed_printed(EmbeddedScan *scan, const Feed *feed)
{
    while (scan->at < feed->to) {
        uint64_t end = feed_line_end(feed, scan->at);
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
    uint64_t end = feed_line_end(feed, feed->view->base);
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
