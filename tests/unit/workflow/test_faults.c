/* A run with branches, iterations, retries, a catch, waits and variables, in which every call of the store fails in
 * turn: as if the process died there. The history has no gap and no event twice, and says what that of an undisturbed
 * run says; effects in the store happen once; a task that is called again gets the token that it had. */
#include "base/clock.h"
#include "effects.h"
#include "store/db_fault.h"
#include "stores.h"
#include "workflow/workflow.h"

#include <string.h>

enum { START_MS = 1700000000, STEPS_MAX = 400, FAULTS_MAX = 2000 };
#define MACHINE "faults"

static const char definition[] =
    "{'StartAt': 'Begin', 'States': {"
    " 'Begin': {'Type': 'Pass', 'Assign': {'base': 10}, 'Next': 'Both'},"
    " 'Both': {'Type': 'Parallel', 'ResultPath': '$.both', 'Next': 'Count', 'Branches': ["
    "  {'StartAt': 'Flaky', 'States': {'Flaky': {'Type': 'Task',"
    "    'Resource': 'arn:aws:lambda:us-east-1:000000000000:function:flaky',"
    "    'Parameters': {'attempt.$': '$$.State.RetryCount', 'of': 'flaky'},"
    "    'Retry': [{'ErrorEquals': ['Flaky'], 'IntervalSeconds': 2, 'MaxAttempts': 2}], 'End': true}}},"
    "  {'StartAt': 'Each', 'States': {'Each': {'Type': 'Map', 'ItemsPath': '$.items', 'MaxConcurrency': 2, 'End': true,"
    "    'ItemProcessor': {'StartAt': 'Wait', 'States': {"
    "     'Wait': {'Type': 'Wait', 'Seconds': 1, 'Next': 'Add'},"
    "     'Add': {'Type': 'Pass', 'Parameters': {'sum.$': 'States.MathAdd($, $base)'}, 'OutputPath': '$.sum', 'End': "
    "true}"
    "    }}}}},"
    "  {'StartAt': 'Broken', 'States': {'Broken': {'Type': 'Task',"
    "    'Resource': 'arn:aws:states:::lambda:invoke', 'Parameters': {'FunctionName': 'broken', 'Payload': {'of': "
    "'broken'}},"
    "    'Catch': [{'ErrorEquals': ['States.ALL'], 'Next': 'Mended'}], 'End': true},"
    "   'Mended': {'Type': 'Pass', 'Result': 'mended', 'End': true}}}]},"
    " 'Count': {'Type': 'Task', 'Resource': 'arn:aws:lambda:us-east-1:000000000000:function:count',"
    "   'ResultPath': '$.count', 'Next': 'Done'},"
    " 'Done': {'Type': 'Succeed'}}}";

typedef struct Fixture {
    TestStore store;
    Db *db;
    Workflow *workflow;
    GHashTable *tokens; /* input of a call -> its token */
    int64_t now_ms;
} Fixture;

/* The same call has the same token, another call another one. */
static void note_token(Fixture *f, const TaskCall *call)
{
    g_autofree char *input = json_dumps(call->input, JSON_COMPACT | JSON_SORT_KEYS);
    const char *known = g_hash_table_lookup(f->tokens, input);

    if (known != NULL)
        g_assert_cmpstr(known, ==, call->token);
    else
        g_hash_table_insert(f->tokens, g_strdup(input), g_strdup(call->token));
}

static bool flaky(void *data, const TaskCall *call, json_t **ret_output, TaskError *ret_error)
{
    note_token(data, call);
    if (json_integer_value(json_object_get(call->input, "attempt")) == 0) {
        ret_error->name = g_strdup("Flaky");
        return false;
    }
    *ret_output = json_string("at last");
    return true;
}

static bool broken(void *data, const TaskCall *call, json_t **ret_output, TaskError *ret_error)
{
    (void)ret_output;
    note_token(data, call);
    ret_error->name = g_strdup("Broken");
    ret_error->cause = g_strdup("for good");
    return false;
}

static void set_up(Fixture *f, gconstpointer kind)
{
    g_autofree char *text = g_strdelimit(g_strdup(definition), "'", '"');
    g_autoptr(GError) error = NULL;

    test_store_open(&f->store, kind);
    f->db = f->store.db;
    f->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    f->workflow = workflow_new(&(WorkflowOptions){.db = f->db});
    workflow_register_call(f->workflow, "flaky", flaky, f);
    workflow_register_call(f->workflow, "broken", broken, f);
    workflow_register_tx_task(f->workflow, "count", effects_add, NULL);
    bool is_valid = workflow_add_machine(f->workflow, MACHINE, text, &error);
    g_assert_no_error(error);
    g_assert_true(is_valid);
    clock_freeze_ms(f->now_ms = START_MS);
}

static void tear_down(Fixture *f, gconstpointer kind)
{
    (void)kind;
    clock_freeze_ms(-1);
    workflow_free(f->workflow);
    g_hash_table_unref(f->tokens);
    test_store_close(&f->store);
}

static void start(Fixture *f, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    json_t *input = json_pack("{s:[iii]}", "items", 1, 2, 3);

    g_assert_true(db_begin(f->db, DB_WRITE, &tx, &error));
    g_assert_true(workflow_start(f->workflow, tx, MACHINE, name, input, NULL, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    json_decref(input);
}

/* Until it has ended; store failures are what a dead process leaves behind. */
static void run(Fixture *f, const char *arn, ExecutionStatus *ret_status)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DbTx) tx = NULL;
        bool has_run = false;
        int64_t wait_ms = 0;
        if (!workflow_step(f->workflow, NULL, &has_run, &wait_ms, &error)) {
            g_assert_true(error_is(error, ERROR_UNAVAILABLE));
            clock_freeze_ms(f->now_ms += 60000); /* behind any lease */
            continue;
        }
        clock_freeze_ms(f->now_ms += has_run ? 0 : wait_ms);
        if (has_run || !db_begin(f->db, DB_READ, &tx, &error))
            continue;
        if (!workflow_describe(tx, arn, ret_status, &error))
            continue;
        if (!g_str_equal(ret_status->status, "RUNNING"))
            return;
        execution_status_clear(ret_status);
    }
    g_assert_not_reached();
}

static gint compare_lines(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "Type after type" of each frame's chain; which frame comes first may differ, so that lines are sorted. */
static char *history(Fixture *f, const char *arn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    bool has_row = false;

    g_ptr_array_add(types, g_strdup("none"));
    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_HISTORY, &rows, &error, db_text(arn), db_int(0), db_int(100000)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        g_assert_cmpint(db_rows_int(rows, 0), ==, types->len); /* no gap, none twice */
        g_assert_cmpint(db_rows_int(rows, 1), <, types->len);
        const char *before = g_ptr_array_index(types, (guint)db_rows_int(rows, 1));
        g_ptr_array_add(lines, g_strdup_printf("%s after %s", db_rows_text(rows, 2), before));
        g_ptr_array_add(types, g_strdup(db_rows_text(rows, 2)));
    }
    g_assert_no_error(error);
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static void test_whichever_call_fails_the_run_is_the_same(Fixture *f, gconstpointer kind)
{
    g_autofree char *expected = NULL;

    (void)kind;
    for (int call = 0; call < FAULTS_MAX; call++) {
        g_autofree char *name = g_strdup_printf("run-%d", call);
        g_autofree char *arn = workflow_execution_arn(f->workflow, MACHINE, name);
        g_auto(ExecutionStatus) status = {0};
        g_hash_table_remove_all(f->tokens);
        start(f, name);
        db_fail_after(f->db, call);
        run(f, arn, &status);
        bool has_failed = db_has_failed(f->db);
        db_fail_after(f->db, 0);
        g_assert_cmpstr(status.status, ==, "SUCCEEDED");
        g_assert_cmpstr(status.output, ==,
            "{\"items\":[1,2,3],\"both\":[\"at last\",[11,12,13],\"mended\"],\"count\":\"counted\"}");
        g_autofree char *events = history(f, arn);
        if (expected == NULL)
            expected = g_strdup(events);
        g_assert_cmpstr(events, ==, expected);
        g_assert_cmpint(effects_in(f->db), ==, call + 1);
        if (call > 0 && !has_failed)
            return;
    }
    g_assert_not_reached();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        g_autofree char *path = g_strdup_printf("/faults/%s/whichever_call_fails_the_run_is_the_same", *kind);
        g_test_add(path, Fixture, *kind, set_up, test_whichever_call_fails_the_run_is_the_same, tear_down);
    }
    return g_test_run();
}
