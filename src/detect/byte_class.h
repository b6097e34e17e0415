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

/* No text has it: controls but for those of lines. */
static inline bool byte_is_control(uint8_t byte)
{
    return (byte < ' ' && !(byte >= '\t' && byte <= '\r')) || byte == 0x7F;
}

/* Eight bytes at a time: '0' to '9' are 0x30 to 0x39, and with 6 more still begin with 3. */
static inline bool bytes_are_digits(const uint8_t *text, size_t len)
{
    const uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0), three = UINT64_C(0x3030303030303030);
    const uint64_t six = UINT64_C(0x0606060606060606);
    size_t at = 0;
    bool is_all = true;

    for (; is_all && at + sizeof(uint64_t) <= len; at += sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, text + at, sizeof bytes);
        is_all = (bytes & high) == three && ((bytes + six) & high) == three;
    }
    for (; is_all && at < len; at++)
        is_all = byte_is_digit(text[at]);
    return is_all;
}

static inline bool byte_is_one_of(uint8_t byte, const char *bytes)
{
    return byte != '\0' && strchr(bytes, byte) != NULL;
}
