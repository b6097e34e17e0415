/* What the beginning of a text says of JSON in it, and the keys that are written with escapes. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

/* Whether the text is JSON from its beginning on, apart from comments; where it begins behind them. */
bool json_head_tell(Bytes text, size_t *ret_start);
/* Whether many a line has an object in it, as those of logs do; only whole lines are looked at. */
bool json_head_has_lines(Bytes text);

enum { JSON_KEY_MAX = 256 }; /* bytes that keys with escapes may have */

/* Writes the key without its escapes as UTF-8; returns its length. What is no escape stays as it is. */
size_t json_key_decode(Bytes key, uint8_t ret_text[JSON_KEY_MAX]);
