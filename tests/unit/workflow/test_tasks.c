/* Tasks that other programs answer, on every store: activities, and functions that hand a token on. */
#include "workflow/activities.h"
#include "workflow/task_answer.h"

#include "base/clock.h"
#include "run_fixture.h"
#include "store/db_fault.h"

#define ACTIVITY STATES "activity:work"

static const int64_t MS_PER_S = 1000;

typedef struct Fixture {
    RunFixture run;
    /* of the function that hands a token on */
    char *token;
    int calls;
    bool answers_at_once, fails;
    bool forgives; /* a store that fails meanwhile */
} Fixture;

static TaskVerdict answer(Fixture *f, const char *token, const char *output, const char *error_name)
{
    g_autoptr(GError) error = NULL;
    TaskVerdict verdict = TASK_UNKNOWN;
    const TaskAnswer given = {.token = token, .output = output, .error = error_name, .cause = error_name};
    bool is_ok = task_answer(f->run.store.db, &given, &verdict, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    return verdict;
}

/* With a store that may fail: who called is to ask again. */
static void try_answer(Fixture *f, const char *token, const char *output, const char *error_name)
{
    g_autoptr(GError) error = NULL;
    TaskVerdict unused = TASK_UNKNOWN;
    const TaskAnswer given = {.token = token, .output = output, .error = error_name};

    if (!task_answer(f->run.store.db, &given, &unused, &error))
        g_assert_true(error_is(error, ERROR_UNAVAILABLE));
}

static bool hand_on(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    Fixture *f = data;

    f->calls++;
    g_free(f->token);
    f->token = g_strdup(json_string_value(json_object_get(input, "token")));
    if (f->fails) {
        ret_error->name = g_strdup("Refused");
        return false;
    }
    if (f->answers_at_once && f->forgives)
        try_answer(f, f->token, "1", NULL);
    else if (f->answers_at_once)
        g_assert_cmpint(answer(f, f->token, "\"early\"", NULL), ==, TASK_TAKEN);
    *ret_output = json_string("sent");
    return true;
}

static void make_activity(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    const Activity activity = {.arn = (char *)ACTIVITY, .name = (char *)"work", .tags = (char *)"{}"};

    g_assert_true(db_begin(f->run.store.db, DB_WRITE, &tx, &error));
    g_assert_true(activity_insert(tx, &activity, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void set_up(Fixture *f, gconstpointer kind)
{
    run_set_up(&f->run, kind);
    f->run.workflow = workflow_new(&(WorkflowOptions){.db = f->run.store.db});
    workflow_register_task(f->run.workflow, "trawl", hand_on, f);
    make_activity(f);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    run_tear_down(&f->run);
    g_free(f->token);
}

static int64_t count_open(Fixture *f)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;
    int64_t count = 0;

    g_assert_true(db_begin(f->run.store.db, DB_READ, &tx, NULL));
    g_assert_true(DB_QUERY(tx, SQL_OPEN_TASKS, &rows, NULL, db_text(RUN_ARN)));
    while (db_rows_next(rows, &has_row, NULL) && has_row)
        count++;
    return count;
}

/* The token that a worker of this name gets, or NULL. */
static char *poll(Fixture *f, const char *worker, const char *input)
{
    g_autoptr(GError) error = NULL;
    g_auto(ActivityTask) task = {0};
    bool is_found = false;
    bool is_ok = activity_take_task(f->run.store.db, ACTIVITY, worker, &task, &is_found, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    g_assert_true(is_found == (task.token != NULL));
    if (is_found && input != NULL)
        g_assert_cmpstr(task.input, ==, input);
    return g_steal_pointer(&task.token);
}

static TaskVerdict beat(Fixture *f, const char *token)
{
    TaskVerdict verdict = TASK_UNKNOWN;

    g_assert_true(task_heartbeat(f->run.store.db, token, &verdict, NULL));
    return verdict;
}

#define ACTIVITY_STATE(limits) "\"A\":{\"Type\":\"Task\",\"Resource\":\"" ACTIVITY "\"," limits "\"End\":true}"
#define FUNCTION_STATE(limits)                                                                                         \
    "\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke.waitForTaskToken\",\"Parameters\":{"       \
    "\"FunctionName\":\"trawl\",\"Payload\":{\"token.$\":\"$$.Task.Token\"}}," limits "\"End\":true}"
#define BEGINS "ExecutionStarted(0) TaskStateEntered(0) "

static void test_a_worker_takes_a_task_of_an_activity_and_answers_it(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, ACTIVITY_STATE(""));
    run_settle(&f->run);
    run_expect_history(&f->run, BEGINS "ActivityScheduled(2)");
    g_autofree char *token = poll(f, "first", "{\"n\":1}");
    g_autofree char *other = poll(f, "second", NULL);
    g_assert_nonnull(token);
    g_assert_null(other);
    run_settle(&f->run);
    run_expect_history(&f->run, BEGINS "ActivityScheduled(2) ActivityStarted(3){first}");
    g_assert_cmpint(answer(f, token, "{\"done\":true}", NULL), ==, TASK_TAKEN);
    g_assert_cmpint(answer(f, token, "{\"done\":2}", NULL), ==, TASK_OVER);
    run_settle(&f->run);
    run_expect_history(&f->run,
        BEGINS "ActivityScheduled(2) ActivityStarted(3){first} ActivitySucceeded(4) TaskStateExited(5) "
               "ExecutionSucceeded(6)");
    run_expect(&f->run, "SUCCEEDED", "{\"done\":true}");
    g_assert_cmpint(answer(f, token, "1", NULL), ==, TASK_OVER);
    g_assert_cmpint(beat(f, token), ==, TASK_OVER);
    g_assert_cmpint(count_open(f), ==, 0);
}

static void test_a_token_that_never_was_is_unknown(Fixture *f, gconstpointer data)
{
    static const char *const tokens[] = {"x", "", "YXJuOmE=",
        /* "arn:x|" and 64 digits 0: well-formed, of an execution that never was */
        "YXJuOnh8MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA=="};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
        g_assert_cmpint(answer(f, tokens[i], "1", NULL), ==, TASK_UNKNOWN);
        g_assert_cmpint(beat(f, tokens[i]), ==, TASK_UNKNOWN);
    }
}

#define WAITS_THEN_WORKS(name, seconds)                                                                                \
    "{\"StartAt\":\"" name "w\",\"States\":{\"" name "w\":{\"Type\":\"Wait\",\"Seconds\":" seconds ",\"Next\":\"" name \
    "\"},"                                                                                                             \
    "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" ACTIVITY "\",\"Parameters\":\"" name "\",\"End\":true}}}"

static void test_the_oldest_task_is_handed_out_first_and_each_once(Fixture *f, gconstpointer data)
{
    static const char *const in_order[] = {"\"D\"", "\"C\"", "\"B\""};

    (void)data;
    run_start(&f->run, "\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[" WAITS_THEN_WORKS(
                           "B", "30") "," WAITS_THEN_WORKS("C", "20") "," WAITS_THEN_WORKS("D", "10") "]}");
    run_settle(&f->run);
    for (int i = 0; i < 3; i++)
        run_pass(&f->run, 10 * MS_PER_S);
    for (size_t i = 0; i < G_N_ELEMENTS(in_order); i++) {
        g_autofree char *token = poll(f, "w", in_order[i]);
        g_assert_nonnull(token);
        g_assert_cmpint(answer(f, token, in_order[i], NULL), ==, TASK_TAKEN);
    }
    g_autofree char *none = poll(f, "w", NULL);
    g_assert_null(none);
    run_settle(&f->run);
    run_expect(&f->run, "SUCCEEDED", "[\"B\",\"C\",\"D\"]");
}

static void test_a_failure_goes_through_retry_with_a_new_token(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(
        &f->run, ACTIVITY_STATE("\"Retry\":[{\"ErrorEquals\":[\"Busy\"],\"IntervalSeconds\":5,\"MaxAttempts\":1}],"));
    run_settle(&f->run);
    g_autofree char *first = poll(f, NULL, NULL);
    g_assert_cmpint(answer(f, first, NULL, "Busy"), ==, TASK_TAKEN);
    run_settle(&f->run);
    g_autofree char *none = poll(f, NULL, NULL);
    g_assert_null(none);
    run_pass(&f->run, 5 * MS_PER_S);
    g_autofree char *second = poll(f, NULL, NULL);
    g_assert_nonnull(second);
    g_assert_cmpstr(first, !=, second);
    g_assert_cmpint(answer(f, first, "1", NULL), ==, TASK_OVER);
    g_assert_cmpint(answer(f, second, NULL, "Worse"), ==, TASK_TAKEN);
    run_settle(&f->run);
    run_expect_history(&f->run,
        BEGINS "ActivityScheduled(2) ActivityStarted(3) ActivityFailed(4){Busy} ActivityScheduled(5) "
               "ActivityStarted(6) ActivityFailed(7){Worse} ExecutionFailed(8){Worse}");
}

static void test_time_runs_from_when_a_worker_takes_the_task(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, ACTIVITY_STATE("\"TimeoutSeconds\":10,"));
    run_settle(&f->run);
    run_pass(&f->run, 60 * MS_PER_S);
    g_autofree char *token = poll(f, "w", NULL);
    g_assert_nonnull(token);
    run_pass(&f->run, 9 * MS_PER_S);
    g_assert_cmpint(beat(f, token), ==, TASK_TAKEN); /* which does not extend it */
    clock_freeze_ms(f->run.now_ms += MS_PER_S);
    g_assert_cmpint(answer(f, token, "1", NULL), ==, TASK_OVER); /* also before the run has noticed */
    run_settle(&f->run);
    run_expect_history(&f->run,
        BEGINS "ActivityScheduled(2){10} ActivityStarted(3){w} ActivityTimedOut(4){States.Timeout} "
               "ExecutionFailed(5){States.Timeout}");
}

static void test_a_worker_without_a_sign_of_life_loses_its_task(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(
        &f->run, ACTIVITY_STATE("\"HeartbeatSeconds\":10,\"Catch\":[{\"ErrorEquals\":[\"States.HeartbeatTimeout\"],"
                                "\"Next\":\"Z\"}],") ",\"Z\":{\"Type\":\"Pass\",\"Result\":\"lost\",\"End\":true}");
    run_settle(&f->run);
    run_pass(&f->run, 60 * MS_PER_S);
    g_autofree char *token = poll(f, "w", NULL);
    for (int i = 0; i < 3; i++) {
        run_pass(&f->run, 9 * MS_PER_S);
        g_assert_cmpint(beat(f, token), ==, TASK_TAKEN);
    }
    run_pass(&f->run, 10 * MS_PER_S);
    g_assert_cmpint(beat(f, token), ==, TASK_OVER);
    run_expect(&f->run, "SUCCEEDED", "\"lost\"");
    g_assert_cmpint(count_open(f), ==, 0);
}

static void test_an_answer_in_time_counts_however_late_it_is_seen(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, ACTIVITY_STATE("\"TimeoutSeconds\":10,\"HeartbeatSeconds\":5,"));
    run_settle(&f->run);
    g_autofree char *token = poll(f, "w", NULL);
    clock_freeze_ms(f->run.now_ms += 4 * MS_PER_S);
    g_assert_cmpint(answer(f, token, "\"in time\"", NULL), ==, TASK_TAKEN);
    run_pass(&f->run, 3600 * MS_PER_S); /* nobody was there to go on */
    run_expect(&f->run, "SUCCEEDED", "\"in time\"");
}

static void test_tasks_of_an_activity_that_is_not_there_fail(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, "\"A\":{\"Type\":\"Task\",\"Resource\":\"" STATES "activity:nobody\",\"End\":true}");
    run_settle(&f->run);
    run_expect_history(&f->run, BEGINS "ActivityScheduled(2) ActivityScheduleFailed(3){ActivityDoesNotExist} "
                                       "ExecutionFailed(4){ActivityDoesNotExist}");
    g_assert_cmpint(count_open(f), ==, 0);
}

static void test_a_stopped_execution_takes_no_answers(Fixture *f, gconstpointer data)
{
    g_autoptr(DbTx) tx = NULL;

    (void)data;
    run_start(&f->run, ACTIVITY_STATE(""));
    run_settle(&f->run);
    g_autofree char *token = poll(f, "w", NULL);
    g_assert_true(db_begin(f->run.store.db, DB_WRITE, &tx, NULL));
    g_assert_true(workflow_abort(f->run.workflow, tx, RUN_ARN, "Enough", NULL, NULL));
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    g_assert_cmpint(answer(f, token, "1", NULL), ==, TASK_OVER);
    g_assert_cmpint(count_open(f), ==, 0);
}

#define BRANCH(name)                                                                                                   \
    "{\"StartAt\":\"" name "\",\"States\":{\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" ACTIVITY                   \
    "\",\"End\":true}}}"

static void test_branches_wait_at_once_and_one_that_fails_closes_the_others(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run,
        "\"A\":{\"Type\":\"Parallel\",\"Branches\":[" BRANCH("B") "," BRANCH("C") "," BRANCH("D") "],\"End\":true}");
    run_settle(&f->run);
    g_assert_cmpint(count_open(f), ==, 3);
    g_autofree char *one = poll(f, "1", NULL);
    g_autofree char *two = poll(f, "2", NULL);
    g_assert_cmpint(answer(f, two, "2", NULL), ==, TASK_TAKEN);
    run_settle(&f->run);
    g_assert_cmpint(count_open(f), ==, 2);
    g_assert_cmpint(answer(f, one, NULL, "Bad"), ==, TASK_TAKEN);
    run_settle(&f->run);
    run_expect(&f->run, "FAILED", "Bad");
    g_assert_cmpint(count_open(f), ==, 0);
    g_autofree char *none = poll(f, "3", NULL);
    g_assert_null(none);
}

static void test_a_function_hands_its_token_on(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, FUNCTION_STATE(""));
    run_settle(&f->run);
    run_expect_history(&f->run, BEGINS "TaskScheduled(2) TaskStarted(3) TaskSubmitted(4)");
    g_assert_cmpint(answer(f, f->token, "{\"from\":\"outside\"}", NULL), ==, TASK_TAKEN);
    run_settle(&f->run);
    run_expect(&f->run, "SUCCEEDED", "{\"from\":\"outside\"}");
    g_assert_cmpint(f->calls, ==, 1);
    run_expect_history(&f->run,
        BEGINS "TaskScheduled(2) TaskStarted(3) TaskSubmitted(4) TaskSucceeded(5) TaskStateExited(6) "
               "ExecutionSucceeded(7)");
}

static void test_a_token_may_be_answered_before_its_function_has_returned(Fixture *f, gconstpointer data)
{
    (void)data;
    f->answers_at_once = true;
    run_start(&f->run, FUNCTION_STATE(""));
    run_settle(&f->run);
    run_expect(&f->run, "SUCCEEDED", "\"early\"");
    run_expect_history(&f->run,
        BEGINS "TaskScheduled(2) TaskStarted(3) TaskSubmitted(4) TaskSucceeded(5) TaskStateExited(6) "
               "ExecutionSucceeded(7)");
}

static void test_a_function_that_fails_leaves_no_token(Fixture *f, gconstpointer data)
{
    (void)data;
    f->fails = true;
    run_start(&f->run, FUNCTION_STATE(""));
    run_settle(&f->run);
    run_expect_history(
        &f->run, BEGINS "TaskScheduled(2) TaskStarted(3) TaskFailed(4){Refused} ExecutionFailed(5){Refused}");
    g_assert_cmpint(answer(f, f->token, "1", NULL), ==, TASK_OVER);
    g_assert_cmpint(count_open(f), ==, 0);
}

static void test_a_token_that_is_never_answered_times_out(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, FUNCTION_STATE("\"TimeoutSeconds\":30,\"HeartbeatSeconds\":20,"));
    run_settle(&f->run);
    run_pass(&f->run, 19 * MS_PER_S);
    g_assert_cmpint(beat(f, f->token), ==, TASK_TAKEN);
    run_pass(&f->run, 10 * MS_PER_S);
    g_assert_cmpint(count_open(f), ==, 1);
    run_pass(&f->run, MS_PER_S);
    run_expect_history(&f->run,
        BEGINS "TaskScheduled(2){30}{20} TaskStarted(3) TaskSubmitted(4) TaskTimedOut(5){States.Timeout} "
               "ExecutionFailed(6){States.Timeout}");
    g_assert_cmpint(count_open(f), ==, 0);
}

static void test_other_services_cannot_be_told_a_token(Fixture *f, gconstpointer data)
{
    (void)data;
    run_start(&f->run, "\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
                       "\"Parameters\":{\"MessageBody.$\":\"$$.Task.Token\"},\"End\":true}");
    run_settle(&f->run);
    run_expect_history(&f->run, BEGINS "TaskScheduled(2) TaskStarted(3) TaskFailed(4){States.TaskFailed} "
                                       "ExecutionFailed(5){States.TaskFailed}");
    g_assert_cmpint(count_open(f), ==, 0);
}

/* A function that hands its token on, then an activity: what a process does for them, with a store that may fail. */
static void go_round(Fixture *f, char **activity_token)
{
    g_auto(ActivityTask) task = {0};
    g_autoptr(GError) error = NULL;
    bool has_run = false, is_found = false;
    int64_t wait_ms = 0;

    if (!workflow_step(f->run.workflow, NULL, &has_run, &wait_ms, &error))
        g_assert_true(error_is(error, ERROR_UNAVAILABLE));
    if (f->token != NULL)
        try_answer(f, f->token, "1", NULL);
    if (activity_take_task(f->run.store.db, ACTIVITY, "w", &task, &is_found, NULL) && is_found)
        *activity_token = g_steal_pointer(&task.token);
    if (*activity_token != NULL)
        try_answer(f, *activity_token, NULL, "Last");
    clock_freeze_ms(f->run.now_ms += has_run ? 0 : MS_PER_S);
}

static void expect_the_same_although_a_call_fails(Fixture *f, int call, bool *ret_has_failed)
{
    enum { ROUNDS = 12 };
    g_autofree char *activity_token = NULL;

    run_start(&f->run, "\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke.waitForTaskToken\","
                       "\"Parameters\":{\"FunctionName\":\"trawl\",\"Payload\":{\"token.$\":\"$$.Task.Token\"}},"
                       "\"Next\":\"B\"},\"B\":{\"Type\":\"Task\",\"Resource\":\"" ACTIVITY "\",\"End\":true}");
    db_fail_after(f->run.store.db, call);
    for (int i = 0; i < ROUNDS; i++)
        go_round(f, &activity_token);
    *ret_has_failed = db_has_failed(f->run.store.db);
    db_fail_after(f->run.store.db, 0);
    clock_freeze_ms(f->run.now_ms += 60 * MS_PER_S); /* behind any lease */
    for (int i = 0; i < ROUNDS; i++)
        go_round(f, &activity_token);
    run_expect_history(&f->run,
        BEGINS "TaskScheduled(2) TaskStarted(3) TaskSubmitted(4) TaskSucceeded(5) TaskStateExited(6) "
               "TaskStateEntered(7) ActivityScheduled(8) ActivityStarted(9){w} ActivityFailed(10){Last} "
               "ExecutionFailed(11){Last}");
    g_assert_cmpint(count_open(f), ==, 0);
    g_clear_pointer(&f->token, g_free);
}

static void test_whichever_call_to_the_store_fails_the_run_is_the_same(Fixture *f, gconstpointer data)
{
    bool has_failed = true;

    (void)data;
    f->forgives = true;
    for (int call = 1; has_failed; call++) {
        g_assert_cmpint(call, <, 1000);
        f->answers_at_once = call % 2 == 0;
        expect_the_same_although_a_call_fails(f, call, &has_failed);
        test_store_script(
            f->run.store.db, "DELETE FROM execution_events; DELETE FROM task_tokens; DELETE FROM executions;");
    }
}

static const struct {
    const char *name;
    void (*test)(Fixture *f, gconstpointer data);
} tests[] = {
    {"a-worker-takes-a-task-of-an-activity-and-answers-it", test_a_worker_takes_a_task_of_an_activity_and_answers_it},
    {"a-token-that-never-was-is-unknown", test_a_token_that_never_was_is_unknown},
    {"the-oldest-task-is-handed-out-first-and-each-once", test_the_oldest_task_is_handed_out_first_and_each_once},
    {"a-failure-goes-through-retry-with-a-new-token", test_a_failure_goes_through_retry_with_a_new_token},
    {"time-runs-from-when-a-worker-takes-the-task", test_time_runs_from_when_a_worker_takes_the_task},
    {"a-worker-without-a-sign-of-life-loses-its-task", test_a_worker_without_a_sign_of_life_loses_its_task},
    {"an-answer-in-time-counts-however-late-it-is-seen", test_an_answer_in_time_counts_however_late_it_is_seen},
    {"tasks-of-an-activity-that-is-not-there-fail", test_tasks_of_an_activity_that_is_not_there_fail},
    {"a-stopped-execution-takes-no-answers", test_a_stopped_execution_takes_no_answers},
    {"branches-wait-at-once-and-one-that-fails-closes-the-others",
        test_branches_wait_at_once_and_one_that_fails_closes_the_others},
    {"a-function-hands-its-token-on", test_a_function_hands_its_token_on},
    {"a-token-may-be-answered-before-its-function-has-returned",
        test_a_token_may_be_answered_before_its_function_has_returned},
    {"a-function-that-fails-leaves-no-token", test_a_function_that_fails_leaves_no_token},
    {"a-token-that-is-never-answered-times-out", test_a_token_that_is_never_answered_times_out},
    {"other-services-cannot-be-told-a-token", test_other_services_cannot_be_told_a_token},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
            g_autofree char *path = g_strdup_printf("/workflow/tasks/%s/%s", *kind, tests[i].name);
            if (strcmp(*kind, "file") != 0) /* SQLite is SQLite */
                g_test_add(path, Fixture, *kind, set_up, tests[i].test, tear_down);
        }
    /* Hundreds of runs: of one kind, since it is the order of calls that is looked at. */
    g_test_add("/workflow/tasks/memory/whichever-call-to-the-store-fails-the-run-is-the-same", Fixture, "memory",
        set_up, test_whichever_call_to_the_store_fails_the_run_is_the_same, tear_down);
    return g_test_run();
}
