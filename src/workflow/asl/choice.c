#include "workflow/asl/choice.h"

#include "base/clock.h"

#include <string.h>

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

/* Orders that an operator accepts. */
enum { LESS = 1, EQUAL = 2, GREATER = 4 };

typedef struct Comparison {
    const char *name;
    ChoiceOperand operand;
    unsigned accepted;
} Comparison;

static const Comparison comparisons[] = {
    {"StringEquals", CHOICE_STRING, EQUAL},
    {"StringLessThan", CHOICE_STRING, LESS},
    {"StringGreaterThan", CHOICE_STRING, GREATER},
    {"StringLessThanEquals", CHOICE_STRING, LESS | EQUAL},
    {"StringGreaterThanEquals", CHOICE_STRING, GREATER | EQUAL},
    {"NumericEquals", CHOICE_NUMBER, EQUAL},
    {"NumericLessThan", CHOICE_NUMBER, LESS},
    {"NumericGreaterThan", CHOICE_NUMBER, GREATER},
    {"NumericLessThanEquals", CHOICE_NUMBER, LESS | EQUAL},
    {"NumericGreaterThanEquals", CHOICE_NUMBER, GREATER | EQUAL},
    {"BooleanEquals", CHOICE_BOOLEAN, EQUAL},
    {"TimestampEquals", CHOICE_TIMESTAMP, EQUAL},
    {"TimestampLessThan", CHOICE_TIMESTAMP, LESS},
    {"TimestampGreaterThan", CHOICE_TIMESTAMP, GREATER},
    {"TimestampLessThanEquals", CHOICE_TIMESTAMP, LESS | EQUAL},
    {"TimestampGreaterThanEquals", CHOICE_TIMESTAMP, GREATER | EQUAL},
};

static bool is_null(const json_t *value)
{
    return json_is_null(value);
}

static bool is_present(const json_t *value)
{
    return value != NULL;
}

static bool is_numeric(const json_t *value)
{
    return json_is_number(value);
}

static bool is_string(const json_t *value)
{
    return json_is_string(value);
}

static bool is_boolean(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_timestamp(const json_t *value)
{
    int64_t time_ms = 0;

    return json_is_string(value) && asl_timestamp_parse(json_string_value(value), &time_ms);
}

typedef struct TypeTest {
    const char *name;
    bool (*test)(const json_t *value);
} TypeTest;

static const TypeTest type_tests[] = {
    {"IsNull", is_null},
    {"IsPresent", is_present},
    {"IsNumeric", is_numeric},
    {"IsString", is_string},
    {"IsBoolean", is_boolean},
    {"IsTimestamp", is_timestamp},
};

static const Comparison *find_comparison(const char *name, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(comparisons); i++) {
        if (strlen(comparisons[i].name) == len && memcmp(comparisons[i].name, name, len) == 0)
            return &comparisons[i];
    }
    return NULL;
}

static const TypeTest *find_type_test(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(type_tests); i++) {
        if (g_str_equal(type_tests[i].name, name))
            return &type_tests[i];
    }
    return NULL;
}

/* The length of an operator's name without "Path" at its end. */
static size_t stem_length(const char *name)
{
    return strlen(name) - (g_str_has_suffix(name, "Path") ? strlen("Path") : 0);
}

bool asl_choice_operator(const char *name, ChoiceOperand *ret_operand)
{
    const Comparison *comparison = find_comparison(name, stem_length(name));

    if (comparison != NULL)
        *ret_operand = g_str_has_suffix(name, "Path") ? CHOICE_PATH : comparison->operand;
    else if (g_str_equal(name, "StringMatches"))
        *ret_operand = CHOICE_STRING;
    else if (find_type_test(name) != NULL)
        *ret_operand = CHOICE_BOOLEAN;
    else
        return false;
    return true;
}

bool asl_timestamp_parse(const char *text, int64_t *ret_time_ms)
{
    const char *time = strchr(text, 'T');

    if (time == NULL || strpbrk(time, "Z+-") == NULL)
        return false;
    return clock_parse_iso(text, ret_time_ms, NULL);
}

static bool order_numbers(const json_t *left, const json_t *right, int *ret_order)
{
    if (!json_is_number(left) || !json_is_number(right))
        return false;
    if (json_is_integer(left) && json_is_integer(right)) {
        json_int_t a = json_integer_value(left), b = json_integer_value(right);
        *ret_order = (a > b) - (a < b);
        return true;
    }
    double a = json_number_value(left), b = json_number_value(right);
    *ret_order = (a > b) - (a < b);
    return true;
}

static bool order_timestamps(const json_t *left, const json_t *right, int *ret_order)
{
    int64_t a = 0, b = 0;

    if (!json_is_string(left) || !json_is_string(right) || !asl_timestamp_parse(json_string_value(left), &a) ||
        !asl_timestamp_parse(json_string_value(right), &b))
        return false;
    *ret_order = (a > b) - (a < b);
    return true;
}

/* False if one of them is not of the type: no match, and no error. */
static bool order_values(ChoiceOperand type, const json_t *left, const json_t *right, int *ret_order)
{
    switch (type) {
    case CHOICE_STRING:
        if (!json_is_string(left) || !json_is_string(right))
            return false;
        *ret_order = strcmp(json_string_value(left), json_string_value(right));
        return true;
    case CHOICE_NUMBER:
        return order_numbers(left, right, ret_order);
    case CHOICE_BOOLEAN:
        if (!json_is_boolean(left) || !json_is_boolean(right))
            return false;
        *ret_order = json_is_true(left) - json_is_true(right);
        return true;
    case CHOICE_TIMESTAMP:
        return order_timestamps(left, right, ret_order);
    case CHOICE_PATH:
        break;
    }
    return false;
}

static bool is_accepted(const Comparison *comparison, const json_t *left, const json_t *right)
{
    int order = 0;

    if (!order_values(comparison->operand, left, right, &order))
        return false;
    return (comparison->accepted & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL)) != 0;
}

/* '*' is any run of characters; a backslash takes its meaning away. Goes back only to the latest star, so that the work
 * stays within the product of the lengths. */
static bool string_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
            continue;
        }
        const char *literal = pattern + (pattern[0] == '\\' && pattern[1] != '\0');
        if (*literal == *text) {
            pattern = literal + 1;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool invalid_path(TaskError *ret_error, const char *path)
{
    return asl_fail(ret_error, ASL_RUNTIME,
        "Invalid path '%s': The choice state's condition path references an invalid value.", path);
}

static bool compare_rule(const char *operator_name, const json_t *operand, const json_t *value, const AslScope *scope,
    bool *ret_matches, TaskError *ret_error)
{
    g_autoptr(JsonValue) found = NULL;

    if (g_str_equal(operator_name, "StringMatches")) {
        *ret_matches = json_is_string(value) && string_matches(json_string_value(operand), json_string_value(value));
        return true;
    }
    const Comparison *comparison = find_comparison(operator_name, stem_length(operator_name));
    if (g_str_has_suffix(operator_name, "Path")) {
        const char *path = json_string_value(operand);
        if (asl_path_find(path, scope, &found) != JSON_PATH_FOUND)
            return invalid_path(ret_error, path);
        operand = found;
    }
    *ret_matches = comparison != NULL && is_accepted(comparison, value, operand);
    return true;
}

/* Variable and one operator. */
static bool test_leaf(const json_t *rule, const AslScope *scope, bool *ret_matches, TaskError *ret_error)
{
    const char *variable = json_string_value(json_object_get(rule, "Variable"));
    g_autoptr(JsonValue) value = NULL;
    ChoiceOperand unused = CHOICE_STRING;
    const char *name = NULL;
    json_t *operand = NULL;

    if (asl_path_find(variable, scope, &value) != JSON_PATH_FOUND)
        value = NULL;
    json_object_foreach((json_t *)rule, name, operand)
    {
        if (!asl_choice_operator(name, &unused))
            continue;
        const TypeTest *type_test = find_type_test(name);
        if (value == NULL && (type_test == NULL || type_test->test != is_present))
            return invalid_path(ret_error, variable);
        if (type_test == NULL)
            return compare_rule(name, operand, value, scope, ret_matches, ret_error);
        *ret_matches = type_test->test(value) == json_is_true(operand);
        return true;
    }
    *ret_matches = false;
    return true;
}

static bool test_rule(const json_t *rule, const AslScope *scope, bool *ret_matches, TaskError *ret_error);

typedef enum Junction { JUNCTION_AND, JUNCTION_OR } Junction;

/* In order, and no further than the answer is known: what follows may lean on an IsPresent before it. */
static bool test_list(
    const json_t *rules, const AslScope *scope, Junction junction, bool *ret_matches, TaskError *ret_error)
{
    bool decisive = junction == JUNCTION_OR;

    for (size_t i = 0; i < json_array_size(rules); i++) {
        bool matches = false;
        TRY(test_rule(json_array_get(rules, i), scope, &matches, ret_error));
        if (matches == decisive) {
            *ret_matches = decisive;
            return true;
        }
    }
    *ret_matches = !decisive;
    return true;
}

static bool test_rule(const json_t *rule, const AslScope *scope, bool *ret_matches, TaskError *ret_error)
{
    const json_t *all = json_object_get(rule, "And");
    const json_t *some = json_object_get(rule, "Or");
    const json_t *negated = json_object_get(rule, "Not");

    if (all != NULL)
        return test_list(all, scope, JUNCTION_AND, ret_matches, ret_error);
    if (some != NULL)
        return test_list(some, scope, JUNCTION_OR, ret_matches, ret_error);
    if (negated == NULL)
        return test_leaf(rule, scope, ret_matches, ret_error);
    bool matches = false;
    TRY(test_rule(negated, scope, &matches, ret_error));
    *ret_matches = !matches;
    return true;
}

bool asl_choice_pick(const json_t *rules, const AslScope *scope, const json_t **ret_rule, TaskError *ret_error)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        bool matches = false;
        TRY(test_rule(rule, scope, &matches, ret_error));
        if (matches) {
            *ret_rule = rule;
            return true;
        }
    }
    *ret_rule = NULL;
    return true;
}
