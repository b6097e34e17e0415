/* Hostile texts: four times the text may cost about four times the work, and no text much more than its bytes are
 * worth. CPU time, with generous bounds. (bench/hostile.c goes on to any size.)
 *
 * usage: test_hostile RULES */
#include "detect_testing.h"
#include "hostile_texts.h"

enum { SHORT = 64 * 1024, RUNS = 8 };

#ifdef __SANITIZE_ADDRESS__
#define RATE_MIN 0.02
#else
#define RATE_MIN 0.5 /* MB/s: the slowest text here is twenty times as fast on an idle machine */
#endif

/* The best of so many runs as it takes: a busy machine makes one run slow, a slow rule all of them. */
static void check_growth(Detector *detector, const HostileText *text, Tier min_tier)
{
    double once = 1e9, more = 1e9;

    for (int i = 0; i < RUNS && (more > 12 * once + 0.005 || 4 * SHORT / 1e6 / more < RATE_MIN); i++) {
        once = MIN(once, hostile_seconds(detector, text, min_tier, SHORT));
        more = MIN(more, hostile_seconds(detector, text, min_tier, 4 * (uint64_t)SHORT));
    }
    if (more > 12 * once + 0.005)
        g_test_fail_printf("%s: %.1f times the time for 4 times the text", text->what, more / once);
    if (4 * SHORT / 1e6 / more < RATE_MIN)
        g_test_fail_printf("%s: %.2f MB/s", text->what, 4 * SHORT / 1e6 / more);
}

static void check_all(RuleSet *rules, Tier min_tier)
{
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    for (size_t i = 0; i < hostile_text_count; i++)
        check_growth(detector, &hostile_texts[i], min_tier);
}

static void test_no_text_makes_any_rule_slow(gconstpointer directory)
{
    const char *const directories[] = {directory, NULL};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(rule_set_load(directories, NULL, &rules, &error));
    check_all(rules, TIER_MEDIUM);
}

/* Tier low tries rules everywhere; few rules, so that what each kind of rule costs is seen. */
static void test_no_text_makes_a_kind_of_rule_slow(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    check_all(rules, TIER_LOW);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_data_func(
        "/detect/hostile/no-text-makes-any-rule-slow", argc > 1 ? argv[1] : "rules", test_no_text_makes_any_rule_slow);
    g_test_add_func("/detect/hostile/no-text-makes-a-kind-of-rule-slow", test_no_text_makes_a_kind_of_rule_slow);
    return g_test_run();
}
