#include "workflow/execution_row.h"

#include "base/clock.h"
#include "base/process.h"

#include <string.h>

enum { IDLE_WAIT_MS = 1000, CONTENDED_WAIT_MS = 10 };

typedef struct Candidate {
    char *arn;
    int64_t fence;
} Candidate;

void execution_clear(Execution *execution)
{
    g_free(execution->arn);
    g_free(execution->machine_arn);
    g_free(execution->name);
    g_free(execution->state_name);
    json_decref(execution->definition);
    json_decref(execution->input);
    json_decref(execution->state_input);
    json_decref(execution->retry_counts);
    *execution = (Execution){0};
}

static void candidate_clear(gpointer data)
{
    g_free(((Candidate *)data)->arn);
}

static void append_candidate(GArray *candidates, const DbRows *rows)
{
    Candidate candidate = {.arn = g_strdup(db_rows_text(rows, 0)), .fence = db_rows_int(rows, 1)};

    g_array_append_val(candidates, candidate);
}

static bool find_due(DbTx *tx, const char *runner, int64_t now_ms, GArray *candidates, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_FIND_DUE, &rows, error, db_text(runner), db_int(now_ms)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        append_candidate(candidates, rows);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool find_orphaned(DbTx *tx, const char *runner, int64_t now_ms, GArray *candidates, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_FIND_LEASED, &rows, error, db_text(runner), db_int(now_ms)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const char *owner = db_rows_text(rows, 2);
        if (owner != NULL && process_life(owner) == PROCESS_DEAD)
            append_candidate(candidates, rows);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool next_due(DbTx *tx, const char *runner, int64_t now_ms, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_NEXT_DUE, &rows, error, db_text(runner)));
    TRY(db_rows_next(rows, &has_row, error));
    bool is_idle = !has_row || db_rows_is_null(rows, 0);
    *ret_wait_ms = is_idle ? IDLE_WAIT_MS : CLAMP(db_rows_int(rows, 0) - now_ms, 1, IDLE_WAIT_MS);
    return true;
}

/* Looking first costs no writer's turn while there is nothing to do. */
static bool find_candidates(
    Db *db, const char *runner, int64_t now_ms, GArray *candidates, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(find_due(tx, runner, now_ms, candidates, error));
    if (candidates->len == 0)
        TRY(find_orphaned(tx, runner, now_ms, candidates, error));
    if (candidates->len == 0)
        TRY(next_due(tx, runner, now_ms, ret_wait_ms, error));
    return true;
}

static bool load_entered_event(DbTx *tx, Execution *execution, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    if (json_array_size(execution->retry_counts) == 0)
        return true;
    TRY(DB_QUERY(tx, SQL_EXECUTION_ENTERED_EVENT, &rows, error, db_text(execution->arn)));
    TRY(db_rows_next(rows, &has_row, error));
    execution->entered_event_id = has_row ? db_rows_int(rows, 0) : 0;
    return true;
}

static bool load(DbTx *tx, Execution *execution, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_LOAD, &rows, error, db_text(execution->arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "execution %s is gone", execution->arn);
    execution->machine_arn = g_strdup(db_rows_text(rows, 0));
    execution->name = g_strdup(db_rows_text(rows, 1));
    execution->definition = asl_json_parse(db_rows_text(rows, 2));
    execution->input = asl_json_parse(db_rows_text(rows, 3));
    execution->state_name = g_strdup(db_rows_text(rows, 4));
    execution->state_input = asl_json_parse(db_rows_text(rows, 5));
    execution->retry_counts = asl_json_parse(db_rows_text(rows, 6));
    execution->started_ms = db_rows_int(rows, 7);
    execution->entered_ms = db_rows_int(rows, 8);
    execution->event_count = db_rows_int(rows, 9);
    if (!json_is_array(execution->retry_counts)) {
        json_decref(execution->retry_counts);
        execution->retry_counts = json_array();
    }
    return load_entered_event(tx, execution, error);
}

/* The fence that was read is the guard: of several who try, one wins. */
static bool claim_candidate(
    Db *db, const Candidate *candidate, int64_t lease_ms, Execution *execution, bool *ret_claimed, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_EXECUTION_CLAIM, &changed, error, db_text(candidate->arn), db_int(candidate->fence),
        db_text(process_identity()), db_int(clock_now_ms() + lease_ms)));
    *ret_claimed = changed == 1;
    if (changed != 1)
        return true;
    execution->arn = g_strdup(candidate->arn);
    execution->fence = candidate->fence + 1;
    TRY(load(tx, execution, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool execution_claim(Db *db, const char *runner, int64_t lease_ms, Execution *ret_execution, bool *ret_claimed,
    int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    g_auto(Execution) execution = {0};

    g_array_set_clear_func(candidates, candidate_clear);
    *ret_claimed = false;
    *ret_wait_ms = CONTENDED_WAIT_MS;
    TRY(find_candidates(db, runner, clock_now_ms(), candidates, ret_wait_ms, error));
    for (guint i = 0; i < candidates->len && !*ret_claimed; i++)
        TRY(claim_candidate(db, &g_array_index(candidates, Candidate, i), lease_ms, &execution, ret_claimed, error));
    *ret_execution = execution;
    execution = (Execution){0};
    return true;
}

static bool write_guarded(
    Db *db, DbStatement statement, const char *arn, int64_t fence, int64_t time_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, statement, &changed, error, db_text(arn), db_int(fence), db_int(time_ms)));
    if (changed != 1)
        return fail(error, ERROR_LOST_LEASE, "execution %s is somebody else's now", arn);
    return db_commit(g_steal_pointer(&tx), error);
}

bool execution_renew(Db *db, const char *arn, int64_t fence, int64_t lease_ms, GError **error)
{
    return write_guarded(db, SQL_EXECUTION_RENEW, arn, fence, clock_now_ms() + lease_ms, error);
}

bool execution_release(Db *db, const Execution *execution, int64_t wake_at_ms, GError **error)
{
    return write_guarded(db, SQL_EXECUTION_RELEASE, execution->arn, execution->fence, wake_at_ms, error);
}

/* Without branches each event is caused by the one before it; but the first state's entry, and an abort, by none. */
static int64_t previous_event_id(const char *type, int64_t event_id)
{
    bool is_first_entry = event_id == 2 && g_str_has_suffix(type, "StateEntered");

    return is_first_entry || g_str_equal(type, "ExecutionAborted") ? 0 : event_id - 1;
}

static bool add_event(DbTx *tx, const char *arn, int64_t event_id, const HistoryEvent *event, GError **error)
{
    return DB_EXEC(tx, SQL_EXECUTION_EVENT_INSERT, NULL, error, db_text(arn), db_int(event_id),
        db_int(previous_event_id(event->type, event_id)), db_text(event->type), db_int(event->timestamp_ms),
        db_text(event->details));
}

static bool insert_row(DbTx *tx, const NewExecution *execution, GError **error)
{
    g_autofree char *input = asl_json_text(execution->input);

    if (input == NULL || strlen(input) > ASL_DATA_BYTES_MAX)
        return fail(
            error, ERROR_INVALID, "input of execution %s is over %d bytes", execution->name, ASL_DATA_BYTES_MAX);
    return DB_EXEC(tx, SQL_EXECUTION_INSERT, NULL, error, db_text(execution->arn), db_text(execution->machine_arn),
        db_text(execution->name), db_text(execution->definition), db_text(input), db_int(clock_now_ms()),
        db_text(execution->runner), db_text(execution->start_at));
}

bool execution_insert(DbTx *tx, const NewExecution *execution, GError **error)
{
    g_auto(History) history = {0};

    TRY(insert_row(tx, execution, error));
    history_init(&history);
    history_add(&history, "ExecutionStarted", history_data_details(NULL, "input", execution->input));
    return add_event(tx, execution->arn, 1, history_at(&history, 0), error);
}

static bool advance(
    DbTx *tx, const Execution *execution, const ExecutionStep *step, int64_t *ret_changed, GError **error)
{
    g_autofree char *data = asl_json_text(step->data);
    g_autofree char *counts = asl_json_text(step->retry_counts);

    return DB_EXEC(tx, SQL_EXECUTION_ADVANCE, ret_changed, error, db_text(execution->arn), db_int(execution->fence),
        db_text(step->state_name), db_text(data), db_text(counts), db_int(step->entered_ms), db_int(step->wake_at_ms),
        db_int(execution->event_count + step->history->events->len));
}

static bool close_row(
    DbTx *tx, const Execution *execution, const ExecutionStep *step, int64_t *ret_changed, GError **error)
{
    g_autofree char *data = step->data != NULL ? asl_json_text(step->data) : NULL;

    return DB_EXEC(tx, SQL_EXECUTION_CLOSE, ret_changed, error, db_text(execution->arn), db_int(execution->fence),
        db_text(step->status), db_text(data), db_text(step->error->name), db_text(step->error->cause),
        db_int(clock_now_ms()), db_int(execution->event_count + step->history->events->len));
}

bool execution_write_step(DbTx *tx, const Execution *execution, const ExecutionStep *step, GError **error)
{
    bool is_running = g_str_equal(step->status, "RUNNING");
    int64_t changed = 0;

    if (is_running)
        TRY(advance(tx, execution, step, &changed, error));
    else
        TRY(close_row(tx, execution, step, &changed, error));
    if (changed != 1)
        return fail(error, ERROR_LOST_LEASE, "execution %s is somebody else's now", execution->arn);
    for (guint i = 0; i < step->history->events->len; i++)
        TRY(add_event(tx, execution->arn, execution->event_count + i + 1, history_at(step->history, i), error));
    return true;
}

bool execution_persist(Db *db, const Execution *execution, const ExecutionStep *step, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(execution_write_step(tx, execution, step, error));
    return db_commit(g_steal_pointer(&tx), error);
}
