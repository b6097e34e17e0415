/* Inner loops over bit masks are compiled twice: for any processor, and for those that shift and count bits in one
 * instruction. A loop's body is inline; its two functions are chosen between once. */
#pragma once

#include <stdbool.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define FAST_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
static inline bool fast_target_is_here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}
#else
#define FAST_TARGET
static inline bool fast_target_is_here(void)
{
    return false;
}
#endif
