/* What a pattern says about the word that it begins with. */
#pragma once

#include <stdint.h>

enum { FIRST_RUN_MAX = 63 };

/* Bit n: a match may begin with exactly n word characters (A-Z a-z 0-9 _) before another character or its end; bit 63
 * stands for 63 and more. All bits if the pattern uses anything this does not understand. A necessary condition only:
 * it spares the regex engine most places. */
uint64_t first_runs(const char *pattern);
