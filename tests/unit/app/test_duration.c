/* Durations on the command line. */
#include "app/duration.h"

static const struct {
    const char *text;
    int64_t hours; /* 0: refused */
} cases[] = {
    {"1h", 1},
    {"48h", 48},
    {"90d", 2160},
    {"2w", 336},
    {"3m", 2160},
    {"0d", 0},
    {"-1d", 0},
    {"+1d", 0},
    {"1", 0},
    {"d", 0},
    {"", 0},
    {" 1d", 0},
    {"1d ", 0},
    {"1.5d", 0},
    {"1dd", 0},
    {"1y", 0},
    {"1D", 0},
    {"100001m", 0},
    {"99999999999999999999d", 0},
};

static void test_a_duration_is_a_number_with_a_unit(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        int64_t ms = 0;
        g_assert_cmpint(duration_parse("--older-than", cases[i].text, &ms, &error), ==, cases[i].hours > 0);
        g_assert_cmpint(ms, ==, cases[i].hours * 3600 * 1000);
        g_assert_true((error != NULL) == (cases[i].hours == 0));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/app/duration/a duration is a number with a unit", test_a_duration_is_a_number_with_a_unit);
    return g_test_run();
}
