#include "workflow/asl/validate.h"

#include "workflow/asl/check.h"
#include "workflow/task_resource.h"

#include <string.h>

enum { STATE_NAME_MAX = 80, LABEL_MAX = 40, NESTING_MAX = 60 };

/* Where the run goes behind a state of this kind. */
typedef enum Leads { LEADS_NEXT_OR_END, LEADS_BY_RULES, LEADS_NOWHERE } Leads;

typedef struct KindFields {
    const char *type;
    const AslField *fields;
    Leads leads;
} KindFields;

static void check_query_language(AslCheck *check, const json_t *value)
{
    const char *text = json_string_value(value);

    if (g_strcmp0(text, "JSONata") == 0)
        asl_problem(check, "JSONata is not supported, only JSONPath");
    else if (text == NULL)
        asl_problem(check, "Expected value of type [STRING]");
    else if (!g_str_equal(text, "JSONPath"))
        asl_problem(check, "Value should be one of the following: [JSONPath, JSONata]");
}

static void check_end(AslCheck *check, const json_t *value)
{
    if (!json_is_boolean(value))
        asl_problem(check, "expected true");
}

static void check_resource(AslCheck *check, const json_t *value)
{
    g_auto(TaskResource) resource = task_resource_parse(json_string_value(value));

    if (resource.kind == TASK_RESOURCE_UNKNOWN)
        asl_problem(check, "expected the ARN of a service integration, a Lambda function or an activity");
}

static void check_percentage(AslCheck *check, const json_t *value)
{
    if (!json_is_number(value) || json_number_value(value) < 0 || json_number_value(value) > 100)
        asl_problem(check, "expected a number from 0 to 100");
}

static void check_label(AslCheck *check, const json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || *text == '\0' || g_utf8_strlen(text, -1) > LABEL_MAX ||
        strpbrk(text, " \t?*<>{}[]:;,\\|^~$#%&`\"") != NULL)
        asl_problem(check,
            "expected a label of 1 to %d characters without spaces and ? * < > { } [ ] : ; , \\ | ^ ~ $ #", LABEL_MAX);
}

static void distributed_only(AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
    asl_problem(check, "only distributed Map states have this field, and they are not supported");
}

static void jsonata_only(AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
    g_autofree char *name = g_path_get_basename(check->pointer->str);

    asl_problem(check,
        "The QueryLanguage is set to 'JSONPath', but field '%s' is only supported for the 'JSONata' QueryLanguage",
        name);
}

static void check_batcher(AslCheck *check, const json_t *value);
static void check_branches(AslCheck *check, const json_t *value);
static void check_processor(AslCheck *check, const json_t *value);

/* clang-format off */
#define COMMON_FIELDS \
    {"Type", asl_check_any, ASL_REQUIRED}, {"Comment", asl_check_string, ASL_OPTIONAL}, \
    {"QueryLanguage", check_query_language, ASL_OPTIONAL}
#define PATH_FIELDS \
    {"InputPath", asl_check_path_or_null, ASL_OPTIONAL}, {"OutputPath", asl_check_path_or_null, ASL_OPTIONAL}, \
    {"Output", jsonata_only, ASL_OPTIONAL}
#define NEXT_FIELDS \
    {"Next", asl_check_target, ASL_OPTIONAL}, {"End", check_end, ASL_OPTIONAL}, \
    {"Assign", asl_check_assign, ASL_OPTIONAL}
#define RESULT_FIELDS \
    {"ResultSelector", asl_check_template, ASL_OPTIONAL}, {"ResultPath", asl_check_result_path, ASL_OPTIONAL}, \
    {"Retry", asl_check_retry, ASL_OPTIONAL}, {"Catch", asl_check_catch, ASL_OPTIONAL}, \
    {"Arguments", jsonata_only, ASL_OPTIONAL}
#define FIELDS_END {NULL, NULL, ASL_OPTIONAL}
/* clang-format on */

static const AslField task_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    RESULT_FIELDS,
    {"Resource", check_resource, ASL_REQUIRED},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    {"Credentials", asl_check_template, ASL_OPTIONAL},
    {"TimeoutSeconds", asl_check_positive, ASL_OPTIONAL},
    {"TimeoutSecondsPath", asl_check_reference_path, ASL_OPTIONAL},
    {"HeartbeatSeconds", asl_check_positive, ASL_OPTIONAL},
    {"HeartbeatSecondsPath", asl_check_reference_path, ASL_OPTIONAL},
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
    {"Assign", asl_check_assign, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField wait_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    {"Seconds", asl_check_count, ASL_OPTIONAL},
    {"SecondsPath", asl_check_reference_path, ASL_OPTIONAL},
    {"Timestamp", asl_check_timestamp, ASL_OPTIONAL},
    {"TimestampPath", asl_check_reference_path, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField succeed_fields[] = {COMMON_FIELDS, PATH_FIELDS, FIELDS_END};

static const AslField fail_fields[] = {
    COMMON_FIELDS,
    {"Error", asl_check_string, ASL_OPTIONAL},
    {"ErrorPath", asl_check_text_path, ASL_OPTIONAL},
    {"Cause", asl_check_string, ASL_OPTIONAL},
    {"CausePath", asl_check_text_path, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField parallel_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    RESULT_FIELDS,
    {"Branches", check_branches, ASL_REQUIRED},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField map_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    RESULT_FIELDS,
    {"ItemProcessor", check_processor, ASL_OPTIONAL},
    {"Iterator", check_processor, ASL_OPTIONAL},
    {"ItemsPath", asl_check_path, ASL_OPTIONAL},
    {"Items", jsonata_only, ASL_OPTIONAL},
    {"ItemSelector", asl_check_template, ASL_OPTIONAL},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    {"ItemBatcher", check_batcher, ASL_OPTIONAL},
    {"MaxConcurrency", asl_check_count, ASL_OPTIONAL},
    {"MaxConcurrencyPath", asl_check_reference_path, ASL_OPTIONAL},
    {"ToleratedFailureCount", asl_check_count, ASL_OPTIONAL},
    {"ToleratedFailureCountPath", asl_check_reference_path, ASL_OPTIONAL},
    {"ToleratedFailurePercentage", check_percentage, ASL_OPTIONAL},
    {"ToleratedFailurePercentagePath", asl_check_reference_path, ASL_OPTIONAL},
    {"Label", check_label, ASL_OPTIONAL},
    {"ItemReader", distributed_only, ASL_OPTIONAL},
    {"ResultWriter", distributed_only, ASL_OPTIONAL},
    FIELDS_END,
};

static const KindFields kinds[] = {
    {"Task", task_fields, LEADS_NEXT_OR_END},
    {"Pass", pass_fields, LEADS_NEXT_OR_END},
    {"Choice", choice_fields, LEADS_BY_RULES},
    {"Wait", wait_fields, LEADS_NEXT_OR_END},
    {"Succeed", succeed_fields, LEADS_NOWHERE},
    {"Fail", fail_fields, LEADS_NOWHERE},
    {"Parallel", parallel_fields, LEADS_NEXT_OR_END},
    {"Map", map_fields, LEADS_NEXT_OR_END},
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
    bool has_end = json_is_true(json_object_get(state, "End"));
    bool has_next = json_object_get(state, "Next") != NULL;

    if (leads == LEADS_NEXT_OR_END && has_end == has_next)
        asl_problem(check, "exactly one of Next and End is required");
    if (leads == LEADS_NOWHERE || has_end)
        check->has_terminal_state = true;
}

/* ---- fields that exclude each other ---- */

static const char *const exclusive_fields[][3] = {
    {"Error", "ErrorPath", NULL},
    {"Cause", "CausePath", NULL},
    {"TimeoutSeconds", "TimeoutSecondsPath", NULL},
    {"HeartbeatSeconds", "HeartbeatSecondsPath", NULL},
    {"MaxConcurrency", "MaxConcurrencyPath", NULL},
    {"ToleratedFailureCount", "ToleratedFailureCountPath", NULL},
    {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath", NULL},
    {"ItemProcessor", "Iterator", NULL},
    {"ItemSelector", "Parameters", NULL},
    {"MaxItemsPerBatch", "MaxItemsPerBatchPath", NULL},
    {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", NULL},
};

static void check_exclusive(AslCheck *check, const json_t *object)
{
    for (size_t i = 0; i < G_N_ELEMENTS(exclusive_fields); i++) {
        const char *const *names = exclusive_fields[i];
        if (count_present(object, names) > 1)
            asl_problem(check, "only one of %s and %s is allowed", names[0], names[1]);
    }
}

static void check_one_of(AslCheck *check, const json_t *state)
{
    static const char *const waits[] = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", NULL};
    static const char *const processors[] = {"ItemProcessor", "Iterator", NULL};
    const char *type = json_string_value(json_object_get(state, "Type"));

    if (g_str_equal(type, "Wait") && count_present(state, waits) != 1)
        asl_problem(check, "exactly one of Seconds, SecondsPath, Timestamp and TimestampPath is required");
    if (g_str_equal(type, "Map") && count_present(state, processors) == 0)
        asl_problem(check, "These fields are required: [ItemProcessor]");
    check_exclusive(check, state);
}

/* ---- Task ---- */

static void check_invoke_parameters(AslCheck *check, const json_t *parameters)
{
    static const AslField fields[] = {
        {"FunctionName", asl_check_string, ASL_OPTIONAL},
        {"FunctionName.$", asl_check_text_path, ASL_OPTIONAL},
        {"Payload", asl_check_template, ASL_OPTIONAL},
        {"Payload.$", asl_check_text_path, ASL_OPTIONAL},
        {"ClientContext", asl_check_any, ASL_OPTIONAL},
        {"ClientContext.$", asl_check_text_path, ASL_OPTIONAL},
        {"InvocationType", asl_check_any, ASL_OPTIONAL},
        {"InvocationType.$", asl_check_text_path, ASL_OPTIONAL},
        {"LogType", asl_check_any, ASL_OPTIONAL},
        {"LogType.$", asl_check_text_path, ASL_OPTIONAL},
        {"Qualifier", asl_check_any, ASL_OPTIONAL},
        {"Qualifier.$", asl_check_text_path, ASL_OPTIONAL},
        FIELDS_END,
    };
    static const char *const names[] = {"FunctionName", "FunctionName.$", NULL};

    if (asl_check_fields(check, parameters, fields) && count_present(parameters, names) == 0)
        asl_problem(check, "These fields are required: [FunctionName]");
}

static void check_task(AslCheck *check, const json_t *state)
{
    g_auto(TaskResource) resource = task_resource_parse(json_string_value(json_object_get(state, "Resource")));
    const json_t *parameters = json_object_get(state, "Parameters");
    const json_t *timeout = json_object_get(state, "TimeoutSeconds");
    const json_t *heartbeat = json_object_get(state, "HeartbeatSeconds");

    if (json_is_integer(timeout) && json_is_integer(heartbeat) &&
        json_integer_value(heartbeat) >= json_integer_value(timeout))
        asl_problem(check, "HeartbeatSeconds must be less than TimeoutSeconds");
    bool is_invoke = resource.kind == TASK_RESOURCE_SERVICE && g_str_equal(resource.service, "lambda") &&
                     g_str_has_prefix(resource.action, "invoke");
    if (is_invoke && parameters == NULL)
        asl_problem(check, "These fields are required: [Parameters]");
    else if (is_invoke)
        asl_check_member(check, "Parameters", parameters, check_invoke_parameters);
}

/* ---- states ---- */

static void check_state(AslCheck *check, const json_t *state)
{
    const json_t *type = json_object_get(state, "Type");
    const KindFields *kind = find_kind(json_string_value(type));

    if (kind == NULL) {
        asl_problem(check, "expected a Type of Task, Pass, Choice, Wait, Succeed, Fail, Parallel or Map");
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
        if (!g_hash_table_add(check->names, (gpointer)name))
            asl_problem_coded(check, ASL_PROBLEM_NAME, "there is another state '%s' in the definition", name);
        asl_check_member(check, name, state, check_state);
    }
}

static void unreachable_state(AslCheck *check, G_GNUC_UNUSED const json_t *state)
{
    asl_problem_coded(check, ASL_PROBLEM_TARGET, "nothing leads to this state");
}

static void check_whole(AslCheck *check, const json_t *states)
{
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach((json_t *)states, name, state)
    {
        if (!g_hash_table_contains(check->reached, name))
            asl_check_member(check, name, state, unreachable_state);
    }
    if (!check->has_terminal_state && json_object_size(states) > 0)
        asl_problem_coded(check, ASL_PROBLEM_END, "there is no state in which the machine ends");
}

/* The fields of a machine, or of one inside a state: a scope of state names of its own. */
static void check_scope(AslCheck *check, const json_t *machine, const AslField *fields)
{
    g_autoptr(GHashTable) reached = g_hash_table_new(g_str_hash, g_str_equal);
    AslCheck inner = *check;

    inner.states = json_object_get(machine, "States");
    inner.reached = reached;
    inner.has_terminal_state = false;
    if (asl_check_fields(&inner, machine, fields) && json_object_get(machine, "StartAt") != NULL)
        asl_check_member(&inner, "States", inner.states, check_whole);
}

/* ---- Parallel and Map ---- */

static void check_branch(AslCheck *check, const json_t *branch)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        FIELDS_END,
    };

    check_scope(check, branch, fields);
}

static void check_branches(AslCheck *check, const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        asl_problem(check, "expected an array that is not empty");
    else
        asl_check_elements(check, value, check_branch);
}

static void check_mode(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "DISTRIBUTED") == 0)
        asl_problem(check, "distributed Map states are not supported, only INLINE");
    else if (g_strcmp0(json_string_value(value), "INLINE") != 0)
        asl_problem(check, "Value should be one of the following: [INLINE, DISTRIBUTED]");
}

static void check_processor_config(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"Mode", check_mode, ASL_OPTIONAL},
        {"ExecutionType", distributed_only, ASL_OPTIONAL},
        FIELDS_END,
    };

    asl_check_fields(check, value, fields);
}

static void check_processor(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"ProcessorConfig", check_processor_config, ASL_OPTIONAL},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        FIELDS_END,
    };

    check_scope(check, value, fields);
}

static void check_batcher(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"BatchInput", asl_check_template, ASL_OPTIONAL},
        {"MaxItemsPerBatch", asl_check_positive, ASL_OPTIONAL},
        {"MaxItemsPerBatchPath", asl_check_reference_path, ASL_OPTIONAL},
        {"MaxInputBytesPerBatch", asl_check_positive, ASL_OPTIONAL},
        {"MaxInputBytesPerBatchPath", asl_check_reference_path, ASL_OPTIONAL},
        FIELDS_END,
    };
    static const char *const limits[] = {
        "MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", NULL};

    if (!asl_check_fields(check, value, fields))
        return;
    check_exclusive(check, value);
    if (count_present(value, limits) == 0)
        asl_problem(check, "one of MaxItemsPerBatch and MaxInputBytesPerBatch is required");
}

/* ---- the whole ---- */

static void check_version(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "1.0") != 0)
        asl_problem(check, "expected \"1.0\"");
}

static void check_machine(AslCheck *check, const json_t *definition)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {"Version", check_version, ASL_OPTIONAL},
        {"QueryLanguage", check_query_language, ASL_OPTIONAL},
        {"TimeoutSeconds", asl_check_positive, ASL_OPTIONAL},
        FIELDS_END,
    };

    check_scope(check, definition, fields);
}

static void problem_free(gpointer data)
{
    AslProblem *problem = data;

    g_free(problem->message);
    g_free(problem->location);
    g_free(problem);
}

static unsigned depth_of(const json_t *value, unsigned limit)
{
    const char *name = NULL;
    json_t *member = NULL;
    unsigned deepest = 0;

    if (limit == 0)
        return 1;
    for (size_t i = 0; i < json_array_size(value); i++)
        deepest = MAX(deepest, depth_of(json_array_get(value, i), limit - 1));
    json_object_foreach((json_t *)value, name, member) deepest = MAX(deepest, depth_of(member, limit - 1));
    return deepest + 1;
}

GPtrArray *asl_problems(const json_t *definition)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);
    AslCheck check = {.pointer = g_string_new(NULL), .problems = problems, .names = names};

    if (depth_of(definition, NESTING_MAX * 4) > NESTING_MAX * 4)
        asl_problem(&check, "the definition is nested too deep");
    else
        check_machine(&check, definition);
    g_string_free(check.pointer, TRUE);
    return problems;
}

bool asl_validate(const json_t *definition, GError **error)
{
    g_autoptr(GPtrArray) problems = asl_problems(definition);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < problems->len; i++) {
        const AslProblem *problem = g_ptr_array_index(problems, i);
        g_string_append_printf(
            list, "%s%s: %s at %s", i > 0 ? "; " : "", problem->code, problem->message, problem->location);
    }
    return problems->len == 0 ? true : fail(error, ERROR_INVALID, "%s", list->str);
}

bool asl_parse_machine(const char *text, json_t **ret_definition, GError **error)
{
    json_error_t where = {0};
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, &where);

    if (parsed == NULL)
        return fail(error, ERROR_INVALID, "no JSON: line %d, column %d: %s", where.line, where.column, where.text);
    if (!asl_validate(parsed, error)) {
        json_decref(parsed);
        return false;
    }
    *ret_definition = parsed;
    return true;
}
