#include "detect/vocabulary.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum { SLOTS_AT_FIRST = 256, SPARSENESS = 2 };

/* What a text's word is compared with, and what is asked of it then: as little as possible, for they are many. */
typedef struct Word {
    uint64_t prefix;
    uint32_t alone; /* index of the phrase that is this word; UINT32_MAX: none */
    uint8_t len;
    bool is_exact;   /* its prefix is all of it */
    bool is_last;    /* of some phrase of several words */
    bool has_letter; /* in some of these a single byte or a number stands before it */
} Word;

typedef struct WordText {
    char bytes[KEYWORD_MAX_BYTES]; /* in lower case */
} WordText;

/* The last two words of phrases. */
typedef struct Pair {
    uint32_t before, last;
    uint32_t phrase; /* index of the first + 1; 0: empty */
} Pair;

struct Vocabulary {
    uint32_t group_count;
    GArray *words;   /* Word; index 0 is unused: 0 means unknown */
    GArray *texts;   /* WordText, of the same indices */
    GArray *phrases; /* KeywordPhrase */
    Pair *pairs;     /* open addressing */
    uint32_t pair_mask, pair_count;
    VocabularySketch sketch;
};

static VocabularySlot *new_slots(uint32_t count)
{
    return g_new0(VocabularySlot, count);
}

Vocabulary *vocabulary_new(uint32_t group_count)
{
    Vocabulary *vocabulary = g_new0(Vocabulary, 1);

    vocabulary->group_count = group_count;
    vocabulary->words = g_array_new(FALSE, TRUE, sizeof(Word));
    vocabulary->texts = g_array_new(FALSE, TRUE, sizeof(WordText));
    g_array_set_size(vocabulary->words, 1);
    g_array_set_size(vocabulary->texts, 1);
    vocabulary->phrases = g_array_new(FALSE, TRUE, sizeof(KeywordPhrase));
    vocabulary->sketch.slot_mask = vocabulary->pair_mask = SLOTS_AT_FIRST - 1;
    vocabulary->sketch.slots = new_slots(SLOTS_AT_FIRST);
    vocabulary->pairs = g_new0(Pair, SLOTS_AT_FIRST);
    return vocabulary;
}

void vocabulary_free(Vocabulary *vocabulary)
{
    if (vocabulary == NULL)
        return;
    for (guint i = 0; i < vocabulary->phrases->len; i++)
        g_free(g_array_index(vocabulary->phrases, KeywordPhrase, i).groups);
    g_array_unref(vocabulary->words);
    g_array_unref(vocabulary->texts);
    g_array_unref(vocabulary->phrases);
    g_free(vocabulary->sketch.slots);
    g_free(vocabulary->pairs);
    g_free(vocabulary);
}

static Word *word_at(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->words, Word, index);
}

static const char *text_at(const Vocabulary *vocabulary, uint32_t index)
{
    return g_array_index(vocabulary->texts, WordText, index).bytes;
}

/* Whether the text is the word, in any case. */
static bool word_is(const Vocabulary *vocabulary, uint32_t index, const uint8_t *text)
{
    const char *word = text_at(vocabulary, index);
    uint8_t before = 0;

    for (uint32_t i = 0; i < word_at(vocabulary, index)->len; i++) {
        if ((uint8_t)word[i] != keyword_lower(before, text[i]))
            return false;
        before = text[i];
    }
    return true;
}

static uint64_t prefix_of(const uint8_t *text, size_t len)
{
    uint8_t padded[PREFIX_BYTES] = {0};

    if (len < PREFIX_BYTES) {
        memcpy(padded, text, len);
        text = padded;
    }
    return vocabulary_prefix(text, len);
}

static uint64_t hash_of(const Word *word)
{
    return vocabulary_hash(word->prefix, word->len);
}

static void slot_fill(VocabularySketch *sketch, uint64_t hash, uint32_t index)
{
    uint32_t check = (uint32_t)(hash >> 32), slot = check & sketch->slot_mask;

    while (sketch->slots[slot].word != 0)
        slot = (slot + 1) & sketch->slot_mask;
    sketch->slots[slot] = (VocabularySlot){.check = check, .word = index};
}

static void grow_slots(Vocabulary *vocabulary)
{
    VocabularySketch *sketch = &vocabulary->sketch;

    sketch->slot_mask = 2 * sketch->slot_mask + 1;
    g_free(sketch->slots);
    sketch->slots = new_slots(sketch->slot_mask + 1);
    for (uint32_t i = 1; i < vocabulary->words->len; i++)
        slot_fill(sketch, hash_of(word_at(vocabulary, i)), i);
}

static uint32_t word_add(Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    uint32_t index = vocabulary_find(vocabulary, text, len);
    Word word = {.prefix = prefix_of(text, len), .alone = UINT32_MAX, .len = (uint8_t)len};
    WordText lower = {.bytes = {0}};
    uint8_t before = 0;
    bool is_ascii = true;

    if (index != 0)
        return index;
    for (size_t i = 0; i < len; i++) {
        lower.bytes[i] = (char)keyword_lower(before, text[i]);
        is_ascii = is_ascii && text[i] < 0x80;
        before = text[i];
    }
    word.is_exact = is_ascii && len <= PREFIX_BYTES;
    if ((vocabulary->words->len + 1) * SPARSENESS > vocabulary->sketch.slot_mask)
        grow_slots(vocabulary);
    g_array_append_val(vocabulary->words, word);
    g_array_append_val(vocabulary->texts, lower);
    slot_fill(&vocabulary->sketch, hash_of(&word), vocabulary->words->len - 1);
    return vocabulary->words->len - 1;
}

static void sketch_add(uint64_t *bits, uint64_t hash)
{
    bits[hash >> 54] |= UINT64_C(1) << (hash >> 48 & 63);
}

static void sketch_add_end(VocabularySketch *sketch, uint64_t hash)
{
    sketch->ends[vocabulary_ends_word(hash)] |= UINT64_C(1) << vocabulary_ends_bit(hash);
}

static void sketch_add_two(uint64_t *bits, uint64_t hash)
{
    bits[hash >> 54] |= vocabulary_sketch_two(hash);
}

static bool is_number(const Vocabulary *vocabulary, uint32_t index)
{
    return strspn(text_at(vocabulary, index), "0123456789") == word_at(vocabulary, index)->len;
}

static void sketch_add_lead(VocabularySketch *sketch, uint64_t hash)
{
    sketch->leads[hash >> 60] |= UINT64_C(1) << (hash >> 48 & 63);
    sketch_add_end(sketch, hash);
}

/* Numbers and single bytes are passed over in texts, so they tell nothing of what stands behind them: those words are
 * looked up by themselves. */
static void note_phrase(Vocabulary *vocabulary, const KeywordPhrase *phrase)
{
    VocabularySketch *sketch = &vocabulary->sketch;
    uint32_t last_index = phrase->words[phrase->count - 1];
    uint32_t before_index = phrase->count > 1 ? phrase->words[phrase->count - 2] : 0; /* 0: an empty word */
    Word *last = word_at(vocabulary, last_index);
    const Word *before = word_at(vocabulary, before_index);
    bool is_behind_number = before_index != 0 && is_number(vocabulary, before_index);
    bool is_behind_letter = before->len == 1;
    bool is_alone = before_index == 0 || is_behind_number || (is_behind_letter && last->len > 1);

    last->has_letter = last->has_letter || is_behind_number || is_behind_letter;
    last->is_last = last->is_last || before_index != 0;
    sketch_add_end(sketch, hash_of(last));
    for (uint32_t i = 0; i + 1 < phrase->count; i++)
        sketch_add(sketch->firsts, hash_of(word_at(vocabulary, phrase->words[i])));
    if (is_alone)
        sketch_add_two(sketch->alone, hash_of(last));
    else
        sketch_add_two(sketch->pairs, vocabulary_pair_hash(hash_of(before), hash_of(last)));
    if (!is_number(vocabulary, last_index))
        sketch->has_letters |= last->len == 1 && (!is_behind_letter || is_behind_number);
    else if (is_alone || is_behind_letter)
        sketch->has_numbers = true;
    else
        sketch_add_lead(sketch, hash_of(before));
}

static KeywordPhrase *phrase_at(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->phrases, KeywordPhrase, index);
}

/* Where the two words are, or would be. */
static Pair *pair_of(const Vocabulary *vocabulary, uint32_t before, uint32_t last)
{
    uint64_t hash = ((uint64_t)before << 32 | last) * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(hash >> 32) & vocabulary->pair_mask;

    while (vocabulary->pairs[at].phrase != 0 &&
           (vocabulary->pairs[at].before != before || vocabulary->pairs[at].last != last))
        at = (at + 1) & vocabulary->pair_mask;
    return &vocabulary->pairs[at];
}

static void grow_pairs(Vocabulary *vocabulary)
{
    g_autofree Pair *old = vocabulary->pairs;
    uint32_t old_mask = vocabulary->pair_mask;

    vocabulary->pair_mask = 2 * old_mask + 1;
    vocabulary->pairs = g_new0(Pair, vocabulary->pair_mask + 1);
    for (uint32_t i = 0; i <= old_mask; i++) {
        if (old[i].phrase != 0)
            *pair_of(vocabulary, old[i].before, old[i].last) = old[i];
    }
}

/* The phrase is the newest: the first of those with its last two words from now on. */
static void add_pair(Vocabulary *vocabulary, KeywordPhrase *phrase)
{
    uint32_t before = phrase->words[phrase->count - 2], last = phrase->words[phrase->count - 1];

    if ((vocabulary->pair_count + 1) * SPARSENESS > vocabulary->pair_mask)
        grow_pairs(vocabulary);
    Pair *pair = pair_of(vocabulary, before, last);
    vocabulary->pair_count += pair->phrase == 0 ? 1 : 0;
    phrase->next = pair->phrase != 0 ? pair->phrase - 1 : UINT32_MAX;
    *pair = (Pair){.before = before, .last = last, .phrase = vocabulary->phrases->len};
}

static KeywordPhrase *phrase_find(const Vocabulary *vocabulary, const KeywordPhrase *wanted)
{
    uint32_t last = wanted->words[wanted->count - 1];
    uint32_t index = wanted->count == 1 ? word_at(vocabulary, last)->alone
                                        : vocabulary_phrase_of(vocabulary, wanted->words[wanted->count - 2], last);

    for (; index != UINT32_MAX; index = phrase_at(vocabulary, index)->next) {
        KeywordPhrase *phrase = phrase_at(vocabulary, index);
        if (phrase->count == wanted->count &&
            memcmp(phrase->words, wanted->words, wanted->count * sizeof wanted->words[0]) == 0)
            return phrase;
    }
    return NULL;
}

static KeywordPhrase *phrase_add(Vocabulary *vocabulary, const KeywordPhrase *wanted)
{
    KeywordPhrase *known = phrase_find(vocabulary, wanted);
    uint32_t index = vocabulary->phrases->len;

    if (known != NULL)
        return known;
    g_array_append_vals(vocabulary->phrases, wanted, 1);
    KeywordPhrase *phrase = phrase_at(vocabulary, index);
    phrase->groups = g_new0(uint64_t, vocabulary->group_count / 64 + 1);
    phrase->next = UINT32_MAX;
    if (phrase->count == 1)
        word_at(vocabulary, phrase->words[0])->alone = index;
    else
        add_pair(vocabulary, phrase);
    return phrase;
}

bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error)
{
    const uint8_t *cursor = (const uint8_t *)keyword;
    KeywordPhrase phrase = {0};

    if (strlen(keyword) > KEYWORD_MAX_BYTES)
        return fail(error, ERROR_INVALID, "'%s': expected at most %d bytes", keyword, KEYWORD_MAX_BYTES);
    while (*cursor != '\0') {
        const uint8_t *start = cursor;
        while (keyword_is_word_byte(*cursor))
            cursor++;
        if (cursor == start) {
            cursor++;
            continue;
        }
        if (phrase.count == KEYWORD_MAX_WORDS)
            return fail(error, ERROR_INVALID, "'%s': expected at most %d words", keyword, KEYWORD_MAX_WORDS);
        phrase.words[phrase.count++] = word_add(vocabulary, start, (size_t)(cursor - start));
    }
    if (phrase.count == 0)
        return fail(error, ERROR_INVALID, "'%s': expected at least one word", keyword);
    note_phrase(vocabulary, &phrase);
    phrase_add(vocabulary, &phrase)->groups[group / 64] |= UINT64_C(1) << (group % 64);
    return true;
}

uint32_t vocabulary_group_count(const Vocabulary *vocabulary)
{
    return vocabulary->group_count;
}

uint32_t vocabulary_phrase_count(const Vocabulary *vocabulary)
{
    return vocabulary->phrases->len;
}

const KeywordPhrase *vocabulary_phrase(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->phrases, KeywordPhrase, index);
}

const VocabularySketch *vocabulary_sketch(const Vocabulary *vocabulary)
{
    return &vocabulary->sketch;
}

uint32_t vocabulary_find_prefix(const Vocabulary *vocabulary, uint64_t prefix, const uint8_t *text, size_t len)
{
    const VocabularySlot *slots = vocabulary->sketch.slots;
    uint32_t mask = vocabulary->sketch.slot_mask, check = (uint32_t)(vocabulary_hash(prefix, len) >> 32);

    for (uint32_t at = check & mask; slots[at].word != 0; at = (at + 1) & mask) {
        if (slots[at].check != check)
            continue;
        const Word *word = word_at(vocabulary, slots[at].word);
        if (word->prefix == prefix && word->len == len && (word->is_exact || word_is(vocabulary, slots[at].word, text)))
            return slots[at].word;
    }
    return 0;
}

uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    return len <= KEYWORD_MAX_BYTES ? vocabulary_find_prefix(vocabulary, prefix_of(text, len), text, len) : 0;
}

KeywordEnds vocabulary_ends_of(const Vocabulary *vocabulary, uint32_t word)
{
    const Word *last = word_at(vocabulary, word);

    return (KeywordEnds){.alone = last->alone, .is_last = last->is_last, .has_letter = last->has_letter};
}

uint32_t vocabulary_phrase_of(const Vocabulary *vocabulary, uint32_t before, uint32_t last)
{
    uint32_t phrase = pair_of(vocabulary, before, last)->phrase;

    return phrase != 0 ? phrase - 1 : UINT32_MAX;
}
