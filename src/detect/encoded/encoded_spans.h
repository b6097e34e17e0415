/* Where encoded text stands in a text. */
#pragma once

#include "detect/encoded/decoded.h"
#include "detect/keywords.h"
#include "detect/structure/byte_set.h"

/* A run: base64 or hexadecimal. A dump: bytes one by one (dumps.h, decimals.h); both
 * are found with the runs. */
typedef enum EncodedKind { ENCODED_RUN, ENCODED_ESCAPES, ENCODED_DUMP, ENCODED_DECIMALS } EncodedKind;

typedef struct EncodedSpan {
    EncodedKind kind;
    size_t start, end; /* indices in the view */
    size_t skipped;    /* characters of the run before it: they are something else */
} EncodedSpan;

typedef struct EncodedFinder {
    ByteSet runs;
    ByteSets escapes;                /* what they begin with, and go on with */
    ByteSet printed, printed_second; /* likewise, of characters that stand for those of ASCII */
} EncodedFinder;

void encoded_finder_init(EncodedFinder *finder);

enum { ESCAPE_AFTER = 512 }; /* of the line behind an escape, if no further one follows in it */

/* The next span of the kind whose run or first escape begins at from or later and before to; false: there is none. A
 * span is at most ENCODED_SPAN_MAX long: what goes on is the next one. A run ends with its line; escapes have some text
 * before them with them, which may begin before from. */
bool encoded_find(
    const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedKind kind, EncodedSpan *ret_span);

typedef enum EncodedStep { ENCODED_MORE, ENCODED_LAST } EncodedStep; /* LAST: the text ends with the view */

/* Where a span ends at most that begins there. */
static inline size_t encoded_span_limit(const TextView *view, size_t start)
{
    size_t most = start + ENCODED_SPAN_MAX;

    return view->len < most ? view->len : most;
}
