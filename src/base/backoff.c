#include "base/backoff.h"

#include <glib.h>

int64_t jittered_ms(int64_t wait_ms)
{
    int64_t least_ms = wait_ms / 2;

    return least_ms + (int64_t)(g_random_double() * (double)(wait_ms - least_ms));
}

int64_t backoff_next_ms(Backoff *backoff)
{
    int64_t wait_ms = backoff->wait_ms > 0 ? backoff->wait_ms : backoff->first_ms;

    backoff->wait_ms = MIN(wait_ms * 2, backoff->longest_ms);
    return jittered_ms(wait_ms);
}

void backoff_reset(Backoff *backoff)
{
    backoff->wait_ms = 0;
}
