/* Runs the examples that every rule of rules/ carries, each whole and cut at every byte, and counts them. Argument: the
 * directory of the rules. */
#include "detect/rule_examples.h"
#include "detect/rule_internal.h"

#include <string.h>

/* As built for use, each example is cut at every byte; under a sanitizer, which is for memory, at some. */
#if defined(__SANITIZE_ADDRESS__)
enum { CUT_STEP = 13 };
#else
enum { CUT_STEP = 1 };
#endif

typedef struct Seen {
    const Rule *rule;
    bool is_found, is_found_medium;
    GString *places; /* of all rules' matches */
} Seen;

/* One example as a test. */
typedef struct ExampleCase {
    Detector *detector;
    RuleExample example;
} ExampleCase;

/* A text, and where to cut it: at one place, or (0) everywhere. */
typedef struct Feeding {
    const char *text;
    size_t len, cut;
} Feeding;

/* Another detector won on the same text, and says so. */
static bool gave_way(const Match *match, const Rule *rule)
{
    for (size_t i = 0; i < MATCH_ALSO_MAX && match->also[i] != NULL; i++) {
        if (strcmp(match->also[i], rule->detector) == 0)
            return true;
    }
    return false;
}

static void note_match(void *data, const Match *match)
{
    Seen *seen = data;

    g_string_append_printf(seen->places, "%s@%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT "\n", match->rule->id,
        match->offset, match->length);
    /* What a rule must find another of its detector may find, or win; what it must refuse is its own affair. */
    bool is_detector = match->rule->detector_index == seen->rule->detector_index || gave_way(match, seen->rule);
    seen->is_found = seen->is_found || match->rule == seen->rule;
    seen->is_found_medium = seen->is_found_medium || (is_detector && match->tier >= TIER_MEDIUM);
}

static void feed(Detector *detector, const Feeding *feeding)
{
    g_autoptr(GError) error = NULL;

    if (feeding->cut > 0) {
        g_assert_true(detector_feed(detector, feeding->text, feeding->cut, &error));
        g_assert_true(detector_feed(detector, feeding->text + feeding->cut, feeding->len - feeding->cut, &error));
        return;
    }
    for (size_t i = 0; i < feeding->len; i++)
        g_assert_true(detector_feed(detector, feeding->text + i, 1, &error));
}

static void look(const ExampleCase *example_case, Tier min_tier, const Feeding *feeding, Seen *ret_seen)
{
    const DetectorOptions options = {.min_tier = min_tier, .handler = note_match, .data = ret_seen};
    g_autoptr(GError) error = NULL;

    g_string_truncate(ret_seen->places, 0);
    ret_seen->rule = example_case->example.rule;
    g_assert_true(detector_begin(example_case->detector, &options, TEXT_UTF8, 0, &error));
    feed(example_case->detector, feeding);
    g_assert_true(detector_end(example_case->detector, &error));
}

static void the_example_holds(gconstpointer data)
{
    const ExampleCase *example_case = data;
    const RuleExample *example = &example_case->example;
    bool is_low_rule = strstr(example->rule->description, "only of tier low") != NULL;
    Tier min_tier = example->kind == EXAMPLE_MATCH && !is_low_rule ? TIER_MEDIUM : TIER_LOW;
    Feeding feeding = {.text = example->text, .len = strlen(example->text)};
    g_autoptr(GString) bytewise = g_string_new(NULL), cut = g_string_new(NULL);
    Seen seen = {.places = bytewise}, again = {.places = cut};

    look(example_case, min_tier, &feeding, &seen);
    if (example->kind == EXAMPLE_MATCH && !(seen.is_found_medium || (is_low_rule && seen.is_found)))
        g_test_fail_printf("%s: not found in: %s", example->rule->id, example->text);
    if (example->kind == EXAMPLE_NO_MATCH && seen.is_found)
        g_test_fail_printf("%s: found in: %s", example->rule->id, example->text);
    for (feeding.cut = 1; feeding.cut < feeding.len; feeding.cut += CUT_STEP) {
        look(example_case, min_tier, &feeding, &again);
        g_assert_cmpstr(again.places->str, ==, seen.places->str);
    }
}

/* Each number of a text would be looked up if a keyword had one, and each letter if it ended with one. */
static void numbers_and_letters_are_no_words_of_keywords(gconstpointer data)
{
    const RuleSet *rules = data;

    g_assert_false(vocabulary_sketch(rules->vocabulary)->has_numbers);
    g_assert_false(vocabulary_sketch(rules->vocabulary)->has_letters);
}

/* What a rule has of examples, each text once. */
typedef struct Tally {
    const Rule *rule;
    GHashTable *texts[2]; /* by ExampleKind */
} Tally;

enum { EXAMPLES_MIN = 5 };

static void there_are_five_of_each_kind(gconstpointer data)
{
    static const char *const names[] = {[EXAMPLE_MATCH] = "match", [EXAMPLE_NO_MATCH] = "no_match"};
    const Tally *tally = data;

    for (ExampleKind kind = EXAMPLE_MATCH; kind <= EXAMPLE_NO_MATCH; kind++) {
        unsigned count = g_hash_table_size(tally->texts[kind]);
        if (count < EXAMPLES_MIN)
            g_test_fail_printf("%s: examples.%s: %u different texts, expected at least %d", tally->rule->id,
                names[kind], count, EXAMPLES_MIN);
    }
}

static void tally_free(void *data)
{
    Tally *tally = data;

    g_hash_table_unref(tally->texts[EXAMPLE_MATCH]);
    g_hash_table_unref(tally->texts[EXAMPLE_NO_MATCH]);
    g_free(tally);
}

/* One for each rule, also for those without examples. */
static GPtrArray *tallies_of(const RuleSet *rules)
{
    GPtrArray *tallies = g_ptr_array_new_with_free_func(tally_free);

    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        Tally *tally = g_new0(Tally, 1);
        tally->rule = rule_set_rule(rules, i);
        tally->texts[EXAMPLE_MATCH] = g_hash_table_new(g_str_hash, g_str_equal);
        tally->texts[EXAMPLE_NO_MATCH] = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *name = g_strdup_printf("/count/%s", tally->rule->id);
        g_test_add_data_func(name, tally, there_are_five_of_each_kind);
        g_ptr_array_add(tallies, tally);
    }
    return tallies;
}

typedef struct Cases {
    Detector *detector;
    GPtrArray *tallies; /* by the rule's index */
    unsigned count;
} Cases;

static void add_case(void *data, const RuleExample *example)
{
    Cases *cases = data;
    ExampleCase *example_case = g_new(ExampleCase, 1);
    const Tally *tally = g_ptr_array_index(cases->tallies, example->rule->index);
    const char *kind = example->kind == EXAMPLE_MATCH ? "match" : "no_match";
    g_autofree char *name = g_strdup_printf("/examples/%s/%s/%u", example->rule->id, kind, cases->count++);

    g_hash_table_add(tally->texts[example->kind], (void *)example->text);
    *example_case = (ExampleCase){.detector = cases->detector, .example = *example};
    g_test_add_data_func_full(name, example_case, the_example_holds, g_free);
}

int main(int argc, char **argv)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    const char *directories[] = {argc > 1 ? argv[1] : "rules", NULL};
    if (!rule_set_load(directories, NULL, &rules, &error) || !detector_new(rules, &detector, &error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    g_test_add_data_func(
        "/keywords/numbers-and-letters-are-no-words-of-keywords", rules, numbers_and_letters_are_no_words_of_keywords);
    g_autoptr(GPtrArray) tallies = tallies_of(rules);
    Cases cases = {.detector = detector, .tallies = tallies};
    rule_set_visit_examples(rules, add_case, &cases);
    return g_test_run();
}
