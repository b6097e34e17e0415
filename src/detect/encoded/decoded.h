/* Encoded text as it stands in other text, decoded. */
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

static inline void decoded_add(Decoded *out, uint8_t byte, size_t from)
{
    out->text[out->len] = byte;
    out->from[out->len++] = (uint16_t)from;
}
