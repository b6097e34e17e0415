#include "workflow/task_answer.h"

#include "base/clock.h"
#include "store/db_wake.h"
#include "workflow/task_token.h"

/* Why there is no such task: its execution is known, or not. */
static bool judge_absent(DbTx *tx, const char *token, TaskVerdict *ret_verdict, GError **error)
{
    g_autofree char *arn = task_token_execution(token);
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    *ret_verdict = TASK_UNKNOWN;
    if (arn == NULL)
        return true;
    TRY(DB_QUERY(tx, SQL_EXECUTION_DESCRIBE, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (has_row)
        *ret_verdict = TASK_OVER;
    return true;
}

/* The execution that the task belongs to, owned by the caller; NULL with the verdict. */
static bool find_execution(DbTx *tx, const char *token, char **ret_arn, TaskVerdict *ret_verdict, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_OPEN_TASK_FIND, &rows, error, db_text(token)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return judge_absent(tx, token, ret_verdict, error);
    *ret_arn = g_strdup(db_rows_text(rows, 0));
    return true;
}

bool task_answer(Db *db, const TaskAnswer *answer, TaskVerdict *ret_verdict, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *arn = NULL;
    int64_t changed = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(find_execution(tx, answer->token, &arn, ret_verdict, error));
    if (arn == NULL)
        return true;
    *ret_verdict = TASK_OVER;
    TRY(DB_EXEC(tx, SQL_EXECUTION_SIGNAL, &changed, error, db_text(arn)));
    if (changed != 1)
        return true;
    TRY(DB_EXEC(tx, SQL_OPEN_TASK_ANSWER, &changed, error, db_text(answer->token), db_int(clock_now_ms()),
        db_text(answer->output), db_text(answer->error), db_text(answer->cause)));
    if (changed != 1)
        return true;
    TRY(db_notify(tx, DB_CHANNEL_EXECUTIONS, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_verdict = TASK_TAKEN;
    return true;
}

/* The run looks at the time when it wakes up, so it need not be woken for this. */
bool task_heartbeat(Db *db, const char *token, TaskVerdict *ret_verdict, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *arn = NULL;
    int64_t changed = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(find_execution(tx, token, &arn, ret_verdict, error));
    if (arn == NULL)
        return true;
    *ret_verdict = TASK_OVER;
    TRY(DB_EXEC(tx, SQL_OPEN_TASK_HEARTBEAT, &changed, error, db_text(token), db_int(clock_now_ms())));
    if (changed != 1)
        return true;
    *ret_verdict = TASK_TAKEN;
    return db_commit(g_steal_pointer(&tx), error);
}
