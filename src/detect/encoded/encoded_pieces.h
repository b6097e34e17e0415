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

/* Decodes the dump or list of bytes one by one whose words these are, from where it begins. Decimal numbers of two
 * digits may be hexadecimal ones. Returns how long it is; out is empty if it is none. */
size_t decode_listed(Bytes text, const EncodedSpan *words, Decoded *out, size_t *ret_start);

/* Where such a dump of so many bytes ends for its values: those that begin in the last bytes of one that is cut belong
 * to the next piece, which begins with a line. */
size_t own_end_of_dump(const TextView *view, size_t start, size_t len, const Decoded *decoded);
