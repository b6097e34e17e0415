/* Checks of the arrays of rules in a state: Retry, Catch, Choices. */
#include "workflow/asl/check.h"
#include "workflow/asl/choice.h"
#include "workflow/asl/error.h"

/* The service takes a Retry or Catch without a rule. */
static bool is_empty_list(const json_t *value)
{
    return json_is_array(value) && json_array_size(value) == 0;
}

static bool check_list(AslCheck *check, const json_t *value, AslCheckValue run)
{
    if (!json_is_array(value) || json_array_size(value) == 0) {
        asl_problem(check, "expected an array that is not empty");
        return false;
    }
    asl_check_elements(check, value, run);
    return true;
}

static void check_error_equals(AslCheck *check, const json_t *value)
{
    if (!check_list(check, value, asl_check_string))
        return;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        if (g_strcmp0(name, ASL_ALL) == 0 && json_array_size(value) > 1)
            asl_problem(check, ASL_ALL " must stand alone");
    }
}

static void check_all_is_last(AslCheck *check, const json_t *rules)
{
    for (size_t i = 0; i + 1 < json_array_size(rules); i++) {
        const json_t *names = json_object_get(json_array_get(rules, i), "ErrorEquals");
        if (g_strcmp0(json_string_value(json_array_get(names, 0)), ASL_ALL) == 0)
            asl_problem(check, ASL_ALL " must come last");
    }
}

static void check_backoff(AslCheck *check, const json_t *value)
{
    if (!json_is_number(value) || json_number_value(value) < 1.0)
        asl_problem(check, "expected a number of 1.0 or more");
}

static void check_jitter(AslCheck *check, const json_t *value)
{
    const char *text = json_string_value(value);

    if (g_strcmp0(text, "FULL") != 0 && g_strcmp0(text, "NONE") != 0)
        asl_problem(check, "expected FULL or NONE");
}

static void check_retrier(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"ErrorEquals", check_error_equals, ASL_REQUIRED},
        {"IntervalSeconds", asl_check_positive, ASL_OPTIONAL},
        {"MaxAttempts", asl_check_count, ASL_OPTIONAL},
        {"BackoffRate", check_backoff, ASL_OPTIONAL},
        {"MaxDelaySeconds", asl_check_positive, ASL_OPTIONAL},
        {"JitterStrategy", check_jitter, ASL_OPTIONAL},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    asl_check_fields(check, value, fields);
}

static void check_catcher(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"ErrorEquals", check_error_equals, ASL_REQUIRED},
        {"ResultPath", asl_check_result_path, ASL_OPTIONAL},
        {"Assign", asl_check_assign, ASL_OPTIONAL},
        {"Next", asl_check_target, ASL_REQUIRED},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    asl_check_fields(check, value, fields);
}

void asl_check_retry(AslCheck *check, const json_t *value)
{
    if (is_empty_list(value))
        return;
    if (check_list(check, value, check_retrier))
        check_all_is_last(check, value);
}

void asl_check_catch(AslCheck *check, const json_t *value)
{
    if (is_empty_list(value))
        return;
    if (check_list(check, value, check_catcher))
        check_all_is_last(check, value);
}

static AslCheckValue operand_check(ChoiceOperand operand)
{
    switch (operand) {
    case CHOICE_STRING:
        return asl_check_string;
    case CHOICE_NUMBER:
        return asl_check_number;
    case CHOICE_BOOLEAN:
        return asl_check_boolean;
    case CHOICE_TIMESTAMP:
        return asl_check_timestamp;
    case CHOICE_PATH:
        return asl_check_path;
    }
    return asl_check_any;
}

static void check_nested_rule(AslCheck *check, const json_t *rule);

static void check_nested_list(AslCheck *check, const json_t *value)
{
    check_list(check, value, check_nested_rule);
}

/* How a member of a rule is checked, or NULL if rules have no such member. *tests counts what decides. */
static AslCheckValue rule_member_check(const char *name, unsigned *tests)
{
    ChoiceOperand operand = CHOICE_STRING;

    if (g_str_equal(name, "Comment"))
        return asl_check_string;
    if (g_str_equal(name, "Variable"))
        return asl_check_path;
    if (g_str_equal(name, "And") || g_str_equal(name, "Or") || g_str_equal(name, "Not")) {
        (*tests)++;
        return g_str_equal(name, "Not") ? check_nested_rule : check_nested_list;
    }
    if (!asl_choice_operator(name, &operand))
        return NULL;
    (*tests)++;
    return operand_check(operand);
}

typedef enum RulePlace { RULE_TOP, RULE_NESTED } RulePlace;

static void check_rule_at(AslCheck *check, const json_t *rule, RulePlace place)
{
    bool is_compound = json_object_get(rule, "And") || json_object_get(rule, "Or") || json_object_get(rule, "Not");
    unsigned tests = 0;
    const char *name = NULL;
    json_t *value = NULL;

    if (!json_is_object(rule)) {
        asl_problem(check, "expected an object");
        return;
    }
    json_object_foreach((json_t *)rule, name, value)
    {
        AslCheckValue member = rule_member_check(name, &tests);
        if (place == RULE_TOP && g_str_equal(name, "Next"))
            member = asl_check_target;
        if (place == RULE_TOP && g_str_equal(name, "Assign"))
            member = asl_check_assign;
        if (member != NULL)
            asl_check_member(check, name, value, member);
        else
            asl_problem(check, "a rule has no field %s here", name);
    }
    if (tests != 1)
        asl_problem(check, "a rule needs exactly one comparison, And, Or or Not");
    if (is_compound == (json_object_get(rule, "Variable") != NULL))
        asl_problem(check, is_compound ? "And, Or and Not have no Variable" : "These fields are required: [Variable]");
    if (place == RULE_TOP && json_object_get(rule, "Next") == NULL)
        asl_problem(check, "These fields are required: [Next]");
}

static void check_nested_rule(AslCheck *check, const json_t *rule)
{
    check_rule_at(check, rule, RULE_NESTED);
}

static void check_top_rule(AslCheck *check, const json_t *rule)
{
    check_rule_at(check, rule, RULE_TOP);
}

void asl_check_choices(AslCheck *check, const json_t *value)
{
    check_list(check, value, check_top_rule);
}
