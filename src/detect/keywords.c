#include "detect/keywords.h"
#include "base/text.h"
#include "detect/byte_class.h"
#include "detect/class_masks.h"
#include "detect/fast_target.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum {
    CHUNK_MAX = CLASS_BLOCK - 1, /* longer runs are no identifiers but blobs: skipped, not looked at again */
    MAX_BYTES_PER_CHAR = 4,
    BLOB_MIN = 24,    /* shorter ones may be names whatever they look like */
    BLOB_EIGHTHS = 3, /* in eight characters of a name there are not more changes */
};

typedef struct SeenWord {
    uint32_t word;
    uint64_t start, end;
} SeenWord;

struct KeywordTracker {
    ClassMaskFill fill;
    void (*feed)(KeywordTracker *tracker, const TextView *view, KeywordStep step);
    const Vocabulary *vocabulary;
    const VocabularySketch *sketch;
    const KeywordPhrase *phrases;
    bool is_skipping; /* inside a run that is too long */
    uint64_t done;    /* text before this position is split */
    SeenWord last[KEYWORD_MAX_WORDS];
    uint32_t last_count;
    GArray *hits; /* KeywordHit */
    uint64_t work;
};

static void feed_fast(KeywordTracker *tracker, const TextView *view, KeywordStep step);
static void feed_anywhere(KeywordTracker *tracker, const TextView *view, KeywordStep step);

KeywordTracker *keyword_tracker_new(const Vocabulary *vocabulary)
{
    KeywordTracker *tracker = g_new0(KeywordTracker, 1);

    tracker->fill = class_mask_fill_best();
    tracker->feed = fast_target_is_here() ? feed_fast : feed_anywhere;
    tracker->vocabulary = vocabulary;
    tracker->sketch = vocabulary_sketch(vocabulary);
    tracker->phrases = vocabulary_phrase(vocabulary, 0);
    tracker->hits = g_array_new(FALSE, FALSE, sizeof(KeywordHit));
    return tracker;
}

void keyword_tracker_free(KeywordTracker *tracker)
{
    if (tracker == NULL)
        return;
    g_array_unref(tracker->hits);
    g_free(tracker);
}

void keyword_tracker_reset(KeywordTracker *tracker)
{
    tracker->is_skipping = false;
    tracker->done = 0;
    tracker->last_count = 0;
    g_array_set_size(tracker->hits, 0);
}

const GArray *keyword_tracker_hits(const KeywordTracker *tracker)
{
    return tracker->hits;
}

size_t keyword_look_back(uint32_t max_distance)
{
    return (size_t)max_distance * MAX_BYTES_PER_CHAR + KEYWORD_SPAN;
}

uint64_t keyword_tracker_work(const KeywordTracker *tracker)
{
    return tracker->work;
}

static bool phrase_ends_here(const KeywordTracker *tracker, const KeywordPhrase *phrase)
{
    if (phrase->count > tracker->last_count)
        return false;
    const SeenWord *seen = &tracker->last[tracker->last_count - phrase->count];
    for (uint32_t i = 0; i < phrase->count; i++) {
        if (seen[i].word != phrase->words[i])
            return false;
        if (i > 0 && seen[i].start - seen[i - 1].end > KEYWORD_PHRASE_GAP)
            return false;
    }
    return true;
}

static void word_seen(KeywordTracker *tracker, uint32_t word, uint64_t start, uint64_t end)
{
    if (tracker->last_count == KEYWORD_MAX_WORDS) {
        memmove(tracker->last, tracker->last + 1, sizeof tracker->last - sizeof tracker->last[0]);
        tracker->last_count--;
    }
    tracker->last[tracker->last_count++] = (SeenWord){.word = word, .start = start, .end = end};

    const KeywordEnds ends = vocabulary_phrases_of(tracker->vocabulary, word);
    for (uint32_t i = 0; i < ends.count; i++) {
        const KeywordPhrase *phrase = &tracker->phrases[ends.phrases[i]];
        if (!phrase_ends_here(tracker, phrase))
            continue;
        const KeywordHit hit = {
            .start = tracker->last[tracker->last_count - phrase->count].start, .end = end, .phrase = ends.phrases[i]};
        g_array_append_val(tracker->hits, hit);
    }
}

static uint32_t stem_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    size_t stem = len;

    while (stem > 0 && byte_is_digit(text[stem - 1]))
        stem--;
    return stem > 0 ? vocabulary_find(vocabulary, text, stem) : 0;
}

/* One part, whole or without its trailing digits. An unknown word ends any phrase. */
static ALWAYS_INLINE void part_see(KeywordTracker *tracker, const uint8_t *text, uint64_t start, size_t len)
{
    uint32_t word = 0;

    if (vocabulary_may_have(tracker->sketch, text, len))
        word = vocabulary_find(tracker->vocabulary, text, len);
    if (word == 0 && byte_is_digit(text[len - 1]))
        word = stem_find(tracker->vocabulary, text, len);
    if (word != 0)
        word_seen(tracker, word, start, start + len);
    else
        tracker->last_count = 0;
}

/* Up to 64 bytes of the text, by class. */
typedef struct SplitBlock {
    const uint8_t *text;                              /* followed by VOCABULARY_PADDING readable bytes */
    uint8_t padded[CLASS_BLOCK + VOCABULARY_PADDING]; /* the text, where the view ends soon */
    uint64_t position;                                /* of text[0] */
    unsigned len;
    uint64_t words, digits;
    uint64_t edges; /* where a new part begins: "cardNumber" at N, "SSNNumber" at the second N */
} SplitBlock;

static ALWAYS_INLINE void block_read(const KeywordTracker *tracker, const TextView *view, size_t at, SplitBlock *block)
{
    size_t left = view->len - at;
    ClassMasks masks;

    block->text = view->data + at;
    block->position = view->base + at;
    block->len = (unsigned)MIN(left, (size_t)CLASS_BLOCK);
    if (left < sizeof block->padded) {
        memset(block->padded, 0, sizeof block->padded);
        memcpy(block->padded, block->text, left);
        block->text = block->padded;
    }
    tracker->fill(block->text, 1, &masks);
    uint64_t valid = block->len == CLASS_BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << block->len) - 1;
    block->words = ((masks.word & ~masks.underscore) | masks.high) & valid;
    uint64_t lower = masks.word & ~masks.upper & ~masks.digit & ~masks.underscore;
    block->digits = masks.digit;
    block->edges = masks.upper & ((lower | masks.digit) << 1 | (masks.upper << 1 & (lower & valid) >> 1));
}

/* edges: bit i says that a part begins at text[i]. */
static void split_camel(KeywordTracker *tracker, const uint8_t *text, uint64_t start, size_t len, uint64_t edges)
{
    size_t part = 0;

    for (; edges != 0; edges &= edges - 1) {
        size_t next = (size_t)__builtin_ctzll(edges);
        part_see(tracker, text + part, start + part, next - part);
        part = next;
    }
    part_see(tracker, text + part, start + part, len - part);
    uint32_t word = vocabulary_find(tracker->vocabulary, text, len);
    if (word != 0)
        word_seen(tracker, word, start, start + len);
}

/* "q83vEjRWeJCrze8BI0VniavN": names change less often between digits, small letters and capitals. */
static bool is_blob(uint64_t edges, uint64_t digits, unsigned len)
{
    if (len < BLOB_MIN)
        return false;
    unsigned changes = (unsigned)(__builtin_popcountll(edges) + __builtin_popcountll(digits & ~(digits << 1)));
    return changes * 8 > len * BLOB_EIGHTHS;
}

/* A whole run within the block that is no plain word, or may be one of a keyword. Numbers are none. */
static __attribute__((noinline)) void run_see(
    KeywordTracker *tracker, const SplitBlock *block, unsigned start, unsigned len)
{
    uint64_t ones = (UINT64_C(1) << len) - 1;
    uint64_t edges = block->edges >> start & ones & ~UINT64_C(1);
    uint64_t digits = block->digits >> start & ones;
    const uint8_t *text = block->text + start;

    if (digits == ones || (edges != 0 && is_blob(edges, digits, len)))
        tracker->last_count = 0;
    else if (edges != 0)
        split_camel(tracker, text, block->position + start, len, edges);
    else
        part_see(tracker, text, block->position + start, len);
}

typedef enum LastRun { RUN_MAY_GO_ON, RUN_ENDS } LastRun;

/* Takes a run that may go on behind the block from its words. Returns how much of the block is done with: such a run is
 * left for the next block, unless it is too long. */
static ALWAYS_INLINE unsigned leave_last_run(const SplitBlock *block, bool *is_skipping, uint64_t *words)
{
    uint64_t gaps = ~(*words << (CLASS_BLOCK - block->len));
    unsigned len = gaps != 0 ? (unsigned)__builtin_clzll(gaps) : CLASS_BLOCK;
    unsigned start = block->len - MIN(len, block->len);
    bool is_skipped = (start == 0 && *is_skipping) || len > CHUNK_MAX;

    if (len == 0)
        return block->len;
    *words &= (UINT64_C(1) << start) - 1;
    *is_skipping = is_skipped;
    return is_skipped ? block->len : start;
}

/* Most words are told from those of keywords here. */
static ALWAYS_INLINE void see_runs(KeywordTracker *tracker, const SplitBlock *block, uint64_t starts, uint64_t ends)
{
    uint64_t odd = block->digits | block->edges;

    for (; starts != 0; starts &= starts - 1, ends &= ends - 1) {
        unsigned start = (unsigned)__builtin_ctzll(starts);
        unsigned len = (ends != 0 ? (unsigned)__builtin_ctzll(ends) : CLASS_BLOCK) - start;
        if (len > CHUNK_MAX || ((odd >> start & ((UINT64_C(1) << len) - 1)) == 0 &&
                                   !vocabulary_may_have(tracker->sketch, block->text + start, len)))
            tracker->last_count = 0;
        else
            run_see(tracker, block, start, len);
    }
}

/* Sees the runs of a block that end in it. Returns how much of the block is done with. */
static ALWAYS_INLINE unsigned block_see(KeywordTracker *tracker, const SplitBlock *block, LastRun last)
{
    bool was_skipping = tracker->is_skipping && (block->words & 1) != 0;
    uint64_t words = block->words;
    unsigned done = block->len;

    tracker->is_skipping = was_skipping;
    if (last == RUN_MAY_GO_ON) {
        done = leave_last_run(block, &tracker->is_skipping, &words);
        bool has_left = words != block->words;
        tracker->is_skipping = has_left && tracker->is_skipping;
    } else {
        tracker->is_skipping = false;
    }
    uint64_t starts = words & ~(words << 1), ends = ~words & words << 1;
    if (was_skipping && (words & 1) != 0) {
        tracker->last_count = 0;
        starts &= starts - 1;
        ends &= ends - 1;
    }
    see_runs(tracker, block, starts, ends);
    return done;
}

static ALWAYS_INLINE void feed(KeywordTracker *tracker, const TextView *view, KeywordStep step)
{
    size_t at = (size_t)(tracker->done - view->base), end = view->len;

    tracker->work += end - at;
    while (at < end) {
        SplitBlock block;
        block_read(tracker, view, at, &block);
        bool is_at_end = at + block.len == end;
        at += block_see(tracker, &block, is_at_end && step == KEYWORD_LAST ? RUN_ENDS : RUN_MAY_GO_ON);
        if (is_at_end)
            break;
    }
    tracker->done = view->base + at;
}

FAST_TARGET static void feed_fast(KeywordTracker *tracker, const TextView *view, KeywordStep step)
{
    feed(tracker, view, step);
}

static void feed_anywhere(KeywordTracker *tracker, const TextView *view, KeywordStep step)
{
    feed(tracker, view, step);
}

void keyword_tracker_feed(KeywordTracker *tracker, const TextView *view, KeywordStep step)
{
    tracker->feed(tracker, view, step);
}

static const KeywordHit *hit_at(const KeywordTracker *tracker, guint index)
{
    return &g_array_index(tracker->hits, KeywordHit, index);
}

/* Index of the first hit that ends behind the position. */
static guint hits_until(const KeywordTracker *tracker, uint64_t position)
{
    guint low = 0, high = tracker->hits->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (hit_at(tracker, middle)->end <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void keyword_tracker_forget(KeywordTracker *tracker, uint64_t position)
{
    guint past = position > 0 ? hits_until(tracker, position - 1) : 0;

    if (past > 0)
        g_array_remove_range(tracker->hits, 0, past);
}

static bool is_within(const TextView *view, uint64_t from, uint64_t to, uint32_t distance)
{
    uint64_t bytes = to - from;

    if (bytes <= distance)
        return true;
    if (bytes > (uint64_t)distance * MAX_BYTES_PER_CHAR)
        return false;
    return from >= view->base && text_char_count((const char *)view->data + (from - view->base), bytes) <= distance;
}

static bool is_of_group(const KeywordTracker *tracker, const KeywordHit *hit, const KeywordQuery *query)
{
    const uint64_t *groups = tracker->phrases[hit->phrase].groups;

    return hit->start >= query->barrier && (groups[query->group / 64] >> (query->group % 64) & 1) != 0;
}

uint64_t keyword_tracker_before(
    const KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    for (guint i = hits_until(tracker, position); i > 0; i--) {
        const KeywordHit *hit = hit_at(tracker, i - 1);
        if (position - hit->end > (uint64_t)query->distance * MAX_BYTES_PER_CHAR)
            return 0;
        if (is_of_group(tracker, hit, query))
            return is_within(view, hit->end, position, query->distance) ? hit->end : 0;
    }
    return 0;
}

bool keyword_tracker_after(
    const KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    uint64_t reach = position + (uint64_t)query->distance * MAX_BYTES_PER_CHAR + KEYWORD_SPAN;

    for (guint i = hits_until(tracker, position); i < tracker->hits->len; i++) {
        const KeywordHit *hit = hit_at(tracker, i);
        if (hit->end > reach)
            return false;
        if (hit->start >= position && is_of_group(tracker, hit, query) &&
            is_within(view, position, hit->start, query->distance))
            return true;
    }
    return false;
}

bool keyword_tracker_collect(KeywordTracker *tracker, const TextView *view, uint64_t *groups)
{
    size_t count = vocabulary_group_count(tracker->vocabulary) / 64 + 1;

    keyword_tracker_reset(tracker);
    tracker->done = view->base;
    keyword_tracker_feed(tracker, view, KEYWORD_LAST);
    for (guint i = 0; i < tracker->hits->len; i++) {
        const KeywordPhrase *phrase = &tracker->phrases[hit_at(tracker, i)->phrase];
        for (size_t word = 0; word < count; word++)
            groups[word] |= phrase->groups[word];
    }
    return tracker->hits->len > 0;
}
