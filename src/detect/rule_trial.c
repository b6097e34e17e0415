/* The examples of rules: who wants to see them, and running them before rules are trusted. */
#include "detect/lint/rule_lint.h"
#include "detect/regex_effort.h"
#include "detect/rule_examples.h"
#include "detect/rule_internal.h"

#include <string.h>

typedef struct Trial {
    Detector *detector;
    RegexScratch *regex;
    const RuleSet *rules;
    const char *directory; /* NULL: all */
    const Rule *rule;
    const Rule *tired;              /* its effort was measured last */
    bool is_found, is_found_at_all; /* at the tier that is asked of examples; at any */
    const char *why_not;            /* what was in the way of a match; NULL: nothing had the rule's shape */
    RuleFaults *faults;             /* what does not hold; NULL: the first is a failure */
    GError *failure;
} Trial;

static bool gave_way(const Match *match, const Rule *rule)
{
    for (size_t i = 0; i < MATCH_ALSO_MAX && match->also[i] != NULL; i++)
        if (g_str_equal(match->also[i], rule->detector))
            return true;
    return false;
}

/* What a rule must find another of its detector may find, or win. */
static void note_match(void *data, const Match *match)
{
    Trial *trial = data;
    bool is_detector = match->rule->detector_index == trial->rule->detector_index || gave_way(match, trial->rule);

    trial->is_found_at_all |= match->rule == trial->rule;
    trial->is_found |= is_detector;
}

static bool look_with(Trial *trial, const char *text, const DetectorOptions *options, GError **error)
{
    TRY(detector_begin(trial->detector, options, TEXT_UTF8, 0, error));
    TRY(detector_feed(trial->detector, text, strlen(text), error));
    return detector_end(trial->detector, error);
}

static bool look(Trial *trial, const char *text, Tier min_tier, GError **error)
{
    const DetectorOptions options = {.min_tier = min_tier, .handler = note_match, .data = trial};

    trial->is_found = trial->is_found_at_all = false;
    return look_with(trial, text, &options, error);
}

static void note_refusal(void *data, const Refusal *refusal)
{
    Trial *trial = data;

    if (refusal->rule == trial->rule && (trial->why_not == NULL || refusal->is_near))
        trial->why_not = refusal_reason_text(refusal->reason);
}

static void note_suppressed(void *data, const Match *match)
{
    Trial *trial = data;

    if (match->rule == trial->rule)
        trial->why_not = "it is suppressed, as a published test value or a placeholder";
}

static bool fail_match(Trial *trial, const char *text, Tier tier, GError **error)
{
    const DetectorOptions options = {.min_tier = tier,
        .handler = note_match,
        .suppressed_handler = note_suppressed,
        .refusal_handler = note_refusal,
        .data = trial};

    trial->why_not = NULL;
    TRY(look_with(trial, text, &options, error));
    return fail_at(error, &(ErrorPlace){.field = "examples"}, "expected a match at tier %s in: %s; %s", tier_name(tier),
        text, trial->why_not != NULL ? trial->why_not : "nothing in it has the shape of the rule");
}

/* A rule that says so, or that cannot reach tier medium, is asked for what it can. */
static Tier asked_tier(const CompiledRule *rule)
{
    if (strstr(rule->rule.description, "only of tier low") != NULL)
        return TIER_LOW;
    return MIN(TIER_MEDIUM, compiled_rule_best_tier(rule));
}

static bool run_example(Trial *trial, const RuleExample *example, GError **error)
{
    const CompiledRule *rule = rule_at(trial->rules, example->rule->index);
    bool must_match = example->kind == EXAMPLE_MATCH;

    trial->rule = example->rule;
    TRY(look(trial, example->text, must_match ? asked_tier(rule) : TIER_LOW, error));
    if (must_match && !trial->is_found)
        return fail_match(trial, example->text, asked_tier(rule), error);
    if (!must_match && trial->is_found_at_all)
        return fail_at(error, &(ErrorPlace){.field = "examples"}, "expected no match in: %s", example->text);
    return true;
}

static bool is_in_directory(const Trial *trial, const Rule *rule)
{
    g_autofree char *folder = g_path_get_dirname(rule_at(trial->rules, rule->index)->where);

    return trial->directory == NULL || g_str_equal(folder, trial->directory);
}

/* With the first example of each rule. */
static bool check_effort(Trial *trial, const RuleExample *example, GError **error)
{
    const CompiledRule *rule = rule_at(trial->rules, example->rule->index);

    if (example->kind != EXAMPLE_MATCH || trial->tired == example->rule || rule->regex == NULL)
        return true;
    trial->tired = example->rule;
    if (!regex_is_too_much_effort(trial->regex, rule, example->text))
        return true;
    return fail_at(error, &(ErrorPlace){.field = "pattern"},
        "too much effort in a text that almost matches; expected no repetition of what can be repeated in more than "
        "one way, such as (a+ ?)+");
}

static void visit(void *data, const RuleExample *example)
{
    Trial *trial = data;
    g_autoptr(GError) error = NULL;

    if (trial->failure != NULL || !is_in_directory(trial, example->rule))
        return;
    if (run_example(trial, example, &error) && check_effort(trial, example, &error))
        return;
    const char *file = rule_at(trial->rules, example->rule->index)->where;
    if (trial->faults != NULL && error_is(error, ERROR_INVALID)) {
        const RuleFault about = {.file = file, .rule = example->rule->id, .entry = example->text};
        rule_faults_add_error(trial->faults, &about, error);
        return;
    }
    g_prefix_error(&error, "%s: rule %s: ", file, example->rule->id);
    trial->failure = g_steal_pointer(&error);
}

static bool run(RuleSet *rules, const char *directory, RuleFaults *faults, GError **error)
{
    g_autoptr(Detector) detector = NULL;
    g_autoptr(RegexScratch) regex = NULL;
    g_autofree char *folder = directory != NULL ? g_strdup(directory) : NULL;

    for (size_t len = folder != NULL ? strlen(folder) : 0; len > 1 && folder[len - 1] == '/'; len--)
        folder[len - 1] = '\0';
    TRY(detector_new(rules, &detector, error));
    TRY(regex_scratch_new(rules->max_groups, &regex, error));
    Trial trial = {.detector = detector, .regex = regex, .rules = rules, .directory = folder, .faults = faults};
    rule_set_visit_examples(rules, visit, &trial);
    if (trial.failure == NULL)
        return true;
    g_propagate_error(error, trial.failure);
    return false;
}

bool rule_set_check_examples(RuleSet *rules, const char *directory, GError **error)
{
    return run(rules, directory, NULL, error);
}

bool rule_set_find_example_faults(RuleSet *rules, const char *directory, RuleFaults *faults, GError **error)
{
    TRY(run(rules, directory, faults, error));
    rule_faults_locate(faults);
    return true;
}

static void visit_texts(char *const *texts, unsigned count, RuleExample example, RuleExampleVisitor visitor, void *data)
{
    for (unsigned i = 0; i < count; i++) {
        example.text = texts[i];
        visitor(data, &example);
    }
}

void rule_set_visit_examples(const RuleSet *rules, RuleExampleVisitor visitor, void *data)
{
    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const CompiledRule *rule = rule_at(rules, i);
        const RawExamples *examples = &rule->raw->examples;
        RuleExample example = {.rule = &rule->rule, .kind = EXAMPLE_MATCH};
        visit_texts(examples->match, examples->match_count, example, visitor, data);
        example.kind = EXAMPLE_NO_MATCH;
        visit_texts(examples->no_match, examples->no_match_count, example, visitor, data);
    }
}
