/* Where in 64 bytes one of a few ASCII characters stands, as a bit mask: bit i is byte i. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BYTE_SET_BLOCK = 64 };

typedef struct ByteSet ByteSet;

struct ByteSet {
    uint8_t low[16]; /* by low nibble: bit n says that the character with high nibble n belongs to the set */
    uint64_t (*mask)(const ByteSet *set, const uint8_t *text);
};

/* members: ASCII only. */
void byte_set_init(ByteSet *set, const char *members);

/* Reads BYTE_SET_BLOCK bytes; only the first len of them count. */
static inline uint64_t byte_set_mask(const ByteSet *set, const uint8_t *text, size_t len)
{
    uint64_t mask = set->mask(set, text);

    return len >= BYTE_SET_BLOCK ? mask : mask & ((UINT64_C(1) << len) - 1);
}
