/* The escapes of URLs, of JSON and programs, of HTML and of quoted-printable mail. Pure functions of bounded spans. */
#pragma once

#include "detect/encoded/decoded.h"

/* False if there is nothing to decode. The span has at most ENCODED_SPAN_MAX bytes. */
bool decode_escapes(Bytes span, Decoded *out);

/* Whether an escape at the beginning of the text stands for a character which may be part of a value or beside one, so
 * that it is worth decoding what stands around it; or for the beginning of another such escape. */
bool escape_is_telling(Bytes text);

/* Whether the text begins with an "=" that ends a line of quoted-printable mail which goes on in the next. */
bool escape_is_soft_break(Bytes text);

/* Whether the byte may be the last or the first of a line of mail within a value: a letter, a digit, or what parts
 * them. */
bool escape_may_break_beside(uint8_t byte);
