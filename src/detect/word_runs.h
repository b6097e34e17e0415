/* Runs of letters, digits and bytes that are not ASCII, as bit masks of blocks; and which of them are no names. */
#pragma once

#include "detect/class_masks.h"
#include "detect/fast_target.h"

#include <stddef.h>

/* What runs of a block consist of. edges: where parts begin in camelCase. */
typedef struct RunMasks {
    uint64_t word, lower, edges;
} RunMasks;

static ALWAYS_INLINE uint64_t below(unsigned bit)
{
    return (UINT64_C(1) << bit) - 1;
}

/* Of two blocks of bits those from this one on. */
static ALWAYS_INLINE uint64_t bits_from(uint64_t low, uint64_t high, unsigned bit)
{
    return bit == 0 ? low : low >> bit | high << (CLASS_BLOCK - bit);
}

enum { BLOB_MIN = 12 };

/* "q83vEjRWeJCrze8BI0VniavN": in names there are fewer changes between digits, small letters and capitals, and more
 * small letters together; shorter words may be names whatever they look like. quiet: places at which four small letters
 * stand. */
static ALWAYS_INLINE bool word_is_blob(size_t len, size_t changes, size_t quiet)
{
    return len >= BLOB_MIN && changes * 4 > len && quiet * 16 < len;
}

static ALWAYS_INLINE uint64_t word_bits(const ClassMasks *masks)
{
    return (masks->word & ~masks->underscore) | masks->high;
}

static ALWAYS_INLINE uint64_t lower_bits(const ClassMasks *masks)
{
    return masks->word & ~(masks->upper | masks->digit | masks->underscore);
}

/* Of the second of three blocks. */
static ALWAYS_INLINE RunMasks run_masks(const ClassMasks *before, const ClassMasks *now, const ClassMasks *next)
{
    uint64_t lower = lower_bits(now), small = lower | now->digit, small_before = lower_bits(before) | before->digit;
    uint64_t lower_behind = lower >> 1 | lower_bits(next) << 63;

    return (RunMasks){.word = word_bits(now),
        .lower = lower,
        .edges = now->upper &
                 ((small << 1 | small_before >> 63) | ((now->upper << 1 | before->upper >> 63) & lower_behind))};
}

/* Whether the run that begins at this bit of the first of two blocks is too long for a name, or changes too often. */
static ALWAYS_INLINE bool run_is_blob(
    const RunMasks *low, const RunMasks *high, const ClassMasks *masks, unsigned start)
{
    uint64_t behind = ~bits_from(low->word, high->word, start);

    if (behind == 0)
        return true;
    unsigned len = (unsigned)__builtin_ctzll(behind);
    uint64_t edges = bits_from(low->edges, high->edges, start) & below(len);
    uint64_t lower = bits_from(low->lower, high->lower, start) & below(len);
    uint64_t digit = bits_from(masks[0].digit, masks[1].digit, start) & below(len);
    uint64_t quiet = lower & lower >> 1 & lower >> 2 & lower >> 3;
    return edges != 0 && word_is_blob(len, (unsigned)__builtin_popcountll(edges | (digit & ~(digit << 1))),
                             (unsigned)__builtin_popcountll(quiet));
}

/* Runs of the block in which there are no words, wherever they begin and end: those with words lie in two blocks.
 * masks: of the block and its neighbours, of which nothing is asked that the blocks next to them tell. */
static ALWAYS_INLINE uint64_t blobs_of(const ClassMasks masks[3], const RunMasks *now)
{
    static const ClassMasks unknown;
    const RunMasks before = run_masks(&unknown, &masks[0], &masks[1]), next = run_masks(&masks[1], &masks[2], &unknown);
    uint64_t blobs = 0;

    for (uint64_t word = now->word; word != 0;) {
        unsigned start = (unsigned)__builtin_ctzll(word);
        uint64_t behind = ~(word >> start), gaps = start == 0 ? ~before.word : UINT64_MAX;
        unsigned len = behind != 0 ? (unsigned)__builtin_ctzll(behind) : CLASS_BLOCK;
        uint64_t run = (len < CLASS_BLOCK ? below(len) : UINT64_MAX) << start;
        bool is_blob = gaps == 0;
        if (gaps >> 63 != 0)
            is_blob = run_is_blob(now, &next, masks + 1, start);
        else if (!is_blob)
            is_blob = run_is_blob(&before, now, masks, CLASS_BLOCK - (unsigned)__builtin_clzll(gaps));
        blobs |= is_blob ? run : 0;
        word &= ~run;
    }
    return blobs;
}
