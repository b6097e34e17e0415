#include "detect/class_rules.h"

#include <string.h>

ClassRules *class_rules_new(ClassRulesKind kind)
{
    ClassRules *rules = g_new0(ClassRules, 1);

    rules->kind = kind;
    rules->forms = form_table_new();
    rules->at = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    rules->plus = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    rules->colon = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    rules->word = g_array_new(FALSE, FALSE, sizeof(WordGroup));
    for (size_t i = 0; i < CLASS_MAX_STARTS; i++)
        rules->upper[i] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return rules;
}

void class_rules_free(ClassRules *rules)
{
    if (rules == NULL)
        return;
    form_table_free(rules->forms);
    g_array_unref(rules->at);
    g_array_unref(rules->plus);
    g_array_unref(rules->colon);
    g_array_unref(rules->word);
    for (size_t i = 0; i < CLASS_MAX_STARTS; i++)
        g_array_unref(rules->upper[i]);
    g_free(rules);
}

static bool add_forms(ClassRules *rules, const CompiledRule *rule, GError **error)
{
    const char *separators = rule->raw->separators != NULL ? rule->raw->separators : "-";

    for (unsigned i = 0; i < rule->raw->forms_count; i++) {
        const char *form = rule->raw->forms[i];
        if (rules->kind != CLASS_RULES_COLD || !rule->bare_waits || strchr(form, '-') != NULL)
            TRY(form_table_add(rules->forms, rule->rule.index, form, separators, error));
    }
    return true;
}

static void note_runs(ClassPlan *plan, const CompiledRule *rule, uint32_t start)
{
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        for (unsigned next = 0; next < NEXT_COUNT; next++) {
            for (uint64_t left = rule->first_runs->lengths[kind][next]; left != 0; left &= left - 1)
                plan->starts_by_run[kind][next][__builtin_ctzll(left)] |= UINT32_C(1) << start;
        }
    }
}

static void note_seconds(ClassPlan *plan, const CompiledRule *rule, uint32_t start)
{
    for (unsigned next = 0; next < NEXT_OTHER; next++) {
        for (unsigned run = 0; run < RUN_SHORT; run++) {
            for (unsigned left = rule->first_runs->seconds[next][run]; left != 0; left &= left - 1)
                plan->starts_by_second[next][run][__builtin_ctz(left)] |= UINT32_C(1) << start;
        }
    }
}

static bool add_upper(ClassRules *rules, const CompiledRule *rule, GError **error)
{
    ClassPlan *plan = &rules->plan;
    uint32_t start = 0;

    while (start < plan->start_count && strcmp(plan->starts[start], rule->start) != 0)
        start++;
    if (start == CLASS_MAX_STARTS)
        return fail_at(error, &(ErrorPlace){.field = "start"}, "expected at most %d different ones in all rules",
            CLASS_MAX_STARTS);
    if (start == plan->start_count)
        plan->starts[plan->start_count++] = rule->start;
    if (rule->raw->category == CATEGORY_SECRET)
        plan->starts_in_numbers |= UINT32_C(1) << start;
    note_runs(plan, rule, start);
    note_seconds(plan, rule, start);
    plan->quad_starts |= rule->first_runs->takes_quads ? UINT32_C(1) << start : 0;
    g_array_append_val(rules->upper[start], rule->rule.index);
    return true;
}

static void add_word(ClassRules *rules, const CompiledRule *rule)
{
    word_groups_add(rules->word, rule->rule.index);
    rules->plan.word_runs |= first_runs_all(rule->first_runs);
    rule_add_first_bytes(rule, rules->plan.word_firsts);
}

bool class_rules_add(ClassRules *rules, const CompiledRule *rule, GError **error)
{
    if (rules->kind != CLASS_RULES_ALL &&
        rule_waits_for_keyword(rule, rules->kind == CLASS_RULES_COLD ? TIER_MEDIUM : TIER_LOW))
        return true;
    switch (rule->shape) {
    case SHAPE_NONE:
        return true;
    case SHAPE_DIGITS:
        return add_forms(rules, rule, error);
    case SHAPE_AT:
        g_array_append_val(rules->at, rule->rule.index);
        return true;
    case SHAPE_PLUS:
        g_array_append_val(rules->plus, rule->rule.index);
        return true;
    case SHAPE_COLON:
        g_array_append_val(rules->colon, rule->rule.index);
        return true;
    case SHAPE_WORD:
        add_word(rules, rule);
        return true;
    case SHAPE_UPPER:
        return add_upper(rules, rule, error);
    }
    return true;
}

/* Where the next word says nothing. */
static void fill_seconds(ClassPlan *plan)
{
    memset(plan->starts_by_second[NEXT_OTHER], 0xFF, sizeof plan->starts_by_second[NEXT_OTHER]);
    for (unsigned next = 0; next < NEXT_OTHER; next++)
        memset(plan->starts_by_second[next][RUN_SHORT], 0xFF, sizeof plan->starts_by_second[next][RUN_SHORT]);
}

void class_rules_finish(ClassRules *rules)
{
    ClassPlan *plan = &rules->plan;

    fill_seconds(plan);
    plan->bare_lengths = form_table_bare_lengths(rules->forms);
    plan->forms = form_table_rows(rules->forms);
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t bit = form_table_separator_bit(rules->forms, (uint8_t)byte);
        plan->separator_numbers[byte] = bit != 0 ? (uint8_t)(__builtin_ctz(bit) + 1) : 0;
    }
    plan->wants_at = rules->at->len > 0 ? ~UINT64_C(0) : 0;
    plan->wants_plus = rules->plus->len > 0 ? ~UINT64_C(0) : 0;
    plan->wants_colon = rules->colon->len > 0 ? ~UINT64_C(0) : 0;
    class_plan_finish(plan, processor_best());
}
