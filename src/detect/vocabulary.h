/* The keywords of all rules: which words they consist of, and whose they are (a rule is a "group" here). Immutable once
 * filled. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <string.h>

enum { KEYWORD_MAX_BYTES = 64, KEYWORD_MAX_WORDS = 6 };

typedef struct Vocabulary Vocabulary;

/* A keyword: words in order. */
typedef struct KeywordPhrase {
    uint32_t words[KEYWORD_MAX_WORDS];
    uint32_t count;
    uint32_t next;    /* another one with the same last two words; UINT32_MAX: none */
    uint64_t *groups; /* bit set */
} KeywordPhrase;

/* A word of keywords: the phrases that end with it. */
typedef struct KeywordEnds {
    uint32_t alone;  /* the one that is this word only; UINT32_MAX: none */
    bool is_last;    /* some are of several words */
    bool has_letter; /* some have a single byte or a number before the last word */
} KeywordEnds;

Vocabulary *vocabulary_new(uint32_t group_count);
void vocabulary_free(Vocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vocabulary, vocabulary_free)

/* INVALID says what is wrong with the keyword; the caller knows which field it stands in. */
FALLIBLE bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error);

uint32_t vocabulary_group_count(const Vocabulary *vocabulary);
uint32_t vocabulary_phrase_count(const Vocabulary *vocabulary);
const KeywordPhrase *vocabulary_phrase(const Vocabulary *vocabulary, uint32_t index);

/* Where words are looked up: open addressing, by hash. A few words of a text have theirs in a line of the cache. */
typedef struct VocabularySlot {
    uint32_t check; /* the hash's upper half */
    uint32_t word;  /* index; 0: empty */
} VocabularySlot;

enum { ENDS_BITS = 11 };

/* What most words are told by that no keyword has, by hash. */
typedef struct VocabularySketch {
    uint64_t alone[1024];          /* keywords of one word */
    uint64_t pairs[1024];          /* the last two words of the others */
    uint64_t ends[1 << ENDS_BITS]; /* the last words of all: every word of a text is asked for */
    uint64_t firsts[1024];         /* the words before those */
    uint64_t leads[16];            /* those before a last word that is a number: few */
    bool has_numbers;              /* digits alone are to be looked up, not only behind these */
    bool has_letters;              /* some end with a single byte that no other one stands before: "plan b" */
    uint32_t slot_mask;
    VocabularySlot *slots;
} VocabularySketch;
const VocabularySketch *vocabulary_sketch(const Vocabulary *vocabulary);

enum { PREFIX_BYTES = 8 };

/* Of eight readable bytes the first len, at most all, in one case: that of ASCII, and of the Latin-1 letters in UTF-8.
 */
static inline uint64_t vocabulary_prefix(const uint8_t *text, size_t len)
{
    static const uint64_t masks[PREFIX_BYTES + 1] = {
        0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, UINT64_MAX};
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    return (GUINT64_FROM_LE(bytes) | UINT64_C(0x2020202020202020)) & masks[MIN(len, (size_t)PREFIX_BYTES)];
}

static inline uint64_t vocabulary_hash(uint64_t prefix, size_t len)
{
    return (prefix + len * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xD6E8FEB86659FD93);
}

static inline uint64_t vocabulary_pair_hash(uint64_t first, uint64_t second)
{
    return (second + (first >> 32)) * UINT64_C(0xC2B2AE3D27D4EB4F);
}

static inline bool vocabulary_sketch_has(const uint64_t *bits, uint64_t hash)
{
    return (bits[hash >> 54] >> (hash >> 48 & 63) & 1) != 0;
}

/* Where its bit is in VocabularySketch.ends. */
static inline uint64_t vocabulary_ends_word(uint64_t hash)
{
    return hash >> (64 - ENDS_BITS);
}

static inline unsigned vocabulary_ends_bit(uint64_t hash)
{
    return hash >> (64 - ENDS_BITS - 6) & 63;
}

static inline bool vocabulary_may_end(const VocabularySketch *sketch, uint64_t hash)
{
    return (sketch->ends[vocabulary_ends_word(hash)] >> vocabulary_ends_bit(hash) & 1) != 0;
}

static inline bool vocabulary_sketch_leads(const VocabularySketch *sketch, uint64_t hash)
{
    return (sketch->leads[hash >> 60] >> (hash >> 48 & 63) & 1) != 0;
}

/* The word is about to be looked up: what that reads is on its way meanwhile. */
static inline void vocabulary_prefetch(const VocabularySketch *sketch, uint64_t hash)
{
    __builtin_prefetch(&sketch->slots[hash >> 32 & sketch->slot_mask]);
}

/* Of alone and pairs, which are asked less and must be surer: two of the bits that the hash chooses. */
static inline uint64_t vocabulary_sketch_two(uint64_t hash)
{
    return UINT64_C(1) << (hash >> 48 & 63) | UINT64_C(1) << (hash >> 42 & 63);
}

static inline bool vocabulary_sketch_has_two(const uint64_t *bits, uint64_t hash)
{
    return (~bits[hash >> 54] & vocabulary_sketch_two(hash)) == 0;
}

/* The word in any case; 0: no keyword has it. */
uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *text, size_t len);
/* The same for a text of at most KEYWORD_MAX_BYTES whose vocabulary_prefix() is known. */
uint32_t vocabulary_find_prefix(const Vocabulary *vocabulary, uint64_t prefix, const uint8_t *text, size_t len);
KeywordEnds vocabulary_ends_of(const Vocabulary *vocabulary, uint32_t word);
/* Index of the first phrase that ends with these two words; UINT32_MAX: there is none. */
uint32_t vocabulary_phrase_of(const Vocabulary *vocabulary, uint32_t before, uint32_t last);
