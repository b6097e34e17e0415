/* What the files of the word splitter share: its state, and words that are found beside those of the lists. */
#pragma once

#include "detect/word_runs.h"
#include "detect/word_split.h"

enum {
    STRIP_BLOCKS = 16,
    WRITTEN_AT_ONCE = CLASS_BLOCK, /* places, at most */
    PLACES_MAX = STRIP_BLOCKS * CLASS_BLOCK + WRITTEN_AT_ONCE,
};

typedef struct Strip {
    const uint8_t *text; /* followed by CLASS_BLOCK readable bytes */
    uint64_t position;   /* of text[0] */
    size_t from, blocks; /* from: index where the first block is */
} Strip;

struct WordSplitter {
    ClassMaskFill fill;
    void (*split)(WordSplitter *splitter, const Strip *strip);
    const VocabularySketch *sketch;
    uint64_t skipped_numbers, skipped_letters; /* all bits, or none if keywords need them */
    WordHandler handler;
    void *data;
    uint64_t done; /* text before this position is split */
    uint64_t work;

    ClassMasks last;      /* of the block before */
    uint64_t open_number; /* 1: digits at its end are a word so far */
    uint64_t part, run;   /* where the last of them began; of a run, if it goes on in the next block */
    uint64_t camel_end;   /* runs that begin before are among the extras, if they are of interest */
    uint16_t starts[PLACES_MAX], ends[PLACES_MAX]; /* words, or parts of them; from the block before the strip on */
    size_t start_count, end_count;
    uint64_t hash; /* of the last word */
    WordPlace likely[PLACES_MAX];
    size_t likely_count;
    /* Whole runs in camelCase, and words without the digits behind them: few, so each is looked at for itself. */
    WordPlace extras[2 * PLACES_MAX];
    size_t extra_count;
};

/* Runs of a block in which parts begin, once each. words: of the block, and of those before and behind it. */
void word_extras_add_runs(
    WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t edges, const uint64_t words[3]);

/* Words that end before these bits with digits behind something else. They may be the last of a keyword without them,
 * or stand before the last. */
void word_extras_add_stems(WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t ends, uint64_t starts);

/* The first part of the word behind a run, or word, that keywords may begin with. */
void word_extras_add_behind(WordSplitter *splitter, const Strip *strip, uint64_t end);

/* Hands over, from that extra on, those that end before the position; those that end later stay. Returns the first of
 * them. */
size_t word_extras_hand_over(WordSplitter *splitter, size_t from, uint64_t end);
