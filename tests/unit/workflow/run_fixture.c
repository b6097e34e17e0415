#include "run_fixture.h"

#include "base/clock.h"

enum { STEPS_MAX = 500 };

void run_set_up(RunFixture *run, const char *kind)
{
    test_store_open(&run->store, kind);
    clock_freeze_ms(run->now_ms = START_MS);
}

void run_tear_down(RunFixture *run)
{
    clock_freeze_ms(-1);
    workflow_free(run->workflow);
    test_store_close(&run->store);
}

void run_start(RunFixture *run, const char *states)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *definition = g_strdup_printf("{\"StartAt\":\"A\",\"States\":{%s}}", states);
    json_t *input = json_pack("{s:i}", "n", 1);
    const StartExecution execution = {.arn = RUN_ARN,
        .machine_arn = STATES "stateMachine:m",
        .name = "run",
        .definition = definition,
        .input = input};
    int64_t unused = 0;

    g_assert_true(db_begin(run->store.db, DB_WRITE, &tx, &error));
    bool is_started = workflow_start_execution(run->workflow, tx, &execution, &unused, &error);
    g_assert_no_error(error);
    g_assert_true(is_started);
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    json_decref(input);
}

void run_settle(RunFixture *run)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        g_autoptr(GError) error = NULL;
        bool has_run = false;
        int64_t wait_ms = 0;
        bool is_ok = workflow_step(run->workflow, NULL, &has_run, &wait_ms, &error);
        g_assert_no_error(error);
        g_assert_true(is_ok);
        if (!has_run)
            return;
    }
    g_assert_not_reached();
}

void run_pass(RunFixture *run, int64_t ms)
{
    clock_freeze_ms(run->now_ms += ms);
    run_settle(run);
}

static char *history(RunFixture *run)
{
    static const char *const shown[] = {
        "workerName", "error", "redriveCount", "timeoutInSeconds", "heartbeatInSeconds", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    GString *text = g_string_new(NULL);
    bool has_row = false;
    int64_t id = 0;

    g_assert_true(db_begin(run->store.db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_HISTORY, &rows, &error, db_text(RUN_ARN), db_int(0), db_int(100000)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        json_t *details = json_loads(db_rows_text(rows, 4), 0, NULL);
        g_assert_cmpint(db_rows_int(rows, 0), ==, ++id);
        g_string_append_printf(text, "%s%s(%d)", id > 1 ? " " : "", db_rows_text(rows, 2), (int)db_rows_int(rows, 1));
        for (const char *const *name = shown; *name != NULL; name++) {
            json_t *value = json_object_get(details, *name);
            g_autofree char *number = g_strdup_printf("%d", (int)json_integer_value(value));
            if (value != NULL)
                g_string_append_printf(text, "{%s}", json_is_string(value) ? json_string_value(value) : number);
        }
        json_decref(details);
    }
    g_assert_no_error(error);
    return g_string_free(text, FALSE);
}

void run_expect_history(RunFixture *run, const char *expected)
{
    g_autofree char *told = history(run);

    g_assert_cmpstr(told, ==, expected);
}

void run_expect(RunFixture *run, const char *status, const char *output_or_error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(ExecutionStatus) told = {0};

    g_assert_true(db_begin(run->store.db, DB_READ, &tx, NULL));
    g_assert_true(workflow_describe(tx, RUN_ARN, &told, NULL));
    g_assert_cmpstr(told.status, ==, status);
    g_assert_cmpstr(told.output != NULL ? told.output : told.error, ==, output_or_error);
}
