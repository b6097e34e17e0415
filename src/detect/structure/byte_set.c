#include "detect/structure/byte_set.h"
#include "detect/fast_target.h"

#include <glib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* One bit for each high nibble below 8; none for bytes that are not ASCII. */
static const uint8_t ASCII_BITS[16] = {1, 2, 4, 8, 16, 32, 64, 128};
static const uint8_t OTHER_BITS[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128};

static uint64_t mask_of(const uint8_t low[16], const uint8_t high[16], const uint8_t *text)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < BYTE_SET_BLOCK; i++)
        mask |= (uint64_t)((low[text[i] & 15U] & high[text[i] >> 4]) != 0) << i;
    return mask;
}

static uint64_t mask_portable(const ByteSet *set, const uint8_t *text)
{
    return mask_of(set->low, set->high, text);
}

static void masks_portable(const ByteSets *sets, const uint8_t *text, uint64_t ret_masks[BYTE_SETS])
{
    for (unsigned i = 0; i < BYTE_SETS; i++)
        ret_masks[i] = mask_of(sets->low[i], ASCII_BITS, text);
}

#if defined(__x86_64__)
static inline __m128i nibble_bits(const uint8_t bits[16])
{
    return _mm_loadu_si128((const __m128i *)(const void *)bits);
}

__attribute__((target("avx2"))) static uint64_t mask_avx2(const ByteSet *set, const uint8_t *text)
{
    const __m256i low = _mm256_broadcastsi128_si256(nibble_bits(set->low));
    const __m256i high = _mm256_broadcastsi128_si256(nibble_bits(set->high));
    const __m256i nibble = _mm256_set1_epi8(15);
    uint64_t mask = 0;

    for (unsigned i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + i * sizeof bytes));
        __m256i by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
        __m256i by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
        __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(by_low, by_high), _mm256_setzero_si256());
        mask |= (uint64_t)(uint32_t)~_mm256_movemask_epi8(none) << (i * 32);
    }
    return mask;
}

__attribute__((target("avx2"))) static void masks_avx2(
    const ByteSets *sets, const uint8_t *text, uint64_t ret_masks[BYTE_SETS])
{
    const __m256i high = _mm256_broadcastsi128_si256(nibble_bits(ASCII_BITS));
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i by_high[2], low_nibble[2];

    for (unsigned i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + i * sizeof bytes));
        low_nibble[i] = _mm256_and_si256(bytes, nibble);
        by_high[i] = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    }
    for (unsigned set = 0; set < BYTE_SETS; set++) {
        const __m256i low = _mm256_broadcastsi128_si256(nibble_bits(sets->low[set]));
        ret_masks[set] = 0;
        for (unsigned i = 0; i < 2; i++) {
            __m256i found = _mm256_and_si256(_mm256_shuffle_epi8(low, low_nibble[i]), by_high[i]);
            __m256i none = _mm256_cmpeq_epi8(found, _mm256_setzero_si256());
            ret_masks[set] |= (uint64_t)(uint32_t)~_mm256_movemask_epi8(none) << (i * 32);
        }
    }
}

/* As above, 64 bytes at a time. */
#define WIDE ALIGNED_STACK __attribute__((target("avx512f,avx512bw")))

/* What the bytes' high nibbles stand for, and their low nibbles. */
typedef struct Nibbles {
    __m512i by_high, low;
} Nibbles;

WIDE static inline Nibbles nibbles_of(const uint8_t bits[16], const uint8_t *text)
{
    const __m512i high = _mm512_broadcast_i32x4(nibble_bits(bits)), nibble = _mm512_set1_epi8(15);
    const __m512i bytes = _mm512_loadu_si512(text);

    return (Nibbles){.by_high = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble)),
        .low = _mm512_and_si512(bytes, nibble)};
}

WIDE static inline uint64_t mask_wide(const uint8_t low[16], const Nibbles *nibbles)
{
    const __m512i table = _mm512_broadcast_i32x4(nibble_bits(low));

    return _mm512_test_epi8_mask(_mm512_shuffle_epi8(table, nibbles->low), nibbles->by_high);
}

WIDE static uint64_t mask_avx512(const ByteSet *set, const uint8_t *text)
{
    const Nibbles nibbles = nibbles_of(set->high, text);

    return mask_wide(set->low, &nibbles);
}

WIDE static void masks_avx512(const ByteSets *sets, const uint8_t *text, uint64_t ret_masks[BYTE_SETS])
{
    const Nibbles nibbles = nibbles_of(ASCII_BITS, text);

    for (unsigned i = 0; i < BYTE_SETS; i++)
        ret_masks[i] = mask_wide(sets->low[i], &nibbles);
}
#endif

static void add_members(uint8_t low[16], const char *members)
{
    for (const char *member = members; *member != '\0'; member++)
        low[(uint8_t)*member & 15U] |= (uint8_t)(1U << ((uint8_t)*member >> 4 & 7U));
}

void byte_sets_init(ByteSets *sets, const char *const members[BYTE_SETS])
{
    memset(sets, 0, sizeof *sets);
    for (unsigned i = 0; i < BYTE_SETS; i++)
        add_members(sets->low[i], members[i]);
    sets->masks = masks_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        sets->masks = masks_avx2;
    if (__builtin_cpu_supports("avx512bw"))
        sets->masks = masks_avx512;
#endif
}

void byte_set_init(ByteSet *set, const char *members)
{
    memset(set, 0, sizeof *set);
    add_members(set->low, members);
    memcpy(set->high, (uint8_t)members[0] < 0x80 ? ASCII_BITS : OTHER_BITS, sizeof set->high);
    set->mask = mask_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        set->mask = mask_avx2;
    if (__builtin_cpu_supports("avx512bw"))
        set->mask = mask_avx512;
#endif
}
