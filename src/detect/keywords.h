/* Where keywords stand in a text.
 *
 * A KeywordTracker is one detector's scratch: the text is fed to it once, in pieces of any size, and it remembers the
 * keywords of the text that may still be asked about.
 *
 * Words: runs of letters, digits and non-ASCII bytes, split at "_" and at camelCase; compared whole and in any case. A
 * run is also looked up unsplit ("GitHub"), and without trailing digits ("phone2", not "x2"). Runs of 64 bytes and more
 * have no words, nor do those of 12 and more that look like base64. */
#pragma once

#include "detect/fast_target.h"
#include "detect/text_view.h"
#include "detect/vocabulary.h"

enum {
    KEYWORD_SPAN = 160,
    KEYWORD_LAG = 256, /* unless the text ends, keywords in so many of its last bytes may not be known yet */
};

typedef struct KeywordTracker KeywordTracker;

/* vocabulary must outlive the tracker. */
KeywordTracker *keyword_tracker_new(const Vocabulary *vocabulary);
/* The same as this processor would do it, for tests: it must have what that takes. */
KeywordTracker *keyword_tracker_new_for(const Vocabulary *vocabulary, Processor processor);
void keyword_tracker_free(KeywordTracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeywordTracker, keyword_tracker_free)

/* Forgets the text: another one begins. */
void keyword_tracker_reset(KeywordTracker *tracker);

typedef enum KeywordStep { KEYWORD_MORE, KEYWORD_LAST } KeywordStep; /* LAST: the text ends with the view */

/* The view grew. It must still hold KEYWORD_SPAN bytes of what was fed before, or all of it. */
void keyword_tracker_feed(KeywordTracker *tracker, const TextView *view, KeywordStep step);
/* Nothing that ends before the position will be asked for. */
void keyword_tracker_forget(KeywordTracker *tracker, uint64_t position);

/* A keyword in the text. */
typedef struct KeywordHit {
    uint64_t start, end;
    uint32_t phrase; /* of the vocabulary */
} KeywordHit;

/* KeywordHit, those that were not forgotten; their ends rise. */
const GArray *keyword_tracker_hits(const KeywordTracker *tracker);

/* How many bytes of text before a value a view must hold. */
size_t keyword_look_back(uint32_t max_distance);

/* What is asked: keywords of a group near a position. */
typedef struct KeywordQuery {
    uint32_t group, distance; /* characters */
    uint64_t barrier;         /* keywords that begin before this position do not count */
    uint64_t end;             /* behind a value: nor those that begin here or later; 0: all do */
} KeywordQuery;

/* Where the nearest such keyword ends that ends at most distance characters before position; 0: there is none. */
uint64_t keyword_tracker_before(
    const KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position);

/* Whether such a keyword begins at most distance characters behind position. */
bool keyword_tracker_after(
    const KeywordTracker *tracker, const TextView *text, const KeywordQuery *query, uint64_t position);

/* Adds the groups of all keywords in the text, on its own, to the bit set. False: there are none. */
bool keyword_tracker_collect(KeywordTracker *tracker, const TextView *text, uint64_t *groups);

/* Bytes looked at so far: for tests of linear time. */
uint64_t keyword_tracker_work(const KeywordTracker *tracker);
