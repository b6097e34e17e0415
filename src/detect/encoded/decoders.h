/* Encoded text as it stands in other text, decoded: base64 and base64url, hexadecimal, and the escapes of URLs, of
 * JSON and programs, of HTML and of quoted-printable mail. Pure functions of bounded spans. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum { ENCODED_SPAN_MAX = 8192 };

/* Decoded text, and where each byte of it came from. */
typedef struct Decoded {
    uint8_t text[ENCODED_SPAN_MAX];
    uint16_t from[ENCODED_SPAN_MAX + 1]; /* index in the encoded span; one more for the end */
    size_t len;
    bool is_shifted; /* a byte also needs the character behind the one where it begins (base64) */
} Decoded;

/* False: it is none, or what comes out is no text. The span has at most ENCODED_SPAN_MAX bytes. */
bool decode_base64(Bytes span, Decoded *out);
bool decode_hex(Bytes span, Decoded *out);
/* Whether the beginning of the span, as base64 or hexadecimal, may be text. */
bool decoded_may_be_text(Bytes span, Decoded *scratch);
/* False also if there is nothing to decode. */
bool decode_escapes(Bytes span, Decoded *out);

/* Whether an escape at the beginning of the text stands for a character which may be part of a value or beside one, so
 * that it is worth decoding what stands around it; or for the beginning of another such escape. */
bool escape_is_telling(Bytes text);

/* Whether the text begins with an "=" that ends a line of quoted-printable mail which goes on in the next. */
bool escape_is_soft_break(Bytes text);
