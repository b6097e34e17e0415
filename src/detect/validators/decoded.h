/* What is written in base64 inside a value: wiped before it is freed, since it may be a credential. */
#pragma once

#include "detect/validators/validators_internal.h"

typedef struct Decoded {
    guchar *data; /* NULL if there is none */
    gsize len;
} Decoded;

void decoded_clear(Decoded *decoded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoded, decoded_clear)

/* Base64 of either alphabet (RFC 4648 sections 4 and 5), with or without padding; what is not of the alphabet is left
 * out. */
Decoded base64_decode(const uint8_t *text, size_t len);

/* A character of RFC 4648, section 4, but not the padding. */
bool is_base64(uint8_t c);
