#include "workflow/activities.h"

#include "base/clock.h"
#include "store/db_wake.h"

/* Others may be faster with each of those that were seen; more are looked for so many times. */
enum { LOOKS_MAX = 8 };

void activity_clear(Activity *activity)
{
    g_free(activity->arn);
    g_free(activity->name);
    g_free(activity->tags);
    *activity = (Activity){0};
}

void activity_task_clear(ActivityTask *task)
{
    g_clear_pointer(&task->token, g_free);
    g_clear_pointer(&task->input, g_free);
}

bool activity_find(DbTx *tx, const char *arn, Activity *ret_activity, bool *ret_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_ACTIVITY_FIND, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, ret_found, error));
    if (*ret_found)
        *ret_activity = (Activity){
            .arn = g_strdup(db_rows_text(rows, 0)),
            .name = g_strdup(db_rows_text(rows, 1)),
            .tags = g_strdup(db_rows_text(rows, 2)),
            .created_ms = db_rows_int(rows, 3),
        };
    return true;
}

bool activity_insert(DbTx *tx, const Activity *activity, GError **error)
{
    return DB_EXEC(tx, SQL_ACTIVITY_INSERT, NULL, error, db_text(activity->arn), db_text(activity->name),
        db_text(activity->tags), db_int(clock_now_ms()));
}

bool activity_set_tags(DbTx *tx, const char *arn, const char *tags, GError **error)
{
    return DB_EXEC(tx, SQL_ACTIVITY_TAG, NULL, error, db_text(arn), db_text(tags));
}

bool activity_delete(DbTx *tx, const char *arn, GError **error)
{
    return DB_EXEC(tx, SQL_ACTIVITY_DELETE, NULL, error, db_text(arn));
}

bool activities_list(DbTx *tx, int64_t after_ms, const char *after_arn, uint32_t limit, ActivityVisitor visitor,
    void *data, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_ACTIVITIES_LIST, &rows, error, db_int(after_ms), db_text(after_arn), db_int(limit)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const Activity activity = {
            .arn = (char *)db_rows_text(rows, 0),
            .name = (char *)db_rows_text(rows, 1),
            .tags = (char *)db_rows_text(rows, 2),
            .created_ms = db_rows_int(rows, 3),
        };
        visitor(data, &activity);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* ---- a worker takes a task ---- */

typedef struct WaitingTask {
    char *token, *execution_arn, *input;
} WaitingTask;

static void waiting_task_clear(gpointer data)
{
    WaitingTask *task = data;

    g_free(task->token);
    g_free(task->execution_arn);
    g_free(task->input);
}

static bool find_waiting(Db *db, const char *activity_arn, GArray *tasks, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_array_set_size(tasks, 0);
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_OPEN_TASKS_WAITING, &rows, error, db_text(activity_arn)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const WaitingTask task = {
            g_strdup(db_rows_text(rows, 0)), g_strdup(db_rows_text(rows, 1)), g_strdup(db_rows_text(rows, 2))};
        g_array_append_val(tasks, task);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool take(Db *db, const WaitingTask *task, const char *worker_name, bool *ret_taken, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    *ret_taken = false;
    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_EXECUTION_SIGNAL, &changed, error, db_text(task->execution_arn)));
    if (changed != 1)
        return true;
    TRY(DB_EXEC(
        tx, SQL_OPEN_TASK_START, &changed, error, db_text(task->token), db_int(clock_now_ms()), db_text(worker_name)));
    if (changed != 1)
        return true;
    TRY(db_notify(tx, DB_CHANNEL_EXECUTIONS, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_taken = true;
    return true;
}

bool activity_take_task(
    Db *db, const char *activity_arn, const char *worker_name, ActivityTask *ret_task, bool *ret_found, GError **error)
{
    g_autoptr(GArray) tasks = g_array_new(FALSE, FALSE, sizeof(WaitingTask));

    g_array_set_clear_func(tasks, waiting_task_clear);
    *ret_found = false;
    for (int look = 0; look < LOOKS_MAX; look++) {
        TRY(find_waiting(db, activity_arn, tasks, error));
        if (tasks->len == 0)
            return true;
        for (guint i = 0; i < tasks->len; i++) {
            WaitingTask *task = &g_array_index(tasks, WaitingTask, i);
            TRY(take(db, task, worker_name, ret_found, error));
            if (!*ret_found)
                continue;
            *ret_task = (ActivityTask){g_steal_pointer(&task->token), g_steal_pointer(&task->input)};
            return true;
        }
    }
    return true;
}
