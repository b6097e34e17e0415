/* Runs that are neither base64 nor hexadecimal alone: base32 (RFC 4648, section 6), and bytes in hexadecimal with
 * dashes between them, as .NET prints them. Pure functions of bounded spans. */
#pragma once

#include "detect/encoded/decoded.h"

#include <stdint.h>

typedef enum RunSpelling { SPELLED_OTHERWISE, SPELLED_DASHED, SPELLED_BASE32 } RunSpelling;

enum { SPELLING_HEAD = 8 }; /* characters that tell of it, and what they decode to */

/* By the first characters. The bytes are those that they stand for, the lowest of the value is the last. */
RunSpelling run_spelling(const uint8_t head[SPELLING_HEAD], uint64_t *ret_bytes, unsigned *ret_count);

/* Decodes all of it; breaks of lines count for nothing. False: something else stands in it. */
bool run_put_dashed(Bytes run, Decoded *out);
bool run_put_base32(Bytes run, Decoded *out);
