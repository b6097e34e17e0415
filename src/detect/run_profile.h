/* Each part of a pattern has a profile: how many word characters it can match in all, if it matches nothing else, and
 * after how many the first other character can come. */
#pragma once

#include "detect/first_runs.h"

enum { RUN_REPEAT_MAX = 64 }; /* more repetitions say no more */

typedef struct RunProfile {
    uint64_t open;               /* bit n: the part can match n word characters and nothing else */
    uint64_t closed[NEXT_COUNT]; /* bit n: it can match such another character after n word characters */
    /* Bit m: so many word characters follow that one; the second word may still go on, or ended. */
    uint16_t second_open[NEXT_OTHER][RUN_SHORT], second_closed[NEXT_OTHER][RUN_SHORT];
    unsigned seconds; /* bit set: in which rows of these there is anything */
} RunProfile;

/* Of what matches the empty text only. */
extern const RunProfile RUN_PROFILE_EMPTY;

/* One behind the other; one or the other; one that comes so often, up to RUN_REPEAT_MAX times. */
RunProfile run_profile_join(RunProfile a, RunProfile b);
RunProfile run_profile_either(RunProfile a, RunProfile b);
RunProfile run_profile_repeat(RunProfile once, unsigned min, unsigned max);
