/* Splits text into words, and tells nearly all of them from the words that keywords end with.
 *
 * A word is a run of letters, digits and bytes that are not ASCII, or a part of one that begins at camelCase. Runs of
 * 64 bytes and more are no words, but their parts may be handed over. */
#pragma once

#include "detect/class_masks.h"
#include "detect/text_view.h"
#include "detect/vocabulary.h"

enum { WORD_MAX_BYTES = 63, WORD_SPLIT_LAG = 4 * CLASS_BLOCK };

/* What may be a word of a keyword. */
typedef struct WordPlace {
    uint64_t start; /* position */
    uint32_t len;   /* bytes */
    uint32_t stem;  /* of them, those to look up: without the digits behind it, or all */
} WordPlace;

enum { BLOB_MIN = 12 };

/* "q83vEjRWeJCrze8BI0VniavN": in names there are fewer changes between digits, small letters and capitals, and more
 * small letters together; shorter words may be names whatever they look like. quiet: places at which four small letters
 * stand. */
static inline bool word_is_blob(size_t len, size_t changes, size_t quiet)
{
    return len >= BLOB_MIN && changes * 4 > len && quiet * 16 < len;
}

typedef struct WordSplitter WordSplitter;

WordSplitter *word_splitter_new(const Vocabulary *vocabulary);
void word_splitter_free(WordSplitter *splitter);

/* Another text begins, at this position. */
void word_splitter_reset(WordSplitter *splitter, uint64_t position);

typedef enum WordStep { WORD_MORE, WORD_LAST } WordStep; /* LAST: the text ends with the view */

/* Hands over places in the order of their ends. The view must hold CLASS_BLOCK bytes before what it was fed last, or
 * the beginning of the text. Without LAST, the last WORD_SPLIT_LAG bytes may wait for the next time. */
typedef void (*WordHandler)(void *data, const WordPlace *place);
void word_splitter_feed(WordSplitter *splitter, const TextView *view, WordStep step, WordHandler handler, void *data);

/* Bytes looked at so far: for tests of linear time. */
uint64_t word_splitter_work(const WordSplitter *splitter);
