#include "workflow/execution_row.h"

#include "base/clock.h"
#include "base/process.h"
#include "workflow/asl/data.h"

#include <string.h>

enum { IDLE_WAIT_MS = 60000, CONTENDED_WAIT_MS = 10 };

typedef struct Candidate {
    char *arn;
    int64_t fence;
} Candidate;

void execution_clear(Execution *execution)
{
    g_free(execution->arn);
    g_free(execution->machine_arn);
    g_free(execution->name);
    g_free(execution->role_arn);
    json_decref(execution->definition);
    json_decref(execution->input);
    run_state_free(execution->run);
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

static bool is_any_due(DbTx *tx, const char *runner, int64_t now_ms, bool *ret_due, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_EXECUTION_FIND_DUE, &rows, error, db_text(runner), db_int(now_ms)));
    return db_rows_next(rows, ret_due, error);
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

    TRY(DB_QUERY(tx, SQL_EXECUTION_NEXT_DUE, &rows, error, db_text(runner), db_int(now_ms)));
    TRY(db_rows_next(rows, &has_row, error));
    bool is_idle = !has_row || db_rows_is_null(rows, 0);
    *ret_wait_ms = is_idle ? IDLE_WAIT_MS : CLAMP(db_rows_int(rows, 0) - now_ms, 1, IDLE_WAIT_MS);
    return true;
}

/* What there is to claim. */
typedef struct Offer {
    bool is_due;     /* some are due and free */
    GArray *orphans; /* Candidate: due, but held by processes that are dead */
} Offer;

/* Looking first costs no writer's turn while there is nothing to do. */
static bool look(Db *db, const char *runner, int64_t now_ms, Offer *offer, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(is_any_due(tx, runner, now_ms, &offer->is_due, error));
    if (!offer->is_due)
        TRY(find_orphaned(tx, runner, now_ms, offer->orphans, error));
    if (!offer->is_due && offer->orphans->len == 0)
        TRY(next_due(tx, runner, now_ms, ret_wait_ms, error));
    return true;
}

/* A row of execution_load. */
static bool read_row(const DbRows *rows, int64_t fence, Execution *execution, GError **error)
{
    *execution = (Execution){
        .arn = g_strdup(db_rows_text(rows, 0)),
        .fence = fence,
        .machine_arn = g_strdup(db_rows_text(rows, 1)),
        .name = g_strdup(db_rows_text(rows, 2)),
        .definition = asl_json_parse(db_rows_text(rows, 3)),
        .input = asl_json_parse(db_rows_text(rows, 4)),
        .run = run_state_parse(db_rows_text(rows, 5)),
        .started_ms = db_rows_int(rows, 6),
        .signals = db_rows_int(rows, 7),
        .redrives = db_rows_int(rows, 8),
        .redriven_ms = db_rows_int(rows, 9),
        .role_arn = g_strdup(db_rows_text(rows, 10)),
    };
    if (execution->run == NULL || execution->definition == NULL)
        return fail(error, ERROR_CORRUPT, "execution %s: what the store keeps of it cannot be read", execution->arn);
    return true;
}

static bool load(DbTx *tx, const char *arn, int64_t fence, Execution *execution, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_LOAD, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "execution %s is gone", arn);
    return read_row(rows, fence, execution, error);
}

/* Nobody's so far, and nobody's later: positive, and made up. */
static int64_t new_fence(void)
{
    return (int64_t)((((guint64)g_random_int() << 32) | g_random_int()) >> 1) | 1;
}

static bool claim_due(
    Db *db, const char *runner, int64_t lease_ms, Execution *execution, bool *ret_claimed, GError **error)
{
    const int64_t fence = new_fence(), now_ms = clock_now_ms();
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;

    TRY(db_begin(db, DB_WRITE_RELAXED, &tx, error));
    TRY(DB_QUERY(tx, SQL_EXECUTION_CLAIM_DUE, &rows, error, db_text(runner), db_int(now_ms),
        db_text(process_identity()), db_int(now_ms + lease_ms), db_int(fence)));
    TRY(db_rows_next(rows, ret_claimed, error));
    if (!*ret_claimed)
        return true;
    TRY(read_row(rows, fence, execution, error));
    g_clear_pointer(&rows, db_rows_free);
    return db_commit(g_steal_pointer(&tx), error);
}

/* The fence that was read is the guard: of several who try, one wins. */
static bool claim_orphan(
    Db *db, const Candidate *candidate, int64_t lease_ms, Execution *execution, bool *ret_claimed, GError **error)
{
    const int64_t fence = new_fence();
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(db, DB_WRITE_RELAXED, &tx, error));
    TRY(DB_EXEC(tx, SQL_EXECUTION_CLAIM, &changed, error, db_text(candidate->arn), db_int(candidate->fence),
        db_text(process_identity()), db_int(clock_now_ms() + lease_ms), db_int(fence)));
    *ret_claimed = changed == 1;
    if (changed != 1)
        return true;
    TRY(load(tx, candidate->arn, fence, execution, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static bool claim_offered(Db *db, const char *runner, int64_t lease_ms, const Offer *offer, Execution *execution,
    bool *ret_claimed, GError **error)
{
    if (offer->is_due)
        return claim_due(db, runner, lease_ms, execution, ret_claimed, error);
    for (guint i = 0; i < offer->orphans->len && !*ret_claimed; i++)
        TRY(claim_orphan(db, &g_array_index(offer->orphans, Candidate, i), lease_ms, execution, ret_claimed, error));
    return true;
}

bool execution_claim(Db *db, const char *runner, int64_t lease_ms, ExecutionWork work, Execution *ret_execution,
    bool *ret_claimed, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(GArray) orphans = g_array_new(FALSE, FALSE, sizeof(Candidate));
    g_auto(Execution) execution = {0};
    Offer offer = {.orphans = orphans};

    g_array_set_clear_func(orphans, candidate_clear);
    *ret_claimed = false;
    *ret_wait_ms = CONTENDED_WAIT_MS;
    if (work == WORK_IS_LIKELY)
        TRY(claim_due(db, runner, lease_ms, &execution, ret_claimed, error));
    if (!*ret_claimed) {
        TRY(look(db, runner, clock_now_ms(), &offer, ret_wait_ms, error));
        TRY(claim_offered(db, runner, lease_ms, &offer, &execution, ret_claimed, error));
    }
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

bool execution_add_events(DbTx *tx, const char *arn, const History *history, GError **error)
{
    for (guint i = 0; i < history->events->len; i++) {
        const HistoryEvent *event = history_at(history, i);
        TRY(DB_EXEC_LATER(tx, SQL_EXECUTION_EVENT_INSERT, error, db_text(arn), db_int(event->id),
            db_int(event->previous_id), db_text(event->type), db_int(event->timestamp_ms), db_text(event->details)));
    }
    return true;
}

bool execution_insert(DbTx *tx, const NewExecution *execution, GError **error)
{
    g_autofree char *input =
        execution->input_text != NULL ? g_strdup(execution->input_text) : asl_json_text(execution->input);
    g_autofree char *run = run_state_text(execution->run);

    if (input == NULL || strlen(input) > ASL_DATA_BYTES_MAX)
        return fail(
            error, ERROR_INVALID, "input of execution %s is over %d bytes", execution->name, ASL_DATA_BYTES_MAX);
    TRY(DB_EXEC(tx, SQL_EXECUTION_INSERT, NULL, error, db_text(execution->arn), db_text(execution->machine_arn),
        db_text(execution->name), db_text(execution->definition), db_text(input), db_int(execution->started_ms),
        db_text(execution->runner), db_text(run), db_int(execution->run->event_count), db_text(execution->role_arn)));
    return execution_add_events(tx, execution->arn, execution->history, error);
}

static bool advance(
    DbTx *tx, const Execution *execution, const ExecutionStep *step, int64_t *ret_changed, GError **error)
{
    g_autofree char *run = run_state_text(step->run);

    if (step->is_held)
        return DB_EXEC(tx, SQL_EXECUTION_ADVANCE_HELD, ret_changed, error, db_text(execution->arn),
            db_int(execution->fence), db_text(run), db_int(step->run->event_count));
    return DB_EXEC(tx, SQL_EXECUTION_ADVANCE, ret_changed, error, db_text(execution->arn), db_int(execution->fence),
        db_text(run), db_int(step->wake_at_ms), db_int(step->run->event_count), db_int(execution->signals));
}

static bool close_row(
    DbTx *tx, const Execution *execution, const ExecutionStep *step, int64_t *ret_changed, GError **error)
{
    g_autofree char *run = step->run->ended != NULL ? run_state_text(step->run) : NULL;
    g_autofree char *output = step->output != NULL ? asl_json_text(step->output) : NULL;

    return DB_EXEC(tx, SQL_EXECUTION_CLOSE, ret_changed, error, db_text(execution->arn), db_int(execution->fence),
        db_text(step->status), db_text(output), db_text(step->error), db_text(step->cause), db_int(step->now_ms),
        db_int(step->run->event_count), db_text(run));
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
    return execution_add_events(tx, execution->arn, step->history, error);
}
