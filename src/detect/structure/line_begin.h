/* Lines of text by how they begin: what may begin a statement of SQL or a printed table, and what is passed over. */
#pragma once

#include "base/bytes.h"
#include "detect/structure/byte_set.h"
#include "detect/text_view.h"

#include <stdbool.h>

enum { VERB_MAX = 16 }; /* bytes that tell whether a statement begins */

/* What is read of a text in one step. */
typedef struct Feed {
    const TextView *view;
    uint64_t to;
    bool is_last; /* the text ends there */
} Feed;

static inline const uint8_t *feed_text(const Feed *feed, uint64_t position)
{
    return feed->view->data + (position - feed->view->base);
}

/* Where the line's newline is; `to`: it is not there yet. */
uint64_t feed_line_end(const Feed *feed, uint64_t from);
/* Without its carriage return. */
Bytes feed_line(const Feed *feed, uint64_t from, uint64_t to);

typedef enum LineBegin { BEGINS_DULL, BEGINS_BLANK, BEGINS_NOTHING, BEGINS_VERB, BEGINS_RULER } LineBegin;

/* By a line's first byte. */
extern const uint8_t LINE_BEGINS[256];

/* BEGINS_BLANK: nothing but blanks is there yet. */
LineBegin line_begin_of(const Feed *feed, uint64_t position);

/* The sets that the functions below want. */
void line_sets_init(ByteSets *sets);
/* From a line's beginning on: the first line that does not begin as most do, or the last. */
uint64_t line_skip_dull(const ByteSets *sets, const Feed *feed, uint64_t line);
/* Two blanks or a tab between words, as few lines of prose have them. */
bool line_has_gaps(const ByteSets *sets, Bytes line);

/* Where a statement that inserts begins within a line, from a position on; its first VERB_MAX bytes are there, or the
 * text ends. `to`: nowhere. */
uint64_t line_find_insert(const Feed *feed, uint64_t from);
