/* Texts that somebody might write to make a scanner slow, and what they cost. */
#pragma once

#include "detect/detect.h"

/* before, then the piece as often as fits; each '#' of a piece of more than that is another number of nine digits. */
typedef struct HostileText {
    const char *what, *before;
    const char *piece; /* NULL: random bytes */
} HostileText;

extern const HostileText hostile_texts[];
extern const size_t hostile_text_count;

/* CPU time of the detector for about so many bytes, fed in pieces, so that any size costs no memory. */
double hostile_seconds(Detector *detector, const HostileText *text, Tier min_tier, uint64_t bytes);
