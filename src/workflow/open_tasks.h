/* Internal to workflow/: the tasks of one execution that somebody else answers, as one step sees them: what has come
 * for them since the last step, which are opened by this one, and which nobody waits for any more. */
#pragma once

#include "workflow/interpreter.h"

#include "store/db.h"

typedef struct OpenTasks {
    const char *execution_arn; /* borrowed */
    GArray *tasks;             /* OpenTask */
} OpenTasks;

void open_tasks_clear(OpenTasks *open);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OpenTasks, open_tasks_clear)

/* Reads what the store has, if the run can have any. */
FALLIBLE bool open_tasks_load(OpenTasks *open, Db *db, const char *execution_arn, const RunState *run, GError **error);

/* Lets the run know of it. Again after a task was submitted: its answer may have been there before. */
void open_tasks_tell(OpenTasks *open, Interpreter *interpreter);

/* Stores a task that is open from the commit on. activity_arn NULL: it has started already. */
FALLIBLE bool open_tasks_add(OpenTasks *open, DbTx *tx, int64_t frame_id, const InterpreterTask *task,
    const char *activity_arn, int64_t now_ms, GError **error);

/* Removes those that the run does not wait for any more; with the step, after the execution's row has been written,
 * which keeps answers out. *ret_overtaken: one was answered after open_tasks_tell(), and the step is to be done again.
 */
FALLIBLE bool open_tasks_remove(
    const OpenTasks *open, DbTx *tx, const RunState *run, bool *ret_overtaken, GError **error);
