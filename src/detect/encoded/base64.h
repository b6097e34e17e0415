/* The digits of base64 (RFC 4648, sections 4 and 5) and of hexadecimal. */
#pragma once

#include <stdint.h>

/* One more than what the character is worth; 0: it is none. */
extern const uint8_t BASE64_VALUES[256];

/* -1: it is none. */
static inline int base64_value(uint8_t byte)
{
    return BASE64_VALUES[byte] - 1;
}

/* Of a hexadecimal digit. */
static inline uint8_t hex_value(uint8_t digit)
{
    return (uint8_t)((digit & 15) + (digit >> 6) * 9);
}
