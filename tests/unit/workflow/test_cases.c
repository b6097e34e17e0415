/* Runs the cases of tests/cases/workflow/: definition, input and what tasks answer, against what the specification of
 * the Amazon States Language says must come out. Each runs in memory, and, if all that its tasks name are functions,
 * also from the store, on SQLite and, if there is a server, on PostgreSQL, which must write the same history; there
 * the Workflow is thrown away after every step, as a crash would.
 *
 * What tasks answer: "tasks", {function: [{"result"} or {"error", "cause"}]}, or "mock" as `trawl workflow run` takes
 * it, {state: [{"output"} or {"error", "cause"}]}. */
#include "base/clock.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"
#include "stores.h"
#include "workflow/asl/validate.h"
#include "workflow/dry_run.h"
#include "workflow/executions.h"
#include "workflow/task_resource.h"
#include "workflow/workflow.h"

#include <string.h>

#define RUN_ARN "arn:aws:states:us-east-1:000000000000:execution:machine:run"

enum { STEPS_MAX = 1000, START_MS = 1700000000, EVENTS_MAX = 25000 };

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
    WorkflowOptions options = {.db = db, .max_events = EVENTS_MAX};
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
        g_assert_cmpint(db_rows_int(rows, 1), <, id);
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

/* How a run came out, by either way. */
typedef struct Outcome {
    const char *status, *error, *cause;
    const json_t *output;
} Outcome;

static void expect_outcome(const json_t *test, const Outcome *outcome, const json_t *types)
{
    const json_t *output = json_object_get(test, "output");
    const json_t *events = json_object_get(test, "events");

    expect_text(test, "status", outcome->status);
    expect_text(test, "error", outcome->error);
    expect_text(test, "cause", outcome->cause);
    if (output != NULL)
        expect_json("output", outcome->output, output);
    if (events != NULL)
        expect_json("events", types, events);
}

static void check_outcome(Db *db, const json_t *test, const ExecutionStatus *status, int64_t waited_ms)
{
    json_t *output = status->output != NULL ? json_loads(status->output, JSON_DECODE_ANY, NULL) : NULL;
    const json_t *wait = json_object_get(test, "waited_ms");
    json_t *types = event_types(db);
    Outcome outcome = {.status = status->status, .error = status->error, .cause = status->cause, .output = output};

    expect_outcome(test, &outcome, types);
    if (wait != NULL)
        g_assert_cmpint(waited_ms, ==, json_integer_value(wait));
    json_decref(types);
    json_decref(output);
}

/* ---- mocks by state, answers by function ---- */

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The function that a Task state calls, or NULL. */
static char *function_of(const json_t *state)
{
    g_auto(TaskResource) resource = task_resource_parse(text_of(state, "Resource"));
    const char *name = text_of(json_object_get(state, "Parameters"), "FunctionName");

    if (resource.kind == TASK_RESOURCE_FUNCTION)
        return g_steal_pointer(&resource.name);
    return g_strcmp0(text_of(state, "Resource"), "arn:aws:states:::lambda:invoke") == 0 && name != NULL
               ? task_function_name(name)
               : NULL;
}

typedef void (*VisitTask)(const char *name, const json_t *state, void *data);

static void each_task(const json_t *machine, VisitTask visit, void *data)
{
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach(json_object_get(machine, "States"), name, state)
    {
        const json_t *branches = json_object_get(state, "Branches");
        if (g_strcmp0(text_of(state, "Type"), "Task") == 0)
            visit(name, state, data);
        for (size_t i = 0; i < json_array_size(branches); i++)
            each_task(json_array_get(branches, i), visit, data);
        each_task(json_object_get(state, "ItemProcessor"), visit, data);
        each_task(json_object_get(state, "Iterator"), visit, data);
    }
}

typedef struct Translation {
    const json_t *from;
    json_t *to;
    bool is_complete; /* every task is a function */
} Translation;

static bool is_invoke(const json_t *state)
{
    return g_str_has_prefix(text_of(state, "Resource"), "arn:aws:states:::");
}

static json_t *translate(const json_t *answers, const json_t *state, const char *from, const char *to)
{
    json_t *list = json_array();
    bool is_wrapped = is_invoke(state);

    for (size_t i = 0; i < json_array_size(answers); i++) {
        json_t *answer_now = json_deep_copy(json_array_get(answers, i));
        json_t *value = json_object_get(answer_now, from);
        if (value != NULL && is_wrapped && g_str_equal(from, "output"))
            json_object_set(answer_now, to, json_object_get(value, "Payload"));
        else if (value != NULL && is_wrapped)
            json_object_set_new(answer_now, to,
                json_pack("{s:s, s:O, s:i, s:{s:i}}", "ExecutedVersion", "$LATEST", "Payload", value, "StatusCode", 200,
                    "SdkHttpMetadata", "HttpStatusCode", 200));
        else if (value != NULL)
            json_object_set(answer_now, to, value);
        json_array_append_new(list, answer_now);
    }
    return list;
}

static void mock_to_task(const char *name, const json_t *state, void *data)
{
    Translation *translation = data;
    const json_t *answers = json_object_get(translation->from, name);
    g_autofree char *function = function_of(state);
    bool is_plain = answers == NULL || json_object_get(json_array_get(answers, 0), "seconds") == NULL;

    if (function == NULL || !is_plain || json_object_get(translation->to, function) != NULL)
        translation->is_complete = false;
    else if (answers != NULL)
        json_object_set_new(translation->to, function, translate(answers, state, "output", "result"));
}

static void task_to_mock(const char *name, const json_t *state, void *data)
{
    Translation *translation = data;
    g_autofree char *function = function_of(state);
    const json_t *answers = function != NULL ? json_object_get(translation->from, function) : NULL;

    if (answers != NULL)
        json_object_set_new(translation->to, name, translate(answers, state, "result", "output"));
    else
        translation->is_complete = false;
}

/* ---- in memory ---- */

static json_t *types_of(const History *history)
{
    json_t *types = json_array();

    for (guint i = 0; i < history->events->len; i++) {
        const HistoryEvent *event = history_at(history, i);
        g_assert_cmpint(event->id, ==, (int64_t)i + 1);
        g_assert_cmpint(event->previous_id, <, event->id);
        json_array_append_new(types, json_string(event->type));
    }
    return types;
}

static json_t *parse_machine(const json_t *test)
{
    g_autofree char *text = definition_text(test);
    g_autoptr(GError) error = NULL;
    json_t *definition = NULL;
    bool is_valid = asl_parse_machine(text, &definition, &error);

    g_assert_no_error(error);
    g_assert_true(is_valid);
    return definition;
}

static void run_in_memory(const json_t *test, const json_t *definition, const json_t *mocks)
{
    g_autoptr(GError) error = NULL;
    g_auto(DryRunResult) result = {0};
    json_t *input = json_object_get(test, "input");
    json_t *start_input = input != NULL ? json_incref(input) : json_object();
    DryRunOptions options = {.definition = definition, .input = start_input, .mocks = mocks, .started_ms = START_MS};
    bool is_run = dry_run(&options, &result, &error);

    g_assert_no_error(error);
    g_assert_true(is_run);
    json_t *types = types_of(&result.history);
    Outcome outcome = {.status = run_status_name(result.status),
        .error = result.error.name,
        .cause = result.error.cause,
        .output = result.output};
    expect_outcome(test, &outcome, types);
    json_decref(types);
    json_decref(start_input);
}

/* ---- from the store ---- */

static json_t *read_history(Db *db)
{
    const HistoryQuery query = {.execution_arn = RUN_ARN, .limit = EVENTS_MAX};
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    json_t *events = NULL;
    int64_t position = 0;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    bool is_done = execution_history_read(tx, &query, &events, &position, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
    return events;
}

/* Returns the history. */
static json_t *run_on(Db *db, const json_t *test, const json_t *answers)
{
    g_autofree char *definition = definition_text(test);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
    g_auto(ExecutionStatus) status = {0};
    Script script = {
        .answers = answers,
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
    return read_history(db);
}

/* One store for all cases, each of which begins with an empty one; its db is NULL without a server. */
static TestStore on_postgres;

static bool is_random(const json_t *test)
{
    g_autofree char *definition = definition_text(test);

    return strstr(definition, "States.MathRandom") != NULL || strstr(definition, "$$.Task.Token") != NULL;
}

/* With all UUIDs alike: they are made up anew in each run. */
static char *history_text(const json_t *history)
{
    g_autoptr(GRegex) uuid = g_regex_new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", 0, 0, NULL);
    g_autofree char *text = json_dumps(history, JSON_SORT_KEYS | JSON_INDENT(1));

    return g_regex_replace_literal(uuid, text, -1, 0, "UUID", 0, NULL);
}

static void run_stored(const json_t *test, const json_t *answers)
{
    g_autoptr(Db) db = open_store();
    json_t *history = run_on(db, test, answers);

    if (on_postgres.db != NULL) {
        test_store_script(on_postgres.db, "DELETE FROM execution_events; DELETE FROM task_tokens; DELETE FROM "
                                          "executions; DELETE FROM execution_index");
        json_t *other = run_on(on_postgres.db, test, answers);
        g_autofree char *here = history_text(history), *there = history_text(other);
        if (!is_random(test))
            g_assert_cmpstr(here, ==, there);
        json_decref(other);
    }
    json_decref(history);
}

static void run_machine(const json_t *test)
{
    json_t *definition = parse_machine(test);
    json_t *tasks = json_object_get(test, "tasks");
    json_t *mocks = json_object_get(test, "mock");
    Translation translation = {.from = tasks != NULL ? tasks : mocks, .to = json_object(), .is_complete = true};

    each_task(definition, tasks != NULL ? task_to_mock : mock_to_task, &translation);
    if (tasks != NULL)
        run_stored(test, tasks);
    else if (translation.is_complete)
        run_stored(test, translation.to);
    if (tasks == NULL || translation.is_complete)
        run_in_memory(test, definition, tasks != NULL ? translation.to : mocks);
    json_decref(translation.to);
    json_decref(definition);
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
    if (g_strv_contains(test_store_kinds(), "postgres"))
        test_store_open(&on_postgres, "postgres");
    int result = g_test_run();
    if (on_postgres.db != NULL)
        test_store_close(&on_postgres);
    json_decref(all);
    return result;
}
