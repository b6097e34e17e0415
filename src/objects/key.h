/* Keys that text cannot hold, as text.
 *
 * A key with NUL, or with bytes that are no UTF-8, is percent-escaped, and so are its own percent signs: "a<FF>%"
 * becomes "a%FF%25". Any other key is its own text. Pure. */
#pragma once

#include "base/bytes.h"

bool key_is_text(Bytes raw);

typedef enum KeyEscape {
    KEY_ESCAPE_NEEDED, /* what text cannot hold, and the percent sign */
    KEY_ESCAPE_ALL,    /* every byte: another spelling of the same key */
} KeyEscape;

/* The escaped form; the caller's. */
char *key_escape(Bytes raw, KeyEscape escape);

/* The key behind an escaped form, NUL-terminated beyond its length; the caller's. */
GByteArray *key_unescape(const char *text);
