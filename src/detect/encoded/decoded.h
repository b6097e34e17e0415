/* Encoded text as it stands in other text, decoded. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum { ENCODED_SPAN_MAX = 8192 };

/* Where a byte of decoded text begins in the encoded span. */
typedef struct DecodedFrom {
    uint16_t index : 15;
    uint16_t is_shared : 1; /* the byte before ends in this character too (base64) */
} DecodedFrom;

/* Decoded text, and where each byte of it came from. */
typedef struct Decoded {
    uint8_t text[ENCODED_SPAN_MAX];
    DecodedFrom from[ENCODED_SPAN_MAX + 1]; /* one more for the end */
    size_t len;
    size_t gap;   /* between what a byte is written with and the next */
    size_t width; /* of what a byte is written with, if something else stands before the next; 0: nothing does */
} Decoded;

static inline void decoded_add(Decoded *out, uint8_t byte, DecodedFrom from)
{
    out->text[out->len] = byte;
    out->from[out->len++] = from;
}

static inline DecodedFrom decoded_from(size_t index)
{
    return (DecodedFrom){.index = (uint16_t)index};
}

/* Where the byte before this one ends in the span. */
static inline size_t decoded_stop(const Decoded *decoded, size_t at)
{
    if (decoded->width > 0)
        return decoded->from[at - 1].index + decoded->width;
    return (size_t)decoded->from[at].index + decoded->from[at].is_shared - decoded->gap;
}

/* So many bytes of the span are decoded. */
static inline void decoded_end(Decoded *out, size_t end)
{
    out->from[out->len] = decoded_from(end);
}
