/* How what is encoded is taken apart: where one piece ends and the next begins. Pure. */
#pragma once

#include "detect/encoded/encoded_spans.h"

/* Whether the span may be longer. */
bool span_is_cut(const EncodedSpan *span);

/* Where the next piece begins behind a span: values that begin behind it are that one's. */
size_t span_own_end(const TextView *view, const EncodedSpan *span);

/* Most runs of many lines are no text in any of them, and the first few tell: where the next line behind at begins that
 * may be; end: nowhere. */
size_t next_text_line(const TextView *view, size_t at, size_t end);
