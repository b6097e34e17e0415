#include "detect/vocabulary.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum { SLOTS_AT_FIRST = 256, SPARSENESS = 4 };

typedef struct Word {
    char text[KEYWORD_MAX_BYTES];
    uint32_t len, hash;
    GArray *phrases; /* indices of the phrases that this word ends */
} Word;

struct Vocabulary {
    uint32_t group_count;
    GArray *words;   /* Word; index 0 is unused: 0 means unknown */
    GArray *phrases; /* KeywordPhrase */
    uint32_t *slots; /* open addressing: word indices */
    uint32_t slot_count;
    VocabularySketch sketch;
};

/* Lower-case copy and FNV-1a hash of it. */
typedef struct FoldedWord {
    char text[KEYWORD_MAX_BYTES + VOCABULARY_PADDING];
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

Vocabulary *vocabulary_new(uint32_t group_count)
{
    Vocabulary *vocabulary = g_new0(Vocabulary, 1);

    vocabulary->group_count = group_count;
    vocabulary->words = g_array_new(FALSE, TRUE, sizeof(Word));
    g_array_set_size(vocabulary->words, 1);
    vocabulary->phrases = g_array_new(FALSE, TRUE, sizeof(KeywordPhrase));
    vocabulary->slot_count = SLOTS_AT_FIRST;
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
    if (vocabulary->words->len * SPARSENESS > vocabulary->slot_count) {
        vocabulary->slot_count *= 2;
        g_free(vocabulary->slots);
        vocabulary->slots = g_new0(uint32_t, vocabulary->slot_count);
        for (uint32_t i = 1; i < index; i++)
            slot_fill(vocabulary, i);
    }
    slot_fill(vocabulary, index);
    uint32_t bit = vocabulary_sketch_bit((const uint8_t *)folded->text, folded->len);
    vocabulary->sketch.bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    return index;
}

static KeywordPhrase *phrase_add(Vocabulary *vocabulary, const KeywordPhrase *wanted)
{
    const GArray *same_end = word_at(vocabulary, wanted->words[wanted->count - 1])->phrases;

    for (guint i = 0; i < same_end->len; i++) {
        KeywordPhrase *phrase =
            &g_array_index(vocabulary->phrases, KeywordPhrase, g_array_index(same_end, uint32_t, i));
        if (phrase->count == wanted->count &&
            memcmp(phrase->words, wanted->words, wanted->count * sizeof wanted->words[0]) == 0)
            return phrase;
    }
    uint32_t index = vocabulary->phrases->len;
    g_array_append_vals(vocabulary->phrases, wanted, 1);
    KeywordPhrase *phrase = &g_array_index(vocabulary->phrases, KeywordPhrase, index);
    phrase->groups = g_new0(uint64_t, vocabulary->group_count / 64 + 1);
    g_array_append_val(word_at(vocabulary, phrase->words[phrase->count - 1])->phrases, index);
    return phrase;
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
        FoldedWord folded = {0};
        fold(start, (size_t)(cursor - start), &folded);
        phrase.words[phrase.count++] = word_add(vocabulary, &folded);
    }
    if (phrase.count == 0)
        return fail(error, ERROR_INVALID, "keywords: '%s': expected at least one word", keyword);
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

uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len)
{
    FoldedWord folded;

    if (len > KEYWORD_MAX_BYTES || !vocabulary_may_have(&vocabulary->sketch, text, len))
        return 0;
    fold(text, len, &folded);
    return word_find(vocabulary, &folded);
}

KeywordEnds vocabulary_phrases_of(const Vocabulary *vocabulary, uint32_t word)
{
    const GArray *phrases = word_at(vocabulary, word)->phrases;

    return (KeywordEnds){.phrases = (const uint32_t *)(void *)phrases->data, .count = phrases->len};
}
