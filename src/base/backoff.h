/* Waits between tries that grow, each drawn from the upper half of its range, so that those who lost something together
 * do not all come back together. A plain value of one thread. */
#pragma once

#include <stdint.h>

typedef struct Backoff {
    int64_t first_ms, longest_ms;
    int64_t wait_ms; /* 0: at the start */
} Backoff;

/* How long to wait now; the next wait is up to twice as long. */
int64_t backoff_next_ms(Backoff *backoff);

/* It went well: the next wait is the first again. */
void backoff_reset(Backoff *backoff);

/* From half of it to all of it, at random. */
int64_t jittered_ms(int64_t wait_ms);
