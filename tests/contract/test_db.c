/* What every driver of the database port promises. */
#include "store/db.h"

#include "store/db_fault.h"
#include "store/db_ops.h"
#include "store/db_wake.h"
#include "store/migrate.h"
#include "stores.h"

#include <libpq-fe.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Fixture {
    TestStore store;
    Db *db; /* the store's */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer kind)
{
    test_store_open(&fixture->store, kind);
    fixture->db = fixture->store.db;
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    test_store_close(&fixture->store);
}

static DbTx *begin(Db *db, DbMode mode)
{
    DbTx *tx = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(db_begin(db, mode, &tx, &error));
    g_assert_no_error(error);
    return tx;
}

static void commit(DbTx *take_tx)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(db_commit(take_tx, &error));
    g_assert_no_error(error);
}

static int64_t add(DbTx *tx, const char *name, const char *value)
{
    g_autoptr(GError) error = NULL;
    int64_t changed = -1;

    g_assert_true(DB_EXEC(tx, SQL_META_ADD, &changed, &error, db_text(name), db_text(value)));
    g_assert_no_error(error);
    return changed;
}

/* Owned by the caller; NULL if there is none. */
static char *get(Db *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = begin(db, DB_READ);
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text(name)));
    g_assert_true(db_rows_next(rows, &has_row, &error));
    return has_row ? g_strdup(db_rows_text(rows, 0)) : NULL;
}

static void test_what_is_committed_is_there(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(fixture->db, DB_WRITE);

    g_assert_cmpint(add(tx, "a", "1"), ==, 1);
    commit(tx);
    g_autofree char *value = get(fixture->db, "a");
    g_assert_cmpstr(value, ==, "1");
}

static void test_a_transaction_that_is_freed_leaves_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(fixture->db, DB_WRITE);

    add(tx, "a", "1");
    db_tx_free(tx);
    g_assert_null(get(fixture->db, "a"));
}

static void test_changed_rows_are_counted(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(fixture->db, DB_WRITE);

    g_assert_cmpint(add(tx, "a", "1"), ==, 1);
    g_assert_cmpint(add(tx, "a", "2"), ==, 0);
    commit(tx);
}

static bool add_later(DbTx *tx, const char *name, const char *value, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_META_ADD, error, db_text(name), db_text(value));
}

static void test_what_is_not_waited_for_is_done_in_its_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(fixture->db, DB_WRITE);

    g_assert_true(
        add_later(tx, "a", "1", &error) && add_later(tx, "b", "2", &error) && add_later(tx, "a", "3", &error));
    g_assert_cmpint(add(tx, "b", "4"), ==, 0);
    g_assert_true(add_later(tx, "c", "5", &error));
    commit(tx);
    g_autofree char *a = get(fixture->db, "a"), *b = get(fixture->db, "b"), *c = get(fixture->db, "c");
    g_assert_cmpstr(a, ==, "1");
    g_assert_cmpstr(b, ==, "2");
    g_assert_cmpstr(c, ==, "5");
}

static void test_very_many_that_are_not_waited_for_are_all_done(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(fixture->db, DB_WRITE);

    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("many-%d", i);
        g_assert_true(add_later(tx, name, "1", &error));
    }
    for (int i = 0; i < 1000; i += 111) {
        g_autofree char *name = g_strdup_printf("many-%d", i);
        g_assert_cmpint(add(tx, name, "2"), ==, 0);
    }
    commit(tx);
}

static bool add_state_later(DbTx *tx, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_PAGE_STATE_INSERT, error, db_text("0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa"), db_int(0),
        db_int(0), db_int(1), db_int(1));
}

/* The same page twice is against the schema. */
static void test_a_failure_that_was_not_waited_for_is_told_by_the_commit(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = begin(fixture->db, DB_WRITE);

    add(tx, "a", "1");
    bool is_done = true;
    for (int i = 0; i < 2; i++)
        is_done = is_done && add_state_later(tx, &error);
    is_done = is_done && add_later(tx, "b", "2", &error) && db_commit(g_steal_pointer(&tx), &error);
    g_assert_false(is_done);
    g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(ERROR_CONFLICT));
    g_assert_nonnull(strstr(error->message, "page_state_insert"));
    g_clear_pointer(&tx, db_tx_free);
    g_assert_null(get(fixture->db, "a"));
    tx = begin(fixture->db, DB_WRITE); /* and nothing is left over for the next one */
    add(tx, "a", "2");
    g_assert_true(add_state_later(tx, &error));
    commit(g_steal_pointer(&tx));
}

static void test_what_is_not_waited_for_goes_with_its_transaction(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(fixture->db, DB_WRITE);

    g_assert_true(add_later(tx, "a", "1", &error) && add_later(tx, "b", "2", &error));
    db_tx_free(tx);
    g_assert_null(get(fixture->db, "a"));
    g_assert_null(get(fixture->db, "b"));
}

static void test_a_relaxed_commit_is_seen_by_others(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(fixture->db, DB_WRITE_RELAXED);

    add(tx, "a", "1");
    commit(tx);
    g_autofree char *value = get(fixture->db, "a");
    g_assert_cmpstr(value, ==, "1");
}

static void test_a_reading_transaction_cannot_write(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) tx = begin(fixture->db, DB_READ);
    g_autoptr(GError) error = NULL;

    g_assert_false(DB_EXEC(tx, SQL_META_ADD, NULL, &error, db_text("a"), db_text("1")));
    g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
}

static void test_text_goes_through_unchanged(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const texts[] = {"", " ", "it's; DROP TABLE meta; --", "$1 ?1 :a @b",
        "Grüße, 世界 \xF0\x9F\x90\x9F", "a\nb\tc\r", "%s%n", "\"quoted\"", "0", "1e3"};
    DbTx *tx = begin(fixture->db, DB_WRITE);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        add(tx, texts[i], texts[i]);
    commit(tx);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *value = get(fixture->db, texts[i]);
        g_assert_cmpstr(value, ==, texts[i]);
    }
}

static void test_values_of_all_types_come_back(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) tx = begin(fixture->db, DB_READ);
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    static const uint8_t blob[] = {0, 1, 255, 0};
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_STORE_ECHO, &rows, &error, db_int(INT64_MIN), db_int(INT64_MAX), db_real(0.1),
        db_text_len("abcdef", 3), db_blob(blob, sizeof blob), db_null(), db_text(NULL)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    g_assert_cmpint(db_rows_int(rows, 0), ==, INT64_MIN);
    g_assert_cmpint(db_rows_int(rows, 1), ==, INT64_MAX);
    g_assert_cmpfloat(db_rows_real(rows, 2), ==, 0.1);
    g_assert_cmpstr(db_rows_text(rows, 3), ==, "abc");
    Bytes bytes = db_rows_blob(rows, 4);
    g_assert_cmpmem(bytes.data, bytes.len, blob, sizeof blob);
    g_assert_true(db_rows_is_null(rows, 5) && db_rows_is_null(rows, 6));
    g_assert_cmpint(db_rows_int(rows, 5), ==, 0);
    g_assert_null(db_rows_text(rows, 5));
    g_assert_cmpuint(db_rows_blob(rows, 5).len, ==, 0);
    g_assert_true(db_rows_next(rows, &has_row, &error) && !has_row);
    g_assert_true(db_rows_next(rows, &has_row, &error) && !has_row);
}

static void test_the_same_query_can_be_open_twice(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *writing = begin(fixture->db, DB_WRITE);
    g_autoptr(GError) error = NULL;
    bool has_row = false;

    add(writing, "a", "1");
    add(writing, "b", "2");
    commit(writing);
    g_autoptr(DbTx) tx = begin(fixture->db, DB_READ);
    g_autoptr(DbRows) first = NULL;
    g_autoptr(DbRows) second = NULL;
    g_assert_true(DB_QUERY(tx, SQL_META_GET, &first, &error, db_text("a")));
    g_assert_true(DB_QUERY(tx, SQL_META_GET, &second, &error, db_text("b")));
    g_assert_true(db_rows_next(first, &has_row, &error) && has_row);
    g_assert_true(db_rows_next(second, &has_row, &error) && has_row);
    g_assert_cmpstr(db_rows_text(first, 0), ==, "1");
    g_assert_cmpstr(db_rows_text(second, 0), ==, "2");
}

static void test_rows_end_with_their_transaction(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(fixture->db, DB_READ);
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text("a")));
    commit(tx);
    g_assert_false(db_rows_next(rows, &has_row, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
    commit(begin(fixture->db, DB_WRITE));
}

static void test_a_broken_rule_of_the_schema_is_a_conflict_without_values(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) tx = begin(fixture->db, DB_WRITE);
    g_autoptr(GError) error = NULL;

    g_assert_false(DB_EXEC(
        tx, SQL_MIGRATION_INSERT, NULL, &error, db_int(1), db_text("hidden-name"), db_text("hidden"), db_int(0)));
    g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    g_assert_nonnull(strstr(error->message, "migration_insert"));
    g_assert_null(strstr(error->message, "hidden"));
}

static void test_a_wrong_number_of_parameters_is_our_bug(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) tx = begin(fixture->db, DB_WRITE);
    g_autoptr(GError) error = NULL;

    g_assert_false(DB_EXEC(tx, SQL_META_ADD, NULL, &error, db_text("a")));
    g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
}

static void test_a_second_writing_transaction_of_a_thread_is_our_bug(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) tx = begin(fixture->db, DB_WRITE);
    g_autoptr(DbTx) other = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(db_begin(fixture->db, DB_WRITE, &other, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
}

static void test_any_call_can_fail_and_leaves_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    int call = 0;

    for (bool is_done = false; !is_done; call++) {
        g_autoptr(DbTx) tx = NULL;
        g_autoptr(GError) error = NULL;
        db_fail_after(fixture->db, call + 1);
        is_done = db_begin(fixture->db, DB_WRITE, &tx, &error) &&
                  DB_EXEC(tx, SQL_META_ADD, NULL, &error, db_text("a"), db_text("1")) &&
                  db_commit(g_steal_pointer(&tx), &error);
        g_assert_cmpint(is_done, ==, !db_has_failed(fixture->db));
        db_fail_after(fixture->db, 0);
        g_clear_pointer(&tx, db_tx_free);
        g_autofree char *value = get(fixture->db, "a");
        g_assert_cmpstr(value, ==, is_done ? "1" : NULL);
    }
    g_assert_cmpint(call, ==, 4);
}

enum { THREADS = 8, ROUNDS = 50 };

static gpointer count_up(gpointer data)
{
    for (int i = 0; i < ROUNDS; i++)
        test_store_script(data, "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'n'");
    return NULL;
}

static void test_threads_that_write_lose_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    GThread *threads[THREADS];
    DbTx *tx = begin(fixture->db, DB_WRITE);

    add(tx, "n", "0");
    commit(tx);
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("writer", count_up, fixture->db);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_autofree char *value = get(fixture->db, "n");
    g_assert_cmpint((int)g_ascii_strtoll(value, NULL, 10), ==, THREADS * ROUNDS);
}

/* Every statement has a meaning on a real server, and those of many rows can be read bit by bit. */
static void test_every_statement_can_be_prepared(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PGconn *connection = PQconnectdb(fixture->store.place);

    for (int i = 0; i < SQL_STATEMENT_COUNT; i++) {
        g_autofree char *cursor = g_strdup_printf("DECLARE c CURSOR FOR %s", db_statement_texts[DB_POSTGRES][i]);
        const char *text = db_statement_gives_many[i] ? cursor : db_statement_texts[DB_POSTGRES][i];
        PGresult *result = PQprepare(connection, db_statement_names[i], text, 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            g_test_message("%s: %s", db_statement_names[i], PQresultErrorMessage(result));
            g_test_fail();
        }
        PQclear(result);
    }
    PQfinish(connection);
}

static void run_beside(PGconn *connection, char *take_sql)
{
    g_autofree char *sql = take_sql;
    PGresult *result = PQexec(connection, sql);

    g_assert_cmpstr(PQresultErrorMessage(result), ==, "");
    PQclear(result);
}

static bool add_a(DbTx *tx)
{
    return DB_EXEC(tx, SQL_META_ADD, NULL, NULL, db_text("a"), db_text("1"));
}

static bool add_a_later(DbTx *tx)
{
    return DB_EXEC_LATER(tx, SQL_META_ADD, NULL, db_text("a"), db_text("1"));
}

/* Whoever goes on after an error, to tidy up or to tell of it, gets another one. */
static void test_a_transaction_that_lost_its_connection_for_good_fails_in_all_that_follows(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const char *name = strrchr(fixture->store.place, '/') + 1;
    PGconn *connection = PQconnectdb(g_getenv("TRAWL_TEST_POSTGRES"));
    DbTx *tx = begin(fixture->db, DB_WRITE);
    g_autoptr(DbRows) rows = NULL;

    run_beside(connection,
        g_strdup_printf("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '%s'", name));
    run_beside(connection, g_strdup_printf("ALTER DATABASE %s RENAME TO %s_away", name, name));
    g_assert_false(add_a(tx));
    g_assert_false(add_a(tx));
    g_assert_false(add_a_later(tx));
    g_assert_false(DB_QUERY(tx, SQL_META_GET, &rows, NULL, db_text("a")));
    g_assert_false(db_commit(tx, NULL));
    run_beside(connection, g_strdup_printf("ALTER DATABASE %s_away RENAME TO %s", name, name));
    PQfinish(connection);
}

static void add_case(const char *kind, const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strdup_printf("/contract/db/%s/%s", kind, name);

    g_test_add(path, Fixture, kind, set_up, test, tear_down);
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer))
{
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        add_case(*kind, name, test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("what-is-committed-is-there", test_what_is_committed_is_there);
    add_test("a-transaction-that-is-freed-leaves-nothing", test_a_transaction_that_is_freed_leaves_nothing);
    add_test("changed-rows-are-counted", test_changed_rows_are_counted);
    add_test("what-is-not-waited-for-is-done-in-its-order", test_what_is_not_waited_for_is_done_in_its_order);
    add_test("very-many-that-are-not-waited-for-are-all-done", test_very_many_that_are_not_waited_for_are_all_done);
    add_test("a-failure-that-was-not-waited-for-is-told-by-the-commit",
        test_a_failure_that_was_not_waited_for_is_told_by_the_commit);
    add_test("what-is-not-waited-for-goes-with-its-transaction", test_what_is_not_waited_for_goes_with_its_transaction);
    add_test("a-relaxed-commit-is-seen-by-others", test_a_relaxed_commit_is_seen_by_others);
    add_test("a-reading-transaction-cannot-write", test_a_reading_transaction_cannot_write);
    add_test("text-goes-through-unchanged", test_text_goes_through_unchanged);
    add_test("values-of-all-types-come-back", test_values_of_all_types_come_back);
    add_test("the-same-query-can-be-open-twice", test_the_same_query_can_be_open_twice);
    add_test("rows-end-with-their-transaction", test_rows_end_with_their_transaction);
    add_test("a-broken-rule-is-a-conflict", test_a_broken_rule_of_the_schema_is_a_conflict_without_values);
    add_test("a-wrong-number-of-parameters-is-our-bug", test_a_wrong_number_of_parameters_is_our_bug);
    add_test("a-second-writing-transaction-is-our-bug", test_a_second_writing_transaction_of_a_thread_is_our_bug);
    add_test("any-call-can-fail-and-leaves-nothing", test_any_call_can_fail_and_leaves_nothing);
    add_test("threads-that-write-lose-nothing", test_threads_that_write_lose_nothing);
    if (g_getenv("TRAWL_TEST_POSTGRES") == NULL)
        return g_test_run();
    add_case("postgres", "every-statement-can-be-prepared", test_every_statement_can_be_prepared);
    add_case("postgres", "a-transaction-that-lost-its-connection-for-good-fails-in-all-that-follows",
        test_a_transaction_that_lost_its_connection_for_good_fails_in_all_that_follows);
    return g_test_run();
}
