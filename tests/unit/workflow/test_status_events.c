#include "workflow/workflow.h"

#include "base/clock.h"
#include "store/db_fault.h"
#include "stores.h"

#include <string.h>

/* Every event that a transaction made is kept by the same transaction, in the table that an index outside the store is
 * fed from: a second one with the same id would fail on its key. */

enum { STEPS_MAX = 100, CALLS_MAX = 400 };
#define START_MS       INT64_C(1551225271984) /* 2019-02-26T23:54:31.984Z */
#define ARN_OF(name)   "arn:aws:states:eu-west-1:012345678912:execution:machine:" name
#define MACHINE_ARN    "arn:aws:states:eu-west-1:012345678912:stateMachine:machine"
#define ONE_STATE(...) "{\"StartAt\":\"A\",\"States\":{\"A\":{" __VA_ARGS__ "}}}"

typedef struct Fixture {
    TestStore store;
    Workflow *workflow;
    int64_t now_ms;
} Fixture;

static bool keep_event(G_GNUC_UNUSED void *data, DbTx *tx, const json_t *event, GError **error)
{
    g_autofree char *text = json_dumps(event, JSON_COMPACT);
    const char *id = json_string_value(json_object_get(event, "id"));
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_INDEX_OUTBOX_PUT, &changed, error, db_text(id), db_text(text), db_int(clock_now_ms())));
    g_assert_cmpint(changed, ==, 1);
    return true;
}

static void set_up(Fixture *f, gconstpointer kind)
{
    test_store_open(&f->store, kind);
    f->workflow = workflow_new(&(WorkflowOptions){.db = f->store.db, .region = "eu-west-1", .account = "012345678912"});
    workflow_set_status_sink(f->workflow, keep_event, NULL);
    clock_freeze_ms(f->now_ms = START_MS);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    clock_freeze_ms(-1);
    workflow_free(f->workflow);
    test_store_close(&f->store);
}

static bool try_start(Fixture *f, const char *definition, const char *name, const json_t *input, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(workflow_add_machine(f->workflow, "machine", definition, error));
    TRY(db_begin(f->store.db, DB_WRITE, &tx, error));
    TRY(workflow_start(f->workflow, tx, "machine", name, input, NULL, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static void start(Fixture *f, const char *definition, const char *name, json_t *take_input)
{
    g_autoptr(GError) error = NULL;
    bool is_started = try_start(f, definition, name, take_input, &error);

    g_assert_no_error(error);
    g_assert_true(is_started);
    json_decref(take_input);
}

/* Until nothing is left to do; time passes by waiting alone. False if a call failed. */
static bool run_all(Fixture *f)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        int64_t wait_ms = 0;
        bool has_run = false;
        if (!workflow_step(f->workflow, NULL, &has_run, &wait_ms, NULL))
            return false;
        if (!has_run && wait_ms == 60000)
            return true;
        if (!has_run)
            clock_freeze_ms(f->now_ms += wait_ms);
    }
    g_assert_not_reached();
}

static bool abort_run(Fixture *f, const char *arn, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(f->store.db, DB_WRITE, &tx, error));
    TRY(workflow_abort(f->workflow, tx, arn, "Enough", "by hand", error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* All events, oldest first; a new reference. */
static json_t *read_events(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    json_t *events = json_array();
    bool has_row = false;

    g_assert_true(db_begin(f->store.db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_INDEX_OUTBOX_READ, &rows, &error, db_int(1000)));
    while (db_rows_next(rows, &has_row, &error) && has_row)
        json_array_append_new(events, json_loads(db_rows_text(rows, 1), 0, NULL));
    g_assert_no_error(error);
    return events;
}

static const char *detail_text(const json_t *event, const char *name)
{
    return json_string_value(json_object_get(json_object_get(event, "detail"), name));
}

/* "NAME STATUS; …" of all events. */
static char *read_statuses(Fixture *f)
{
    GString *text = g_string_new(NULL);
    json_t *events = read_events(f);

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        g_string_append_printf(text, "%s %s;", detail_text(event, "name"), detail_text(event, "status"));
    }
    json_decref(events);
    return g_string_free(text, FALSE);
}

static void expect_statuses(Fixture *f, const char *expected)
{
    g_autofree char *statuses = read_statuses(f);

    g_assert_cmpstr(statuses, ==, expected);
}

/* The event without its id, which only has to be a UUID. */
static void expect_event(Fixture *f, size_t number, const char *expected_text)
{
    json_t *events = read_events(f), *event = json_array_get(events, number);
    json_t *expected = json_loads(expected_text, 0, NULL);
    const char *id = json_string_value(json_object_get(event, "id"));

    g_assert_nonnull(expected);
    g_assert_true(g_uuid_string_is_valid(id));
    json_object_del(event, "id");
    g_autofree char *text = json_dumps(event, JSON_INDENT(1) | JSON_SORT_KEYS);
    g_autofree char *expected_sorted = json_dumps(expected, JSON_INDENT(1) | JSON_SORT_KEYS);
    g_assert_cmpstr(text, ==, expected_sorted);
    json_decref(events);
    json_decref(expected);
}

#define ENVELOPE(time, detail)                                                                                         \
    "{\"version\":\"0\",\"detail-type\":\"Step Functions Execution Status Change\",\"source\":\"aws.states\","         \
    "\"account\":\"012345678912\",\"time\":\"" time                                                                    \
    "\",\"region\":\"eu-west-1\",\"resources\":[\"" ARN_OF("ex") "\"],\"detail\":{\"executionArn\":\"" ARN_OF(         \
        "ex") "\",\"stateMachineArn\":\"" MACHINE_ARN "\",\"name\":\"ex\","                                            \
              "\"startDate\":1551225271984,\"stateMachineVersionArn\":null,\"stateMachineAliasArn\":null,"             \
              "\"redriveCount\":0,"                                                                                    \
              "\"redriveDate\":null," detail "}}"

/* The events that AWS documents for one execution each, field by field. */
static void test_the_events_of_a_run_are_those_of_step_functions(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    start(f, ONE_STATE("\"Type\":\"Wait\",\"Seconds\":2,\"End\":true"), "ex", json_pack("{s:s}", "a", "\"b\""));
    g_assert_true(run_all(f));
    expect_statuses(f, "ex RUNNING;ex SUCCEEDED;");
    expect_event(f, 0,
        ENVELOPE("2019-02-26T23:54:31Z",
            "\"status\":\"RUNNING\",\"stopDate\":null,\"input\":\"{\\\"a\\\":\\\"\\\\\\\"b\\\\\\\"\\\"}\",\"output\":"
            "null,"
            "\"inputDetails\":{\"included\":true},\"outputDetails\":null,\"error\":null,\"cause\":null,"
            "\"redriveStatus\":\"NOT_REDRIVABLE\","
            "\"redriveStatusReason\":\"Execution is RUNNING and cannot be redriven\""));
    expect_event(f, 1,
        ENVELOPE("2019-02-26T23:54:33Z",
            "\"status\":\"SUCCEEDED\",\"stopDate\":1551225273984,\"input\":\"{\\\"a\\\":\\\"\\\\\\\"b\\\\\\\"\\\"}\","
            "\"output\":\"{\\\"a\\\":\\\"\\\\\\\"b\\\\\\\"\\\"}\","
            "\"inputDetails\":{\"included\":true},\"outputDetails\":{\"included\":true},\"error\":null,\"cause\":null,"
            "\"redriveStatus\":\"NOT_REDRIVABLE\","
            "\"redriveStatusReason\":\"Execution is SUCCEEDED and cannot be redriven\""));
}

static void test_a_failure_tells_its_error_and_cause(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    start(f, ONE_STATE("\"Type\":\"Fail\",\"Error\":\"Bad\",\"Cause\":\"of it\""), "ex", json_object());
    g_assert_true(run_all(f));
    expect_statuses(f, "ex RUNNING;ex FAILED;");
    expect_event(f, 1,
        ENVELOPE("2019-02-26T23:54:31Z",
            "\"status\":\"FAILED\",\"stopDate\":1551225271984,\"input\":\"{}\",\"output\":null,"
            "\"inputDetails\":{\"included\":true},\"outputDetails\":null,\"error\":\"Bad\",\"cause\":\"of it\","
            "\"redriveStatus\":\"REDRIVABLE\",\"redriveStatusReason\":null"));
}

static void test_every_way_to_end_is_one_event(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    start(f, ONE_STATE("\"Type\":\"Wait\",\"Seconds\":9,\"End\":true"), "a", json_object());
    start(f, ONE_STATE("\"Type\":\"Wait\",\"Seconds\":9,\"End\":true"), "a", json_object()); /* the same again */
    g_assert_true(abort_run(f, ARN_OF("a"), &error));
    clock_freeze_ms(f->now_ms += 1);
    g_assert_true(abort_run(f, ARN_OF("a"), &error)); /* once more: nothing changes */
    start(f,
        "{\"StartAt\":\"A\",\"TimeoutSeconds\":1,\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":9,\"End\":true}}}",
        "b", json_object());
    g_assert_true(run_all(f));
    json_t *events = read_events(f);
    size_t of_a = 0;
    for (size_t i = 0; i < json_array_size(events); i++)
        of_a += g_str_equal(detail_text(json_array_get(events, i), "name"), "a");
    g_assert_cmpuint(json_array_size(events), ==, 4);
    g_assert_cmpuint(of_a, ==, 2);
    const json_t *last = json_array_get(events, 3);
    g_assert_cmpstr(detail_text(last, "status"), ==, "TIMED_OUT");
    json_decref(events);
}

static json_t *long_input(size_t len)
{
    g_autofree char *text = g_strnfill(len, '"'); /* which JSON escapes, and its text once more */

    return json_pack("{s:s}", "a", text);
}

/* 248 KB of escaped text, each quote of the input four characters: 63,488 of them and not one more. */
static void test_input_and_output_that_are_too_large_are_left_out(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    static const struct {
        size_t quotes;
        bool has_input, has_output;
    } cases[] = {{31000, true, true}, {32000, false, true}, {63000, false, true}, {64000, false, false}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strdup_printf("run-%zu", i);
        clock_freeze_ms(f->now_ms += 10);
        start(f, ONE_STATE("\"Type\":\"Wait\",\"Seconds\":1,\"End\":true"), name, long_input(cases[i].quotes));
        g_assert_true(run_all(f));
        json_t *events = read_events(f);
        const json_t *detail = json_object_get(json_array_get(events, json_array_size(events) - 1), "detail");
        const json_t *input = json_object_get(detail, "inputDetails");
        const json_t *output = json_object_get(detail, "outputDetails");
        g_assert_cmpint(json_is_true(json_object_get(input, "included")), ==, cases[i].has_input);
        g_assert_cmpint(json_is_string(json_object_get(detail, "input")), ==, cases[i].has_input);
        g_assert_cmpint(json_is_true(json_object_get(output, "included")), ==, cases[i].has_output);
        g_assert_cmpint(json_is_string(json_object_get(detail, "output")), ==, cases[i].has_output);
        json_decref(events);
    }
}

/* Whichever call to the store fails, what is tried again gives each event once. */
static void test_each_change_is_told_once_whatever_fails(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    const char *definition = ONE_STATE("\"Type\":\"Wait\",\"Seconds\":1,\"End\":true");
    g_autoptr(GString) expected = g_string_new(NULL);
    int calls = 1;

    for (; calls < CALLS_MAX; calls++) {
        g_autofree char *name = g_strdup_printf("run-%03d", calls);
        json_t *input = json_object();
        clock_freeze_ms(f->now_ms += 10);
        db_fail_after(f->store.db, calls);
        while (!try_start(f, definition, name, input, NULL))
            continue;
        while (!run_all(f))
            continue;
        g_string_append_printf(expected, "%s RUNNING;%s SUCCEEDED;", name, name);
        json_decref(input);
        if (!db_has_failed(f->store.db))
            break;
    }
    db_fail_after(f->store.db, 0);
    g_assert_cmpint(calls, >, 20);
    expect_statuses(f, expected->str);
}

static bool refuse_event(
    G_GNUC_UNUSED void *data, G_GNUC_UNUSED DbTx *tx, G_GNUC_UNUSED const json_t *event, GError **error)
{
    return fail(error, ERROR_UNAVAILABLE, "not now");
}

static void test_a_change_that_cannot_be_told_does_not_happen(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    json_t *input = json_object();
    g_autoptr(GError) error = NULL;

    workflow_set_status_sink(f->workflow, refuse_event, NULL);
    g_assert_false(try_start(f, ONE_STATE("\"Type\":\"Succeed\""), "ex", input, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
    json_decref(input);
    workflow_set_status_sink(f->workflow, keep_event, NULL);
    g_assert_true(run_all(f));
    expect_statuses(f, "");
}

static bool refuse_redrive(
    void *data, G_GNUC_UNUSED DbTx *tx, const char *arn, char **ret_refusal, G_GNUC_UNUSED GError **error)
{
    *ret_refusal = g_str_has_suffix(arn, ":kept") ? g_strdup(data) : NULL;
    return true;
}

/* Of the event of its end. */
static void expect_redrive_status(Fixture *f, const char *name, const char *status, const char *reason)
{
    json_t *events = read_events(f);
    int ends = 0;

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (strcmp(detail_text(event, "name"), name) != 0 || strcmp(detail_text(event, "status"), "RUNNING") == 0)
            continue;
        g_assert_cmpstr(detail_text(event, "redriveStatus"), ==, status);
        g_assert_cmpstr(detail_text(event, "redriveStatusReason"), ==, reason);
        ends++;
    }
    g_assert_cmpint(ends, ==, 1);
    json_decref(events);
}

/* As RedriveExecution itself would say. */
static void test_an_event_tells_why_its_execution_cannot_be_redriven(Fixture *f, G_GNUC_UNUSED gconstpointer kind)
{
    static char reason[] = "it is somebody's";

    workflow_free(f->workflow);
    f->workflow = workflow_new(&(WorkflowOptions){.db = f->store.db, .max_events = 6});
    workflow_set_status_sink(f->workflow, keep_event, NULL);
    workflow_set_redrive_guard(f->workflow, refuse_redrive, reason);
    start(f, ONE_STATE("\"Type\":\"Fail\""), "free", json_object());
    g_assert_true(run_all(f));
    expect_redrive_status(f, "free", "REDRIVABLE", NULL);
    start(f, ONE_STATE("\"Type\":\"Fail\""), "kept", json_object());
    g_assert_true(run_all(f));
    expect_redrive_status(f, "kept", "NOT_REDRIVABLE", reason);
    start(f,
        ONE_STATE("\"Type\":\"Pass\",\"Next\":\"B\"},\"B\":{\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":\"Pass\","
                  "\"End\":true"),
        "full", json_object());
    g_assert_true(run_all(f));
    expect_redrive_status(
        f, "full", "NOT_REDRIVABLE", "Execution has 6 history events, so that no more fit in, and cannot be redriven");
}

static void add(const char *name, const char *kind, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/status-events/", kind, "/", name, NULL);

    g_test_add(path, Fixture, kind, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        add("those-of-step-functions", *kind, test_the_events_of_a_run_are_those_of_step_functions);
        add("failure", *kind, test_a_failure_tells_its_error_and_cause);
        add("every-end", *kind, test_every_way_to_end_is_one_event);
        add("redrive", *kind, test_an_event_tells_why_its_execution_cannot_be_redriven);
        add("too-large", *kind, test_input_and_output_that_are_too_large_are_left_out);
        add("once", *kind, test_each_change_is_told_once_whatever_fails);
        add("cannot-be-told", *kind, test_a_change_that_cannot_be_told_does_not_happen);
    }
    return g_test_run();
}
