/* Keywords that rules of engine class demand: what Hyperscan looks for (a word of each), and whether the whole keyword
 * stands where it found the word. Built while rules load, immutable afterwards. */
#pragma once

#include "detect/keywords.h"

typedef struct Demanded Demanded;

/* rule_words: uint64_t that a bit set of rules has. */
Demanded *demanded_new(size_t rule_words);
void demanded_free(Demanded *demanded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Demanded, demanded_free)

/* The keyword must be one that the vocabulary took. distance: characters. */
void demanded_add(Demanded *demanded, const char *keyword, uint32_t rule, uint32_t distance);

uint32_t demanded_word_count(const Demanded *demanded);
/* For Hyperscan: occurs wherever the word does, and ends there or one byte behind it. */
const char *demanded_word_pattern(const Demanded *demanded, uint32_t word);

/* index: of the word. Called for each keyword that holds it and (as far as the view tells) stands around it. end: what
 * Hyperscan said. May call for what turns out to be no keyword, never misses one. */
typedef struct DemandedKeyword {
    uint64_t end;          /* of the keyword in the text, at the earliest */
    uint32_t distance;     /* the greatest of its rules */
    const uint64_t *rules; /* bit set */
} DemandedKeyword;

typedef void (*DemandedVisitor)(void *data, const DemandedKeyword *keyword);
void demanded_visit(
    const Demanded *demanded, uint32_t index, const TextView *text, uint64_t end, DemandedVisitor visitor, void *data);
