#include "detect/run_profile.h"

const RunProfile RUN_PROFILE_EMPTY = {.open = 1};

static uint64_t sums(uint64_t a, uint64_t b)
{
    uint64_t out = 0;

    for (unsigned i = 0; i <= FIRST_RUN_MAX; i++) {
        if ((a >> i & 1) == 0)
            continue;
        out |= b << i;
        if (i > 0 && b >> (FIRST_RUN_MAX + 1 - i) != 0)
            out |= UINT64_C(1) << FIRST_RUN_MAX;
    }
    return out;
}

static uint16_t short_sums(uint16_t a, uint64_t b)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < RUN_SHORT; i++) {
        if ((b >> i & 1) != 0)
            out |= (uint32_t)a << i;
    }
    bool is_long = out >> RUN_SHORT != 0 || (a != 0 && b >> RUN_SHORT != 0);
    return (uint16_t)(out | (is_long ? 1U << (RUN_SHORT - 1) : 0));
}

/* What a and then b say of the word behind n word characters and that separator. */
static void concatenate_seconds(
    const RunProfile *a, const RunProfile *b, unsigned separator, unsigned n, RunProfile *both)
{
    uint16_t begun = a->second_open[separator][n];
    uint64_t ended = 0;

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        ended |= b->closed[next];
    both->second_open[separator][n] = short_sums(begun, b->open);
    both->second_closed[separator][n] = a->second_closed[separator][n] | short_sums(begun, ended);
    for (unsigned i = 0; i <= n; i++) {
        if ((a->open >> i & 1) == 0)
            continue;
        both->second_open[separator][n] |= b->second_open[separator][n - i];
        both->second_closed[separator][n] |= b->second_closed[separator][n - i];
    }
}

RunProfile run_profile_join(RunProfile a, RunProfile b)
{
    RunProfile both = {.open = sums(a.open, b.open), .seconds = a.seconds | b.seconds};

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        both.closed[next] = a.closed[next] | sums(a.open, b.closed[next]);
    for (unsigned left = both.seconds; left != 0; left &= left - 1) {
        for (unsigned n = 0; n < RUN_SHORT; n++)
            concatenate_seconds(&a, &b, (unsigned)__builtin_ctz(left), n, &both);
    }
    return both;
}

RunProfile run_profile_either(RunProfile a, RunProfile b)
{
    a.open |= b.open;
    a.seconds |= b.seconds;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        a.closed[next] |= b.closed[next];
    for (unsigned left = b.seconds; left != 0; left &= left - 1) {
        for (unsigned n = 0; n < RUN_SHORT; n++) {
            a.second_open[__builtin_ctz(left)][n] |= b.second_open[__builtin_ctz(left)][n];
            a.second_closed[__builtin_ctz(left)][n] |= b.second_closed[__builtin_ctz(left)][n];
        }
    }
    return a;
}

RunProfile run_profile_repeat(RunProfile once, unsigned min, unsigned max)
{
    RunProfile all = RUN_PROFILE_EMPTY, out = {0};

    for (unsigned times = 0; times <= max; times++) {
        if (times >= min)
            out = run_profile_either(out, all);
        all = run_profile_join(all, once);
    }
    return out;
}
