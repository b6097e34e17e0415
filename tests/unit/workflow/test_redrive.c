/* Executions that ended badly go on from there, on every store. */
#include "workflow/redrive.h"

#include "base/clock.h"
#include "run_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 60 };
static const int64_t MS_PER_S = 1000, MS_PER_DAY = 24 * 3600 * 1000;

/* The function "trawl" fails for the inputs that are in bad ("" is in everything), and gives the others back. */
typedef struct Fixture {
    RunFixture run;
    const char *bad;
    GString *called; /* inputs, one after the other */
} Fixture;

static bool work(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    Fixture *f = data;
    const char *text = json_string_value(input);

    g_string_append(f->called, text);
    if (f->bad != NULL && strstr(f->bad, text) != NULL) {
        ret_error->name = g_strdup("Bad");
        return false;
    }
    *ret_output = json_string(text);
    return true;
}

static void set_up(Fixture *f, gconstpointer kind)
{
    run_set_up(&f->run, kind);
    f->run.workflow = workflow_new(&(WorkflowOptions){.db = f->run.store.db, .max_events = MAX_EVENTS});
    workflow_register_task(f->run.workflow, "trawl", work, f);
    f->called = g_string_new(NULL);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    run_tear_down(&f->run);
    g_string_free(f->called, TRUE);
}

/* The time that is told, or -1 with the reason why not. */
static int64_t try_redrive(Fixture *f, const char *client_token, char **ret_reason)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    int64_t redriven_ms = 0;

    g_assert_true(db_begin(f->run.store.db, DB_WRITE, &tx, NULL));
    if (workflow_redrive(f->run.workflow, tx, RUN_ARN, client_token, &redriven_ms, &error)) {
        g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
        return redriven_ms;
    }
    g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    *ret_reason = g_strdup(error->message);
    return -1;
}

static void redrive(Fixture *f)
{
    g_autofree char *reason = NULL;

    g_assert_cmpint(try_redrive(f, NULL, &reason), ==, f->run.now_ms);
    run_settle(&f->run);
}

static void expect_refused(Fixture *f, const char *expected)
{
    g_autofree char *reason = NULL;

    g_assert_cmpint(try_redrive(f, NULL, &reason), ==, -1);
    g_assert_cmpstr(reason, ==, expected);
}

static void expect_called(Fixture *f, const char *expected)
{
    g_assert_cmpstr(f->called->str, ==, expected);
    g_string_truncate(f->called, 0);
}

static int compare_letters(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

static void expect_called_in_any_order(Fixture *f, const char *expected)
{
    qsort(f->called->str, f->called->len, 1, compare_letters);
    expect_called(f, expected);
}

static void stop(Fixture *f)
{
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(db_begin(f->run.store.db, DB_WRITE, &tx, NULL));
    g_assert_true(workflow_abort(f->run.workflow, tx, RUN_ARN, NULL, NULL, NULL));
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
}

#define FUNCTION         "\"Resource\":\"arn:aws:lambda:us-east-1:000000000000:function:trawl\""
#define TASK(name, rest) "\"" name "\":{\"Type\":\"Task\"," FUNCTION ",\"Parameters\":\"" name "\"," rest "}"
#define BRANCH(name)     "{\"StartAt\":\"" name "\",\"States\":{" TASK(name, "\"End\":true") "}}"

static void test_a_failed_state_is_tried_again_and_those_before_it_are_not(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "B";
    run_start(&f->run, TASK("A", "\"Next\":\"B\"") "," TASK("B", "\"Next\":\"C\"") "," TASK("C", "\"End\":true"));
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "Bad");
    expect_called(f, "AB");
    f->bad = NULL;
    redrive(f);
    expect_called(f, "BC");
    run_expect(&f->run, "SUCCEEDED", "\"C\"");
    run_expect_history(&f->run,
        "ExecutionStarted(0) TaskStateEntered(0) LambdaFunctionScheduled(2) LambdaFunctionStarted(3) "
        "LambdaFunctionSucceeded(4) TaskStateExited(5) TaskStateEntered(6) LambdaFunctionScheduled(7) "
        "LambdaFunctionStarted(8) LambdaFunctionFailed(9){Bad} ExecutionFailed(10){Bad} ExecutionRedriven(11){1} "
        "LambdaFunctionScheduled(12) LambdaFunctionStarted(13) LambdaFunctionSucceeded(14) TaskStateExited(15) "
        "TaskStateEntered(16) LambdaFunctionScheduled(17) LambdaFunctionStarted(18) LambdaFunctionSucceeded(19) "
        "TaskStateExited(20) ExecutionSucceeded(21)");
    expect_refused(f, "Execution is SUCCEEDED and cannot be redriven");
}

static void test_attempts_are_counted_anew(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "A";
    run_start(&f->run,
        TASK("A", "\"Retry\":[{\"ErrorEquals\":[\"Bad\"],\"MaxAttempts\":2,\"IntervalSeconds\":1}],\"End\":true"));
    for (int redrives = 0; redrives < 3; redrives++) {
        run_pass(&f->run, MS_PER_S);
        run_pass(&f->run, MS_PER_S);
        run_pass(&f->run, 2 * MS_PER_S);
        run_expect(&f->run, "FAILED", "Bad");
        expect_called(f, "AAA");
        redrive(f);
    }
}

static void test_only_branches_that_had_not_succeeded_are_done_again(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "C";
    run_start(&f->run,
        "\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[" BRANCH("B") "," BRANCH("C") "," BRANCH("D") "]}");
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "Bad");
    expect_called(f, "BC"); /* D was cut short, or had not begun */
    f->bad = NULL;
    redrive(f);
    expect_called_in_any_order(f, "CD");
    run_expect(&f->run, "SUCCEEDED", "[\"B\",\"C\",\"D\"]");
}

static void test_only_iterations_that_had_not_succeeded_are_done_again(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "bce";
    run_start(&f->run,
        "\"A\":{\"Type\":\"Pass\",\"Result\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"Next\":\"M\"},"
        "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ToleratedFailureCount\":1,\"End\":true,"
        "\"ItemProcessor\":{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\"," FUNCTION ",\"End\":true}}}}");
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "States.ExceedToleratedFailureThreshold");
    expect_called(f, "abc");
    f->bad = "c"; /* b was tolerated the first time, and is done again all the same; one failure is tolerated still */
    redrive(f);
    expect_called_in_any_order(f, "bcde");
    run_expect(&f->run, "SUCCEEDED", "[\"a\",\"b\",\"d\",\"e\"]");
}

static void test_a_nested_branch_goes_on_at_the_state_that_failed(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "D";
    run_start(&f->run,
        "\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"B\",\"States\":{" TASK(
            "B", "\"Next\":\"P\"") ","
                                   "\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"C\","
                                   "\"States\":{" TASK("C", "\"Next\":\"D\"") "," TASK("D", "\"End\":true") "}}]}}}]}");
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "Bad");
    expect_called(f, "BCD");
    redrive(f);
    run_expect(&f->run, "FAILED", "Bad");
    f->bad = NULL;
    redrive(f);
    expect_called(f, "DD");
    run_expect(&f->run, "SUCCEEDED", "[[\"D\"]]");
}

static void test_a_stopped_execution_goes_on_where_it_was(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, TASK("A", "\"Next\":\"W\"") ",\"W\":{\"Type\":\"Wait\",\"Seconds\":60,\"Next\":\"B\"}," TASK(
                           "B", "\"End\":true"));
    run_settle(&f->run);
    run_pass(&f->run, 30 * MS_PER_S);
    stop(f);
    run_pass(&f->run, 3600 * MS_PER_S);
    run_expect(&f->run, "ABORTED", NULL);
    redrive(f);
    run_pass(&f->run, 59 * MS_PER_S);
    expect_called(f, "A");
    run_pass(&f->run, MS_PER_S);
    expect_called(f, "B");
    run_expect(&f->run, "SUCCEEDED", "\"B\"");
}

static void test_the_machines_time_begins_anew(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(
        &f->run, "\"A\":{\"Type\":\"Wait\",\"Seconds\":10,\"End\":true}},\"TimeoutSeconds\":5,\"Comment\":{\"\":0");
    run_settle(&f->run);
    run_pass(&f->run, 5 * MS_PER_S);
    run_expect(&f->run, "TIMED_OUT", NULL);
    run_pass(&f->run, 60 * MS_PER_S);
    redrive(f);
    run_expect(&f->run, "RUNNING", NULL);
    run_pass(&f->run, 5 * MS_PER_S);
    run_expect(&f->run, "TIMED_OUT", NULL);
}

static void test_the_context_object_tells_of_redrives(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "A";
    run_start(&f->run,
        TASK("A",
            "\"Next\":\"B\"") ",\"B\":{\"Type\":\"Pass\",\"Parameters\":{\"count.$\":"
                              "\"$$.Execution.RedriveCount\",\"time.$\":\"$$.Execution.RedriveTime\"},\"End\":true}");
    run_settle(&f->run);
    redrive(f);
    f->bad = NULL;
    clock_freeze_ms(f->run.now_ms = 86400000);
    redrive(f);
    run_expect(&f->run, "SUCCEEDED", "{\"count\":2,\"time\":\"1970-01-02T00:00:00.000Z\"}");
}

static void test_a_client_that_asks_twice_is_told_the_same(Fixture *f, gconstpointer data)
{
    g_autofree char *reason = NULL;

    (void)data;
    f->bad = "A";
    run_start(&f->run, TASK("A", "\"End\":true"));
    run_settle(&f->run);
    const int64_t first_ms = try_redrive(f, "mine", &reason);
    run_pass(&f->run, MS_PER_S);
    run_expect(&f->run, "FAILED", "Bad");
    g_assert_cmpint(first_ms, ==, START_MS);
    g_assert_cmpint(try_redrive(f, "mine", &reason), ==, first_ms);
    run_settle(&f->run);
    expect_called(f, "AA");
    run_pass(&f->run, 15 * 60 * MS_PER_S);
    g_assert_cmpint(try_redrive(f, "mine", &reason), ==, f->run.now_ms);
    run_settle(&f->run);
    expect_called(f, "A");
}

static void test_what_cannot_be_redriven_is_refused_with_the_reason(Fixture *f, gconstpointer data)
{
    (void)data;
    f->bad = "A";
    run_start(&f->run, TASK("A", "\"End\":true"));
    expect_refused(f, "Execution is RUNNING and cannot be redriven");
    run_settle(&f->run);
    clock_freeze_ms(f->run.now_ms += 14 * MS_PER_DAY);
    redrive(f);
    clock_freeze_ms(f->run.now_ms += 14 * MS_PER_DAY + 1);
    expect_refused(f, "Execution ended more than 14 days ago and cannot be redriven");
}

static void test_a_full_history_cannot_go_on(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run,
        "\"A\":{\"Type\":\"Pass\",\"Next\":\"A2\"},\"A2\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":"
        "\"$.n\",\"IsPresent\":true,\"Next\":\"A\"}],\"Default\":\"Z\"},\"Z\":{\"Type\":\"Succeed\"}");
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "States.Runtime");
    expect_refused(f, "Execution has 60 history events, so that no more fit in, and cannot be redriven");
}

static const struct {
    const char *name;
    void (*test)(Fixture *f, gconstpointer data);
} tests[] = {
    {"a-failed-state-is-tried-again-and-those-before-it-are-not",
        test_a_failed_state_is_tried_again_and_those_before_it_are_not},
    {"attempts-are-counted-anew", test_attempts_are_counted_anew},
    {"only-branches-that-had-not-succeeded-are-done-again", test_only_branches_that_had_not_succeeded_are_done_again},
    {"only-iterations-that-had-not-succeeded-are-done-again",
        test_only_iterations_that_had_not_succeeded_are_done_again},
    {"a-nested-branch-goes-on-at-the-state-that-failed", test_a_nested_branch_goes_on_at_the_state_that_failed},
    {"a-stopped-execution-goes-on-where-it-was", test_a_stopped_execution_goes_on_where_it_was},
    {"the-machines-time-begins-anew", test_the_machines_time_begins_anew},
    {"the-context-object-tells-of-redrives", test_the_context_object_tells_of_redrives},
    {"a-client-that-asks-twice-is-told-the-same", test_a_client_that_asks_twice_is_told_the_same},
    {"what-cannot-be-redriven-is-refused-with-the-reason", test_what_cannot_be_redriven_is_refused_with_the_reason},
    {"a-full-history-cannot-go-on", test_a_full_history_cannot_go_on},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
            g_autofree char *path = g_strdup_printf("/workflow/redrive/%s/%s", *kind, tests[i].name);
            if (strcmp(*kind, "file") != 0) /* SQLite is SQLite */
                g_test_add(path, Fixture, *kind, set_up, tests[i].test, tear_down);
        }
    return g_test_run();
}
