#include "index/execution_index.h"

#include "index/index_memory.h"
#include "index/index_outbox.h"
#include "index/index_store.h"
#include "store/db_fault.h"
#include "stores.h"

#include <string.h>

/* Three machines' runs; what a query must give is written down from the definition of the order. */
static const IndexedExecution executions[] = {
    {"arn:b", "arn:m1", "b", "SUCCEEDED", 2000, 2500},
    {"arn:a", "arn:m1", "a", "RUNNING", 1000, 0},
    {"arn:d", "arn:m2", "d", "FAILED", 3000, 3100},
    {"arn:c", "arn:m2", "c", "RUNNING", 2000, 0},
};

typedef struct QueryCase {
    IndexQuery query;
    const char *names; /* in order */
} QueryCase;

static const QueryCase query_cases[] = {
    {{0}, "dcba"},
    {{.limit = 2}, "dc"},
    {{.from_ms = 2000}, "dcb"},
    {{.to_ms = 3000}, "cba"},
    {{.from_ms = 1000, .to_ms = 2000}, "a"},
    {{.status = "RUNNING"}, "ca"},
    {{.status = "RUNNING", .limit = 1}, "c"},
    {{.status = "ABORTED"}, ""},
    {{.from_ms = 4000}, ""},
};

static bool append_name(void *data, const IndexedExecution *execution, G_GNUC_UNUSED GError **error)
{
    g_string_append(data, execution->name);
    for (size_t i = 0; i < G_N_ELEMENTS(executions); i++) {
        if (!g_str_equal(executions[i].name, execution->name))
            continue;
        g_assert_cmpstr(execution->execution_arn, ==, executions[i].execution_arn);
        g_assert_cmpstr(execution->state_machine_arn, ==, executions[i].state_machine_arn);
        g_assert_cmpstr(execution->status, ==, executions[i].status);
        g_assert_cmpint(execution->started_ms, ==, executions[i].started_ms);
        g_assert_cmpint(execution->stopped_ms, ==, executions[i].stopped_ms);
    }
    return true;
}

static bool refuse(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const IndexedExecution *execution, GError **error)
{
    return fail(error, ERROR_CANCELLED, "enough");
}

static void check_contract(ExecutionIndex *index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(query_cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) names = g_string_new(NULL);
        g_assert_true(execution_index_query(index, &query_cases[i].query, append_name, names, &error));
        g_assert_cmpstr(names->str, ==, query_cases[i].names);
    }

    g_autoptr(GError) unknown = NULL;
    g_assert_false(execution_index_query(index, &(IndexQuery){.status = "DONE"}, append_name, NULL, &unknown));
    g_assert_true(error_is(unknown, ERROR_INVALID));
    g_autoptr(GError) backwards = NULL;
    g_assert_false(
        execution_index_query(index, &(IndexQuery){.from_ms = 2, .to_ms = 1}, append_name, NULL, &backwards));
    g_assert_true(error_is(backwards, ERROR_INVALID));
    g_autoptr(GError) stopped = NULL;
    g_assert_false(execution_index_query(index, &(IndexQuery){0}, refuse, NULL, &stopped));
    g_assert_true(error_is(stopped, ERROR_CANCELLED));
}

/* An event as Step Functions sends it: section "detail" of its documents, without what the index does not read. */
static json_t *make_event(const IndexedExecution *execution, const char *id, int redrive_count)
{
    json_t *stopped = execution->stopped_ms != 0 ? json_integer(execution->stopped_ms) : json_null();

    return json_pack("{s:s, s:s, s:s, s:s, s:[s], s:{s:s, s:s, s:s, s:s, s:I, s:o, s:i}}", "version", "0", "id", id,
        "source", "aws.states", "detail-type", "Step Functions Execution Status Change", "resources",
        execution->execution_arn, "detail", "executionArn", execution->execution_arn, "stateMachineArn",
        execution->state_machine_arn, "name", execution->name, "status", execution->status, "startDate",
        (json_int_t)execution->started_ms, "stopDate", stopped, "redriveCount", redrive_count);
}

/* On a store in a transaction of its own; without one (db NULL) as it is. */
static void put_event(ExecutionIndex *index, Db *db, json_t *take_event)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    if (db != NULL)
        g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    bool is_put = execution_index_put(index, tx, take_event, &error);
    g_assert_no_error(error);
    g_assert_true(is_put);
    if (db != NULL)
        g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    json_decref(take_event);
}

static void put(ExecutionIndex *index, Db *db, const char *status, int64_t started_ms, int64_t stopped_ms, int redrives)
{
    g_autofree char *id = g_strdup_printf("%s-%d-%d", status, (int)started_ms, redrives);
    const IndexedExecution execution = {"arn:x", "arn:m", "x", status, started_ms, stopped_ms};

    put_event(index, db, make_event(&execution, id, redrives));
}

static bool describe(void *data, const IndexedExecution *execution, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(
        data, "%s %d %d;", execution->status, (int)execution->started_ms, (int)execution->stopped_ms);
    return true;
}

static void expect(ExecutionIndex *index, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) told = g_string_new(NULL);

    g_assert_true(execution_index_query(index, &(IndexQuery){.from_ms = 4000}, describe, told, &error));
    g_assert_cmpstr(told->str, ==, expected);
}

/* EventBridge delivers at least once and in any order. */
static void check_events(ExecutionIndex *index, Db *db)
{
    put(index, db, "SUCCEEDED", 5000, 5500, 0);
    put(index, db, "RUNNING", 5000, 0, 0); /* late */
    expect(index, "SUCCEEDED 5000 5500;");
    put(index, db, "SUCCEEDED", 5000, 5500, 0); /* twice */
    expect(index, "SUCCEEDED 5000 5500;");
    put(index, db, "FAILED", 6000, 6500, 0); /* the name once more, much later */
    put(index, db, "SUCCEEDED", 5000, 5500, 0);
    expect(index, "FAILED 6000 6500;");
    put(index, db, "PENDING_REDRIVE", 6000, 0, 1);
    put(index, db, "RUNNING", 6000, 0, 1);
    expect(index, "PENDING_REDRIVE 6000 0;");
    put(index, db, "ABORTED", 6000, 6900, 1);
    put(index, db, "FAILED", 6000, 6500, 0);
    expect(index, "ABORTED 6000 6900;");
    put(index, db, "RUNNING", 6000, 0, 2); /* redriven: it runs again */
    expect(index, "RUNNING 6000 0;");
}

static const char *const malformed[] = {
    "{}",
    "[]",
    "{\"source\":\"aws.states\",\"detail-type\":\"Step Functions Execution Status Change\"}",
    "{\"id\":\"1\",\"source\":\"aws.s3\",\"detail-type\":\"Step Functions Execution Status Change\",\"detail\":{"
    "\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"status\":\"RUNNING\",\"startDate\":1}}",
    "{\"id\":\"1\",\"source\":\"aws.states\",\"detail-type\":\"Object Created\",\"detail\":{"
    "\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"status\":\"RUNNING\",\"startDate\":1}}",
    "{\"id\":\"1\",\"source\":\"aws.states\",\"detail-type\":\"Step Functions Execution Status Change\",\"detail\":{"
    "\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"status\":\"DONE\",\"startDate\":1}}",
    "{\"id\":\"1\",\"source\":\"aws.states\",\"detail-type\":\"Step Functions Execution Status Change\",\"detail\":{"
    "\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"status\":\"RUNNING\"}}",
};

static void check_refusals(ExecutionIndex *index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(malformed); i++) {
        g_autoptr(GError) error = NULL;
        json_t *event = json_loads(malformed[i], 0, NULL);
        g_assert_nonnull(event);
        g_assert_false(execution_index_put(index, NULL, event, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        json_decref(event);
    }
}

static void put_all(ExecutionIndex *index, Db *db)
{
    for (size_t i = 0; i < G_N_ELEMENTS(executions); i++)
        put_event(index, db, make_event(&executions[i], executions[i].name, 0));
}

static void test_memory_keeps_the_contract(void)
{
    g_autoptr(ExecutionIndex) index = index_memory_new();
    g_autoptr(GError) error = NULL;

    put_all(index, NULL);
    check_contract(index);
    check_events(index, NULL);
    check_refusals(index);
    index_memory_fail_call(index, 1);
    g_assert_false(execution_index_query(index, &(IndexQuery){0}, append_name, NULL, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
}

static void test_the_store_keeps_the_contract(gconstpointer kind)
{
    TestStore store = {0};

    test_store_open(&store, kind);
    ExecutionIndex *index = index_store_open(store.db);
    put_all(index, store.db);
    check_contract(index);
    check_events(index, store.db);
    check_refusals(index);
    execution_index_close(index);
    test_store_close(&store);
}

static void test_what_is_rolled_back_was_never_put(gconstpointer kind)
{
    TestStore store = {0};
    g_autoptr(GError) error = NULL;

    test_store_open(&store, kind);
    ExecutionIndex *index = index_store_open(store.db);
    json_t *event = make_event(&(IndexedExecution){"arn:x", "arn:m", "x", "RUNNING", 5000, 0}, "1", 0);
    {
        g_autoptr(DbTx) tx = NULL;
        g_assert_true(db_begin(store.db, DB_WRITE, &tx, &error));
        g_assert_true(execution_index_put(index, tx, event, &error));
    }
    expect(index, "");
    json_decref(event);
    execution_index_close(index);
    test_store_close(&store);
}

static uint32_t deliver(ExecutionIndex *outbox, uint32_t limit)
{
    g_autoptr(GError) error = NULL;
    uint32_t delivered = 0;

    g_assert_true(index_outbox_deliver(outbox, limit, &delivered, &error));
    g_assert_no_error(error);
    return delivered;
}

static void test_the_outbox_delivers_after_the_commit_and_until_it_was_taken(gconstpointer kind)
{
    TestStore store = {0};
    g_autoptr(GError) error = NULL;
    uint32_t delivered = 0;

    test_store_open(&store, kind);
    ExecutionIndex *behind = index_memory_new();
    ExecutionIndex *outbox = index_outbox_open(store.db, behind);
    put_all(outbox, store.db);
    put_all(outbox, store.db); /* handed over twice, kept once */
    g_assert_cmpuint(index_memory_puts(behind), ==, 0);

    index_memory_fail_call(behind, 2);
    g_assert_false(index_outbox_deliver(outbox, 100, &delivered, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
    g_assert_cmpuint(delivered, ==, 1);
    g_assert_cmpuint(deliver(outbox, 2), ==, 2);
    g_assert_cmpuint(deliver(outbox, 100), ==, 1);
    g_assert_cmpuint(deliver(outbox, 100), ==, 0);
    g_assert_cmpuint(index_memory_puts(behind), ==, G_N_ELEMENTS(executions) + 1);
    check_contract(outbox);

    /* Who dies after the delivery delivers once more. */
    put(outbox, store.db, "SUCCEEDED", 5000, 5500, 0);
    db_fail_after(store.db, 6); /* begin, query, two rows; begin, exec */
    g_assert_false(index_outbox_deliver(outbox, 100, &delivered, NULL));
    g_assert_true(db_has_failed(store.db));
    g_assert_cmpuint(deliver(outbox, 100), ==, 1);
    g_assert_cmpuint(index_memory_puts(behind), ==, G_N_ELEMENTS(executions) + 3);
    expect(outbox, "SUCCEEDED 5000 5500;");
    execution_index_close(outbox);
    test_store_close(&store);
}

static void add(const char *name, const char *kind, void (*test)(gconstpointer kind))
{
    g_autofree char *path = g_strconcat("/contract/execution-index/", name, "/", kind, NULL);

    g_test_add_data_func(path, kind, test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contract/execution-index/memory", test_memory_keeps_the_contract);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        add("store", *kind, test_the_store_keeps_the_contract);
        add("rolled-back", *kind, test_what_is_rolled_back_was_never_put);
        add("outbox", *kind, test_the_outbox_delivers_after_the_commit_and_until_it_was_taken);
    }
    return g_test_run();
}
