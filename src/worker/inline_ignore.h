/* Comments that ask for silence: "trawl:ignore", or "trawl:ignore=detector,detector".
 *
 * Text goes through here on its way to the detector, so that a line's comment is known before any finding of the line.
 * A comment covers what begins on its line, and, where nothing but it stands on the line, on the next. Only the first
 * 64 KiB of a line count. One thread; memory is bounded. */
#pragma once

#include "base/error.h"
#include "detect/detect.h"

typedef struct InlineIgnore InlineIgnore;

typedef bool (*InlineSink)(void *data, const char *utf8, size_t len, GError **error);

InlineIgnore *inline_ignore_new(void);
void inline_ignore_free(InlineIgnore *ignore); /* wipes what it holds of the text */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InlineIgnore, inline_ignore_free)

/* A run of text: begin, pieces, end. What is held back goes to the sink in time. */
void inline_ignore_begin(InlineIgnore *ignore, InlineSink sink, void *data);
FALLIBLE bool inline_ignore_feed(InlineIgnore *ignore, const char *utf8, size_t len, GError **error);
FALLIBLE bool inline_ignore_end(InlineIgnore *ignore, GError **error);

/* *ret_line: the comment's. */
bool inline_ignore_covers(const InlineIgnore *ignore, const Match *match, uint64_t *ret_line);
