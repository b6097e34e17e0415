#include "workflow/asl_validate.h"

#include "workflow/asl_check.h"
#include "workflow/state_task.h"

#include <string.h>

enum { STATE_NAME_MAX = 80 };

/* Where the run goes behind a state of this kind. */
typedef enum Leads { LEADS_NEXT_OR_END, LEADS_BY_RULES, LEADS_NOWHERE } Leads;

typedef struct KindFields {
    const char *type;
    const AslField *fields;
    Leads leads;
} KindFields;

static void check_query_language(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "JSONPath") != 0)
        asl_problem(check, "only JSONPath is supported");
}

static void check_end(AslCheck *check, const json_t *value)
{
    if (!json_is_true(value))
        asl_problem(check, "expected true");
}

static void check_resource(AslCheck *check, const json_t *value)
{
    if (!json_is_string(value) || task_resource_kind(json_string_value(value)) == TASK_RESOURCE_UNKNOWN)
        asl_problem(check, "expected arn:aws:states:::lambda:invoke or the ARN of a Lambda function");
}

#define COMMON_FIELDS                                                                                                  \
    {"Type", asl_check_any, ASL_REQUIRED}, {"Comment", asl_check_string, ASL_OPTIONAL},                                \
    {                                                                                                                  \
        "QueryLanguage", check_query_language, ASL_OPTIONAL                                                            \
    }
#define PATH_FIELDS                                                                                                    \
    {"InputPath", asl_check_path_or_null, ASL_OPTIONAL},                                                               \
    {                                                                                                                  \
        "OutputPath", asl_check_path_or_null, ASL_OPTIONAL                                                             \
    }
#define NEXT_FIELDS                                                                                                    \
    {"Next", asl_check_target, ASL_OPTIONAL},                                                                          \
    {                                                                                                                  \
        "End", check_end, ASL_OPTIONAL                                                                                 \
    }
#define FIELDS_END                                                                                                     \
    {                                                                                                                  \
        NULL, NULL, ASL_OPTIONAL                                                                                       \
    }

static const AslField task_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    {"Resource", check_resource, ASL_REQUIRED},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    {"ResultSelector", asl_check_template, ASL_OPTIONAL},
    {"ResultPath", asl_check_result_path, ASL_OPTIONAL},
    {"Retry", asl_check_retry, ASL_OPTIONAL},
    {"Catch", asl_check_catch, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField pass_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    {"Result", asl_check_any, ASL_OPTIONAL},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    {"ResultPath", asl_check_result_path, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField choice_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    {"Choices", asl_check_choices, ASL_REQUIRED},
    {"Default", asl_check_target, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField wait_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    {"Seconds", asl_check_count, ASL_OPTIONAL},
    {"SecondsPath", asl_check_path, ASL_OPTIONAL},
    {"Timestamp", asl_check_timestamp, ASL_OPTIONAL},
    {"TimestampPath", asl_check_path, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField succeed_fields[] = {COMMON_FIELDS, PATH_FIELDS, FIELDS_END};

static const AslField fail_fields[] = {
    COMMON_FIELDS,
    {"Error", asl_check_string, ASL_OPTIONAL},
    {"ErrorPath", asl_check_path, ASL_OPTIONAL},
    {"Cause", asl_check_string, ASL_OPTIONAL},
    {"CausePath", asl_check_path, ASL_OPTIONAL},
    FIELDS_END,
};

static const KindFields kinds[] = {
    {"Task", task_fields, LEADS_NEXT_OR_END},
    {"Pass", pass_fields, LEADS_NEXT_OR_END},
    {"Choice", choice_fields, LEADS_BY_RULES},
    {"Wait", wait_fields, LEADS_NEXT_OR_END},
    {"Succeed", succeed_fields, LEADS_NOWHERE},
    {"Fail", fail_fields, LEADS_NOWHERE},
};

static const KindFields *find_kind(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(kinds[i].type, type) == 0)
            return &kinds[i];
    }
    return NULL;
}

static unsigned count_present(const json_t *object, const char *const *names)
{
    unsigned present = 0;

    for (; *names != NULL; names++)
        present += json_object_get(object, *names) != NULL;
    return present;
}

static void check_leads(AslCheck *check, const json_t *state, Leads leads)
{
    static const char *const ways[] = {"Next", "End", NULL};

    if (leads == LEADS_NEXT_OR_END && count_present(state, ways) != 1)
        asl_problem(check, "exactly one of Next and End is required");
    if (leads == LEADS_NOWHERE || json_is_true(json_object_get(state, "End")))
        check->has_terminal_state = true;
}

static void check_one_of(AslCheck *check, const json_t *state)
{
    static const char *const waits[] = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", NULL};
    static const char *const errors[] = {"Error", "ErrorPath", NULL};
    static const char *const causes[] = {"Cause", "CausePath", NULL};
    const char *type = json_string_value(json_object_get(state, "Type"));

    if (g_str_equal(type, "Wait") && count_present(state, waits) != 1)
        asl_problem(check, "exactly one of Seconds, SecondsPath, Timestamp and TimestampPath is required");
    if (count_present(state, errors) > 1)
        asl_problem(check, "only one of Error and ErrorPath is allowed");
    if (count_present(state, causes) > 1)
        asl_problem(check, "only one of Cause and CausePath is allowed");
}

static void check_invoke_parameters(AslCheck *check, const json_t *parameters)
{
    static const AslField fields[] = {
        {"FunctionName", asl_check_string, ASL_OPTIONAL},
        {"FunctionName.$", asl_check_path, ASL_OPTIONAL},
        {"Payload", asl_check_template, ASL_OPTIONAL},
        {"Payload.$", asl_check_path, ASL_OPTIONAL},
        FIELDS_END,
    };
    static const char *const names[] = {"FunctionName", "FunctionName.$", NULL};

    if (asl_check_fields(check, parameters, fields) && count_present(parameters, names) == 0)
        asl_problem(check, "the field FunctionName is required");
}

static void check_task(AslCheck *check, const json_t *state)
{
    const char *resource = json_string_value(json_object_get(state, "Resource"));
    const json_t *parameters = json_object_get(state, "Parameters");

    if (resource == NULL || task_resource_kind(resource) != TASK_RESOURCE_INVOKE)
        return;
    if (parameters == NULL)
        asl_problem(check, "the field Parameters is required");
    else
        asl_check_member(check, "Parameters", parameters, check_invoke_parameters);
}

static void check_state(AslCheck *check, const json_t *state)
{
    const json_t *type = json_object_get(state, "Type");
    const KindFields *kind = find_kind(json_string_value(type));

    if (kind == NULL) {
        asl_problem(check, "expected a Type of Task, Pass, Choice, Wait, Succeed or Fail");
        return;
    }
    asl_check_fields(check, state, kind->fields);
    check_leads(check, state, kind->leads);
    check_one_of(check, state);
    if (kind->fields == task_fields)
        check_task(check, state);
}

static void check_states(AslCheck *check, const json_t *states)
{
    const char *name = NULL;
    json_t *state = NULL;

    if (!json_is_object(states) || json_object_size(states) == 0) {
        asl_problem(check, "expected an object that is not empty");
        return;
    }
    json_object_foreach((json_t *)states, name, state)
    {
        if (*name == '\0' || g_utf8_strlen(name, -1) > STATE_NAME_MAX)
            asl_problem(check, "the name of a state has 1 to %d characters", STATE_NAME_MAX);
        asl_check_member(check, name, state, check_state);
    }
}

static void check_version(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "1.0") != 0)
        asl_problem(check, "expected \"1.0\"");
}

static void unreachable_state(AslCheck *check, G_GNUC_UNUSED const json_t *state)
{
    asl_problem(check, "nothing leads to this state");
}

static void check_whole(AslCheck *check)
{
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach((json_t *)check->states, name, state)
    {
        if (!g_hash_table_contains(check->reached, name))
            asl_check_member(check, name, state, unreachable_state);
    }
    if (!check->has_terminal_state && json_object_size(check->states) > 0)
        asl_problem(check, "there is no state in which the machine ends");
}

static void check_machine(AslCheck *check, const json_t *definition)
{
    static const AslField fields[] = {
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {"Version", check_version, ASL_OPTIONAL},
        {"QueryLanguage", check_query_language, ASL_OPTIONAL},
        {"TimeoutSeconds", asl_check_positive, ASL_OPTIONAL},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"States", check_states, ASL_REQUIRED},
        FIELDS_END,
    };

    if (!asl_check_fields(check, definition, fields))
        return;
    g_string_assign(check->pointer, "/States");
    check_whole(check);
}

bool asl_validate(const json_t *definition, GError **error)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) reached = g_hash_table_new(g_str_hash, g_str_equal);
    AslCheck check = {
        .pointer = g_string_new(NULL),
        .problems = problems,
        .states = json_object_get(definition, "States"),
        .reached = reached,
    };

    check_machine(&check, definition);
    g_string_free(check.pointer, TRUE);
    if (problems->len == 0)
        return true;
    g_ptr_array_add(problems, NULL);
    g_autofree char *list = g_strjoinv("; ", (char **)problems->pdata);
    return fail(error, ERROR_INVALID, "%s", list);
}
