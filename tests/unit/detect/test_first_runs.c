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
    {"\\x41b|\\xC3\\xa9t", BIT(2) | BIT(0)},
    {"a[\\x27\\xC3-\\xC5]b", BIT(1)},
    {"a[\\x80-\\xE2-]b", BIT(1)},
    {"a[\\x30-\\x39]b", ~UINT64_C(0)},
    {"a[\\x80-z]b", ~UINT64_C(0)},
    {"a\\x4", ~UINT64_C(0)},
};

static void test_first_runs_are_those_of_the_pattern(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(run_cases); i++) {
        const FirstRuns runs = first_runs(run_cases[i].pattern, PATTERN_AS_WRITTEN);
        if (first_runs_all(&runs) != run_cases[i].runs)
            g_test_fail_printf("%s: %" G_GINT64_MODIFIER "x", run_cases[i].pattern, first_runs_all(&runs));
    }
}

typedef struct LengthCase {
    const char *pattern;
    RunKind kind;
    RunNext next;
    uint64_t lengths;
} LengthCase;

static const LengthCase length_cases[] = {
    {"[0-9]{3}\\.[0-9]{3}|[0-9]{11}", RUN_DIGITS, NEXT_DOT, BIT(3) | BIT(11)},
    {"[0-9]{3}\\.[0-9]{3}|[0-9]{11}", RUN_DIGITS, NEXT_DASH, BIT(11)},
    {"[0-9]{3}\\.[0-9]{3}|[0-9]{11}", RUN_LETTERS, NEXT_DOT, 0},
    {"[A-Z]{2}(?: ?[0-9]{4}){2}", RUN_LETTERS, NEXT_SPACE, BIT(2)},
    {"[A-Z]{2}(?: ?[0-9]{4}){2}", RUN_LETTERS, NEXT_OTHER, 0},
    {"[A-Z]{2}(?: ?[0-9]{4}){2}", RUN_ANY, NEXT_OTHER, BIT(10)},
    {"[A-Z0-9]{4}", RUN_DIGITS, NEXT_OTHER, BIT(4)},
    {"[0-9]{62}[A-Z]", RUN_DIGITS, NEXT_OTHER, BIT(63)},
    {"[A-Z]{70}[0-9]", RUN_LETTERS, NEXT_DASH, BIT(63)},
    {"[0-9]{61}[A-Z]", RUN_DIGITS, NEXT_OTHER, 0},
    {"a\\sb", RUN_LETTERS, NEXT_SPACE, BIT(1)},
    {"a\\sb", RUN_LETTERS, NEXT_OTHER, BIT(1)},
    {"a[-./+:]b", RUN_LETTERS, NEXT_COLON, BIT(1)},
    {"a[-./+:]b", RUN_LETTERS, NEXT_SPACE, 0},
    {"(?:van|de) [A-Z][a-z]+", RUN_LOWER, NEXT_SPACE, BIT(2) | BIT(3)},
    {"(?:van|de) [A-Z][a-z]+", RUN_LOWER, NEXT_OTHER, 0},
    {"(?:(?:van|de) )?[A-Z][a-z]{4}", RUN_LOWER, NEXT_SPACE, BIT(2) | BIT(3)},
    {"(?:(?:van|de) )?[A-Z][a-z]{4}", RUN_LETTERS, NEXT_SPACE, BIT(2) | BIT(3) | BIT(5)},
    {"[A-Z]?[a-z_]{4}", RUN_LOWER, NEXT_OTHER, BIT(4)},
    {"\\w{3}", RUN_LOWER, NEXT_OTHER, BIT(3)},
};

static void test_lengths_are_told_by_kind_of_word_and_by_what_follows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(length_cases); i++) {
        const LengthCase *test = &length_cases[i];
        const FirstRuns runs = first_runs(test->pattern, PATTERN_AS_WRITTEN);
        if (runs.lengths[test->kind][test->next] != test->lengths)
            g_test_fail_printf("%s, %d, %d: %" G_GINT64_MODIFIER "x", test->pattern, test->kind, test->next,
                runs.lengths[test->kind][test->next]);
    }
}

typedef struct SecondCase {
    const char *pattern;
    RunNext next;
    unsigned length, seconds;
} SecondCase;

static const SecondCase second_cases[] = {
    {"[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}", NEXT_DOT, 2, 1U << 3},
    {"[0-9]{1,2}-?[A-Z]{4}", NEXT_DASH, 2, 1U << 4},
    {"[0-9]{1,2}-?[A-Z]{4}", NEXT_DASH, 6, 0xFFFF},
    {"[0-9]{1,2}-?[A-Z]{4}", NEXT_DASH, 3, 0},
    {"a(?:-[0-9]{2}){2}", NEXT_DASH, 1, 1U << 2},
    {"a -b", NEXT_SPACE, 1, 1U << 0},
    {"a-b{20}", NEXT_DASH, 1, 1U << 15},
    {"a-b{2,}", NEXT_DASH, 1, 0xFFFC},
};

static void test_the_word_behind_the_first_is_told_where_the_match_goes_on(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(second_cases); i++) {
        const SecondCase *test = &second_cases[i];
        const FirstRuns runs = first_runs(test->pattern, PATTERN_AS_WRITTEN);
        if (runs.seconds[test->next][test->length] != test->seconds)
            g_test_fail_printf("%s, %d: %x", test->pattern, test->next, runs.seconds[test->next][test->length]);
    }
}

typedef struct QuadCase {
    const char *pattern;
    bool takes_quads;
} QuadCase;

static const QuadCase quad_cases[] = {
    {"[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}-[0-9K]\\b", false},
    {"[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}[ -][0-9]{3}\\.[0-9]{2}", false},
    {"5[0-9]{2}[ .-][0-9]{3}[ .-][0-9]{2}[ .-][0-9]{2}", true}, {"[0-9]{8}|[0-9](?:[.-]?[0-9]{2}){3}", true},
    {"[0-9.]{5,20}", true}, {"[A-Z]{2}[0-9]{2}", false}, {"(?i)[0-9]+", true}, /* not understood */
};

static void test_what_may_hold_four_numbers_in_dots_is_told(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(quad_cases); i++) {
        if (first_runs(quad_cases[i].pattern, PATTERN_AS_WRITTEN).takes_quads != quad_cases[i].takes_quads)
            g_test_fail_printf("%s", quad_cases[i].pattern);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/first-runs/first-runs-are-those-of-the-pattern", test_first_runs_are_those_of_the_pattern);
    g_test_add_func("/detect/first-runs/lengths-are-told-by-kind-of-word-and-by-what-follows",
        test_lengths_are_told_by_kind_of_word_and_by_what_follows);
    g_test_add_func("/detect/first-runs/the-word-behind-the-first-is-told-where-the-match-goes-on",
        test_the_word_behind_the_first_is_told_where_the_match_goes_on);
    g_test_add_func("/detect/first-runs/what-may-hold-four-numbers-in-dots-is-told",
        test_what_may_hold_four_numbers_in_dots_is_told);
    return g_test_run();
}
