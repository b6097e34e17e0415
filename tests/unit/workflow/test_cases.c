/* Runs the cases of tests/cases/workflow/: definition, input and what tasks answer, against what the specification of
 * the Amazon States Language says must come out. After every step the Workflow is thrown away, as a crash would. */
#include "base/clock.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"
#include "workflow/workflow.h"

#include <string.h>

#define RUN_ARN "arn:aws:states:us-east-1:000000000000:execution:machine:run"

enum { STEPS_MAX = 200, START_MS = 1700000000 };

/* What tasks answer, in order; the last answer is repeated. */
typedef struct Script {
    const json_t *answers; /* function name -> array of {"result"} or {"error", "cause"} */
    GHashTable *calls;     /* function name -> number of calls */
    json_t *payloads;      /* what they were given */
} Script;

typedef struct ScriptTask {
    Script *script;
    const char *name; /* the key in the script's answers */
} ScriptTask;

static bool answer(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    ScriptTask *task = data;
    const json_t *answers = json_object_get(task->script->answers, task->name);
    size_t call = GPOINTER_TO_SIZE(g_hash_table_lookup(task->script->calls, task->name));

    g_hash_table_insert(task->script->calls, (gpointer)task->name, GSIZE_TO_POINTER(call + 1));
    json_array_append(task->script->payloads, (json_t *)input);
    const json_t *now = json_array_get(answers, MIN(call, json_array_size(answers) - 1));
    if (json_object_get(now, "error") == NULL) {
        *ret_output = json_incref(json_object_get(now, "result"));
        return true;
    }
    ret_error->name = g_strdup(json_string_value(json_object_get(now, "error")));
    ret_error->cause = g_strdup(json_string_value(json_object_get(now, "cause")));
    return false;
}

static Workflow *make_workflow(Db *db, Script *script, GPtrArray *tasks)
{
    WorkflowOptions options = {.db = db};
    Workflow *workflow = workflow_new(&options);
    const char *name = NULL;
    json_t *answers = NULL;

    json_object_foreach((json_t *)script->answers, name, answers)
    {
        ScriptTask *task = g_new(ScriptTask, 1);
        *task = (ScriptTask){.script = script, .name = name};
        g_ptr_array_add(tasks, task);
        workflow_register_task(workflow, name, answer, task);
    }
    return workflow;
}

static Db *open_store(void)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;

    g_assert_true(db_sqlite_open(DB_SQLITE_MEMORY, &db, &error));
    g_assert_true(migrate_up(db, &error));
    return db;
}

/* "definition", or "states" alone, of which the first is where it starts. */
static char *definition_text(const json_t *test)
{
    json_t *states = json_object_get(test, "states");
    if (states == NULL)
        return json_dumps(json_object_get(test, "definition"), JSON_ENCODE_ANY);
    const char *first = json_object_iter_key(json_object_iter(states));
    json_t *definition = json_pack("{s:s, s:O}", "StartAt", first, "States", states);
    char *text = json_dumps(definition, 0);
    json_decref(definition);
    return text;
}

static void start(Db *db, Workflow *workflow, const char *definition, const json_t *input)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    bool is_done = workflow_add_machine(workflow, "machine", definition, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(workflow_start(workflow, tx, "machine", "run", input, NULL, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void describe(Db *db, ExecutionStatus *ret_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    bool is_done = workflow_describe(tx, RUN_ARN, ret_status, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
}

/* One step by a process that then dies. *waited_ms grows, and the clock with it, when nothing is due. */
static void step(Db *db, Script *script, int64_t *now_ms)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Workflow) workflow = make_workflow(db, script, tasks);
    g_autoptr(GError) error = NULL;
    bool has_run = false;
    int64_t wait_ms = 0;

    bool is_done = workflow_step(workflow, NULL, &has_run, &wait_ms, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
    if (has_run)
        return;
    *now_ms += wait_ms;
    clock_freeze_ms(*now_ms);
}

static int64_t run_to_end(Db *db, Script *script, ExecutionStatus *ret_status)
{
    int64_t now_ms = START_MS;

    for (int i = 0; i < STEPS_MAX; i++) {
        g_auto(ExecutionStatus) status = {0};
        describe(db, &status);
        if (!g_str_equal(status.status, "RUNNING"))
            break;
        step(db, script, &now_ms);
    }
    describe(db, ret_status);
    return now_ms - START_MS;
}

/* Event types, and the check that ids are dense and each event follows from the one before. */
static json_t *event_types(Db *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    json_t *types = json_array();
    bool has_row = false;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_HISTORY, &rows, &error, db_text(RUN_ARN), db_int(0), db_int(1000)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        int64_t id = (int64_t)json_array_size(types) + 1;
        g_assert_cmpint(db_rows_int(rows, 0), ==, id);
        g_assert_cmpint(db_rows_int(rows, 1), ==, id == 2 ? 0 : id - 1);
        json_array_append_new(types, json_string(db_rows_text(rows, 2)));
    }
    g_assert_no_error(error);
    return types;
}

static void expect_json(const char *what, const json_t *actual, const json_t *expected)
{
    if (json_equal(actual, expected))
        return;
    g_autofree char *got = json_dumps(actual, JSON_ENCODE_ANY);
    g_autofree char *wanted = json_dumps(expected, JSON_ENCODE_ANY);
    g_error("%s is %s, expected %s", what, got, wanted);
}

static void expect_text(const json_t *test, const char *field, const char *actual)
{
    const json_t *expected = json_object_get(test, field);

    if (expected != NULL)
        g_assert_cmpstr(actual, ==, json_string_value(expected));
}

static void check_outcome(Db *db, const json_t *test, const ExecutionStatus *status, int64_t waited_ms)
{
    json_t *output = status->output != NULL ? json_loads(status->output, JSON_DECODE_ANY, NULL) : NULL;
    const json_t *expected_output = json_object_get(test, "output");
    const json_t *events = json_object_get(test, "events");
    const json_t *wait = json_object_get(test, "waited_ms");

    expect_text(test, "status", status->status);
    expect_text(test, "error", status->error);
    expect_text(test, "cause", status->cause);
    if (expected_output != NULL)
        expect_json("output", output, expected_output);
    json_t *types = event_types(db);
    if (events != NULL)
        expect_json("events", types, events);
    if (wait != NULL)
        g_assert_cmpint(waited_ms, ==, json_integer_value(wait));
    json_decref(types);
    json_decref(output);
}

static void run_machine(const json_t *test)
{
    g_autoptr(Db) db = open_store();
    g_autofree char *definition = definition_text(test);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
    g_auto(ExecutionStatus) status = {0};
    Script script = {
        .answers = json_object_get(test, "tasks"),
        .calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL),
        .payloads = json_array(),
    };
    json_t *input = json_object_get(test, "input");

    clock_freeze_ms(START_MS);
    {
        g_autoptr(Workflow) workflow = make_workflow(db, &script, tasks);
        json_t *start_input = input != NULL ? json_incref(input) : json_object();
        start(db, workflow, definition, start_input);
        json_decref(start_input);
    }
    g_hash_table_remove_all(script.calls);
    int64_t waited_ms = run_to_end(db, &script, &status);
    check_outcome(db, test, &status, waited_ms);
    if (json_object_get(test, "payloads") != NULL)
        expect_json("payloads", script.payloads, json_object_get(test, "payloads"));
    clock_freeze_ms(-1);
    g_hash_table_unref(script.calls);
    json_decref(script.payloads);
}

/* Every listed piece of text must be in the error. */
static void check_refused(const json_t *test)
{
    g_autoptr(Db) db = open_store();
    WorkflowOptions options = {.db = db};
    g_autoptr(Workflow) workflow = workflow_new(&options);
    g_autofree char *definition = definition_text(test);
    g_autoptr(GError) error = NULL;
    const json_t *pieces = json_object_get(test, "refused");

    g_assert_false(workflow_add_machine(workflow, "machine", definition, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const char *piece = json_string_value(json_array_get(pieces, i));
        if (strstr(error->message, piece) == NULL)
            g_error("'%s' is not in: %s", piece, error->message);
    }
}

static void test_case(gconstpointer data)
{
    const json_t *test = data;

    if (json_object_get(test, "refused") != NULL)
        check_refused(test);
    else
        run_machine(test);
}

static void add_file(const char *folder, const char *name, json_t *all)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    json_error_t where = {0};
    json_t *cases = json_load_file(path, JSON_REJECT_DUPLICATES, &where);

    if (cases == NULL)
        g_error("%s:%d: %s", path, where.line, where.text);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *test = json_array_get(cases, i);
        g_autofree char *sentence = g_strdup(json_string_value(json_object_get(test, "name")));
        g_autofree char *test_path = g_strdup_printf("/workflow/%s/%s", name, g_strdelimit(sentence, " /", '-'));
        g_test_add_data_func(test_path, test, test_case);
    }
    json_array_append_new(all, cases);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = g_build_filename(g_getenv("TRAWL_TEST_CASES"), "workflow", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    json_t *all = json_array();
    const char *name = NULL;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".json"))
            add_file(folder, name, all);
    }
    int result = g_test_run();
    json_decref(all);
    return result;
}
