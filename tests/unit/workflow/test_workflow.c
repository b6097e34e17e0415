#include "workflow/workflow.h"

#include "base/clock.h"
#include "base/process.h"
#include "store/db_fault.h"
#include "stores.h"
#include "workflow/scanner_machine.h"

#include <string.h>

#define MACHINE      "s3-scanner"
#define ARN_OF(name) "arn:aws:states:us-east-1:000000000000:execution:" MACHINE ":" name

enum { BATCHES = 3, STEPS_MAX = 500, START_MS = 1700000000 };

/* A bucket of BATCHES batches, as the real function answers: what it knows comes from its own store (the input). */
typedef struct Fake {
    gint calls;
    const char *error_name; /* if set, calls fail so */
    void (*during)(struct Fake *fake);
    void *data;
} Fake;

static bool list_batch(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    Fake *fake = data;
    json_int_t before = json_integer_value(json_object_get(input, "objects_processed"));

    g_atomic_int_inc(&fake->calls);
    if (fake->during != NULL)
        fake->during(fake);
    if (fake->error_name != NULL) {
        ret_error->name = g_strdup(fake->error_name);
        ret_error->cause = g_strdup("caf\xe9");
        return false;
    }
    bool is_done = before + 10000 >= BATCHES * 10000;
    *ret_output = json_pack("{s:I, s:s?, s:b}", "objects_processed", before + 10000, "continuation_token",
        is_done ? NULL : "k", "done", is_done ? 1 : 0);
    return true;
}

typedef struct Fixture {
    TestStore store;
    Db *db; /* of the store */
    Workflow *workflow;
    Fake fake;
    int64_t now_ms;
} Fixture;

static Workflow *make_workflow(Fixture *f, int64_t lease_ms, int64_t max_events)
{
    g_autoptr(GError) error = NULL;
    WorkflowOptions options = {.db = f->db, .lease_ms = lease_ms, .max_events = max_events};
    Workflow *workflow = workflow_new(&options);

    workflow_register_task(workflow, "trawl", list_batch, &f->fake);
    bool is_valid = workflow_add_machine(workflow, MACHINE, scanner_machine_definition(), &error);
    g_assert_no_error(error);
    g_assert_true(is_valid);
    return workflow;
}

static void set_up(Fixture *f, gconstpointer kind)
{
    test_store_open(&f->store, kind);
    f->db = f->store.db;
    f->workflow = make_workflow(f, 0, 0);
    f->now_ms = START_MS;
    clock_freeze_ms(f->now_ms);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    clock_freeze_ms(-1);
    workflow_free(f->workflow);
    test_store_close(&f->store);
}

static bool try_start(Fixture *f, const char *name, int input_number, const char *runner, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    json_t *input = json_pack("{s:i}", "objects_processed", input_number);

    g_assert_true(db_begin(f->db, DB_WRITE, &tx, NULL));
    bool is_started = workflow_start(f->workflow, tx, MACHINE, name, input, runner, error);
    json_decref(input);
    if (is_started)
        g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    return is_started;
}

static void start(Fixture *f, const char *name, const char *runner)
{
    g_autoptr(GError) error = NULL;
    bool is_started = try_start(f, name, 0, runner, &error);

    g_assert_no_error(error);
    g_assert_true(is_started);
}

static bool step(Workflow *workflow, const char *runner, int64_t *ret_wait_ms)
{
    g_autoptr(GError) error = NULL;
    bool has_run = false;
    bool is_ok = workflow_step(workflow, runner, &has_run, ret_wait_ms, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    return has_run;
}

static ExecutionStatus describe(Fixture *f, const char *arn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    ExecutionStatus status = {0};

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    bool is_found = workflow_describe(tx, arn, &status, &error);
    g_assert_no_error(error);
    g_assert_true(is_found);
    return status;
}

static void run_to_end(Fixture *f, const char *arn)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        g_auto(ExecutionStatus) status = describe(f, arn);
        int64_t wait_ms = 0;
        if (!g_str_equal(status.status, "RUNNING"))
            return;
        if (!step(f->workflow, NULL, &wait_ms))
            clock_freeze_ms(f->now_ms += wait_ms);
    }
    g_assert_not_reached();
}

/* "Type(previous) Type(previous) …"; ids must be dense. */
static char *history(Fixture *f, const char *arn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    GString *text = g_string_new(NULL);
    bool has_row = false;
    int64_t id = 0;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_HISTORY, &rows, &error, db_text(arn), db_int(0), db_int(100000)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        g_assert_cmpint(db_rows_int(rows, 0), ==, ++id);
        g_string_append_printf(text, "%s%s(%d)", id > 1 ? " " : "", db_rows_text(rows, 2), (int)db_rows_int(rows, 1));
    }
    g_assert_no_error(error);
    return g_string_free(text, FALSE);
}

static void expect_status(Fixture *f, const char *arn, const char *expected)
{
    g_auto(ExecutionStatus) status = describe(f, arn);

    g_assert_cmpstr(status.status, ==, expected);
}

static void test_the_scanner_lists_batch_by_batch_until_done(Fixture *f, gconstpointer data)
{
    (void)data;
    start(f, "run", NULL);
    run_to_end(f, ARN_OF("run"));
    g_auto(ExecutionStatus) status = describe(f, ARN_OF("run"));
    g_assert_cmpstr(status.status, ==, "SUCCEEDED");
    g_assert_cmpstr(status.output, ==, "{\"objects_processed\":30000,\"continuation_token\":null,\"done\":true}");
    g_assert_null(status.error);
    g_assert_cmpint(status.started_ms, ==, START_MS);
    g_assert_cmpint(f->fake.calls, ==, BATCHES);
    g_autofree char *events = history(f, ARN_OF("run"));
    g_assert_cmpstr(events, ==,
        "ExecutionStarted(0) TaskStateEntered(0) TaskScheduled(2) TaskStarted(3) TaskSucceeded(4) TaskStateExited(5) "
        "ChoiceStateEntered(6) ChoiceStateExited(7) "
        "TaskStateEntered(8) TaskScheduled(9) TaskStarted(10) TaskSucceeded(11) TaskStateExited(12) "
        "ChoiceStateEntered(13) ChoiceStateExited(14) "
        "TaskStateEntered(15) TaskScheduled(16) TaskStarted(17) TaskSucceeded(18) TaskStateExited(19) "
        "ChoiceStateEntered(20) ChoiceStateExited(21) "
        "SucceedStateEntered(22) SucceedStateExited(23) ExecutionSucceeded(24)");
}

static void test_the_scanner_gives_up_at_once_on_what_no_waiting_helps(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"trawl.NotFound", "trawl.Forbidden", "trawl.Credentials", "trawl.Invalid"};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        f->fake = (Fake){.error_name = names[i]};
        start(f, names[i], NULL);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, names[i]);
        run_to_end(f, arn);
        g_auto(ExecutionStatus) status = describe(f, arn);
        g_assert_cmpstr(status.status, ==, "FAILED");
        g_assert_cmpstr(status.error, ==, names[i]);
        g_assert_cmpstr(status.cause, ==, "caf\uFFFD"); /* whatever a task says becomes text */
        g_assert_cmpint(f->fake.calls, ==, 1);
    }
}

static void test_the_scanner_tries_everything_else_four_times(Fixture *f, gconstpointer data)
{
    (void)data;
    f->fake.error_name = "trawl.Unavailable";
    start(f, "run", NULL);
    run_to_end(f, ARN_OF("run"));
    expect_status(f, ARN_OF("run"), "FAILED");
    g_assert_cmpint(f->fake.calls, ==, 4);
    g_assert_cmpint(f->now_ms - START_MS, ==, 2000 + 4000 + 8000);
}

static void test_starting_the_same_again_is_harmless_while_it_runs(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    start(f, "run", NULL);
    start(f, "run", NULL);
    g_assert_false(try_start(f, "run", 1, NULL, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_clear_error(&error);
    run_to_end(f, ARN_OF("run"));
    g_assert_false(try_start(f, "run", 0, NULL, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
}

static void test_names_that_arns_cannot_hold_are_invalid(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"", "a b", "a:b", "a/b", "a*", "\xff", "a\x01",
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901"};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(try_start(f, names[i], 0, NULL, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
}

static void abort_run(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(db_begin(f->db, DB_WRITE, &tx, &error));
    bool is_aborted = workflow_abort(f->workflow, tx, ARN_OF("run"), "Stopped", "by hand", &error);
    g_assert_no_error(error);
    g_assert_true(is_aborted);
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void abort_during(Fake *fake)
{
    abort_run(fake->data);
}

static void test_a_step_that_is_aborted_meanwhile_is_thrown_away(Fixture *f, gconstpointer data)
{
    int64_t wait_ms = 0;

    (void)data;
    f->fake.during = abort_during;
    f->fake.data = f;
    start(f, "run", NULL);
    g_assert_true(step(f->workflow, NULL, &wait_ms)); /* up to the task */
    g_assert_true(step(f->workflow, NULL, &wait_ms)); /* the task */
    g_auto(ExecutionStatus) status = describe(f, ARN_OF("run"));
    g_assert_cmpstr(status.status, ==, "ABORTED");
    g_assert_cmpstr(status.error, ==, "Stopped");
    g_assert_cmpstr(status.cause, ==, "by hand");
    g_autofree char *events = history(f, ARN_OF("run"));
    g_assert_cmpstr(
        events, ==, "ExecutionStarted(0) TaskStateEntered(0) TaskScheduled(2) TaskStarted(3) ExecutionAborted(0)");
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    abort_run(f); /* once more: no change, no error */
    g_autofree char *same = history(f, ARN_OF("run"));
    g_assert_cmpstr(same, ==, events);
}

/* Each step is still committed by itself: who looks in between sees it. */
static void test_a_claim_is_kept_as_long_as_the_run_can_go_on(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const WorkflowOptions options = {.db = f->db, .lease_ms = 24 * 3600 * 1000, .hold_ms = 3600 * 1000};
    g_autoptr(Workflow) holding = workflow_new(&options);
    int64_t wait_ms = 0;

    (void)data;
    workflow_register_task(holding, "trawl", list_batch, &f->fake);
    g_assert_true(workflow_add_machine(holding, MACHINE, scanner_machine_definition(), &error));
    start(f, "run", NULL);
    g_assert_true(step(holding, NULL, &wait_ms));
    expect_status(f, ARN_OF("run"), "SUCCEEDED");
    g_assert_cmpint(f->fake.calls, ==, BATCHES);
    start(f, "by-steps", NULL);
    run_to_end(f, ARN_OF("by-steps"));
    g_autofree char *held = history(f, ARN_OF("run"));
    g_autofree char *by_steps = history(f, ARN_OF("by-steps"));
    g_assert_cmpstr(held, ==, by_steps);
    g_assert_false(step(holding, NULL, &wait_ms));
}

static void test_a_claim_that_is_kept_ends_with_the_execution(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const WorkflowOptions options = {.db = f->db, .lease_ms = 24 * 3600 * 1000, .hold_ms = 3600 * 1000};
    g_autoptr(Workflow) holding = workflow_new(&options);
    int64_t wait_ms = 0;

    (void)data;
    workflow_register_task(holding, "trawl", list_batch, &f->fake);
    g_assert_true(workflow_add_machine(holding, MACHINE, scanner_machine_definition(), &error));
    f->fake.during = abort_during;
    f->fake.data = f;
    start(f, "run", NULL);
    g_assert_true(step(holding, NULL, &wait_ms));
    expect_status(f, ARN_OF("run"), "ABORTED");
    g_assert_cmpint(f->fake.calls, ==, 1);
    g_assert_false(step(holding, NULL, &wait_ms));
}

static void test_what_was_never_started_is_not_found(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_auto(ExecutionStatus) status = {0};

    (void)data;
    g_assert_true(db_begin(f->db, DB_WRITE, &tx, NULL));
    g_assert_false(workflow_describe(tx, ARN_OF("none"), &status, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    g_clear_error(&error);
    g_assert_false(workflow_abort(f->workflow, tx, ARN_OF("none"), NULL, NULL, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    g_clear_error(&error);
    json_t *input = json_object();
    g_assert_false(workflow_start(f->workflow, tx, "no-machine", "run", input, NULL, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    json_decref(input);
}

/* As if another process had claimed the execution, which was never claimed before. */
static void claim_as(Fixture *f, const char *owner, int64_t expires_ms)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    g_assert_true(db_begin(f->db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_EXECUTION_CLAIM, &changed, &error, db_text(ARN_OF("run")), db_int(0), db_text(owner),
        db_int(expires_ms), db_int(1)));
    g_assert_cmpint(changed, ==, 1);
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void test_the_lease_of_a_process_that_died_here_is_taken_over_at_once(Fixture *f, gconstpointer data)
{
    g_autofree char *dead = g_strconcat(process_identity(), "0", NULL); /* same pid, another start time */
    int64_t wait_ms = 0;

    (void)data;
    g_assert_cmpint(process_life(dead), ==, PROCESS_DEAD);
    start(f, "run", NULL);
    claim_as(f, dead, START_MS + 600000);
    g_assert_true(step(f->workflow, NULL, &wait_ms));
    run_to_end(f, ARN_OF("run"));
    expect_status(f, ARN_OF("run"), "SUCCEEDED");
    g_assert_cmpint(f->now_ms, ==, START_MS);
}

static void test_the_lease_of_another_host_is_waited_for(Fixture *f, gconstpointer data)
{
    int64_t wait_ms = 0;

    (void)data;
    start(f, "run", NULL);
    claim_as(f, "elsewhere/00000000/1/1", START_MS + 5400);
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    g_assert_cmpint(wait_ms, ==, 5400);
    clock_freeze_ms(START_MS + 5000);
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    g_assert_cmpint(wait_ms, ==, 400);
    clock_freeze_ms(START_MS + 5400);
    g_assert_true(step(f->workflow, NULL, &wait_ms));
    g_assert_true(step(f->workflow, NULL, &wait_ms));
    g_assert_cmpint(f->fake.calls, ==, 1);
}

typedef struct LeaseWatch {
    Fixture *fixture;
    Workflow *other;
    bool was_renewed;
} LeaseWatch;

static int64_t lease_end(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_NEXT_DUE, &rows, &error, db_null(), db_int(clock_now_ms())));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    return db_rows_int(rows, 0);
}

/* Longer than two leases, seen by the renewals; nobody else gets the execution. */
static void outlive_lease(Fake *fake)
{
    LeaseWatch *watch = fake->data;
    int64_t first = lease_end(watch->fixture);
    int64_t give_up = clock_monotonic_ms() + 20000;
    int64_t wait_ms = 0;

    fake->during = NULL;
    while (lease_end(watch->fixture) < first + 200 && clock_monotonic_ms() < give_up) {
        g_assert_false(step(watch->other, NULL, &wait_ms));
        g_usleep(1000);
    }
    watch->was_renewed = lease_end(watch->fixture) >= first + 200;
}

static void test_a_lease_is_renewed_while_a_task_runs(Fixture *f, gconstpointer data)
{
    g_autoptr(Workflow) mine = make_workflow(f, 2000, 0);
    g_autoptr(Workflow) other = make_workflow(f, 2000, 0);
    LeaseWatch watch = {.fixture = f, .other = other};
    int64_t wait_ms = 0;

    (void)data;
    clock_freeze_ms(-1);
    f->fake.during = outlive_lease;
    f->fake.data = &watch;
    start(f, "run", NULL);
    g_assert_true(step(mine, NULL, &wait_ms)); /* up to the task */
    g_assert_true(step(mine, NULL, &wait_ms));
    g_assert_true(watch.was_renewed);
    g_assert_cmpint(f->fake.calls, ==, 1);
}

static void test_an_interrupted_task_leaves_no_trace(Fixture *f, gconstpointer data)
{
    int64_t wait_ms = 0;

    (void)data;
    start(f, "run", NULL);
    f->fake.error_name = TASK_INTERRUPTED;
    for (int i = 0; i < 10; i++)
        g_assert_true(step(f->workflow, NULL, &wait_ms));
    g_autofree char *events = history(f, ARN_OF("run"));
    g_assert_cmpstr(events, ==, "ExecutionStarted(0) TaskStateEntered(0) TaskScheduled(2) TaskStarted(3)");
    f->fake.error_name = NULL;
    run_to_end(f, ARN_OF("run"));
    expect_status(f, ARN_OF("run"), "SUCCEEDED");
    g_assert_cmpint(f->now_ms, ==, START_MS);
}

static void test_only_the_runner_of_an_execution_goes_on_with_it(Fixture *f, gconstpointer data)
{
    int64_t wait_ms = 0;

    (void)data;
    start(f, "run", "me");
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    g_assert_cmpint(wait_ms, ==, 60000);
    g_assert_false(step(f->workflow, "you", &wait_ms));
    g_assert_true(step(f->workflow, "me", &wait_ms));
}

static void test_a_history_that_is_full_ends_the_execution(Fixture *f, gconstpointer data)
{
    (void)data;
    for (int limit = 20; limit <= 26; limit++) {
        g_autofree char *name = g_strdup_printf("run-%d", limit);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, name);
        workflow_free(f->workflow);
        f->workflow = make_workflow(f, 0, limit);
        start(f, name, NULL);
        run_to_end(f, arn);
        g_auto(ExecutionStatus) status = describe(f, arn);
        g_autofree char *events = history(f, arn);
        if (limit >= 25) { /* the run takes 25 events, the last of them ExecutionSucceeded */
            g_assert_cmpstr(status.status, ==, "SUCCEEDED");
            continue;
        }
        g_autofree char *end = g_strdup_printf("ExecutionFailed(%d)", limit - 1);
        g_assert_cmpstr(status.status, ==, "FAILED");
        g_assert_cmpstr(status.error, ==, "States.Runtime");
        g_assert_true(g_str_has_suffix(events, end));
    }
}

static bool answer_much(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    size_t size = GPOINTER_TO_SIZE(data);
    g_autofree char *text = g_malloc(size + 1);

    (void)input;
    (void)ret_error;
    memset(text, 'x', size);
    text[size] = '\0';
    *ret_output = json_string(text);
    return true;
}

/* 262,144 bytes of JSON text is what AWS documents as the largest payload. */
static void test_a_result_of_more_than_256_kib_is_refused(Fixture *f, gconstpointer data)
{
    static const char definition[] =
        "{\"StartAt\": \"T\", \"States\": {\"T\": {\"Type\": \"Task\", \"End\": true, "
        "\"Resource\": \"arn:aws:lambda:us-east-1:000000000000:function:much\", "
        "\"Catch\": [{\"ErrorEquals\": [\"Other\"], \"Next\": \"C\"}]}, \"C\": {\"Type\": \"Succeed\"}}}";
    static const size_t sizes[] = {262144 - 2, 262144 - 1};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *name = g_strdup_printf("run-%zu", i);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, name);
        g_assert_true(workflow_add_machine(f->workflow, MACHINE, definition, NULL));
        workflow_register_task(f->workflow, "much", answer_much, GSIZE_TO_POINTER(sizes[i]));
        start(f, name, NULL);
        run_to_end(f, arn);
        g_auto(ExecutionStatus) status = describe(f, arn);
        g_assert_cmpstr(status.status, ==, i == 0 ? "SUCCEEDED" : "FAILED");
        g_assert_cmpstr(status.error, ==, i == 0 ? NULL : "States.DataLimitExceeded");
    }
}

/* Each call of the store fails once, in turn; the run still ends as it would have, with the same history. */
static void test_whichever_call_to_the_store_fails_the_run_ends_the_same(Fixture *f, gconstpointer data)
{
    g_autofree char *expected = NULL;

    (void)data;
    for (int call = 0; call < 1000; call++) {
        g_autofree char *name = g_strdup_printf("run-%d", call);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, name);
        start(f, name, NULL);
        db_fail_after(f->db, call);
        for (int i = 0; i < 2 * (2 * BATCHES + 1); i++) {
            bool has_run = false;
            int64_t wait_ms = 0;
            g_autoptr(GError) error = NULL;
            if (!workflow_step(f->workflow, NULL, &has_run, &wait_ms, &error))
                g_assert_true(error_is(error, ERROR_UNAVAILABLE));
            clock_freeze_ms(f->now_ms += has_run ? 0 : wait_ms);
        }
        bool has_failed = db_has_failed(f->db);
        db_fail_after(f->db, 0);
        clock_freeze_ms(f->now_ms += 60000); /* behind any lease */
        run_to_end(f, arn);
        expect_status(f, arn, "SUCCEEDED");
        g_autofree char *events = history(f, arn);
        if (expected == NULL)
            expected = g_strdup(events);
        g_assert_cmpstr(events, ==, expected);
        if (call > 0 && !has_failed)
            return;
    }
    g_assert_not_reached();
}

typedef struct Stepper {
    Workflow *workflow;
    gint *steps_left;
} Stepper;

static gpointer step_on(gpointer data)
{
    Stepper *stepper = data;
    int64_t wait_ms = 0;

    while (g_atomic_int_get(stepper->steps_left) > 0) {
        if (step(stepper->workflow, NULL, &wait_ms))
            g_atomic_int_add(stepper->steps_left, -1);
    }
    return NULL;
}

static void test_many_threads_share_many_executions(Fixture *f, gconstpointer data)
{
    enum { RUNS = 20, THREADS = 4 };
    gint steps_left = RUNS * (BATCHES + 1);
    Stepper stepper = {.workflow = f->workflow, .steps_left = &steps_left};
    GThread *threads[THREADS];

    (void)data;
    for (int i = 0; i < RUNS; i++) {
        g_autofree char *name = g_strdup_printf("run-%d", i);
        start(f, name, NULL);
    }
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("stepper", step_on, &stepper);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < RUNS; i++) {
        g_autofree char *name = g_strdup_printf("run-%d", i);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, name);
        expect_status(f, arn, "SUCCEEDED");
    }
    g_assert_cmpint(f->fake.calls, ==, RUNS * BATCHES);
}

/* Waits are rows, not threads: they outlive the process, and looking for what is due does not look at them all. */
static void test_many_waits_outlive_the_process(Fixture *f, gconstpointer kind)
{
    static const char waiting[] = "{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": \"Wait\", \"Seconds\": 3600, "
                                  "\"Next\": \"Z\"}, \"Z\": {\"Type\": \"Succeed\"}}}";
    int runs = g_strcmp0(kind, "memory") == 0 ? 2000 : 40;
    int64_t wait_ms = 0;

    g_assert_true(workflow_add_machine(f->workflow, MACHINE, waiting, NULL));
    for (int i = 0; i < runs; i++) {
        g_autofree char *name = g_strdup_printf("run-%d", i);
        start(f, name, NULL);
    }
    for (int i = 0; i < runs; i++)
        g_assert_true(step(f->workflow, NULL, &wait_ms));
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    workflow_free(f->workflow);
    f->workflow = make_workflow(f, 0, 0);
    clock_freeze_ms(START_MS + 3600 * 1000 - 1);
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    g_assert_cmpint(wait_ms, ==, 1);
    clock_freeze_ms(START_MS + 3600 * 1000);
    for (int i = 0; i < runs; i++)
        g_assert_true(step(f->workflow, NULL, &wait_ms));
    g_assert_false(step(f->workflow, NULL, &wait_ms));
    expect_status(f, ARN_OF("run-0"), "SUCCEEDED");
    expect_status(f, ARN_OF("run-39"), "SUCCEEDED");
}

static void add(const char *name, const char *kind, void (*test)(Fixture *f, gconstpointer data))
{
    g_autofree char *path = g_strdup_printf("/workflow/%s/%s", kind, name);

    g_test_add(path, Fixture, kind, set_up, test, tear_down);
}

#define ADD(name) add(#name, *kind, test_##name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        ADD(the_scanner_lists_batch_by_batch_until_done);
        ADD(the_scanner_gives_up_at_once_on_what_no_waiting_helps);
        ADD(the_scanner_tries_everything_else_four_times);
        ADD(starting_the_same_again_is_harmless_while_it_runs);
        ADD(names_that_arns_cannot_hold_are_invalid);
        ADD(a_step_that_is_aborted_meanwhile_is_thrown_away);
        ADD(a_claim_is_kept_as_long_as_the_run_can_go_on);
        ADD(a_claim_that_is_kept_ends_with_the_execution);
        ADD(what_was_never_started_is_not_found);
        ADD(the_lease_of_a_process_that_died_here_is_taken_over_at_once);
        ADD(the_lease_of_another_host_is_waited_for);
        ADD(a_lease_is_renewed_while_a_task_runs);
        ADD(an_interrupted_task_leaves_no_trace);
        ADD(only_the_runner_of_an_execution_goes_on_with_it);
        ADD(a_history_that_is_full_ends_the_execution);
        ADD(a_result_of_more_than_256_kib_is_refused);
        ADD(whichever_call_to_the_store_fails_the_run_ends_the_same);
        ADD(many_threads_share_many_executions);
        ADD(many_waits_outlive_the_process);
    }
    return g_test_run();
}
