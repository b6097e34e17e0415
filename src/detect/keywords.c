#include "detect/keywords.h"
#include "base/text.h"
#include "detect/byte_class.h"
#include "detect/class_masks.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum {
    CHUNK_MAX = CLASS_BLOCK - 1, /* longer runs are no identifiers but blobs: skipped, not looked at again */
    HITS = 256,                  /* power of two */
    MAX_BYTES_PER_CHAR = 4,
};

typedef struct Phrase {
    uint32_t words[KEYWORD_MAX_WORDS];
    uint32_t count;
    uint64_t *groups; /* bit set */
} Phrase;

typedef struct Word {
    char text[KEYWORD_MAX_BYTES];
    uint32_t len, hash;
    GArray *phrases; /* indices of the phrases that this word ends */
} Word;

struct Vocabulary {
    uint32_t group_count;
    GArray *words;   /* Word; index 0 is unused: 0 means unknown */
    GArray *phrases; /* Phrase */
    uint32_t *slots; /* open addressing: word indices */
    uint32_t slot_count;
    uint64_t sketch[64]; /* one bit for each word_sketch() of a word: most other words fall through */
};

typedef struct SeenWord {
    uint32_t word;
    uint64_t start, end;
} SeenWord;

typedef struct KeywordHit {
    uint64_t start, end;
    const uint64_t *groups;
} KeywordHit;

struct KeywordTracker {
    ClassMaskFill fill;
    const Vocabulary *vocabulary;
    uint32_t max_distance;
    bool is_started, is_skipping; /* skipping: inside a run that is too long */
    uint64_t done;                /* text before this position is split, back to where the tracker started */
    SeenWord last[KEYWORD_MAX_WORDS];
    uint32_t last_count;
    KeywordHit hits[HITS];
    uint64_t hit_count;
    uint64_t work;
};

/* Lower-case copy and FNV-1a hash of it. */
typedef struct FoldedWord {
    char text[KEYWORD_MAX_BYTES];
    uint32_t len, hash;
} FoldedWord;

static void fold(const uint8_t *text, size_t len, FoldedWord *out)
{
    uint8_t before = 0;

    out->hash = 2166136261U;
    out->len = (uint32_t)len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = keyword_lower(before, text[i]);
        out->text[i] = (char)c;
        out->hash = (out->hash ^ c) * 16777619U;
        before = text[i];
    }
}

/* Of first byte, last byte and length; the same for either case of a letter. */
static inline uint32_t word_sketch(const uint8_t *text, size_t len)
{
    return (uint32_t)(text[0] & 31U) << 7 | (uint32_t)(text[len - 1] & 31U) << 2 | (uint32_t)(len & 3U);
}

Vocabulary *vocabulary_new(uint32_t group_count)
{
    Vocabulary *vocabulary = g_new0(Vocabulary, 1);

    vocabulary->group_count = group_count;
    vocabulary->words = g_array_new(FALSE, TRUE, sizeof(Word));
    g_array_set_size(vocabulary->words, 1);
    vocabulary->phrases = g_array_new(FALSE, TRUE, sizeof(Phrase));
    vocabulary->slot_count = 256;
    vocabulary->slots = g_new0(uint32_t, vocabulary->slot_count);
    return vocabulary;
}

void vocabulary_free(Vocabulary *vocabulary)
{
    if (vocabulary == NULL)
        return;
    for (guint i = 1; i < vocabulary->words->len; i++)
        g_array_unref(g_array_index(vocabulary->words, Word, i).phrases);
    for (guint i = 0; i < vocabulary->phrases->len; i++)
        g_free(g_array_index(vocabulary->phrases, Phrase, i).groups);
    g_array_unref(vocabulary->words);
    g_array_unref(vocabulary->phrases);
    g_free(vocabulary->slots);
    g_free(vocabulary);
}

static const Word *word_at(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->words, Word, index);
}

static uint32_t word_find(const Vocabulary *vocabulary, const FoldedWord *folded)
{
    uint32_t mask = vocabulary->slot_count - 1;

    for (uint32_t slot = folded->hash & mask; vocabulary->slots[slot] != 0; slot = (slot + 1) & mask) {
        const Word *word = word_at(vocabulary, vocabulary->slots[slot]);
        if (word->hash == folded->hash && word->len == folded->len && memcmp(word->text, folded->text, word->len) == 0)
            return vocabulary->slots[slot];
    }
    return 0;
}

static void slot_fill(Vocabulary *vocabulary, uint32_t index)
{
    uint32_t mask = vocabulary->slot_count - 1;
    uint32_t slot = word_at(vocabulary, index)->hash & mask;

    while (vocabulary->slots[slot] != 0)
        slot = (slot + 1) & mask;
    vocabulary->slots[slot] = index;
}

static uint32_t word_add(Vocabulary *vocabulary, const FoldedWord *folded)
{
    uint32_t index = word_find(vocabulary, folded);

    if (index != 0)
        return index;
    Word word = {.len = folded->len, .hash = folded->hash, .phrases = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    memcpy(word.text, folded->text, folded->len);
    g_array_append_val(vocabulary->words, word);
    index = vocabulary->words->len - 1;
    if (vocabulary->words->len * 4 > vocabulary->slot_count) {
        vocabulary->slot_count *= 2;
        g_free(vocabulary->slots);
        vocabulary->slots = g_new0(uint32_t, vocabulary->slot_count);
        for (uint32_t i = 1; i < index; i++)
            slot_fill(vocabulary, i);
    }
    slot_fill(vocabulary, index);
    uint32_t sketch = word_sketch((const uint8_t *)folded->text, folded->len);
    vocabulary->sketch[sketch / 64] |= UINT64_C(1) << (sketch % 64);
    return index;
}

static Phrase *phrase_add(Vocabulary *vocabulary, const Phrase *wanted)
{
    const GArray *alike = word_at(vocabulary, wanted->words[wanted->count - 1])->phrases;

    for (guint i = 0; i < alike->len; i++) {
        Phrase *phrase = &g_array_index(vocabulary->phrases, Phrase, g_array_index(alike, uint32_t, i));
        if (phrase->count == wanted->count &&
            memcmp(phrase->words, wanted->words, wanted->count * sizeof wanted->words[0]) == 0)
            return phrase;
    }
    uint32_t index = vocabulary->phrases->len;
    g_array_append_vals(vocabulary->phrases, wanted, 1);
    Phrase *phrase = &g_array_index(vocabulary->phrases, Phrase, index);
    phrase->groups = g_new0(uint64_t, vocabulary->group_count / 64 + 1);
    g_array_append_val(word_at(vocabulary, phrase->words[phrase->count - 1])->phrases, index);
    return phrase;
}

bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error)
{
    const uint8_t *cursor = (const uint8_t *)keyword;
    Phrase phrase = {0};

    if (strlen(keyword) > KEYWORD_MAX_BYTES)
        return fail(error, ERROR_INVALID, "keywords: '%s': expected at most %d bytes", keyword, KEYWORD_MAX_BYTES);
    while (*cursor != '\0') {
        const uint8_t *start = cursor;
        while (keyword_is_word_byte(*cursor))
            cursor++;
        if (cursor == start) {
            cursor++;
            continue;
        }
        if (phrase.count == KEYWORD_MAX_WORDS)
            return fail(error, ERROR_INVALID, "keywords: '%s': expected at most %d words", keyword, KEYWORD_MAX_WORDS);
        FoldedWord folded;
        fold(start, (size_t)(cursor - start), &folded);
        phrase.words[phrase.count++] = word_add(vocabulary, &folded);
    }
    if (phrase.count == 0)
        return fail(error, ERROR_INVALID, "keywords: '%s': expected at least one word", keyword);
    phrase_add(vocabulary, &phrase)->groups[group / 64] |= UINT64_C(1) << (group % 64);
    return true;
}

KeywordTracker *keyword_tracker_new(const Vocabulary *vocabulary, uint32_t max_distance)
{
    KeywordTracker *tracker = g_new0(KeywordTracker, 1);

    tracker->fill = class_mask_fill_best();
    tracker->vocabulary = vocabulary;
    tracker->max_distance = max_distance;
    return tracker;
}

void keyword_tracker_free(KeywordTracker *tracker)
{
    g_free(tracker);
}

void keyword_tracker_reset(KeywordTracker *tracker)
{
    tracker->is_started = false;
    tracker->is_skipping = false;
    tracker->done = 0;
    tracker->last_count = 0;
    tracker->hit_count = 0;
}

size_t keyword_look_back(uint32_t max_distance)
{
    return (size_t)max_distance * MAX_BYTES_PER_CHAR + KEYWORD_SPAN;
}

uint64_t keyword_tracker_work(const KeywordTracker *tracker)
{
    return tracker->work;
}

static bool phrase_ends_here(const KeywordTracker *tracker, const Phrase *phrase)
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

static uint64_t phrase_start(const KeywordTracker *tracker, const Phrase *phrase)
{
    return tracker->last[tracker->last_count - phrase->count].start;
}

static void word_seen(KeywordTracker *tracker, uint32_t word, uint64_t start, uint64_t end)
{
    if (tracker->last_count == KEYWORD_MAX_WORDS) {
        memmove(tracker->last, tracker->last + 1, sizeof tracker->last - sizeof tracker->last[0]);
        tracker->last_count--;
    }
    tracker->last[tracker->last_count++] = (SeenWord){.word = word, .start = start, .end = end};

    const GArray *phrases = word_at(tracker->vocabulary, word)->phrases;
    for (guint i = 0; i < phrases->len; i++) {
        const Phrase *phrase =
            &g_array_index(tracker->vocabulary->phrases, Phrase, g_array_index(phrases, uint32_t, i));
        if (phrase_ends_here(tracker, phrase))
            tracker->hits[tracker->hit_count++ % HITS] =
                (KeywordHit){.start = phrase_start(tracker, phrase), .end = end, .groups = phrase->groups};
    }
}

static uint32_t word_lookup(const Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    FoldedWord folded;

    uint32_t sketch = word_sketch(text, len);
    if (len > KEYWORD_MAX_BYTES || (vocabulary->sketch[sketch / 64] >> (sketch % 64) & 1) == 0)
        return 0;
    fold(text, len, &folded);
    return word_find(vocabulary, &folded);
}

/* One part, whole or without its trailing digits. An unknown word ends any phrase. */
static void part_see(KeywordTracker *tracker, const uint8_t *text, uint64_t start, size_t len)
{
    size_t stem = len;
    uint32_t word = word_lookup(tracker->vocabulary, text, len);

    if (word == 0 && byte_is_digit(text[len - 1])) {
        while (stem > 0 && byte_is_digit(text[stem - 1]))
            stem--;
        if (stem > 0 && stem < len)
            word = word_lookup(tracker->vocabulary, text, stem);
    }
    if (word != 0)
        word_seen(tracker, word, start, start + len);
    else
        tracker->last_count = 0;
}

/* A new part begins at i: "cardNumber" at N, "SSNNumber" at the second N. */
static bool is_camel_edge(const uint8_t *text, size_t i, size_t len)
{
    if ((BYTE_CLASS[text[i]] & BYTE_UPPER) == 0)
        return false;
    if ((BYTE_CLASS[text[i - 1]] & (BYTE_LOWER | BYTE_DIGIT)) != 0)
        return true;
    return (BYTE_CLASS[text[i - 1]] & BYTE_UPPER) != 0 && i + 1 < len && (BYTE_CLASS[text[i + 1]] & BYTE_LOWER) != 0;
}

static void split_camel(KeywordTracker *tracker, const uint8_t *text, uint64_t start, size_t len)
{
    size_t part = 0;

    for (size_t i = 1; i < len; i++) {
        if (is_camel_edge(text, i, len)) {
            part_see(tracker, text + part, start + part, i - part);
            part = i;
        }
    }
    part_see(tracker, text + part, start + part, len - part);
    uint32_t word = part > 0 ? word_lookup(tracker->vocabulary, text, len) : 0;
    if (word != 0)
        word_seen(tracker, word, start, start + len);
}

/* Up to 64 bytes of the text, by class. */
typedef struct SplitBlock {
    const uint8_t *text;
    uint64_t position; /* of text[0] */
    unsigned len;
    uint64_t words, upper, digits;
} SplitBlock;

static void block_read(const KeywordTracker *tracker, const TextView *view, size_t at, size_t end, SplitBlock *block)
{
    uint8_t padded[CLASS_BLOCK] = {0};
    size_t left = view->len - at;
    ClassMasks masks;

    block->text = view->data + at;
    block->position = view->base + at;
    block->len = (unsigned)MIN(end - at, (size_t)CLASS_BLOCK);
    if (left < CLASS_BLOCK)
        memcpy(padded, block->text, left);
    tracker->fill(left < CLASS_BLOCK ? padded : block->text, 1, &masks);
    uint64_t valid = block->len == CLASS_BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << block->len) - 1;
    block->words = ((masks.word & ~masks.underscore) | masks.high) & valid;
    block->upper = masks.upper;
    block->digits = masks.digit;
}

/* A whole run within the block. Numbers are no keywords, and most runs have no inner capitals. */
static void run_see(KeywordTracker *tracker, const SplitBlock *block, unsigned start, unsigned len)
{
    uint64_t ones = (UINT64_C(1) << len) - 1;
    const uint8_t *text = block->text + start;

    if ((block->digits >> start & ones) == ones) {
        tracker->last_count = 0;
        return;
    }
    if ((block->upper >> start & ones) > 1)
        split_camel(tracker, text, block->position + start, len);
    else
        part_see(tracker, text, block->position + start, len);
}

static unsigned ones_from(uint64_t mask, unsigned start)
{
    uint64_t gap = ~(mask >> start);

    return gap == 0 ? CLASS_BLOCK : (unsigned)__builtin_ctzll(gap);
}

static uint64_t without_first_run(uint64_t mask, unsigned start, unsigned len)
{
    unsigned end = start + len;

    return end < CLASS_BLOCK ? mask >> end << end : 0;
}

typedef enum LastRun { RUN_MAY_GO_ON, RUN_ENDS } LastRun;

/* Sees the runs of a block that end in it. Returns how much of the block is done with: a run that may go on behind the
 * block is left for the next one, unless it fills the block. */
static unsigned block_see(KeywordTracker *tracker, const SplitBlock *block, LastRun last)
{
    uint64_t left = block->words;

    if ((left & 1) == 0)
        tracker->is_skipping = false;
    while (left != 0) {
        unsigned start = (unsigned)__builtin_ctzll(left);
        unsigned len = ones_from(left, start);
        bool is_skipped = start == 0 && tracker->is_skipping;
        if (start + len == block->len && last == RUN_MAY_GO_ON) {
            tracker->is_skipping = is_skipped || len > CHUNK_MAX;
            return tracker->is_skipping ? block->len : start;
        }
        if (is_skipped || len > CHUNK_MAX)
            tracker->last_count = 0;
        else
            run_see(tracker, block, start, len);
        tracker->is_skipping = false;
        left = without_first_run(left, start, len);
    }
    return block->len;
}

/* Splits [done, stop). A run that goes on at stop is left for later. */
static void split_until(KeywordTracker *tracker, const TextView *view, uint64_t stop)
{
    size_t at = (size_t)(tracker->done - view->base), end = (size_t)(stop - view->base);
    bool stops_in_word = end < view->len && keyword_is_word_byte(view->data[end]);

    tracker->work += end - at;
    while (at < end) {
        SplitBlock block;
        block_read(tracker, view, at, end, &block);
        bool is_at_stop = at + block.len == end;
        unsigned done = block_see(tracker, &block, is_at_stop && !stops_in_word ? RUN_ENDS : RUN_MAY_GO_ON);
        at += done;
        if (is_at_stop)
            break;
    }
    tracker->done = view->base + at;
}

/* The position that many characters before, not before the view. */
static uint64_t characters_back(const TextView *view, uint64_t position, uint32_t characters)
{
    while (characters > 0 && position > view->base) {
        position--;
        characters -= (view->data[position - view->base] & 0xC0U) != 0x80U;
    }
    return position;
}

/* Text far behind the last value is skipped: only what can hold a keyword of this value is split. */
static void track_until(KeywordTracker *tracker, const TextView *view, uint64_t position)
{
    uint64_t nearest = position > view->base + KEYWORD_SPAN + tracker->max_distance
                           ? position - KEYWORD_SPAN - tracker->max_distance
                           : view->base;

    if (tracker->is_started && tracker->done >= nearest)
        return split_until(tracker, view, MAX(position, tracker->done));

    uint64_t start = characters_back(view, position, tracker->max_distance);
    start = start > view->base + KEYWORD_SPAN ? start - KEYWORD_SPAN : view->base;
    if (!tracker->is_started || start > tracker->done) {
        bool starts_in_word = start > view->base && keyword_is_word_byte(view->data[start - view->base - 1]);
        keyword_tracker_reset(tracker);
        tracker->is_started = true;
        tracker->is_skipping = starts_in_word;
        tracker->done = start;
    }
    split_until(tracker, view, MAX(position, tracker->done));
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

static bool is_of_group(const KeywordHit *hit, const KeywordQuery *query)
{
    return hit->start >= query->barrier && (hit->groups[query->group / 64] >> (query->group % 64) & 1) != 0;
}

static uint64_t oldest_hit(const KeywordTracker *tracker)
{
    return tracker->hit_count > HITS ? tracker->hit_count - HITS : 0;
}

uint64_t keyword_tracker_before(
    KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    if (!tracker->is_started || position > tracker->done)
        track_until(tracker, view, position);
    for (uint64_t i = tracker->hit_count; i > oldest_hit(tracker); i--) {
        const KeywordHit *hit = &tracker->hits[(i - 1) % HITS];
        if (hit->end > position)
            continue;
        if (position - hit->end > (uint64_t)query->distance * MAX_BYTES_PER_CHAR)
            return 0;
        if (is_of_group(hit, query))
            return is_within(view, hit->end, position, query->distance) ? hit->end : 0;
    }
    return 0;
}

bool keyword_tracker_after(KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    uint64_t reach = position + (uint64_t)query->distance * MAX_BYTES_PER_CHAR + KEYWORD_SPAN;
    uint64_t stop = MIN(reach, view->base + view->len);

    if (!tracker->is_started || stop > tracker->done)
        track_until(tracker, view, stop);
    for (uint64_t i = tracker->hit_count; i > oldest_hit(tracker); i--) {
        const KeywordHit *hit = &tracker->hits[(i - 1) % HITS];
        if (hit->end <= position)
            return false;
        if (hit->start >= position && is_of_group(hit, query) && is_within(view, position, hit->start, query->distance))
            return true;
    }
    return false;
}

bool keyword_tracker_collect(KeywordTracker *tracker, const TextView *view, uint64_t *groups)
{
    size_t count = tracker->vocabulary->group_count / 64 + 1;

    keyword_tracker_reset(tracker);
    tracker->is_started = true;
    if (view->len > 0)
        split_until(tracker, view, view->base + view->len);
    for (uint64_t i = oldest_hit(tracker); i < tracker->hit_count; i++) {
        for (size_t word = 0; word < count; word++)
            groups[word] |= tracker->hits[i % HITS].groups[word];
    }
    return tracker->hit_count > 0;
}
