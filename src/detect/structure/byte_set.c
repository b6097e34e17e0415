#include "detect/structure/byte_set.h"

#include <glib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static uint64_t mask_portable(const ByteSet *set, const uint8_t *text)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < BYTE_SET_BLOCK; i++) {
        unsigned high = text[i] >> 4;
        mask |= (uint64_t)(high < 8 ? set->low[text[i] & 15U] >> high & 1U : 0U) << i;
    }
    return mask;
}

#if defined(__x86_64__)
/* One bit for each high nibble below 8; none for bytes that are not ASCII. */
#define HIGH_BITS 1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0

__attribute__((target("avx2"))) static uint64_t mask_avx2(const ByteSet *set, const uint8_t *text)
{
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)set->low));
    const __m256i high = _mm256_setr_epi8(HIGH_BITS, HIGH_BITS);
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
#endif

void byte_set_init(ByteSet *set, const char *members)
{
    memset(set, 0, sizeof *set);
    for (const char *member = members; *member != '\0'; member++)
        set->low[(uint8_t)*member & 15U] |= (uint8_t)(1U << ((uint8_t)*member >> 4));
    set->mask = mask_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        set->mask = mask_avx2;
#endif
}
