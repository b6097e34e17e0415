/* Inner loops over bit masks are compiled for any processor, for those that shift and count bits in one instruction,
 * and some for those with vectors of a whole block. A loop's body is inline; its functions are chosen between once. */
#pragma once

#include <stdbool.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* For functions whose vectors of 64 bytes may stand on the stack: on the one that AddressSanitizer makes up for a call
 * they would not be aligned. All that is inline in such a function has this, too. */
#define ALIGNED_STACK __attribute__((no_sanitize_address))

typedef enum Processor { PROCESSOR_ANY, PROCESSOR_FAST, PROCESSOR_WIDE } Processor;

#if defined(__x86_64__)
#define FAST_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WIDE_TARGET                                                                                                    \
    __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")))

static inline bool fast_target_is_here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

static inline bool wide_target_is_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}
#else
#define FAST_TARGET
#define WIDE_TARGET
static inline bool fast_target_is_here(void)
{
    return false;
}

static inline bool wide_target_is_here(void)
{
    return false;
}
#endif

static inline Processor processor_best(void)
{
    if (!fast_target_is_here())
        return PROCESSOR_ANY;
    return wide_target_is_here() ? PROCESSOR_WIDE : PROCESSOR_FAST;
}
