/* Where UTF-8 ends being valid, and where a cut piece ends between characters. RFC 3629. Pure functions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a stretch of bytes looks like as UTF-8. */
typedef struct Utf8Census {
    size_t multibyte; /* valid characters of more than one byte */
    size_t invalid;   /* bytes that belong to no valid character, but for a cut one at the very end */
    size_t control;   /* C0 controls and DEL that text does not use */
} Utf8Census;

Utf8Census utf8_census(const uint8_t *data, size_t len);

/* Length of the longest start of data that does not end inside a character. At most 3 bytes less than len; bytes that
 * cannot begin a character are not waited for. */
size_t utf8_whole_length(const uint8_t *data, size_t len);

/* Writes one code point (at most U+10FFFF) and returns its length, 1 to 4. */
size_t utf8_put(char *out, uint32_t code_point);
