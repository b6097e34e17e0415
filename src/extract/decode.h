/* Text of any known encoding in, UTF-8 out, piece by piece. No memory of its own: what a piece leaves over (part of a
 * character) stays with the caller, who puts it in front of the next one. Pure functions. */
#pragma once

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECODE_PIECE_BYTES = 32 * 1024, DECODE_OUT_BYTES = 2 * DECODE_PIECE_BYTES };

typedef enum DecodeEnd { DECODE_MORE_FOLLOWS, DECODE_AT_END } DecodeEnd;

/* Decodes at most DECODE_PIECE_BYTES of data into out (DECODE_OUT_BYTES long) and returns how many bytes it used: all
 * but up to 3 that need more to be understood; at the end, all. UTF-16: a surrogate without its partner becomes U+FFFD,
 * as does an odd last byte (RFC 2781). TEXT_UTF8 is passed on without this. */
size_t decode_piece(
    TextEncoding encoding, const uint8_t *data, size_t len, DecodeEnd end, char *out, size_t *ret_out_len);
