/* Which keywords stand before a value.
 *
 * A Vocabulary holds the keywords of all rules (a rule is a "group" here) and is immutable once filled. A
 * KeywordTracker is one detector's scratch: it splits the text before values into words lazily, each byte about once
 * however many values and rules ask, and remembers the last keywords that it saw.
 *
 * Words: runs of letters, digits and non-ASCII bytes, split at "_" and at camelCase; compared whole and in any case. A
 * run is also looked up unsplit ("GitHub"), and without trailing digits ("phone2"). */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum { KEYWORD_MAX_BYTES = 64, KEYWORD_MAX_WORDS = 6, KEYWORD_SPAN = 160 };

typedef struct Vocabulary Vocabulary;
typedef struct KeywordTracker KeywordTracker;

/* A piece of a long text: data[0] stands at position base of it. */
typedef struct TextView {
    const uint8_t *data;
    uint64_t base;
    size_t len;
} TextView;

Vocabulary *vocabulary_new(uint32_t group_count);
void vocabulary_free(Vocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vocabulary, vocabulary_free)

FALLIBLE bool vocabulary_add(Vocabulary *vocabulary, uint32_t group, const char *keyword, GError **error);

/* vocabulary must outlive the tracker; max_distance is the greatest that will be asked for. */
KeywordTracker *keyword_tracker_new(const Vocabulary *vocabulary, uint32_t max_distance);
void keyword_tracker_free(KeywordTracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeywordTracker, keyword_tracker_free)

/* Forgets the text: another one begins. */
void keyword_tracker_reset(KeywordTracker *tracker);

/* How many bytes of text before a value a view must hold. */
size_t keyword_look_back(uint32_t max_distance);

/* What is asked: keywords of a group near a position. */
typedef struct KeywordQuery {
    uint32_t group, distance; /* characters */
    uint64_t barrier;         /* keywords that begin before this position do not count */
} KeywordQuery;

/* Where the nearest such keyword ends that ends at most distance characters before position; 0: there is none. Cheapest
 * with rising positions. */
uint64_t keyword_tracker_before(
    KeywordTracker *tracker, const TextView *view, const KeywordQuery *query, uint64_t position);

/* Whether such a keyword begins at most distance characters behind position. Not with a tracker that is also asked for
 * keywords before. */
bool keyword_tracker_after(KeywordTracker *tracker, const TextView *text, const KeywordQuery *query, uint64_t position);

/* Adds the groups of all keywords in the text, on its own, to the bit set. False: there are none. */
bool keyword_tracker_collect(KeywordTracker *tracker, const TextView *text, uint64_t *groups);

/* Bytes looked at so far: for tests of linear time. */
uint64_t keyword_tracker_work(const KeywordTracker *tracker);
