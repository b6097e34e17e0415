/* Which of several matches on the same text stand. */
#pragma once

#include "detect/judge.h"

/* Takes from pending every match that no unknown one can overlap: unknown matches start at horizon or later. What
 * stands is appended to settled in order of start. Returns where the earliest match that still waits starts (horizon if
 * none does). A chain of overlaps is cut where it becomes longer than OVERLAP_CHAIN_BYTES. If min_tier is low, what
 * gives way to another detector on the very same bytes stays, at tier low. */
enum { OVERLAP_CHAIN_BYTES = 16384, OVERLAP_CHAIN_MATCHES = 256 };

uint64_t overlap_settle(const RuleSet *rules, Tier min_tier, GArray *pending, uint64_t horizon, GArray *settled);
