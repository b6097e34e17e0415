#include "detect/keywords.h"
#include "base/text.h"
#include "detect/gap.h"
#include "detect/keyword_fold.h"
#include "detect/word_runs.h"
#include "detect/word_split.h"

#include <string.h>

enum { MAX_BYTES_PER_CHAR = 4 };

G_STATIC_ASSERT((int)KEYWORD_LAG == (int)WORD_SPLIT_LAG);

struct KeywordTracker {
    const Vocabulary *vocabulary;
    const VocabularySketch *sketch;
    const KeywordPhrase *phrases;
    WordSplitter *splitter;
    const TextView *view; /* while it is fed */
    GArray *hits;         /* KeywordHit */
};

KeywordTracker *keyword_tracker_new(const Vocabulary *vocabulary)
{
    return keyword_tracker_new_for(vocabulary, processor_best());
}

KeywordTracker *keyword_tracker_new_for(const Vocabulary *vocabulary, Processor processor)
{
    KeywordTracker *tracker = g_new0(KeywordTracker, 1);

    tracker->vocabulary = vocabulary;
    tracker->sketch = vocabulary_sketch(vocabulary);
    tracker->phrases = vocabulary_phrase_count(vocabulary) > 0 ? vocabulary_phrase(vocabulary, 0) : NULL;
    tracker->splitter = word_splitter_new(vocabulary, processor);
    tracker->hits = g_array_new(FALSE, FALSE, sizeof(KeywordHit));
    return tracker;
}

void keyword_tracker_free(KeywordTracker *tracker)
{
    if (tracker == NULL)
        return;
    word_splitter_free(tracker->splitter);
    g_array_unref(tracker->hits);
    g_free(tracker);
}

void keyword_tracker_reset(KeywordTracker *tracker)
{
    word_splitter_reset(tracker->splitter, 0);
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
    return word_splitter_work(tracker->splitter);
}

/* Bytes of the view from start on. */
typedef struct Word {
    size_t start, len;
} Word;

static bool is_word_at(const TextView *view, size_t at)
{
    return at < view->len && keyword_is_word_byte(view->data[at]);
}

static uint8_t kind_at(const TextView *view, size_t at)
{
    return at < view->len ? BYTE_CLASS[view->data[at]] : 0;
}

/* Whether a part of a word in camelCase begins here: "cardNumber" at N, "SSNNumber" at the second N. */
static bool is_edge(const TextView *view, size_t at)
{
    if (at == 0 || (kind_at(view, at) & BYTE_UPPER) == 0)
        return false;
    uint8_t before = kind_at(view, at - 1);
    return (before & (BYTE_LOWER | BYTE_DIGIT)) != 0 ||
           ((before & BYTE_UPPER) != 0 && (kind_at(view, at + 1) & BYTE_LOWER) != 0);
}

/* The whole run around a word, or more than WORD_MAX_BYTES of it. */
static Word run_around(const TextView *view, Word word)
{
    size_t start = word.start, end = word.start + word.len;

    while (start > 0 && end - start <= WORD_MAX_BYTES && is_word_at(view, start - 1))
        start--;
    while (end - start <= WORD_MAX_BYTES && is_word_at(view, end))
        end++;
    return (Word){.start = start, .len = end - start};
}

static bool is_in_blob(const KeywordTracker *tracker, Word word)
{
    const TextView *view = tracker->view;
    bool is_part = is_word_at(view, word.start + word.len) || (word.start > 0 && is_word_at(view, word.start - 1));

    return (is_part || word.len >= BLOB_MIN) && word_splitter_is_blob(tracker->splitter, view, word.start);
}

/* What a word is looked for as. Most words stand before no other one in any keyword: that much is known of the hash. */
typedef enum WordRole { WORD_LAST_OF, WORD_BEFORE } WordRole;

static uint32_t find(const KeywordTracker *tracker, Word word, WordRole role)
{
    const uint8_t *text = tracker->view->data + word.start;

    if (word.len > WORD_MAX_BYTES)
        return 0;
    if (word.start + PREFIX_BYTES > tracker->view->len)
        return vocabulary_find(tracker->vocabulary, text, word.len);
    uint64_t prefix = vocabulary_prefix(text, word.len);
    if (role == WORD_BEFORE && !vocabulary_sketch_has(tracker->sketch->firsts, vocabulary_hash(prefix, word.len)))
        return 0;
    return vocabulary_find_prefix(tracker->vocabulary, prefix, text, word.len);
}

/* Whole, or without the digits behind it. */
static uint32_t find_stem(const KeywordTracker *tracker, Word word)
{
    uint32_t found = find(tracker, word, WORD_BEFORE);

    while (found == 0 && word.len > 0 && (kind_at(tracker->view, word.start + word.len - 1) & BYTE_DIGIT) != 0) {
        word.len--;
        if (word.len >= WORD_STEM_MIN && (kind_at(tracker->view, word.start + word.len - 1) & BYTE_DIGIT) == 0)
            return find(tracker, word, WORD_BEFORE);
    }
    return found;
}

/* The word before a place, if it is near enough to be of the same phrase; else of no length. */
static Word word_before(const TextView *view, size_t at)
{
    size_t end = at;

    while (end > 0 && at - end < KEYWORD_PHRASE_GAP && !is_word_at(view, end - 1))
        end--;
    size_t start = end;
    while (start > 0 && end - start <= WORD_MAX_BYTES && is_word_at(view, start - 1)) {
        start--;
        if (is_edge(view, start))
            break;
    }
    return (Word){.start = start, .len = end - start};
}

/* What stands before a word: a part of a run, and the run, which may be a word itself ("GitHub"). */
typedef struct Preceding {
    Word part, run;
    uint32_t part_word, run_word; /* 0: unknown */
} Preceding;

static Preceding preceding(const KeywordTracker *tracker, size_t at)
{
    Preceding out = {.part = word_before(tracker->view, at)};

    if (out.part.len == 0)
        return out;
    out.part_word = find_stem(tracker, out.part);
    if (is_edge(tracker->view, out.part.start)) {
        size_t end = out.part.start + out.part.len;
        out.run = run_around(tracker->view, out.part);
        out.run.len = MIN(out.run.len, end - out.run.start);
        out.run_word = find(tracker, out.run, WORD_BEFORE);
    }
    if ((out.part_word | out.run_word) != 0 && is_in_blob(tracker, out.part))
        out.part_word = out.run_word = 0;
    return out;
}

/* Whether the phrase's first words, so many, stand before; then where they begin. */
static bool words_precede(
    const KeywordTracker *tracker, const KeywordPhrase *phrase, const Preceding *first, size_t *ret_start)
{
    Preceding now = *first;

    for (uint32_t left = phrase->count - 1; left > 0; left--) {
        uint32_t wanted = phrase->words[left - 1];
        if (now.part_word != wanted && now.run_word != wanted)
            return false;
        *ret_start = now.part_word == wanted ? now.part.start : now.run.start;
        if (left > 1)
            now = preceding(tracker, *ret_start);
    }
    return true;
}

static void add_hit(KeywordTracker *tracker, size_t start, Word last, uint32_t phrase)
{
    const KeywordHit hit = {
        .start = tracker->view->base + start, .end = tracker->view->base + last.start + last.len, .phrase = phrase};

    g_array_append_val(tracker->hits, hit);
}

/* The phrases of several words that end with this one behind that. */
static void add_phrases(
    KeywordTracker *tracker, Word found, uint32_t before_word, uint32_t word, const Preceding *before)
{
    uint32_t index = before_word != 0 ? vocabulary_phrase_of(tracker->vocabulary, before_word, word) : UINT32_MAX;
    size_t start = found.start;

    for (; index != UINT32_MAX; index = tracker->phrases[index].next) {
        if (words_precede(tracker, &tracker->phrases[index], before, &start))
            add_hit(tracker, start, found, index);
    }
}

static void add_hits(KeywordTracker *tracker, Word found, uint32_t word, const WordPlace *place)
{
    const KeywordEnds ends = vocabulary_ends_of(tracker->vocabulary, word);

    if (ends.alone != UINT32_MAX)
        add_hit(tracker, found.start, found, ends.alone);
    if (!ends.is_last || !(place->is_end || ends.has_letter))
        return;
    const Preceding before = preceding(tracker, found.start);
    add_phrases(tracker, found, before.part_word, word, &before);
    if (before.run_word != before.part_word)
        add_phrases(tracker, found, before.run_word, word, &before);
}

static void word_seen(void *data, const WordPlace *place)
{
    KeywordTracker *tracker = data;
    const TextView *view = tracker->view;
    const Word whole = {.start = (size_t)(place->start - view->base), .len = place->len};
    uint32_t word = find(tracker, (Word){.start = whole.start, .len = place->stem}, WORD_LAST_OF);

    if (word == 0 || (place->stem < place->len && find(tracker, whole, WORD_LAST_OF) != 0))
        return;
    if (!is_in_blob(tracker, whole))
        add_hits(tracker, whole, word, place);
}

void keyword_tracker_feed(KeywordTracker *tracker, const TextView *view, KeywordStep step)
{
    tracker->view = view;
    word_splitter_feed(tracker->splitter, view, step == KEYWORD_LAST ? WORD_LAST : WORD_MORE, word_seen, tracker);
    tracker->view = NULL;
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

/* Where a label may end whose value is at a position: before the layout there, if that is more than punctuation. */
static uint64_t label_end(const TextView *view, uint64_t position)
{
    if (position < view->base || position - view->base > view->len)
        return position;
    uint64_t start = view->base + gap_start(view, (size_t)(position - view->base));
    return position - start > GAP_PUNCTUATION_MAX ? start : position;
}

uint64_t keyword_tracker_before(
    const KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    const uint64_t near = label_end(view, position);

    for (guint i = hits_until(tracker, position); i > 0; i--) {
        const KeywordHit *hit = hit_at(tracker, i - 1);
        uint64_t to = hit->end <= near ? near : position;
        if (to - hit->end > (uint64_t)query->distance * MAX_BYTES_PER_CHAR)
            return 0;
        if (is_of_group(tracker, hit, query))
            return is_within(view, hit->end, to, query->distance) ? hit->end : 0;
    }
    return 0;
}

bool keyword_tracker_after(
    const KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position)
{
    uint64_t reach = position + (uint64_t)query->distance * MAX_BYTES_PER_CHAR + KEYWORD_SPAN;

    for (guint i = hits_until(tracker, position); i < tracker->hits->len; i++) {
        const KeywordHit *hit = hit_at(tracker, i);
        if (hit->end > reach || (query->end != 0 && hit->start >= query->end))
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
    word_splitter_reset(tracker->splitter, view->base);
    keyword_tracker_feed(tracker, view, KEYWORD_LAST);
    for (guint i = 0; i < tracker->hits->len; i++) {
        const KeywordPhrase *phrase = &tracker->phrases[hit_at(tracker, i)->phrase];
        for (size_t word = 0; word < count; word++)
            groups[word] |= phrase->groups[word];
    }
    return tracker->hits->len > 0;
}
