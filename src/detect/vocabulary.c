#include "detect/vocabulary.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum { SLOTS_AT_FIRST = 256, SPARSENESS = 3 };

typedef struct Word {
    char text[KEYWORD_MAX_BYTES]; /* in lower case */
    uint32_t len;
    bool is_ascii;
    uint64_t prefix;
    uint32_t alone;  /* index of the phrase that is this word; UINT32_MAX: none */
    GArray *phrases; /* indices of the phrases of several words that this one ends */
    bool has_letter; /* in some of them a single byte or a number stands before it */
} Word;

typedef struct Slot {
    uint64_t prefix;
    uint32_t word; /* index; 0: empty */
    uint8_t len;
    bool is_exact; /* no other word has this prefix and length */
} Slot;

struct Vocabulary {
    uint32_t group_count;
    GArray *words;   /* Word; index 0 is unused: 0 means unknown */
    GArray *phrases; /* KeywordPhrase */
    Slot *slots;     /* open addressing */
    uint32_t slot_count;
    VocabularySketch sketch;
};

Vocabulary *vocabulary_new(uint32_t group_count)
{
    Vocabulary *vocabulary = g_new0(Vocabulary, 1);

    vocabulary->group_count = group_count;
    vocabulary->words = g_array_new(FALSE, TRUE, sizeof(Word));
    g_array_set_size(vocabulary->words, 1);
    vocabulary->phrases = g_array_new(FALSE, TRUE, sizeof(KeywordPhrase));
    vocabulary->slot_count = SLOTS_AT_FIRST;
    vocabulary->slots = g_new0(Slot, vocabulary->slot_count);
    return vocabulary;
}

void vocabulary_free(Vocabulary *vocabulary)
{
    if (vocabulary == NULL)
        return;
    for (guint i = 1; i < vocabulary->words->len; i++)
        g_array_unref(g_array_index(vocabulary->words, Word, i).phrases);
    for (guint i = 0; i < vocabulary->phrases->len; i++)
        g_free(g_array_index(vocabulary->phrases, KeywordPhrase, i).groups);
    g_array_unref(vocabulary->words);
    g_array_unref(vocabulary->phrases);
    g_free(vocabulary->slots);
    g_free(vocabulary);
}

static const Word *word_at(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->words, Word, index);
}

/* Whether the text is the word, in any case. */
static bool word_is(const Word *word, const uint8_t *text)
{
    uint8_t before = 0;

    for (uint32_t i = 0; i < word->len; i++) {
        if ((uint8_t)word->text[i] != keyword_lower(before, text[i]))
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

static uint32_t first_slot(const Vocabulary *vocabulary, uint64_t prefix, size_t len)
{
    return (uint32_t)(vocabulary_hash(prefix, len) >> 32) & (vocabulary->slot_count - 1);
}

static void slot_fill(Vocabulary *vocabulary, uint32_t index)
{
    const Word *word = word_at(vocabulary, index);
    uint32_t slot = first_slot(vocabulary, word->prefix, word->len);

    while (vocabulary->slots[slot].word != 0)
        slot = (slot + 1) & (vocabulary->slot_count - 1);
    vocabulary->slots[slot] = (Slot){.prefix = word->prefix,
        .word = index,
        .len = (uint8_t)word->len,
        .is_exact = word->is_ascii && word->len <= PREFIX_BYTES};
}

static void grow_slots(Vocabulary *vocabulary)
{
    vocabulary->slot_count *= 2;
    g_free(vocabulary->slots);
    vocabulary->slots = g_new0(Slot, vocabulary->slot_count);
    for (uint32_t i = 1; i < vocabulary->words->len; i++)
        slot_fill(vocabulary, i);
}

static uint32_t word_add(Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    uint32_t index = vocabulary_find(vocabulary, text, len);
    uint8_t before = 0;

    if (index != 0)
        return index;
    Word word = {.len = (uint32_t)len,
        .is_ascii = true,
        .prefix = prefix_of(text, len),
        .alone = UINT32_MAX,
        .phrases = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    for (size_t i = 0; i < len; i++) {
        word.text[i] = (char)keyword_lower(before, text[i]);
        word.is_ascii = word.is_ascii && text[i] < 0x80;
        before = text[i];
    }
    if ((vocabulary->words->len + 1) * SPARSENESS > vocabulary->slot_count)
        grow_slots(vocabulary);
    g_array_append_val(vocabulary->words, word);
    slot_fill(vocabulary, vocabulary->words->len - 1);
    return vocabulary->words->len - 1;
}

static uint64_t hash_of(const Word *word)
{
    return vocabulary_hash(word->prefix, word->len);
}

static void sketch_add(uint64_t *bits, uint64_t hash)
{
    bits[hash >> 54] |= UINT64_C(1) << (hash >> 48 & 63);
}

static void sketch_add_two(uint64_t *bits, uint64_t hash)
{
    bits[hash >> 54] |= vocabulary_sketch_two(hash);
}

static bool word_is_number(const Word *word)
{
    return strspn(word->text, "0123456789") == word->len;
}

/* Numbers and single bytes are passed over in texts, so they tell nothing of what stands behind them: those words are
 * looked up by themselves. */
static void note_phrase(Vocabulary *vocabulary, const KeywordPhrase *phrase)
{
    VocabularySketch *sketch = &vocabulary->sketch;
    Word *last = &g_array_index(vocabulary->words, Word, phrase->words[phrase->count - 1]);
    const Word *before = phrase->count > 1 ? word_at(vocabulary, phrase->words[phrase->count - 2]) : NULL;
    bool is_behind_number = before != NULL && word_is_number(before);
    bool is_behind_letter = before != NULL && before->len == 1;
    bool is_alone = before == NULL || is_behind_number || (is_behind_letter && last->len > 1);

    g_assert(last != NULL); /* for the analyser */
    last->has_letter |= is_behind_number || is_behind_letter;
    sketch_add(sketch->ends, hash_of(last));
    if (before != NULL)
        sketch_add(sketch->firsts, hash_of(before));
    if (is_alone)
        sketch_add_two(sketch->alone, hash_of(last));
    else
        sketch_add_two(sketch->pairs, vocabulary_pair_hash(hash_of(before), hash_of(last)));
    if (!word_is_number(last)) {
        sketch->has_letters |= last->len == 1 && (!is_behind_letter || is_behind_number);
    } else if (is_alone || is_behind_letter) {
        sketch->has_numbers = true;
    } else {
        sketch_add(sketch->leads, hash_of(before));
        sketch_add(sketch->ends, hash_of(before));
    }
}

static KeywordPhrase *phrase_at(const Vocabulary *vocabulary, uint32_t index)
{
    return &g_array_index(vocabulary->phrases, KeywordPhrase, index);
}

static KeywordPhrase *phrase_find(const Vocabulary *vocabulary, const Word *last, const KeywordPhrase *wanted)
{
    if (wanted->count == 1)
        return last->alone != UINT32_MAX ? phrase_at(vocabulary, last->alone) : NULL;
    for (guint i = 0; i < last->phrases->len; i++) {
        KeywordPhrase *phrase = phrase_at(vocabulary, g_array_index(last->phrases, uint32_t, i));
        if (phrase->count == wanted->count &&
            memcmp(phrase->words, wanted->words, wanted->count * sizeof wanted->words[0]) == 0)
            return phrase;
    }
    return NULL;
}

static KeywordPhrase *phrase_add(Vocabulary *vocabulary, const KeywordPhrase *wanted)
{
    Word *last = &g_array_index(vocabulary->words, Word, wanted->words[wanted->count - 1]);
    KeywordPhrase *known = phrase_find(vocabulary, last, wanted);
    uint32_t index = vocabulary->phrases->len;

    if (known != NULL)
        return known;
    g_array_append_vals(vocabulary->phrases, wanted, 1);
    if (wanted->count == 1)
        last->alone = index;
    else
        g_array_append_val(last->phrases, index);
    phrase_at(vocabulary, index)->groups = g_new0(uint64_t, vocabulary->group_count / 64 + 1);
    return phrase_at(vocabulary, index);
}

bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error)
{
    const uint8_t *cursor = (const uint8_t *)keyword;
    KeywordPhrase phrase = {0};

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
        phrase.words[phrase.count++] = word_add(vocabulary, start, (size_t)(cursor - start));
    }
    if (phrase.count == 0)
        return fail(error, ERROR_INVALID, "keywords: '%s': expected at least one word", keyword);
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
    uint32_t mask = vocabulary->slot_count - 1;

    for (uint32_t at = first_slot(vocabulary, prefix, len); vocabulary->slots[at].word != 0; at = (at + 1) & mask) {
        const Slot *slot = &vocabulary->slots[at];
        if (slot->prefix == prefix && slot->len == len &&
            (slot->is_exact || word_is(word_at(vocabulary, slot->word), text)))
            return slot->word;
    }
    return 0;
}

uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    return len <= KEYWORD_MAX_BYTES ? vocabulary_find_prefix(vocabulary, prefix_of(text, len), text, len) : 0;
}

KeywordEnds vocabulary_phrases_of(const Vocabulary *vocabulary, uint32_t word)
{
    const Word *last = word_at(vocabulary, word);

    return (KeywordEnds){.alone = last->alone,
        .phrases = (const uint32_t *)(void *)last->phrases->data,
        .count = last->phrases->len,
        .has_letter = last->has_letter};
}
