/* Hostile texts: twice the text may cost about twice the work, never four times. CPU time of the best of several runs,
 * with a generous bound, so that a busy machine does not matter. */
#include "detect_testing.h"

#include <string.h>
#include <time.h>

typedef struct HostileCase {
    const char *what;
    const char *piece; /* repeated */
    const char *before;
} HostileCase;

static const HostileCase hostile_cases[] = {
    {"an endless tail", "a1B2c3D4", "api_key = "},
    {"endless prefilter hits", "apikey", ""},
    {"beginnings without an end", "-----BEGIN SECRET-----\n", ""},
    {"one block without an end", "abcdefgh\n", "-----BEGIN SECRET-----\n"},
    {"at signs", "a@", ""},
    {"long local parts", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1 ", ""},
    {"one long line of digits", "1234567890", ""},
    {"groups of digits", "4242 ", ""},
    {"groups with dashes", "123-45-", ""},
    {"capitals", "GB82 WEST ", ""},
    {"pluses", "+44 20 7946 ", ""},
    {"keywords", "card badge number ", ""},
    {"keywords and numbers", "badge 123456789,", ""},
    {"overlapping matches", "4242 4242 4242 4242 ", ""},
    {"one long word with values that touch", "tok_abcdefghijklmnop.", "wwwwwwwwwwwwwwwwwwww"},
    {"continuation bytes", "\x80\x80\x80\x80", "card "},
};

static char *repeated(const HostileCase *test, size_t len)
{
    GString *text = g_string_new(test->before);

    while (text->len < len)
        g_string_append(text, test->piece);
    return g_string_free(text, FALSE);
}

static void ignore_match(void *data, const Match *match)
{
    (void)data;
    (void)match;
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double best_seconds(Detector *detector, const char *text, size_t len)
{
    const DetectorOptions options = {.min_tier = TIER_LOW, .handler = ignore_match};
    g_autoptr(GError) error = NULL;
    double best = 1e9;

    for (int i = 0; i < 3; i++) {
        double start = cpu_seconds();
        g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
        g_assert_true(detector_feed(detector, text, len, &error));
        g_assert_true(detector_end(detector, &error));
        best = MIN(best, cpu_seconds() - start);
    }
    return best;
}

static void test_the_cost_of_hostile_text_is_linear(void)
{
    enum { SHORT = 256 * 1024, LONG = 4 * SHORT };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(hostile_cases); i++) {
        g_autofree char *text = repeated(&hostile_cases[i], LONG);
        double once = best_seconds(detector, text, SHORT), more = best_seconds(detector, text, LONG);
        g_test_message("%s: %.0f MB/s", hostile_cases[i].what, LONG / 1e6 / more);
        if (more > 9 * once + 0.002)
            g_test_fail_printf("%s: %.1f times the time for 4 times the text", hostile_cases[i].what, more / once);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/linear-time/the-cost-of-hostile-text-is-linear", test_the_cost_of_hostile_text_is_linear);
    return g_test_run();
}
