#include "detect/class_masks.h"

#include <glib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Portable: eight bytes at a time in a 64-bit word. Each predicate leaves 0x80 in the bytes that hold. */

static inline uint64_t repeat(uint8_t byte)
{
    return UINT64_C(0x0101010101010101) * byte;
}

static inline uint64_t swar_equal(uint64_t word, uint8_t byte)
{
    uint64_t x = word ^ repeat(byte);

    return ~(((x & repeat(0x7F)) + repeat(0x7F)) | x) & repeat(0x80);
}

/* low <= byte <= high, both ASCII. */
static inline uint64_t swar_range(uint64_t word, uint8_t low, uint8_t high)
{
    uint64_t seven = word & repeat(0x7F);
    uint64_t at_least = seven + repeat((uint8_t)(0x80 - low));
    uint64_t above = seven + repeat((uint8_t)(0x7F - high));

    return at_least & ~above & ~word & repeat(0x80);
}

/* The 0x80 bits of the bytes, gathered into eight bits, first byte lowest. */
static inline uint64_t swar_gather(uint64_t flags)
{
    return ((flags >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static void swar_add(uint64_t word, unsigned shift, ClassMasks *masks)
{
    uint64_t digit = swar_range(word, '0', '9');
    uint64_t upper = swar_range(word, 'A', 'Z');

    masks->digit |= swar_gather(digit) << shift;
    masks->upper |= swar_gather(upper) << shift;
    uint64_t underscore = swar_equal(word, '_');
    masks->word |= swar_gather(digit | upper | swar_range(word, 'a', 'z') | underscore) << shift;
    masks->underscore |= swar_gather(underscore) << shift;
    masks->high |= swar_gather(word & repeat(0x80)) << shift;
    masks->at |= swar_gather(swar_equal(word, '@')) << shift;
    masks->plus |= swar_gather(swar_equal(word, '+')) << shift;
    masks->colon |= swar_gather(swar_equal(word, ':')) << shift;
}

static void fill_portable(const uint8_t *text, size_t blocks, ClassMasks *ret_masks)
{
    for (size_t i = 0; i < blocks; i++) {
        ret_masks[i] = (ClassMasks){0};
        for (unsigned j = 0; j < CLASS_BLOCK; j += 8) {
            uint64_t word;
            memcpy(&word, text + i * CLASS_BLOCK + j, sizeof word);
            swar_add(GUINT64_FROM_LE(word), j, &ret_masks[i]);
        }
    }
}

#if defined(__x86_64__)

typedef struct Half {
    __m256i low, high;
} Half;

FAST_TARGET static inline uint64_t avx2_mask(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

FAST_TARGET static inline __m256i avx2_range(__m256i bytes, char low, char count)
{
    __m256i moved = _mm256_sub_epi8(bytes, _mm256_set1_epi8(low));

    return _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(count)), moved);
}

FAST_TARGET static inline uint64_t avx2_in(const Half *half, char low, char high)
{
    return avx2_mask(avx2_range(half->low, low, (char)(high - low)), avx2_range(half->high, low, (char)(high - low)));
}

FAST_TARGET static inline uint64_t avx2_is(const Half *half, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);

    return avx2_mask(_mm256_cmpeq_epi8(half->low, wanted), _mm256_cmpeq_epi8(half->high, wanted));
}

FAST_TARGET static void fill_avx2(const uint8_t *text, size_t blocks, ClassMasks *ret_masks)
{
    for (size_t i = 0; i < blocks; i++) {
        const __m256i *bytes = (const __m256i *)(const void *)(text + i * CLASS_BLOCK);
        Half half = {.low = _mm256_loadu_si256(bytes), .high = _mm256_loadu_si256(bytes + 1)};
        ClassMasks masks = {
            .digit = avx2_in(&half, '0', '9'),
            .upper = avx2_in(&half, 'A', 'Z'),
            .at = avx2_is(&half, '@'),
            .plus = avx2_is(&half, '+'),
            .colon = avx2_is(&half, ':'),
            .underscore = avx2_is(&half, '_'),
            .high = avx2_mask(half.low, half.high),
        };
        masks.word = masks.digit | masks.upper | avx2_in(&half, 'a', 'z') | masks.underscore;
        ret_masks[i] = masks;
    }
}

WIDE_TARGET static inline uint64_t avx512_in(__m512i bytes, char low, char high)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(low)), _mm512_set1_epi8((char)(high - low)));
}

WIDE_TARGET static inline uint64_t avx512_is(__m512i bytes, char byte)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte));
}

WIDE_TARGET static void fill_avx512(const uint8_t *text, size_t blocks, ClassMasks *ret_masks)
{
    for (size_t i = 0; i < blocks; i++) {
        __m512i bytes = _mm512_loadu_si512(text + i * CLASS_BLOCK);
        ClassMasks masks = {
            .digit = avx512_in(bytes, '0', '9'),
            .upper = avx512_in(bytes, 'A', 'Z'),
            .at = avx512_is(bytes, '@'),
            .plus = avx512_is(bytes, '+'),
            .colon = avx512_is(bytes, ':'),
            .underscore = avx512_is(bytes, '_'),
            .high = _mm512_movepi8_mask(bytes),
        };
        masks.word = masks.digit | masks.upper | avx512_in(bytes, 'a', 'z') | masks.underscore;
        ret_masks[i] = masks;
    }
}

ClassMaskFill class_mask_fill_for(Processor processor)
{
    if (processor == PROCESSOR_WIDE)
        return fill_avx512;
    return processor == PROCESSOR_FAST ? fill_avx2 : fill_portable;
}

#else

ClassMaskFill class_mask_fill_for(G_GNUC_UNUSED Processor processor)
{
    return fill_portable;
}

#endif

ClassMaskFill class_mask_fill_best(void)
{
    return class_mask_fill_for(processor_best());
}

ClassMaskFill class_mask_fill_portable(void)
{
    return fill_portable;
}
