#include "index/execution_index.h"

#include "index/index_memory.h"
#include "index/index_store.h"
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

static void test_memory_keeps_the_contract(void)
{
    g_autoptr(ExecutionIndex) index = index_memory_new();
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(executions); i++)
        index_memory_put(index, &executions[i]);
    check_contract(index);
    index_memory_fail_call(index, 1);
    g_assert_false(execution_index_query(index, &(IndexQuery){0}, append_name, NULL, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
}

static void insert_execution(Db *db, const IndexedExecution *execution)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_EXECUTION_INSERT, NULL, &error, db_text(execution->execution_arn),
        db_text(execution->state_machine_arn), db_text(execution->name), db_text("{}"), db_text("{}"),
        db_int(execution->started_ms), db_null(), db_text("{}"), db_int(1)));
    if (execution->stopped_ms != 0)
        g_assert_true(DB_EXEC(tx, SQL_EXECUTION_CLOSE, NULL, &error, db_text(execution->execution_arn), db_int(0),
            db_text(execution->status), db_null(), db_null(), db_null(), db_int(execution->stopped_ms), db_int(2)));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void test_the_store_keeps_the_contract(gconstpointer kind)
{
    TestStore store = {0};

    test_store_open(&store, kind);
    for (size_t i = 0; i < G_N_ELEMENTS(executions); i++)
        insert_execution(store.db, &executions[i]);
    ExecutionIndex *index = index_store_open(store.db);
    check_contract(index);
    execution_index_close(index);
    test_store_close(&store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contract/execution-index/memory", test_memory_keeps_the_contract);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        g_autofree char *path = g_strconcat("/contract/execution-index/store/", *kind, NULL);
        g_test_add_data_func(path, *kind, test_the_store_keeps_the_contract);
    }
    return g_test_run();
}
