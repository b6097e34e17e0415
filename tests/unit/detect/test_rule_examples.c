/* Runs the examples that every rule of rules/ carries. Argument: the directory of the rules. */
#include "detect/rule_examples.h"

#include <string.h>

typedef struct Seen {
    const Rule *rule;
    bool is_found, is_found_medium;
} Seen;

/* One example as a test. */
typedef struct ExampleCase {
    RuleSet *rules;
    RuleExample example;
} ExampleCase;

static void note_match(void *data, const Match *match)
{
    Seen *seen = data;

    if (match->rule != seen->rule)
        return;
    seen->is_found = true;
    seen->is_found_medium = seen->is_found_medium || match->tier >= TIER_MEDIUM;
}

static Seen look(const ExampleCase *example_case, Tier min_tier)
{
    const char *text = example_case->example.text;
    Seen seen = {.rule = example_case->example.rule};
    const DetectorOptions options = {.min_tier = min_tier, .handler = note_match, .data = &seen};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(example_case->rules, &detector, &error));
    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, strlen(text), &error));
    g_assert_true(detector_end(detector, &error));
    return seen;
}

static void the_example_holds(gconstpointer data)
{
    const ExampleCase *example_case = data;
    const RuleExample *example = &example_case->example;

    if (example->kind == EXAMPLE_MATCH && !look(example_case, TIER_MEDIUM).is_found_medium)
        g_test_fail_printf("%s: not found in: %s", example->rule->id, example->text);
    if (example->kind == EXAMPLE_NO_MATCH && look(example_case, TIER_LOW).is_found)
        g_test_fail_printf("%s: found in: %s", example->rule->id, example->text);
}

typedef struct Cases {
    RuleSet *rules;
    unsigned count;
} Cases;

static void add_case(void *data, const RuleExample *example)
{
    Cases *cases = data;
    ExampleCase *example_case = g_new(ExampleCase, 1);
    const char *kind = example->kind == EXAMPLE_MATCH ? "match" : "no_match";
    g_autofree char *name = g_strdup_printf("/examples/%s/%s/%u", example->rule->id, kind, cases->count++);

    *example_case = (ExampleCase){.rules = cases->rules, .example = *example};
    g_test_add_data_func_full(name, example_case, the_example_holds, g_free);
}

int main(int argc, char **argv)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    const char *directories[] = {argc > 1 ? argv[1] : "rules", NULL};
    if (!rule_set_load(directories, NULL, &rules, &error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    Cases cases = {.rules = rules};
    rule_set_visit_examples(rules, add_case, &cases);
    return g_test_run();
}
