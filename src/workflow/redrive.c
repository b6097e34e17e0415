/* An execution that has ended badly goes on from where it was. */
#include "workflow/redrive.h"

#include "base/clock.h"
#include "store/db_wake.h"
#include "workflow/asl/data.h"
#include "workflow/interpreter_internal.h"
#include "workflow/workflow_internal.h"

enum {
    REDRIVES_MAX = 1000,
    TOKENS_MAX = 10, /* of clients, that are remembered */
    TOKEN_LIFE_MS = 15 * 60 * 1000,
    EVENTS_MARGIN = 1, /* below the limit of a history: without it, nothing could follow */
};
static const int64_t REDRIVABLE_MS = INT64_C(14) * 24 * 3600 * 1000;

/* ---- the run ---- */

/* The state that a frame was in is tried anew, with all its attempts. */
static void revive(Frame *frame, void *data)
{
    const int64_t *event = data;
    const bool is_fanned_out = frame->phase == FRAME_FANS_OUT && frame->children->len > 0;

    frame->last_event = *event;
    frame->retries = 0;
    frame->wake_at_ms = 0;
    json_array_clear(frame->retry_counts);
    if (is_fanned_out || frame->phase == FRAME_ENTERS)
        return;
    frame_forget_work(frame);
    frame->phase = FRAME_ATTEMPTS;
}

static void collect_fanned_out(Frame *frame, void *data)
{
    if (frame->phase == FRAME_FANS_OUT)
        g_ptr_array_add(data, frame);
}

bool interpreter_redrive(Interpreter *interpreter, int64_t redrives)
{
    RunState *run = interpreter->run;
    g_autoptr(GPtrArray) fanned_out = g_ptr_array_new();
    int64_t previous = run->event_count;
    int64_t event = ++run->event_count;

    if (run->root == NULL)
        run->root = g_steal_pointer(&run->ended);
    if (run->root == NULL)
        return false;
    history_add(interpreter->history, event, previous, "ExecutionRedriven", interpreter->now_ms,
        json_pack("{s:I}", "redriveCount", (json_int_t)redrives));
    run_state_each(run, revive, &event);
    run_state_each(run, collect_fanned_out, fanned_out);
    for (guint i = 0; i < fanned_out->len; i++)
        redrive_children(interpreter, g_ptr_array_index(fanned_out, i));
    return true;
}

/* ---- whether it may be ---- */

/* As far as the row tells. */
static char *refusal_of(const ExecutionRecord *record, int64_t max_events)
{
    if (g_str_equal(record->status, "RUNNING") || g_str_equal(record->status, "SUCCEEDED"))
        return g_strdup_printf("Execution is %s and cannot be redriven", record->status);
    if (clock_now_ms() - record->stopped_ms > REDRIVABLE_MS)
        return g_strdup("Execution ended more than 14 days ago and cannot be redriven");
    if (record->event_count >= max_events - EVENTS_MARGIN)
        return g_strdup_printf("Execution has %" G_GINT64_FORMAT
                               " history events, so that no more fit in, and cannot be redriven",
            record->event_count);
    if (record->redrive_count >= REDRIVES_MAX)
        return g_strdup_printf("Execution has been redriven %d times and cannot be redriven", REDRIVES_MAX);
    return NULL;
}

bool workflow_redrive_refusal(
    Workflow *workflow, DbTx *tx, const ExecutionRecord *record, char **ret_refusal, GError **error)
{
    *ret_refusal = refusal_of(record, workflow_max_events(workflow));
    return *ret_refusal != NULL || workflow_guard_redrive(workflow, tx, record->arn, ret_refusal, error);
}

/* ---- the row ---- */

typedef struct Row {
    Execution execution;
    char *status, *client_tokens;
    int64_t stopped_ms;
} Row;

static void row_clear(Row *row)
{
    execution_clear(&row->execution);
    g_free(row->status);
    g_free(row->client_tokens);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

static bool read_row(DbTx *tx, const char *arn, Row *row, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_EXECUTION_REDRIVE_FIND, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "there is no execution %s", arn);
    const char *run = db_rows_text(rows, 5);
    row->status = g_strdup(db_rows_text(rows, 0));
    row->stopped_ms = db_rows_int(rows, 1);
    row->client_tokens = g_strdup(db_rows_text(rows, 4));
    row->execution = (Execution){
        .arn = g_strdup(arn),
        .fence = db_rows_int(rows, 2),
        .redrives = db_rows_int(rows, 3),
        .run = run != NULL ? run_state_parse(run) : NULL,
        .definition = asl_json_parse(db_rows_text(rows, 7)),
    };
    if (row->execution.run == NULL)
        row->execution.run = g_new0(RunState, 1);
    row->execution.run->event_count = db_rows_int(rows, 6); /* stopping it adds one that the run does not know */
    return true;
}

static json_t *read_tokens(const Row *row)
{
    json_t *tokens = row->client_tokens != NULL ? asl_json_parse(row->client_tokens) : NULL;

    return tokens != NULL ? tokens : json_array();
}

/* When the client asked for the same before; 0: it did not. */
static int64_t asked_before(const json_t *tokens, const char *client_token, int64_t now_ms)
{
    for (size_t i = 0; client_token != NULL && i < json_array_size(tokens); i++) {
        const json_t *entry = json_array_get(tokens, i);
        const int64_t then_ms = json_integer_value(json_array_get(entry, 1));
        if (g_strcmp0(json_string_value(json_array_get(entry, 0)), client_token) == 0 &&
            now_ms - then_ms < TOKEN_LIFE_MS)
            return then_ms;
    }
    return 0;
}

static char *add_token(json_t *tokens, const char *client_token, int64_t now_ms)
{
    if (client_token != NULL)
        json_array_append_new(tokens, json_pack("[s, I]", client_token, (json_int_t)now_ms));
    while (json_array_size(tokens) > TOKENS_MAX)
        json_array_remove(tokens, 0);
    return asl_json_text(tokens);
}

static bool write_row(
    DbTx *tx, const Row *row, const History *history, const char *client_tokens, int64_t now_ms, GError **error)
{
    const Execution *execution = &row->execution;
    g_autofree char *run = run_state_text(execution->run);
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_EXECUTION_REDRIVE, &changed, error, db_text(execution->arn), db_int(execution->fence),
        db_text(run), db_int(now_ms), db_int(execution->run->event_count), db_int(execution->redrives + 1),
        db_text(client_tokens)));
    if (changed != 1)
        return fail(error, ERROR_LOST_LEASE, "execution %s is somebody else's now", execution->arn);
    return execution_add_events(tx, execution->arn, history, error);
}

static bool go_on(Workflow *workflow, DbTx *tx, Row *row, const char *client_tokens, int64_t now_ms, GError **error)
{
    g_auto(History) history = {0};
    g_auto(Interpreter) interpreter = {
        .definition = row->execution.definition, .run = row->execution.run, .history = &history, .now_ms = now_ms};

    history_init(&history);
    if (!interpreter_redrive(&interpreter, row->execution.redrives + 1))
        return fail(error, ERROR_CONFLICT, "Execution does not tell where it was and cannot be redriven");
    TRY(write_row(tx, row, &history, client_tokens, now_ms, error));
    TRY(workflow_tell_status(workflow, tx, row->execution.arn, error));
    return db_notify(tx, DB_CHANNEL_EXECUTIONS, error);
}

bool workflow_redrive(Workflow *workflow, DbTx *tx, const char *execution_arn, const char *client_token,
    int64_t *ret_redriven_ms, GError **error)
{
    g_auto(Row) row = {0};
    g_autoptr(JsonRef) tokens = NULL;
    g_autofree char *refusal = NULL;
    const int64_t now_ms = clock_now_ms();

    TRY(read_row(tx, execution_arn, &row, error));
    tokens = read_tokens(&row);
    *ret_redriven_ms = asked_before(tokens, client_token, now_ms);
    if (*ret_redriven_ms != 0)
        return true;
    const ExecutionRecord record = {
        .arn = row.execution.arn,
        .status = row.status,
        .stopped_ms = row.stopped_ms,
        .event_count = row.execution.run->event_count,
        .redrive_count = row.execution.redrives,
    };
    TRY(workflow_redrive_refusal(workflow, tx, &record, &refusal, error));
    if (refusal != NULL)
        return fail(error, ERROR_CONFLICT, "%s", refusal);
    *ret_redriven_ms = now_ms;
    g_autofree char *client_tokens = add_token(tokens, client_token, now_ms);
    return go_on(workflow, tx, &row, client_tokens, now_ms, error);
}
