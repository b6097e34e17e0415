#include "workflow/task_caller.h"

#include "base/ids.h"
#include "workflow/asl/error.h"
#include "workflow/task_resource.h"

enum { HTTP_OK = 200 };
#define INVOKE_AND_WAIT "invoke.waitForTaskToken"

struct TaskCaller {
    GHashTable *entries; /* name -> TaskEntry */
};

/* Which function a task calls, and with what. */
typedef struct Callee {
    TaskResource resource;
    bool is_invoke; /* lambda:invoke: the function is named by the parameters */
    char *name;     /* NULL: none that could be here */
    json_t *payload;
} Callee;

static void callee_clear(Callee *callee)
{
    task_resource_clear(&callee->resource);
    g_free(callee->name);
    json_decref(callee->payload);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Callee, callee_clear)

TaskCaller *task_caller_new(void)
{
    TaskCaller *caller = g_new0(TaskCaller, 1);

    caller->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return caller;
}

void task_caller_free(TaskCaller *caller)
{
    if (caller == NULL)
        return;
    g_hash_table_unref(caller->entries);
    g_free(caller);
}

void task_caller_add(TaskCaller *caller, const char *name, const TaskEntry *entry)
{
    g_hash_table_insert(caller->entries, g_strdup(name), g_memdup2(entry, sizeof *entry));
}

static Callee find_callee(const InterpreterTask *task)
{
    Callee callee = {.resource = task_resource_parse(task->resource)};
    const TaskResource *resource = &callee.resource;

    if (resource->kind == TASK_RESOURCE_FUNCTION) {
        callee.name = g_strdup(resource->name);
        callee.payload = json_incref((json_t *)task->input);
        return callee;
    }
    callee.is_invoke = resource->kind == TASK_RESOURCE_SERVICE && g_str_equal(resource->service, "lambda") &&
                       (g_str_equal(resource->action, "invoke") || g_str_equal(resource->action, INVOKE_AND_WAIT));
    const char *name = json_string_value(json_object_get(task->input, "FunctionName"));
    json_t *payload = json_object_get(task->input, "Payload");
    callee.name = callee.is_invoke && name != NULL ? task_function_name(name) : NULL;
    callee.payload = payload != NULL ? json_incref(payload) : json_object();
    return callee;
}

bool task_caller_has(const TaskCaller *caller, const InterpreterTask *task)
{
    g_auto(Callee) callee = find_callee(task);

    return callee.name != NULL && g_hash_table_contains(caller->entries, callee.name);
}

bool task_caller_is_within(const TaskCaller *caller, const InterpreterTask *task)
{
    g_auto(Callee) callee = find_callee(task);
    const TaskEntry *entry = callee.name != NULL ? g_hash_table_lookup(caller->entries, callee.name) : NULL;

    return entry != NULL && entry->within != NULL;
}

/* What Lambda's Invoke gives, as Step Functions shows it. */
static json_t *invoke_result(json_t *take_payload)
{
    JobId request = job_id_new();

    return json_pack("{s:s, s:o, s:{s:{}, s:{}, s:i}, s:{s:s}, s:i}", "ExecutedVersion", "$LATEST", "Payload",
        take_payload, "SdkHttpMetadata", "AllHttpHeaders", "HttpHeaders", "HttpStatusCode", HTTP_OK,
        "SdkResponseMetadata", "RequestId", request.text, "StatusCode", HTTP_OK);
}

static bool unknown_callee(const Callee *callee, TaskError *ret_told)
{
    if (callee->name != NULL)
        return asl_fail_task(ret_told, ASL_RESOURCE_NOT_FOUND, "There is no function '%s'.", callee->name);
    if (callee->is_invoke)
        return asl_fail(ret_told, ASL_RUNTIME, "FunctionName is no string.");
    return asl_fail_task(ret_told, ASL_TASK_FAILED, "The resource '%s' cannot be called from here.",
        callee->resource.arn != NULL ? callee->resource.arn : "");
}

bool task_caller_call(TaskCaller *caller, DbTx *tx, const InterpreterTask *task, const char *token, json_t **ret_result,
    TaskError *ret_told, bool *ret_done, GError **error)
{
    g_auto(Callee) callee = find_callee(task);
    const TaskEntry *entry = callee.name != NULL ? g_hash_table_lookup(caller->entries, callee.name) : NULL;
    TaskCall call = {.input = callee.payload, .token = token, .deadline_ms = task->deadline_ms};
    json_t *output = NULL;

    *ret_done = false;
    if (entry == NULL) {
        unknown_callee(&callee, ret_told);
        return true;
    }
    if (entry->within != NULL) {
        g_autoptr(GError) store_error = NULL;
        *ret_done = entry->within(entry->data, tx, &call, &output, ret_told, &store_error);
        if (store_error != NULL) {
            g_propagate_error(error, g_steal_pointer(&store_error));
            return false;
        }
    } else if (entry->call != NULL)
        *ret_done = entry->call(entry->data, &call, &output, ret_told);
    else
        *ret_done = entry->simple(entry->data, call.input, &output, ret_told);
    if (!*ret_done) {
        if (ret_told->name == NULL)
            ret_told->name = g_strdup(ASL_TASK_FAILED);
        return true;
    }
    output = output != NULL ? output : json_null();
    *ret_result = callee.is_invoke ? invoke_result(output) : output;
    return true;
}
