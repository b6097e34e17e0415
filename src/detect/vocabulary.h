/* The keywords of all rules: which words they consist of, and whose they are (a rule is a "group" here). Immutable once
 * filled. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

enum { KEYWORD_MAX_BYTES = 64, KEYWORD_MAX_WORDS = 6, VOCABULARY_PADDING = 8 };

typedef struct Vocabulary Vocabulary;

/* A keyword: words in order. */
typedef struct KeywordPhrase {
    uint32_t words[KEYWORD_MAX_WORDS];
    uint32_t count;
    uint64_t *groups; /* bit set */
} KeywordPhrase;

/* A word of keywords: the phrases that end with it. */
typedef struct KeywordEnds {
    const uint32_t *phrases;
    uint32_t count;
} KeywordEnds;

Vocabulary *vocabulary_new(uint32_t group_count);
void vocabulary_free(Vocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vocabulary, vocabulary_free)

FALLIBLE bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error);

uint32_t vocabulary_group_count(const Vocabulary *vocabulary);
uint32_t vocabulary_phrase_count(const Vocabulary *vocabulary);
const KeywordPhrase *vocabulary_phrase(const Vocabulary *vocabulary, uint32_t index);

/* What most words are told by that no keyword has: first and last four bytes and length. */
typedef struct VocabularySketch {
    uint64_t bits[1024];
} VocabularySketch;
const VocabularySketch *vocabulary_sketch(const Vocabulary *vocabulary);

enum { SKETCH_EDGE = 4 };

static inline uint32_t vocabulary_edge(const uint8_t *text)
{
    uint32_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    return GUINT32_FROM_LE(bytes) | 0x20202020U; /* the bit of the case; also of the Latin-1 letters in UTF-8 */
}

static inline uint32_t vocabulary_sketch_bit(const uint8_t *text, size_t len)
{
    uint32_t mask = len >= SKETCH_EDGE ? ~0U : (1U << (8 * len)) - 1;
    uint32_t last = len > SKETCH_EDGE ? vocabulary_edge(text + len - SKETCH_EDGE) : 0;
    uint64_t mixed = ((uint64_t)(vocabulary_edge(text) & mask) << 32 | last) + len * UINT64_C(0x9E3779B97F4A7C15);

    return (uint32_t)((mixed * UINT64_C(0xD6E8FEB86659FD93)) >> 48);
}

/* False: it is no word of a keyword. Its length is not 0, and VOCABULARY_PADDING bytes behind it must be readable. */
static inline bool vocabulary_may_have(const VocabularySketch *sketch, const uint8_t *text, size_t len)
{
    uint32_t bit = vocabulary_sketch_bit(text, len);

    return (sketch->bits[bit / 64] >> (bit % 64) & 1) != 0;
}

/* The word in any case; 0: no keyword has it. The text as for vocabulary_may_have(). */
uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len);
/* Indices of the phrases that end with the word. */
KeywordEnds vocabulary_phrases_of(const Vocabulary *vocabulary, uint32_t word);
