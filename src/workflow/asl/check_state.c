/* A state of a definition: which fields each kind has, and which of them go together. */
#include "workflow/asl/check.h"
#include "workflow/task_resource.h"

#include <string.h>

enum { LABEL_MAX = 40 };

/* Where the run goes behind a state of this kind. */
typedef enum Leads { LEADS_NEXT_OR_END, LEADS_BY_RULES, LEADS_NOWHERE } Leads;

typedef struct KindFields {
    const char *type;
    const AslField *fields;
    Leads leads;
} KindFields;

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

static void jsonata_only(AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
    g_autofree char *name = g_path_get_basename(check->pointer->str);

    asl_problem(check,
        "The QueryLanguage is set to 'JSONPath', but field '%s' is only supported for the 'JSONata' QueryLanguage",
        name);
}

static void check_batcher(AslCheck *check, const json_t *value);

/* clang-format off */
#define COMMON_FIELDS \
    {"Type", asl_check_any, ASL_REQUIRED}, {"Comment", asl_check_string, ASL_OPTIONAL}, \
    {"QueryLanguage", asl_check_query_language, ASL_OPTIONAL}
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
    {"Branches", asl_check_branches, ASL_REQUIRED},
    {"Parameters", asl_check_template, ASL_OPTIONAL},
    FIELDS_END,
};

static const AslField map_fields[] = {
    COMMON_FIELDS,
    PATH_FIELDS,
    NEXT_FIELDS,
    RESULT_FIELDS,
    {"ItemProcessor", asl_check_processor, ASL_OPTIONAL},
    {"Iterator", asl_check_processor, ASL_OPTIONAL},
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
    {"ItemReader", asl_check_distributed_only, ASL_OPTIONAL},
    {"ResultWriter", asl_check_distributed_only, ASL_OPTIONAL},
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

void asl_check_state(AslCheck *check, const json_t *state)
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
