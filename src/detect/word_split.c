/* Bit masks of a block give where words begin and where they end; both lists are equally long, and no word costs a
 * branch before its hash is known. */
#include "detect/word_split.h"
#include "detect/byte_class.h"
#include "detect/fast_target.h"
#include "detect/keyword_fold.h"

#include <glib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Bits of a block that are too near to another for their neighbours to be known. */
#define BLOCK_BORDERS (UINT64_C(7) | UINT64_C(15) << 60)

enum {
    STRIP_BLOCKS = 16,
    WRITTEN_AT_ONCE = 8,
    MANY_EDGES = 8,
    PLACES_MAX = STRIP_BLOCKS * CLASS_BLOCK + WRITTEN_AT_ONCE,
    TAIL_BYTES = CLASS_BLOCK + WORD_SPLIT_LAG, /* the end of a text, with what may belong to its first word */
};

/* What the block before says about the first bits of this one: each is 0 or 1. */
typedef struct Carry {
    uint64_t word, small, upper, digit, number;
} Carry;

typedef struct Strip {
    const uint8_t *text; /* followed by CLASS_BLOCK readable bytes */
    uint64_t position;   /* of text[0] */
    size_t from, blocks; /* from: index where the first block is */
} Strip;

struct WordSplitter {
    ClassMaskFill fill;
    void (*split)(WordSplitter *splitter, const Strip *strip);
    const VocabularySketch *sketch;
    uint64_t skipped_numbers, skipped_letters; /* all bits, or none if keywords need them */
    WordHandler handler;
    void *data;
    uint64_t done; /* text before this position is split */
    uint64_t work;

    Carry carry;
    uint64_t part, run; /* where the last of them began; of a run, if it goes on in the next block */
    uint64_t camel_end; /* runs that begin before are among the extras, if they are of interest */
    /* Words, or parts of them: indices into the text of a strip. */
    uint32_t starts[PLACES_MAX], ends[PLACES_MAX];
    size_t start_count, end_count;
    uint64_t hash; /* of the last word */
    /* Whole runs in camelCase, and words without the digits behind them: few, so each is looked at for itself. */
    WordPlace extras[2 * PLACES_MAX];
    size_t extra_count;
};

static void split_fast(WordSplitter *splitter, const Strip *strip);
static void split_anywhere(WordSplitter *splitter, const Strip *strip);

WordSplitter *word_splitter_new(const Vocabulary *vocabulary)
{
    WordSplitter *splitter = g_new0(WordSplitter, 1);

    splitter->fill = class_mask_fill_best();
    splitter->split = fast_target_is_here() ? split_fast : split_anywhere;
    splitter->sketch = vocabulary_sketch(vocabulary);
    splitter->skipped_numbers = splitter->sketch->has_numbers ? 0 : UINT64_MAX;
    splitter->skipped_letters = splitter->sketch->has_letters ? 0 : ~BLOCK_BORDERS;
    return splitter;
}

void word_splitter_free(WordSplitter *splitter)
{
    g_free(splitter);
}

void word_splitter_reset(WordSplitter *splitter, uint64_t position)
{
    splitter->done = position;
    splitter->carry = (Carry){0};
    splitter->camel_end = position;
    splitter->start_count = splitter->end_count = splitter->extra_count = 0;
}

uint64_t word_splitter_work(const WordSplitter *splitter)
{
    return splitter->work;
}

/* Of the places where runs of digits begin at which a word does, those of runs that are all of it. stops: where these
 * runs end, in the same order, of which there may be one less; ends: where words do. */
typedef uint64_t (*NumberStarts)(uint64_t begins, uint64_t stops, uint64_t ends);

#if defined(__x86_64__)
FAST_TARGET static inline uint64_t number_starts_fast(uint64_t begins, uint64_t stops, uint64_t ends)
{
    return _pdep_u64(_pext_u64(ends, stops), begins);
}
#else
#define number_starts_fast number_starts_anywhere
#endif

/* Numbers are looked up, and no words. */
static inline uint64_t number_starts_anywhere(
    G_GNUC_UNUSED uint64_t begins, G_GNUC_UNUSED uint64_t stops, G_GNUC_UNUSED uint64_t ends)
{
    return 0;
}

/* 63 for an empty mask. */
static ALWAYS_INLINE unsigned lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits | UINT64_C(1) << 63);
}

static ALWAYS_INLINE size_t flatten(uint64_t bits, uint32_t at, uint32_t *out)
{
    size_t count = (size_t)__builtin_popcountll(bits);

    for (size_t i = 0; i < count; i += WRITTEN_AT_ONCE) {
        for (size_t j = i; j < i + WRITTEN_AT_ONCE; j++) {
            out[j] = at + lowest(bits);
            bits &= bits - 1;
        }
    }
    return count;
}

static ALWAYS_INLINE uint64_t below(unsigned bit)
{
    return (UINT64_C(1) << bit) - 1;
}

static void add_extra(WordSplitter *splitter, const WordPlace *place)
{
    size_t at = splitter->extra_count++;
    uint64_t end = place->start + place->len;

    for (; at > 0 && splitter->extras[at - 1].start + splitter->extras[at - 1].len > end; at--)
        splitter->extras[at] = splitter->extras[at - 1];
    splitter->extras[at] = *place;
}

/* The first part of the word behind a run that keywords may begin with. */
static void add_word_behind(WordSplitter *splitter, const Strip *strip, uint64_t end)
{
    const uint8_t *text = strip->text + (end - strip->position);
    uint32_t start = 0, len = 1;

    while (start < KEYWORD_PHRASE_GAP && !keyword_is_word_byte(text[start]))
        start++;
    if (!keyword_is_word_byte(text[start]))
        return;
    while (len < WORD_MAX_BYTES && keyword_is_word_byte(text[start + len]) && !byte_is_edge(text + start + len))
        len++;
    add_extra(splitter, &(WordPlace){.start = end + start, .len = len, .stem = len});
}

static void add_camel_run(WordSplitter *splitter, const Strip *strip, uint64_t start, uint64_t end)
{
    uint32_t len = (uint32_t)(end - start);
    uint64_t hash = vocabulary_hash(vocabulary_prefix(strip->text + (start - strip->position), len), len);

    if (vocabulary_sketch_has(splitter->sketch->ends, hash))
        add_extra(splitter, &(WordPlace){.start = start, .len = len, .stem = len});
    if (vocabulary_sketch_has(splitter->sketch->firsts, hash))
        add_word_behind(splitter, strip, end);
}

/* Runs in which parts begin, once each. */
static __attribute__((noinline)) void add_camel_runs(
    WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t edges, const uint64_t words[2])
{
    uint64_t handled = splitter->camel_end > at ? splitter->camel_end - at : 0;

    edges &= handled < CLASS_BLOCK ? ~below((unsigned)handled) : 0;
    while (edges != 0) {
        unsigned edge = (unsigned)__builtin_ctzll(edges);
        uint64_t gaps = ~words[0] & below(edge);
        uint64_t start = splitter->carry.word != 0 ? splitter->run : at;
        if (gaps != 0)
            start = at + CLASS_BLOCK - (unsigned)__builtin_clzll(gaps);
        uint64_t behind = ~(edge == 0 ? words[0] : words[0] >> edge | words[1] << (CLASS_BLOCK - edge));
        unsigned len = behind != 0 ? (unsigned)__builtin_ctzll(behind) : CLASS_BLOCK;
        splitter->camel_end = at + edge + len;
        if (splitter->camel_end - start <= WORD_MAX_BYTES)
            add_camel_run(splitter, strip, start, splitter->camel_end);
        edges &= edge + len < CLASS_BLOCK ? ~below(edge + len) : 0;
    }
}

/* Words that end before these bits with digits behind something else. They may be the last of a keyword without them,
 * or stand before the last; single letters with a number are too many for that. */
static __attribute__((noinline)) void add_stems(
    WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t ends, uint64_t starts)
{
    for (; ends != 0; ends &= ends - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(ends);
        uint64_t before = starts & below(bit);
        uint64_t start = before != 0 ? at + 63 - (unsigned)__builtin_clzll(before) : splitter->part;
        uint64_t len = at + bit - start, stem = len;
        if (len > WORD_MAX_BYTES)
            continue;
        while (stem > 0 && byte_is_digit(strip->text[start + stem - 1 - strip->position]))
            stem--;
        if (stem == 0)
            continue;
        const WordPlace place = {.start = start, .len = (uint32_t)len, .stem = (uint32_t)stem};
        uint64_t hash = vocabulary_hash(vocabulary_prefix(strip->text + (start - strip->position), stem), stem);
        if (vocabulary_sketch_has(splitter->sketch->ends, hash))
            add_extra(splitter, &place);
        if (stem > 1 && vocabulary_sketch_has(splitter->sketch->firsts, hash))
            add_word_behind(splitter, strip, start + len);
    }
}

/* Where runs of digits end at whose beginning a word begins. */
static ALWAYS_INLINE uint64_t number_stops(Carry *carry, uint64_t starts, uint64_t digits)
{
    uint64_t sum = 0;
    bool is_over = __builtin_add_overflow(starts & digits, digits, &sum);

    carry->number = (uint64_t)(__builtin_add_overflow(sum, carry->number, &sum) || is_over);
    return sum & ~digits;
}

/* Of words of one byte those that have no other near in the block: "C.F." is a keyword, "i" is none. */
static ALWAYS_INLINE uint64_t lonely(uint64_t single)
{
    return single & ~(single << 2 | single >> 2 | single << 3 | single >> 3);
}

/* Runs that change between digits, small letters and capitals too often for a name. */
static ALWAYS_INLINE uint64_t dense_runs(uint64_t word, uint64_t changes, uint64_t lower)
{
    uint64_t dense = 0, quiet = lower & lower >> 1 & lower >> 2 & lower >> 3;

    while (word != 0) {
        unsigned start = (unsigned)__builtin_ctzll(word);
        uint64_t behind = ~(word >> start);
        unsigned len = behind != 0 ? (unsigned)__builtin_ctzll(behind) : CLASS_BLOCK;
        uint64_t run = (len < CLASS_BLOCK ? below(len) : ~UINT64_C(0)) << start;
        if (word_is_blob(
                len, (unsigned)__builtin_popcountll(changes & run), (unsigned)__builtin_popcountll(quiet & run)))
            dense |= run;
        word &= ~run;
    }
    return dense;
}

/* Where parts of words begin and end in a block. */
typedef struct Parts {
    uint64_t starts, ends, stems, edges;
} Parts;

/* Takes the parts of such runs away, but for the end of what began before the block, and the last that may go on. */
static __attribute__((noinline)) void drop_runs(Parts *parts, uint64_t runs, const Carry *carry)
{
    uint64_t starts = parts->starts & runs, ends = parts->ends & (runs | runs << 1);

    if ((carry->word & runs) != 0)
        ends &= ends - 1;
    if (runs >> 63 != 0 && starts != 0)
        starts &= ~(UINT64_C(1) << (63 - (unsigned)__builtin_clzll(starts)));
    parts->starts &= ~starts;
    parts->ends &= ~ends;
    parts->stems &= ~(runs | runs << 1);
    parts->edges &= ~runs;
}

static ALWAYS_INLINE void split_block(
    WordSplitter *splitter, const Strip *strip, size_t index, const ClassMasks *now, NumberStarts number_starts)
{
    const ClassMasks *next = now + 1;
    Carry *carry = &splitter->carry;
    uint64_t at = strip->position + index;
    uint64_t word = (now->word & ~now->underscore) | now->high;
    uint64_t next_word = (next->word & ~next->underscore) | next->high;
    uint64_t lower = now->word & ~(now->upper | now->digit | now->underscore);
    uint64_t next_lower = next->word & ~(next->upper | next->digit | next->underscore);
    uint64_t before = word << 1 | carry->word;
    uint64_t edges = now->upper & (((lower | now->digit) << 1 | carry->small) |
                                      ((now->upper << 1 | carry->upper) & (lower >> 1 | next_lower << 63)));
    uint64_t run_starts = word & ~before, starts = run_starts | edges, ends = (~word & before) | edges;
    uint64_t was_number = carry->number, stops = number_stops(carry, starts, now->digit);
    uint64_t stems = ends & (now->digit << 1 | carry->digit) & ~stops;
    if (was_number != 0) /* the first of these began before the block */
        stops &= stops - 1;
    uint64_t numbers = number_starts(starts & now->digit, stops, ends) & splitter->skipped_numbers;
    Parts parts = {
        .starts = starts & ~numbers, .ends = numbers != 0 ? ends & ~stops : ends, .stems = stems, .edges = edges};

    if (edges != 0) {
        if (__builtin_popcountll(edges) >= MANY_EDGES)
            drop_runs(&parts, dense_runs(word, edges | (now->digit & ~(now->digit << 1)), lower), carry);
        add_camel_runs(splitter, strip, at, parts.edges, (const uint64_t[]){word, next_word});
    }
    if (parts.stems != 0)
        add_stems(splitter, strip, at, parts.stems, starts);
    uint64_t single = lonely(parts.starts & parts.ends >> 1) & splitter->skipped_letters;
    splitter->start_count += flatten(parts.starts & ~single, (uint32_t)index, splitter->starts + splitter->start_count);
    splitter->end_count += flatten(parts.ends & ~(single << 1), (uint32_t)index, splitter->ends + splitter->end_count);
    if (starts != 0)
        splitter->part = at + 63 - (unsigned)__builtin_clzll(starts);
    if (run_starts != 0)
        splitter->run = at + 63 - (unsigned)__builtin_clzll(run_starts);
    carry->word = word >> 63;
    carry->small = (lower | now->digit) >> 63;
    carry->upper = now->upper >> 63;
    carry->digit = now->digit >> 63;
}

/* Few words are left behind this. Returns how many. */
static ALWAYS_INLINE size_t keep_likely(WordSplitter *splitter, const Strip *strip)
{
    const VocabularySketch *sketch = splitter->sketch;
    uint64_t before = splitter->hash;
    size_t kept = 0;

    for (size_t i = 0; i < splitter->end_count; i++) {
        uint32_t start = splitter->starts[i], end = splitter->ends[i];
        uint64_t hash = vocabulary_hash(vocabulary_prefix(strip->text + start, end - start), end - start);
        bool is_alone = vocabulary_sketch_has(sketch->alone, hash);
        bool is_pair = vocabulary_sketch_has(sketch->pairs, vocabulary_pair_hash(before, hash));
        splitter->starts[kept] = start;
        splitter->ends[kept] = end;
        kept += (is_alone | is_pair) != 0 ? 1 : 0;
        before = hash;
    }
    splitter->hash = before;
    return kept;
}

static ALWAYS_INLINE void split(WordSplitter *splitter, const Strip *strip, NumberStarts number_starts)
{
    ClassMasks masks[STRIP_BLOCKS + 1];
    uint64_t open = MIN(strip->position + strip->from - splitter->part, (uint64_t)CLASS_BLOCK);

    splitter->starts[0] = (uint32_t)(strip->from - open);
    splitter->start_count = splitter->carry.word;
    splitter->end_count = 0;
    splitter->fill(strip->text + strip->from, strip->blocks + 1, masks);
    for (size_t i = 0; i < strip->blocks; i++)
        split_block(splitter, strip, strip->from + i * CLASS_BLOCK, &masks[i], number_starts);
    splitter->end_count = keep_likely(splitter, strip);
}

FAST_TARGET static void split_fast(WordSplitter *splitter, const Strip *strip)
{
    split(splitter, strip, number_starts_fast);
}

static void split_anywhere(WordSplitter *splitter, const Strip *strip)
{
    split(splitter, strip, number_starts_anywhere);
}

/* Extras that end before the position; those that end later stay. */
static size_t hand_over_extras(WordSplitter *splitter, size_t from, uint64_t end)
{
    for (; from < splitter->extra_count; from++) {
        const WordPlace *extra = &splitter->extras[from];
        if (extra->start + extra->len >= end)
            break;
        splitter->handler(splitter->data, extra);
    }
    return from;
}

static void split_strip(WordSplitter *splitter, const Strip *strip)
{
    size_t extra = 0;

    splitter->split(splitter, strip);
    for (size_t i = 0; i < splitter->end_count; i++) {
        uint32_t len = splitter->ends[i] - splitter->starts[i];
        const WordPlace place = {.start = strip->position + splitter->starts[i], .len = len, .stem = len};
        extra = hand_over_extras(splitter, extra, place.start + len);
        if (len <= WORD_MAX_BYTES)
            splitter->handler(splitter->data, &place);
    }
    splitter->done = strip->position + strip->from + strip->blocks * CLASS_BLOCK;
    splitter->work += strip->blocks * CLASS_BLOCK;
    /* A word ends at the latest where the strip does, if nothing of it follows. */
    extra = hand_over_extras(splitter, extra, splitter->done);
    splitter->extra_count -= extra;
    memmove(splitter->extras, splitter->extras + extra, splitter->extra_count * sizeof splitter->extras[0]);
}

/* The end of the text, and nothing behind it. */
static void split_tail(WordSplitter *splitter, const TextView *view)
{
    uint8_t tail[TAIL_BYTES + 2 * CLASS_BLOCK] = {0};
    size_t at = (size_t)(splitter->done - view->base), before = MIN(at, (size_t)CLASS_BLOCK);
    const Strip strip = {.text = tail,
        .position = splitter->done - before,
        .from = before,
        .blocks = (view->len - at) / CLASS_BLOCK + 1};

    memcpy(tail, view->data + at - before, view->len - at + before);
    split_strip(splitter, &strip);
    (void)hand_over_extras(splitter, 0, UINT64_MAX);
    explicit_bzero(tail, sizeof tail);
}

void word_splitter_feed(WordSplitter *splitter, const TextView *view, WordStep step, WordHandler handler, void *data)
{
    uint64_t end = view->base + view->len;

    splitter->handler = handler;
    splitter->data = data;
    while (end - splitter->done >= WORD_SPLIT_LAG) {
        size_t blocks = (size_t)(end - splitter->done) / CLASS_BLOCK - (WORD_SPLIT_LAG / CLASS_BLOCK - 1);
        const Strip strip = {.text = view->data,
            .position = view->base,
            .from = (size_t)(splitter->done - view->base),
            .blocks = MIN(blocks, (size_t)STRIP_BLOCKS)};
        split_strip(splitter, &strip);
    }
    if (step == WORD_LAST)
        split_tail(splitter, view);
}
