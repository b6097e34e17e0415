/* POST /: the Step Functions API in AWS's JSON protocol, version 1.0, so that its command line and SDKs are clients of
 * this server. Every answer is in that protocol's words, also those that refuse. */
#include "api/states_call.h"
#include "base/log.h"

#include <string.h>

enum { TIME_DIGITS = 13, STATUS_REFUSED = 400 }; /* milliseconds up to the year 2286 */

typedef struct Operation {
    const char *name;
    StatesOperation function; /* NULL: AWS has it, trawl does not */
} Operation;

static const Operation operations[] = {
    {"StartExecution", states_start_execution},
    {"DescribeExecution", states_describe_execution},
    {"StopExecution", states_stop_execution},
    {"ListExecutions", states_list_executions},
    {"GetExecutionHistory", states_get_execution_history},
    {"DescribeStateMachineForExecution", states_describe_machine_for_execution},
    {"ListStateMachines", states_list_machines},
    {"DescribeStateMachine", states_describe_machine},
    {"CreateStateMachine", states_create_machine},
    {"UpdateStateMachine", states_update_machine},
    {"DeleteStateMachine", states_delete_machine},
    {"ValidateStateMachineDefinition", states_validate_definition},
    {"TagResource", states_tag_resource},
    {"UntagResource", states_untag_resource},
    {"ListTagsForResource", states_list_tags},
    {"RedriveExecution", states_redrive_execution},
    {"CreateActivity", states_create_activity},
    {"DescribeActivity", states_describe_activity},
    {"ListActivities", states_list_activities},
    {"DeleteActivity", states_delete_activity},
    {"GetActivityTask", states_get_activity_task},
    {"SendTaskSuccess", states_send_task_success},
    {"SendTaskFailure", states_send_task_failure},
    {"SendTaskHeartbeat", states_send_task_heartbeat},
    {"StartSyncExecution", NULL},
    {"TestState", NULL},
    {"DescribeMapRun", NULL},
    {"ListMapRuns", NULL},
    {"UpdateMapRun", NULL},
    {"PublishStateMachineVersion", NULL},
    {"DeleteStateMachineVersion", NULL},
    {"ListStateMachineVersions", NULL},
    {"CreateStateMachineAlias", NULL},
    {"UpdateStateMachineAlias", NULL},
    {"DeleteStateMachineAlias", NULL},
    {"DescribeStateMachineAlias", NULL},
    {"ListStateMachineAliases", NULL},
};

static HttpReply *reply_of(int status, json_t *take_root, const HttpCall *call)
{
    char *text = json_dumps(take_root, JSON_COMPACT | JSON_REAL_PRECISION(TIME_DIGITS));

    g_assert(text != NULL);
    json_decref(take_root);
    HttpReply *reply = http_reply_new(
        status, "application/x-amz-json-1.0", g_bytes_new_with_free_func(text, strlen(text), free, text));
    http_reply_add_header(reply, "Cache-Control", "no-store");
    http_reply_add_header(reply, "X-Content-Type-Options", "nosniff");
    http_reply_add_header(reply, "x-amzn-RequestId", call->request_id);
    return reply;
}

static HttpReply *reply_refusal(int status, const char *code, const char *message, const HttpCall *call)
{
    g_autofree char *valid = g_utf8_make_valid(message, -1);

    return reply_of(status, json_pack("{s:s, s:s}", "__type", code, "message", valid), call);
}

static HttpReply *reply_of_refusal(const StatesCall *states, const GError *error, const HttpCall *call)
{
    g_autofree char *valid = g_utf8_make_valid(error->message, -1);
    json_t *root = json_pack("{s:s, s:s}", "__type", states->code, "message", valid);

    if (states->resource_name != NULL)
        (void)json_object_set_new(root, "resourceName", json_string(states->resource_name));
    return reply_of(STATUS_REFUSED, root, call);
}

/* What went wrong inside is for the log. */
static HttpReply *reply_of_trouble(const GError *error, const HttpCall *call)
{
    const ErrorKind kind = error_kind(error);
    const bool is_passing = error_kind_is_retryable(kind);

    log_error("api.error", "id", call->request_id, "kind", error_kind_name(kind), "text", error->message, NULL);
    g_autofree char *text = g_strdup_printf("%s; the server's log says more under request %s",
        is_passing ? "cannot be answered now, try again" : "cannot be answered", call->request_id);
    return reply_refusal(
        is_passing ? 503 : 500, is_passing ? "ServiceUnavailableException" : "InternalFailure", text, call);
}

static const Operation *find_operation(const HttpCall *call)
{
    static const char service[] = "AWSStepFunctions.";
    const char *target = http_call_header(call, "X-Amz-Target");

    if (target == NULL || !g_str_has_prefix(target, service))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
        if (strcmp(operations[i].name, target + sizeof service - 1) == 0)
            return &operations[i];
    return NULL;
}

static HttpReply *perform(const Api *api, const Operation *operation, const json_t *params, const HttpCall *call)
{
    StatesCall states = {.api = api, .params = params, .waited_ms = call->waited_ms};
    g_autoptr(GError) error = NULL;
    json_t *answer = NULL;
    HttpReply *reply = NULL;

    if (operation->function(&states, &answer, &error))
        reply = http_reply_wait(reply_of(200, answer, call), states.wait_ms);
    else
        reply = states.code != NULL ? reply_of_refusal(&states, error, call) : reply_of_trouble(error, call);
    g_free(states.resource_name);
    return reply;
}

/* A key as on every route, or AWS's signature with one that has a name. */
static bool check_key(const Api *api, const HttpCall *call, const char **ret_code, GError **error)
{
    const SignaturePolicy policy = {.keys = api->keys, .make = api->sign, .service = "states"};

    *ret_code = "UnrecognizedClientException";
    if (api->sign == NULL || api_keys_are_given(call))
        return api_keys_check(api->keys, call, error);
    return signature_check(&policy, call, ret_code, error);
}

static bool check_caller(const Api *api, const HttpCall *call, const char **ret_code, GError **error)
{
    if (api->keys != NULL)
        TRY(check_key(api, call, ret_code, error));
    if (api_check_browser(api->keys, call, error))
        return true;
    *ret_code = error_is(*error, ERROR_UNSUPPORTED) ? "UnsupportedMediaTypeException" : "AccessDeniedException";
    return false;
}

HttpReply *states_handle(const Api *api, const HttpCall *call)
{
    const Operation *operation = find_operation(call);
    g_autoptr(GError) error = NULL;
    const char *code = NULL;

    if (!check_caller(api, call, &code, &error))
        return reply_refusal(STATUS_REFUSED, code, error->message, call);
    if (operation == NULL)
        return reply_refusal(STATUS_REFUSED, "UnknownOperationException", "", call);
    if (operation->function == NULL)
        return reply_refusal(
            STATUS_REFUSED, "UnsupportedOperationException", "trawl does not have this operation", call);
    json_t *params = json_loadb((const char *)call->body.data, call->body.len, 0, NULL);
    HttpReply *reply = json_is_object(params)
                           ? perform(api, operation, params, call)
                           : reply_refusal(STATUS_REFUSED, "SerializationException", "expected a JSON object", call);
    json_decref(params);
    return reply;
}
