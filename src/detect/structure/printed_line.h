/* A line of a printed table: its cells, or the ruler that it is. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* A piece of a line, without the blanks around it. */
typedef struct PrintedCell {
    size_t begin;        /* byte behind the delimiter before it */
    Bytes text;          /* may be empty */
    uint32_t start, end; /* in characters */
} PrintedCell;

/* Each returns how many cells there are; no more than `room` are written. */

/* Between bars, ASCII's or those of boxes; what stands outside of bars at both ends is no cell. 0: no bar. */
uint32_t printed_bars(Bytes line, PrintedCell *cells, uint32_t room);
/* Between two blanks or more, or tabs. */
uint32_t printed_words(Bytes line, PrintedCell *cells, uint32_t room);

typedef enum RulerKind { RULER_NONE, RULER_LINE, RULER_RUNS, RULER_BARS } RulerKind;

/* Of dashes and the like, with runs of them as cells. */
RulerKind printed_ruler(Bytes line, PrintedCell *runs, uint32_t room, uint32_t *ret_count);

/* How many columns a byte of a line takes that begins at one; continuations of UTF-8 take none. */
static inline uint32_t printed_width(uint8_t byte, uint32_t column)
{
    enum { TAB = 8 };

    if (byte == '\t')
        return TAB - column % TAB;
    return (byte & 0xC0) == 0x80 ? 0 : 1;
}
