#include "detect/class_starts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)

/* The words of a block, one in each lane, in order: where it begins, where it ends, and how long it is. The last word
 * may go on in the next block: it has no lane of its own. */
typedef struct WordLanes {
    __m512i starts, ends, lengths, behind; /* behind: the byte that follows */
    __mmask64 closed;                      /* which lanes hold words */
    __mmask64 digits, letters;             /* those of nothing but digits, and of none */
    uint64_t open;                         /* bit of the block: where the word begins that goes on */
} WordLanes;

/* Where the runs end that begin at some of the starts: a one that is added to a run's first bit leaves it there. */
ALIGNED_STACK static ALWAYS_INLINE uint64_t ends_of_runs(uint64_t runs, uint64_t starts)
{
    return ((runs & starts) + runs) & ~runs;
}

ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __m512i lane_numbers(void)
{
    return _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
        12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/* Lane i is lane i + 1 of those. */
ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __m512i next_lanes(__m512i lanes)
{
    return _mm512_permutexvar_epi8(_mm512_add_epi8(lane_numbers(), _mm512_set1_epi8(1)), lanes);
}

ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __m512i look_up(const uint8_t table[64], __m512i lanes)
{
    return _mm512_permutexvar_epi8(lanes, _mm512_loadu_si512(table));
}

/* 0 for bytes that are not ASCII. */
ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __m512i look_up_ascii(const uint8_t table[128], __m512i bytes)
{
    return _mm512_maskz_permutex2var_epi8(
        (__mmask64)~_mm512_movepi8_mask(bytes), _mm512_loadu_si512(table), bytes, _mm512_loadu_si512(table + 64));
}

ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __m512i look_up_any(const uint8_t table[256], __m512i bytes)
{
    __m512i low = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), bytes, _mm512_loadu_si512(table + 64));
    __m512i high = _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), bytes, _mm512_loadu_si512(table + 192));

    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

/* starts: where words begin. ends: where those end that begin in this block. */
ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE WordLanes lanes_of(
    const ClassMasks *now, __m512i bytes, uint64_t starts, uint64_t ends, uint64_t ends_of_digits)
{
    uint64_t others = now->word & ~now->digit;
    WordLanes words = {
        .starts = _mm512_maskz_compress_epi8(starts, lane_numbers()),
        .ends = _mm512_maskz_compress_epi8(ends, lane_numbers()),
        .closed = (UINT64_C(1) << __builtin_popcountll(ends)) - 1,
        .digits = _pext_u64(ends_of_digits, ends),
        .letters = _pext_u64(ends_of_runs(others, starts), ends),
        .open = now->word >> 63 == 0 || starts == 0 ? 0 : UINT64_C(1) << (63 - __builtin_clzll(starts)),
    };

    words.lengths = _mm512_sub_epi8(words.ends, words.starts);
    words.behind = _mm512_permutexvar_epi8(words.ends, bytes);
    return words;
}

/* Lanes of words that some code may begin with. */
ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __mmask64 sieve_codes(const ClassSieve *sieve, const WordLanes *words)
{
    __m512i next = look_up(sieve->codes[RUN_ANY], words->lengths);

    next = _mm512_mask_blend_epi8(words->digits, next, look_up(sieve->codes[RUN_DIGITS], words->lengths));
    next = _mm512_mask_blend_epi8(words->letters, next, look_up(sieve->codes[RUN_LETTERS], words->lengths));
    __m512i other = _mm512_maskz_set1_epi8(_mm512_movepi8_mask(words->behind), (char)(1U << NEXT_OTHER));
    return _mm512_test_epi8_mask(next, _mm512_or_si512(look_up_ascii(sieve->next, words->behind), other));
}

/* Lanes of words that may be a number, or its first group. Of the last lane the second group is not known. */
ALIGNED_STACK WIDE_TARGET static ALWAYS_INLINE __mmask64 sieve_numbers(const ClassSieve *sieve, const WordLanes *words)
{
    const __m512i longest = _mm512_set1_epi8(15);
    __m512i separators = look_up_ascii(sieve->separators, words->behind);
    __m512i first = _mm512_slli_epi16(_mm512_min_epu8(words->lengths, longest), 4);
    __m512i second = next_lanes(_mm512_min_epu8(words->lengths, longest));
    __m512i behind_separator = _mm512_add_epi8(words->ends, _mm512_set1_epi8(1));
    __mmask64 touching = _mm512_cmpeq_epi8_mask(next_lanes(words->starts), behind_separator);
    __m512i of_pair = look_up_any(sieve->pairs, _mm512_or_si512(first, second));
    __mmask64 pairs = _mm512_test_epi8_mask(of_pair, separators) & touching & words->digits >> 1;
    __mmask64 last = words->closed & ~(words->closed >> 1);
    __mmask64 begun = _mm512_test_epi8_mask(look_up(sieve->firsts, words->lengths), separators) & last;
    __m512i bare = look_up(sieve->bare, words->lengths);

    return (pairs | begun | _mm512_test_epi8_mask(bare, bare)) & words->digits;
}

ALIGNED_STACK WIDE_TARGET static ClassStarts sieve_wide(
    const ClassSieve *sieve, const uint8_t *text, const ClassMasks *now, uint64_t carried, ClassStarts all)
{
    __m512i bytes = _mm512_loadu_si512(text);
    uint64_t before = now->word << 1 | carried, starts = now->word & ~before, ends = ~now->word & before;
    uint64_t ends_of_digits = ends_of_runs(now->digit, starts);
    uint64_t dots = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('.'));
    uint64_t dashes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('-'));
    uint64_t in_number = ((dots & now->digit << 1) | (dashes & ends_of_digits)) << 1 & now->digit;

    if (carried != 0)
        ends &= ends - 1;
    const WordLanes words = lanes_of(now, bytes, starts, ends, ends_of_digits);
    uint64_t numbers = _pdep_u64(sieve_numbers(sieve, &words) & words.closed, starts);
    uint64_t codes = _pdep_u64(sieve_codes(sieve, &words) & words.closed, starts);
    return (ClassStarts){.numbers = all.numbers & (numbers | words.open) & ~in_number,
        .codes = all.codes & (codes | words.open) & (sieve->codes_in_number | ~in_number)};
}

ClassSieving class_sieving(Processor processor)
{
    return processor == PROCESSOR_WIDE ? sieve_wide : NULL;
}

#else

ClassSieving class_sieving(Processor processor)
{
    (void)processor;
    return NULL;
}

#endif
