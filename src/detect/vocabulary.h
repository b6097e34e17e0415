/* The keywords of all rules: which words they consist of, and whose they are (a rule is a "group" here). Immutable once
 * filled. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum { KEYWORD_MAX_BYTES = 64, KEYWORD_MAX_WORDS = 6, VOCABULARY_PADDING = 8 };

typedef struct Vocabulary Vocabulary;

/* A keyword: words in order. */
typedef struct KeywordPhrase {
    uint32_t words[KEYWORD_MAX_WORDS];
    uint32_t count;
    uint64_t *groups; /* bit set */
} KeywordPhrase;

Vocabulary *vocabulary_new(uint32_t group_count);
void vocabulary_free(Vocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vocabulary, vocabulary_free)

FALLIBLE bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error);

uint32_t vocabulary_group_count(const Vocabulary *vocabulary);
uint32_t vocabulary_phrase_count(const Vocabulary *vocabulary);
const KeywordPhrase *vocabulary_phrase(const Vocabulary *vocabulary, uint32_t index);

/* The word in any case; 0: no keyword has it. Its length is not 0, and VOCABULARY_PADDING bytes behind it must be
 * readable. */
uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len);
/* Indices (uint32_t) of the phrases that end with the word. */
const GArray *vocabulary_phrases_of(const Vocabulary *vocabulary, uint32_t word);
