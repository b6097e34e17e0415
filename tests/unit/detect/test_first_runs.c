#include "detect/first_runs.h"

#include <glib.h>

#define BIT(n) (UINT64_C(1) << (n))

typedef struct RunCase {
    const char *pattern;
    uint64_t runs;
} RunCase;

/* Worked out by hand from what each pattern can match. */
static const RunCase run_cases[] = {
    {"abc", BIT(3)},
    {"[A-Z]{2}[0-9]{6}", BIT(8)},
    {"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", BIT(8) | BIT(11)},
    {"[0-9]{3}\\.[0-9]{3}|[0-9]{11}", BIT(3) | BIT(11)},
    {"[0-9]{8}-?[A-Z]", BIT(8) | BIT(9)},
    {"[A-Z]{2}(?: ?[0-9]{4}){2}", BIT(2) | BIT(6) | BIT(10)},
    {"a+", ~BIT(0)},
    {"-a", BIT(0)},
    {"\\b(?<value>ab)", BIT(2)},
    {"a.b", BIT(1) | BIT(3)},
    {"[A ]b", BIT(0) | BIT(2)},
    {"a{70}", BIT(63)},
    {"[^a]b", ~UINT64_C(0)},
    {"(?=a)b", ~UINT64_C(0)},
    {"(ab", ~UINT64_C(0)},
    {"[[:alpha:]]", ~UINT64_C(0)},
};

static void test_first_runs_are_those_of_the_pattern(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(run_cases); i++) {
        if (first_runs(run_cases[i].pattern) != run_cases[i].runs)
            g_test_fail_printf("%s: %" G_GINT64_MODIFIER "x", run_cases[i].pattern, first_runs(run_cases[i].pattern));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/first-runs/first-runs-are-those-of-the-pattern", test_first_runs_are_those_of_the_pattern);
    return g_test_run();
}
