#include "workflow/open_tasks.h"

#include "store/db_wake.h"
#include "workflow/asl/data.h"

typedef struct OpenTask {
    char *token;
    int64_t frame_id;
    char *state; /* scheduled, started, answered */
    char *worker_name, *output, *error, *cause;
    int64_t deadline_ms, heartbeat_at_ms;
} OpenTask;

static void open_task_clear(gpointer data)
{
    OpenTask *task = data;

    g_free(task->token);
    g_free(task->state);
    g_free(task->worker_name);
    g_free(task->output);
    g_free(task->error);
    g_free(task->cause);
}

void open_tasks_clear(OpenTasks *open)
{
    g_clear_pointer(&open->tasks, g_array_unref);
}

static const char *token_of(const Frame *frame)
{
    return json_string_value(json_object_get(frame->task, "token"));
}

static void look_for_token(Frame *frame, void *data)
{
    bool *has_token = data;

    *has_token = *has_token || (frame->phase == FRAME_TASK && token_of(frame) != NULL);
}

static void append_row(GArray *tasks, const DbRows *rows)
{
    const OpenTask task = {
        .token = g_strdup(db_rows_text(rows, 0)),
        .frame_id = db_rows_int(rows, 1),
        .state = g_strdup(db_rows_text(rows, 2)),
        .worker_name = g_strdup(db_rows_text(rows, 3)),
        .output = g_strdup(db_rows_text(rows, 4)),
        .error = g_strdup(db_rows_text(rows, 5)),
        .cause = g_strdup(db_rows_text(rows, 6)),
        .deadline_ms = db_rows_int(rows, 7),
        .heartbeat_at_ms = db_rows_int(rows, 8),
    };

    g_array_append_val(tasks, task);
}

bool open_tasks_load(OpenTasks *open, Db *db, const char *execution_arn, const RunState *run, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_token = false, has_row = false;

    open->execution_arn = execution_arn;
    open->tasks = g_array_new(FALSE, FALSE, sizeof(OpenTask));
    g_array_set_clear_func(open->tasks, open_task_clear);
    run_state_each(run, look_for_token, &has_token);
    if (!has_token)
        return true;
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_OPEN_TASKS, &rows, error, db_text(execution_arn)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        append_row(open->tasks, rows);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* The frame that waits for it, or NULL. */
static const Frame *waiting_frame(const RunState *run, const OpenTask *task)
{
    const Frame *frame = run_state_find(run, task->frame_id);

    return frame != NULL && frame->phase == FRAME_TASK && g_strcmp0(token_of(frame), task->token) == 0 ? frame : NULL;
}

static void complete(const OpenTask *task, Interpreter *interpreter)
{
    json_t *result = task->output != NULL ? asl_json_parse(task->output) : NULL;
    TaskError told = {0};

    if (result == NULL) {
        told.name = g_strdup(task->error);
        told.cause = g_strdup(task->cause);
    }
    interpreter_complete(interpreter, task->frame_id, result, &told);
}

void open_tasks_tell(OpenTasks *open, Interpreter *interpreter)
{
    for (guint i = 0; i < open->tasks->len; i++) {
        const OpenTask *task = &g_array_index(open->tasks, OpenTask, i);
        const Frame *frame = waiting_frame(interpreter->run, task);
        if (frame == NULL || g_str_equal(task->state, "scheduled") ||
            !json_is_true(json_object_get(frame->task, "external")))
            continue;
        if (interpreter_task_is_activity(interpreter, task->frame_id))
            interpreter_task_started(
                interpreter, task->frame_id, &(TaskStart){task->worker_name, task->deadline_ms, task->heartbeat_at_ms});
        if (waiting_frame(interpreter->run, task) == NULL) /* that filled the history */
            return;
        if (g_str_equal(task->state, "answered"))
            complete(task, interpreter);
        else
            interpreter_heartbeat(interpreter, task->frame_id, task->heartbeat_at_ms);
    }
}

static bool has_token(const OpenTasks *open, const char *token)
{
    for (guint i = 0; i < open->tasks->len; i++)
        if (g_str_equal(g_array_index(open->tasks, OpenTask, i).token, token))
            return true;
    return false;
}

bool open_tasks_add(OpenTasks *open, DbTx *tx, int64_t frame_id, const InterpreterTask *task, const char *activity_arn,
    int64_t now_ms, GError **error)
{
    const bool has_started = activity_arn == NULL;

    if (has_token(open, task->token)) /* by a step that was cut short */
        return true;
    g_autofree char *input = has_started ? g_strdup("") : asl_json_text(task->input);
    const OpenTask added = {
        .token = g_strdup(task->token),
        .frame_id = frame_id,
        .state = g_strdup(has_started ? "started" : "scheduled"),
        .deadline_ms = task->deadline_ms != INT64_MAX ? task->deadline_ms : 0,
        .heartbeat_at_ms = task->heartbeat_at_ms,
    };

    g_array_append_val(open->tasks, added);
    TRY(DB_EXEC(tx, SQL_OPEN_TASK_INSERT, NULL, error, db_text(added.token), db_text(open->execution_arn),
        db_int(frame_id), db_text(activity_arn), db_text(input), db_text(added.state), db_int(task->timeout_ms),
        db_int(task->heartbeat_ms), db_int(added.deadline_ms), db_int(added.heartbeat_at_ms), db_int(now_ms)));
    return has_started || db_notify(tx, DB_CHANNEL_TASKS, error);
}

bool open_tasks_remove(const OpenTasks *open, DbTx *tx, const RunState *run, bool *ret_overtaken, GError **error)
{
    *ret_overtaken = false;
    for (guint i = 0; i < open->tasks->len && !*ret_overtaken; i++) {
        const OpenTask *task = &g_array_index(open->tasks, OpenTask, i);
        const bool is_answered = g_str_equal(task->state, "answered");
        int64_t removed = 0;
        if (waiting_frame(run, task) != NULL)
            continue;
        TRY(DB_EXEC(
            tx, is_answered ? SQL_OPEN_TASK_REMOVE : SQL_OPEN_TASK_ABANDON, &removed, error, db_text(task->token)));
        *ret_overtaken = removed == 0;
    }
    return true;
}
