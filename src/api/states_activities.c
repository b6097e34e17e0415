/* Activities and the answers to tasks, for Step Functions clients. */
#include "api/states_call.h"
#include "api/states_tags.h"
#include "base/clock.h"
#include "store/db_wake.h"
#include "workflow/activities.h"
#include "workflow/machines.h"
#include "workflow/task_answer.h"

#include <string.h>

enum {
    NAME_CHARS_MAX = 80,
    TOKEN_CHARS_MAX = 2048,
    ERROR_CHARS_MAX = 256,
    CAUSE_CHARS_MAX = 32768,
    OUTPUT_BYTES_MAX = 262144,
    ACTIVITIES_TOKEN_CHARS = 1024,
    POLL_MS = 60000, /* the longest that Step Functions lets a worker wait */
    /* Between two looks, at most: where it is told of every task, and where it is not told of those of other processes.
     */
    HEARING_LOOK_MS = 20000,
    DEAF_LOOK_MS = 2000,
};

/* ---- CreateActivity, DescribeActivity, ListActivities, DeleteActivity ---- */

static bool refuse_missing(StatesCall *call, const char *arn, GError **error)
{
    return states_refuse(call, error, "ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn);
}

static bool read_activity(StatesCall *call, DbTx *tx, const char *arn, Activity *ret_activity, GError **error)
{
    bool is_found = false;

    TRY(activity_find(tx, arn, ret_activity, &is_found, error));
    return is_found || refuse_missing(call, arn, error);
}

static json_t *summary(const Activity *activity)
{
    return json_pack("{s:s, s:s, s:o}", "activityArn", activity->arn, "name", activity->name, "creationDate",
        states_time(activity->created_ms));
}

/* Creating the same once more is no error, and changes nothing. */
bool states_create_activity(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(Activity) activity = {0}, kept = {0};
    g_autoptr(DbTx) tx = NULL;
    const char *name = NULL;

    TRY(states_text(call, (TextParam){"name", PARAM_REQUIRED, 1, NAME_CHARS_MAX}, &name, error));
    if (!workflow_name_is_valid(name))
        return states_refuse(call, error, "InvalidName", "Invalid Name: '%s'", name);
    TRY(states_tags_new(call, &activity.tags, error));
    activity.arn = workflow_activity_arn(call->api->workflow, name);
    activity.name = g_strdup(name);
    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(activity_insert(tx, &activity, error));
    TRY(read_activity(call, tx, activity.arn, &kept, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_answer = json_pack("{s:s, s:o}", "activityArn", kept.arn, "creationDate", states_time(kept.created_ms));
    return true;
}

bool states_describe_activity(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(Activity) activity = {0};
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL;

    TRY(states_arn(call, "activityArn", "activity", &arn, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(read_activity(call, tx, arn, &activity, error));
    *ret_answer = summary(&activity);
    return true;
}

bool states_delete_activity(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL;

    TRY(states_arn(call, "activityArn", "activity", &arn, error));
    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(activity_delete(tx, arn, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_answer = json_object();
    return true;
}

typedef struct ActivityPage {
    json_t *items;
    uint32_t limit;
    bool has_more;
    int64_t last_ms;
    char *last_arn;
} ActivityPage;

static void list_activity(void *data, const Activity *activity)
{
    ActivityPage *page = data;

    if (json_array_size(page->items) == page->limit) {
        page->has_more = true;
        return;
    }
    (void)json_array_append_new(page->items, summary(activity));
    page->last_ms = activity->created_ms;
    g_free(page->last_arn);
    page->last_arn = g_strdup(activity->arn);
}

static bool fill_activities(StatesCall *call, ActivityPage *page, GError **error)
{
    g_autofree char *after_arn = g_strdup("");
    g_autoptr(DbTx) tx = NULL;
    int64_t after_ms = 0;

    TRY(states_token_read(call, "ListActivities", ACTIVITIES_TOKEN_CHARS, &after_ms, &after_arn, error));
    TRY(states_max_results(call, &page->limit, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    return activities_list(tx, after_ms, after_arn, page->limit + 1, list_activity, page, error);
}

bool states_list_activities(StatesCall *call, json_t **ret_answer, GError **error)
{
    ActivityPage page = {.items = json_array()};
    const bool is_listed = fill_activities(call, &page, error);
    json_t *root = json_pack("{s:o}", "activities", page.items);

    if (is_listed && page.has_more)
        (void)json_object_set_new(
            root, "nextToken", states_token_make(call, "ListActivities", page.last_ms, page.last_arn));
    g_free(page.last_arn);
    if (is_listed)
        *ret_answer = json_incref(root);
    json_decref(root);
    return is_listed;
}

/* ---- GetActivityTask ---- */

static bool check_activity(StatesCall *call, const char *arn, GError **error)
{
    g_auto(Activity) activity = {0};
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    return read_activity(call, tx, arn, &activity, error);
}

/* A worker waits without a thread: the call is made again when there may be a task, and in the end says none. */
bool states_get_activity_task(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(ActivityTask) task = {0};
    const char *arn = NULL, *worker = NULL;
    const int64_t left_ms = POLL_MS - call->waited_ms;
    bool is_found = false;

    TRY(states_arn(call, "activityArn", "activity", &arn, error));
    TRY(states_text(
        call, (TextParam){.name = "workerName", .min_chars = 1, .max_chars = NAME_CHARS_MAX}, &worker, error));
    TRY(check_activity(call, arn, error));
    TRY(activity_take_task(call->api->db, arn, worker, &task, &is_found, error));
    if (!is_found && left_ms > 0) {
        const bool hears = call->api->wake != NULL && db_wake_hears_others(call->api->wake);
        call->wait_ms = MIN(left_ms, hears ? HEARING_LOOK_MS : DEAF_LOOK_MS);
    }
    *ret_answer = json_pack("{s:s?, s:s?}", "taskToken", task.token, "input", task.input);
    if (is_found && call->api->job_changed != NULL) /* its history tells who has it */
        call->api->job_changed(call->api->data);
    return true;
}

/* ---- SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat ---- */

static bool read_token(StatesCall *call, const char **ret_token, GError **error)
{
    return states_text(call, (TextParam){"taskToken", PARAM_REQUIRED, 1, TOKEN_CHARS_MAX}, ret_token, error);
}

static bool answer_verdict(StatesCall *call, TaskVerdict verdict, json_t **ret_answer, GError **error)
{
    if (verdict == TASK_UNKNOWN)
        return states_refuse(call, error, "InvalidToken", "Invalid Token: 'Invalid token'");
    if (verdict == TASK_OVER)
        return states_refuse(call, error, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    *ret_answer = json_object();
    return true;
}

static bool send_answer(StatesCall *call, const TaskAnswer *answer, json_t **ret_answer, GError **error)
{
    TaskVerdict verdict = TASK_UNKNOWN;

    TRY(task_answer(call->api->db, answer, &verdict, error));
    TRY(answer_verdict(call, verdict, ret_answer, error));
    if (call->api->job_changed != NULL)
        call->api->job_changed(call->api->data);
    return true;
}

static bool check_output(StatesCall *call, const char *output, GError **error)
{
    json_error_t where;

    if (strlen(output) > OUTPUT_BYTES_MAX)
        return states_refuse(call, error, "ValidationException",
            "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have length less "
            "than or equal to %d",
            OUTPUT_BYTES_MAX);
    json_t *parsed = json_loads(output, JSON_DECODE_ANY, &where);
    if (parsed == NULL)
        return states_refuse(call, error, "InvalidOutput", "Invalid Output: '%s at [line: %d, column: %d]'", where.text,
            where.line, where.column);
    json_decref(parsed);
    return true;
}

bool states_send_task_success(StatesCall *call, json_t **ret_answer, GError **error)
{
    TaskAnswer answer = {0};

    TRY(read_token(call, &answer.token, error));
    TRY(states_text(call, (TextParam){.name = "output", .presence = PARAM_REQUIRED}, &answer.output, error));
    TRY(check_output(call, answer.output, error));
    return send_answer(call, &answer, ret_answer, error);
}

bool states_send_task_failure(StatesCall *call, json_t **ret_answer, GError **error)
{
    TaskAnswer answer = {0};

    TRY(read_token(call, &answer.token, error));
    TRY(states_text(call, (TextParam){.name = "error", .max_chars = ERROR_CHARS_MAX}, &answer.error, error));
    TRY(states_text(call, (TextParam){.name = "cause", .max_chars = CAUSE_CHARS_MAX}, &answer.cause, error));
    return send_answer(call, &answer, ret_answer, error);
}

bool states_send_task_heartbeat(StatesCall *call, json_t **ret_answer, GError **error)
{
    TaskVerdict verdict = TASK_UNKNOWN;
    const char *token = NULL;

    TRY(read_token(call, &token, error));
    TRY(task_heartbeat(call->api->db, token, &verdict, error));
    return answer_verdict(call, verdict, ret_answer, error);
}
