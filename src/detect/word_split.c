/* Bit masks of a block give where words begin and where they end; both lists are equally long, and no word costs a
 * branch before its hash is known. */
#include "detect/byte_class.h"
#include "detect/fast_target.h"
#include "detect/keyword_fold.h"
#include "detect/word_split_state.h"

#include <glib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Bits of a block that are too near to another for their neighbours to be known. */
#define BLOCK_BORDERS (UINT64_C(31) | UINT64_C(63) << 58)

enum {
    MANY_EDGES = 8,
    TAIL_BYTES = CLASS_BLOCK + WORD_SPLIT_LAG, /* the end of a text, with what may belong to its first word */
};

static void split_wide(WordSplitter *splitter, const Strip *strip);
static void split_fast(WordSplitter *splitter, const Strip *strip);
static void split_anywhere(WordSplitter *splitter, const Strip *strip);

WordSplitter *word_splitter_new(const Vocabulary *vocabulary, Processor processor)
{
    static void (*const splits[])(WordSplitter *, const Strip *) = {
        [PROCESSOR_ANY] = split_anywhere, [PROCESSOR_FAST] = split_fast, [PROCESSOR_WIDE] = split_wide};
    WordSplitter *splitter = g_new0(WordSplitter, 1);

    splitter->fill = class_mask_fill_for(processor);
    splitter->split = splits[processor];
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
    splitter->last = (ClassMasks){0};
    splitter->open_number = 0;
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

/* Writes the places of bits, and returns how many they are. */
typedef size_t (*Flatten)(uint64_t bits, uint32_t at, uint16_t *out);

static ALWAYS_INLINE size_t flatten(uint64_t bits, uint32_t at, uint16_t *out)
{
    enum { UNROLLED = 8 };
    size_t count = (size_t)__builtin_popcountll(bits);

    for (size_t i = 0; i < count; i += UNROLLED) {
        for (size_t j = i; j < i + UNROLLED; j++) {
            out[j] = (uint16_t)(at + lowest(bits));
            bits &= bits - 1;
        }
    }
    return count;
}

#if defined(__x86_64__)
WIDE_TARGET static inline size_t flatten_wide(uint64_t bits, uint32_t at, uint16_t *out)
{
    static const uint8_t numbers[CLASS_BLOCK] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    __m512i first = _mm512_set1_epi16((short)at);

    _mm512_storeu_si512(out, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(places)), first));
    _mm512_storeu_si512(
        out + CLASS_BLOCK / 2, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(places, 1)), first));
    return (size_t)__builtin_popcountll(bits);
}
#else
#define flatten_wide flatten
#endif

/* Where runs of digits end at whose beginning a word begins. */
static ALWAYS_INLINE uint64_t number_stops(uint64_t *open_number, uint64_t starts, uint64_t digits)
{
    uint64_t sum = 0;
    bool is_over = __builtin_add_overflow(starts & digits, digits, &sum);

    *open_number = (uint64_t)(__builtin_add_overflow(sum, *open_number, &sum) || is_over);
    return sum & ~digits;
}

/* Of words of one byte those that have no other near in the block: "C.F." is a keyword, "i" is none. */
static ALWAYS_INLINE uint64_t lonely(uint64_t single)
{
    uint64_t before = single << 2 | single << 3, behind = single >> 2 | single >> 3;

    return single & ~(before | before << 2 | behind | behind >> 2);
}

bool word_splitter_is_blob(const WordSplitter *splitter, const TextView *view, size_t at)
{
    uint8_t text[3 * CLASS_BLOCK] = {0};
    size_t before = MIN(at, (size_t)CLASS_BLOCK), behind = MIN(view->len - at, (size_t)2 * CLASS_BLOCK);
    ClassMasks masks[1 + 3 + 1] = {0};
    RunMasks runs[3];

    memcpy(text + CLASS_BLOCK - before, view->data + at - before, before + behind);
    splitter->fill(text, 3, masks + 1);
    explicit_bzero(text, sizeof text);
    for (size_t i = 0; i < 3; i++)
        runs[i] = run_masks(&masks[i], &masks[i + 1], &masks[i + 2]);
    uint64_t gaps = ~runs[0].word;
    if (gaps == 0)
        return true;
    unsigned len = (unsigned)__builtin_clzll(gaps);
    return len == 0 ? run_is_blob(&runs[1], &runs[2], masks + 2, 0)
                    : run_is_blob(&runs[0], &runs[1], masks + 1, CLASS_BLOCK - len);
}

/* Where parts of words begin and end in a block. */
typedef struct Parts {
    uint64_t starts, ends, stems, edges;
} Parts;

/* Takes the parts of such runs away, but for the end of what began before the block, and the last that may go on. */
static __attribute__((noinline)) void drop_runs(Parts *parts, uint64_t runs, uint64_t word_before)
{
    uint64_t starts = parts->starts & runs, ends = parts->ends & (runs | runs << 1);

    if ((word_before >> 63 & runs) != 0)
        ends &= ends - 1;
    if (runs >> 63 != 0 && starts != 0)
        starts &= ~(UINT64_C(1) << (63 - (unsigned)__builtin_clzll(starts)));
    parts->starts &= ~starts;
    parts->ends &= ~ends;
    parts->stems &= ~(runs | runs << 1);
    parts->edges &= ~runs;
}

/* What is done otherwise on different processors. */
typedef struct Steps {
    NumberStarts number_starts;
    Flatten flatten;
} Steps;

/* masks: of the block, and of those before and behind it. */
static ALWAYS_INLINE void split_block(
    WordSplitter *splitter, const Strip *strip, size_t index, const ClassMasks masks[3], Steps steps)
{
    const ClassMasks *now = &masks[1];
    const RunMasks runs = run_masks(&masks[0], now, &masks[2]);
    const uint64_t words[] = {word_bits(&masks[0]), runs.word, word_bits(&masks[2])};
    uint64_t at = strip->position + index, edges = runs.edges;
    uint64_t before = runs.word << 1 | words[0] >> 63;
    uint64_t run_starts = runs.word & ~before, starts = run_starts | edges, ends = (~runs.word & before) | edges;
    uint64_t was_open = splitter->open_number, stops = number_stops(&splitter->open_number, starts, now->digit);
    uint64_t stems = ends & (now->digit << 1 | masks[0].digit >> 63) & ~stops;
    if (was_open != 0) /* the first of these began before the block */
        stops &= stops - 1;
    uint64_t numbers = steps.number_starts(starts & now->digit, stops, ends) & splitter->skipped_numbers;
    Parts parts = {
        .starts = starts & ~numbers, .ends = numbers != 0 ? ends & ~stops : ends, .stems = stems, .edges = edges};

    if (edges != 0) {
        if (__builtin_popcountll(edges) >= MANY_EDGES)
            drop_runs(&parts, blobs_of(masks, &runs), words[0]);
        word_extras_add_runs(splitter, strip, at, parts.edges, words);
    }
    if (parts.stems != 0)
        word_extras_add_stems(splitter, strip, at, parts.stems, starts);
    uint64_t single = lonely(parts.starts & parts.ends >> 1) & splitter->skipped_letters;
    uint32_t first = (uint32_t)(index - strip->from) + CLASS_BLOCK;
    splitter->start_count += steps.flatten(parts.starts & ~single, first, splitter->starts + splitter->start_count);
    splitter->end_count += steps.flatten(parts.ends & ~(single << 1), first, splitter->ends + splitter->end_count);
    if (starts != 0)
        splitter->part = at + 63 - (unsigned)__builtin_clzll(starts);
    if (run_starts != 0)
        splitter->run = at + 63 - (unsigned)__builtin_clzll(run_starts);
}

static ALWAYS_INLINE uint64_t word_hash(const WordSplitter *splitter, const Strip *strip, size_t index)
{
    size_t start = splitter->starts[index], len = splitter->ends[index] - start;

    return vocabulary_hash(vocabulary_prefix(strip->text + (strip->from - CLASS_BLOCK + start), len), len);
}

/* The words that may be last words. Returns how many. */
static ALWAYS_INLINE size_t find_ends(const WordSplitter *splitter, const Strip *strip, uint32_t *ret_words)
{
    size_t count = 0;

    for (size_t i = 0; i < splitter->end_count; i++) {
        ret_words[count] = (uint32_t)i;
        count += vocabulary_may_end(splitter->sketch, word_hash(splitter, strip, i)) ? 1 : 0;
    }
    return count;
}

static ALWAYS_INLINE bool goes_on_before(const Strip *strip, size_t start)
{
    return start > 0 && keyword_is_word_byte(strip->text[start - 1]);
}

/* A part of a run in camelCase may stand behind all that is before it in the run, not only the part before: "GitHub" in
 * "GitHubToken". True if it is not known where the run began. */
static bool may_follow_run(const WordSplitter *splitter, const Strip *strip, size_t word, uint64_t hash)
{
    size_t first = word, end = splitter->starts[word];

    while (first > 0 && splitter->ends[first - 1] == splitter->starts[first] &&
           end - splitter->starts[first] <= WORD_MAX_BYTES)
        first--;
    size_t len = end - splitter->starts[first], start = strip->from - CLASS_BLOCK + splitter->starts[first];
    if (len > WORD_MAX_BYTES)
        return false;
    if (goes_on_before(strip, start))
        return true;
    uint64_t run = vocabulary_hash(vocabulary_prefix(strip->text + start, len), len);
    return vocabulary_sketch_has_two(splitter->sketch->pairs, vocabulary_pair_hash(run, hash));
}

/* Few words are left behind this. */
static ALWAYS_INLINE void keep_likely(WordSplitter *splitter, const Strip *strip)
{
    const VocabularySketch *sketch = splitter->sketch;
    uint32_t words[PLACES_MAX];
    size_t count = find_ends(splitter, strip, words), kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t word = words[i], start = strip->from - CLASS_BLOCK + splitter->starts[word];
        uint32_t len = (uint32_t)(splitter->ends[word] - splitter->starts[word]);
        uint64_t hash = word_hash(splitter, strip, word);
        uint64_t before = word > 0 ? word_hash(splitter, strip, word - 1) : splitter->hash;
        bool is_end = vocabulary_sketch_has_two(sketch->pairs, vocabulary_pair_hash(before, hash)) ||
                      (goes_on_before(strip, start) && may_follow_run(splitter, strip, word, hash));
        splitter->likely[kept] =
            (WordPlace){.start = strip->position + start, .len = len, .stem = len, .is_end = is_end};
        vocabulary_prefetch(sketch, hash);
        if (vocabulary_sketch_leads(sketch, hash))
            word_extras_add_behind(splitter, strip, strip->position + start + len);
        kept += (is_end | vocabulary_sketch_has_two(sketch->alone, hash)) != 0 && len <= WORD_MAX_BYTES ? 1 : 0;
    }
    splitter->likely_count = kept;
    if (splitter->end_count > 0)
        splitter->hash = word_hash(splitter, strip, splitter->end_count - 1);
}

static ALWAYS_INLINE void split(WordSplitter *splitter, const Strip *strip, Steps steps)
{
    ClassMasks masks[1 + STRIP_BLOCKS + 1];
    uint64_t open = MIN(strip->position + strip->from - splitter->part, (uint64_t)CLASS_BLOCK);

    splitter->starts[0] = (uint16_t)(CLASS_BLOCK - open);
    splitter->start_count = word_bits(&splitter->last) >> 63;
    splitter->end_count = 0;
    masks[0] = splitter->last;
    splitter->fill(strip->text + strip->from, strip->blocks + 1, masks + 1);
    for (size_t i = 0; i < strip->blocks; i++)
        split_block(splitter, strip, strip->from + i * CLASS_BLOCK, &masks[i], steps);
    splitter->last = masks[strip->blocks];
    keep_likely(splitter, strip);
}

WIDE_TARGET static void split_wide(WordSplitter *splitter, const Strip *strip)
{
    split(splitter, strip, (Steps){.number_starts = number_starts_fast, .flatten = flatten_wide});
}

FAST_TARGET static void split_fast(WordSplitter *splitter, const Strip *strip)
{
    split(splitter, strip, (Steps){.number_starts = number_starts_fast, .flatten = flatten});
}

static void split_anywhere(WordSplitter *splitter, const Strip *strip)
{
    split(splitter, strip, (Steps){.number_starts = number_starts_anywhere, .flatten = flatten});
}

static void split_strip(WordSplitter *splitter, const Strip *strip)
{
    size_t extra = 0;

    splitter->split(splitter, strip);
    for (size_t i = 0; i < splitter->likely_count; i++) {
        const WordPlace *place = &splitter->likely[i];
        extra = word_extras_hand_over(splitter, extra, place->start + place->len);
        splitter->handler(splitter->data, place);
    }
    splitter->done = strip->position + strip->from + strip->blocks * CLASS_BLOCK;
    splitter->work += strip->blocks * CLASS_BLOCK;
    /* A word ends at the latest where the strip does, if nothing of it follows. */
    extra = word_extras_hand_over(splitter, extra, splitter->done);
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
    (void)word_extras_hand_over(splitter, 0, UINT64_MAX);
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
