/* Where runs and dumps stand in a text, and which lines belong to them. */
#pragma once

#include "detect/encoded/encoded_spans.h"

/* As encoded_find(), of runs, dumps and lists of decimal numbers. */
bool encoded_find_run(const EncodedFinder *finder, const TextView *view, size_t from, size_t to, EncodedSpan *ret_span);

typedef enum JoinResult { JOIN_DONE, JOIN_OPEN } JoinResult; /* OPEN: it takes more of the text to tell */

/* Adds to a run the lines below that look as if it went on in them: whole lines, of one length but for the last. */
JoinResult encoded_join(const EncodedFinder *finder, const TextView *view, EncodedStep step, EncodedSpan *span);
