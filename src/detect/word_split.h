/* Splits text into words, and tells nearly all of them from the words that keywords end with.
 *
 * A word is a run of letters, digits and bytes that are not ASCII, or a part of one that begins at camelCase. Runs of
 * 64 bytes and more are no words, but their parts may be handed over. */
#pragma once

#include "detect/class_masks.h"
#include "detect/text_view.h"
#include "detect/vocabulary.h"

enum { WORD_MAX_BYTES = 63, WORD_SPLIT_LAG = 4 * CLASS_BLOCK };

enum { WORD_STEM_MIN = 2 }; /* bytes of a word before digits: letters with a number are too many */

/* What may be a word of a keyword. */
typedef struct WordPlace {
    uint64_t start; /* position */
    uint32_t len;   /* bytes */
    uint32_t stem;  /* of them, those to look up: without the digits behind it, or all */
    bool is_end;    /* it may be the last word of several, unless only a single byte or a number stands before it */
} WordPlace;

typedef struct WordSplitter WordSplitter;

/* processor: not more than processor_best(). */
WordSplitter *word_splitter_new(const Vocabulary *vocabulary, Processor processor);
void word_splitter_free(WordSplitter *splitter);

/* Another text begins, at this position. */
void word_splitter_reset(WordSplitter *splitter, uint64_t position);

typedef enum WordStep { WORD_MORE, WORD_LAST } WordStep; /* LAST: the text ends with the view */

/* Hands over places in the order of their ends. The view must hold CLASS_BLOCK bytes before what it was fed last, or
 * the beginning of the text. Without LAST, the last WORD_SPLIT_LAG bytes may wait for the next time. */
typedef void (*WordHandler)(void *data, const WordPlace *place);
void word_splitter_feed(WordSplitter *splitter, const TextView *view, WordStep step, WordHandler handler, void *data);

/* Whether the run around a byte of a word looks like base64, or is too long for a word. */
bool word_splitter_is_blob(const WordSplitter *splitter, const TextView *view, size_t at);

/* Bytes looked at so far: for tests of linear time. */
uint64_t word_splitter_work(const WordSplitter *splitter);
