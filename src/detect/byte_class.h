/* Kinds of bytes, by table: the innermost loops ask for little else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BYTE_LOWER = 1, BYTE_UPPER = 2, BYTE_DIGIT = 4, BYTE_HIGH = 8, BYTE_UNDERSCORE = 16, BYTE_HEX_LETTER = 32 };

extern const uint8_t BYTE_CLASS[256];

static inline bool byte_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* What "\w" is: A-Z a-z 0-9 _ */
static inline bool byte_is_word(uint8_t byte)
{
    return (BYTE_CLASS[byte] & (BYTE_LOWER | BYTE_UPPER | BYTE_DIGIT | BYTE_UNDERSCORE)) != 0;
}

static inline bool byte_is_hex(uint8_t byte)
{
    return (BYTE_CLASS[byte] & (BYTE_DIGIT | BYTE_HEX_LETTER)) != 0;
}

static inline bool byte_is_one_of(uint8_t byte, const char *bytes)
{
    return byte != '\0' && strchr(bytes, byte) != NULL;
}
