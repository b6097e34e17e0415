/* Where in 64 bytes one of a few stands, as a bit mask: bit i is byte i. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BYTE_SET_BLOCK = 64 };

typedef struct ByteSet ByteSet;

struct ByteSet {
    uint8_t low[16];  /* by low nibble: bit n says that the byte with high nibble n, or 8 + n, belongs to the set */
    uint8_t high[16]; /* by high nibble: that bit; 0: no member has it */
    uint64_t (*mask)(const ByteSet *set, const uint8_t *text);
};

/* members: ASCII only, or none of it. */
void byte_set_init(ByteSet *set, const char *members);

/* Reads BYTE_SET_BLOCK bytes; only the first len of them count. */
static inline uint64_t byte_set_mask(const ByteSet *set, const uint8_t *text, size_t len)
{
    uint64_t mask = set->mask(set, text);

    return len >= BYTE_SET_BLOCK ? mask : mask & ((UINT64_C(1) << len) - 1);
}

/* Several sets looked for at once, which costs little more than one. */
enum { BYTE_SETS = 4 };

typedef struct ByteSets ByteSets;

struct ByteSets {
    uint8_t low[BYTE_SETS][16]; /* of each as in ByteSet */
    void (*masks)(const ByteSets *sets, const uint8_t *text, uint64_t ret_masks[BYTE_SETS]);
};

/* members: ASCII only. */
void byte_sets_init(ByteSets *sets, const char *const members[BYTE_SETS]);

/* As byte_set_mask(). */
static inline void byte_sets_masks(const ByteSets *sets, const uint8_t *text, size_t len, uint64_t ret_masks[BYTE_SETS])
{
    sets->masks(sets, text, ret_masks);
    if (len >= BYTE_SET_BLOCK)
        return;
    for (unsigned i = 0; i < BYTE_SETS; i++)
        ret_masks[i] &= (UINT64_C(1) << len) - 1;
}
