/* What the PostgreSQL driver promises beyond the port's contract: needs a server, see tests/with-postgres. */
#include "store/db_postgres.h"

#include "store/db_ops.h"
#include "stores.h"

#include <string.h>

static const char job_text[] = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa";

enum { PATIENCE_MS = 30000 };

static void set_up(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    test_store_open(store, "postgres");
}

static void tear_down(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    test_store_close(store);
}

static DbTx *begin(Db *db, DbMode mode)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = NULL;
    bool is_begun = db_begin(db, mode, &tx, &error);

    g_assert_no_error(error);
    g_assert_true(is_begun);
    return tx;
}

static void commit(DbTx *take_tx)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(db_commit(take_tx, &error));
    g_assert_no_error(error);
}

static void assert_kind(bool is_done, GError **error, ErrorKind kind)
{
    g_assert_false(is_done);
    g_assert_cmpstr(error_kind_name(error_kind(*error)), ==, error_kind_name(kind));
    g_clear_error(error);
}

static bool add(DbTx *tx, const char *name, GError **error)
{
    return DB_EXEC(tx, SQL_META_ADD, NULL, error, db_text(name), db_text("1"));
}

static bool has(DbTx *tx, const char *name)
{
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text(name)));
    g_assert_true(db_rows_next(rows, &has_row, &error));
    return has_row;
}

/* The URI with another part behind the scheme, up to and with the '@', or with another database. */
static char *changed_uri(const TestStore *store, const char *user, const char *database)
{
    const char *host = strchr(store->place, '@') + 1, *last = strrchr(store->place, '/');

    return g_strdup_printf("postgresql://%s@%.*s/%s", user, (int)(last - host), host, database);
}

static void test_what_is_no_uri_is_invalid_and_not_repeated(void)
{
    static const char *const places[] = {"postgresql://user:hidden-word@host:port:port/x",
        "postgresql://a:hidden%zz@h/", "postgresql://h/d?hidden=1", "hidden", "host=a hidden=b"};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Db) db = NULL;
        g_assert_false(db_postgres_open(places[i], &db, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_INVALID);
        g_assert_null(strstr(error->message, "hidden"));
        g_assert_nonnull(strstr(error->message, "postgresql://"));
    }
}

static void assert_not_opened(const char *place, ErrorKind kind, const char *told)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;

    g_assert_false(db_postgres_open(place, &db, &error));
    g_test_message("%s", error->message);
    g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(kind));
    g_assert_nonnull(strstr(error->message, told));
    g_assert_null(strstr(error->message, "hidden-word"));
    g_assert_null(strchr(error->message, '\n'));
}

static void test_why_it_cannot_be_opened_is_told_without_the_password(
    TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *no_database = changed_uri(store, "trawl:hidden-word", "there_is_none");
    g_autofree char *no_password = changed_uri(store, "locked", "postgres");
    g_autofree char *bad_password = changed_uri(store, "locked:hidden-word", "postgres");

    test_store_script(store->db, "CREATE ROLE locked LOGIN PASSWORD 'another'");
    assert_not_opened(no_database, ERROR_NOT_FOUND, "there_is_none");
    assert_not_opened(no_password, ERROR_CREDENTIALS, "password");
    assert_not_opened(bad_password, ERROR_CREDENTIALS, "locked");
    assert_not_opened("postgresql://trawl:hidden-word@127.0.0.1:1/store", ERROR_UNAVAILABLE, "127.0.0.1:1/store");
    test_store_script(store->db, "DROP ROLE locked");
}

static void test_what_postgresql_quotes_is_not_told(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const ids[] = {"hidden-word", "hidden-\xff"};

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(DbTx) tx = begin(store->db, DB_READ);
        g_autoptr(DbRows) rows = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(DB_QUERY(tx, SQL_SHARD_READ, &rows, &error, db_text(ids[i]), db_int(0)));
        g_assert_nonnull(strstr(error->message, "shard_read"));
        g_assert_null(strstr(error->message, "hidden"));
        assert_kind(false, &error, ERROR_INVALID);
        assert_kind(add(tx, "a", &error), &error, ERROR_INTERNAL); /* the transaction has failed */
    }
}

static void test_a_transaction_with_a_failed_statement_cannot_be_committed(
    TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *tx = begin(store->db, DB_WRITE);
    g_autoptr(GError) error = NULL;

    g_assert_true(add(tx, "a", &error));
    assert_kind(
        DB_EXEC(tx, SQL_SHARD_INSERT, NULL, &error, db_text(job_text), db_int(0), db_int(0)), &error, ERROR_CONFLICT);
    assert_kind(db_commit(tx, &error), &error, ERROR_INTERNAL);
    g_autoptr(DbTx) after = begin(store->db, DB_READ);
    g_assert_false(has(after, "a"));
}

static void test_a_lock_that_is_not_given_up_ends_as_busy(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) other = test_store_reopen(store);
    g_autoptr(DbTx) holder = begin(other, DB_WRITE);
    g_autoptr(DbTx) tx = begin(store->db, DB_WRITE);
    g_autoptr(GError) error = NULL;

    g_assert_true(add(holder, "a", &error));
    g_assert_true(db_script(tx, "SET LOCAL lock_timeout = 50", &error));
    assert_kind(add(tx, "a", &error), &error, ERROR_BUSY);
}

static void test_a_reader_sees_one_snapshot(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbTx) reader = begin(store->db, DB_READ);

    g_assert_false(has(reader, "a"));
    test_store_script(store->db, "INSERT INTO meta (name, value) VALUES ('a', '1')");
    g_assert_false(has(reader, "a"));
    commit(g_steal_pointer(&reader));
    reader = begin(store->db, DB_READ);
    g_assert_true(has(reader, "a"));
}

static void add_pages(TestStore *store, int count)
{
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO object_pages (job_id, shard, page_no, first_key, last_key, object_count, byte_count, keys, sizes,"
        " etags, modified) SELECT '%s', 0, n, 'k', 'k', 1, 0, ARRAY['k'], ARRAY[1], ARRAY['e'], ARRAY[1]"
        " FROM generate_series(1, %d) n;"
        "INSERT INTO page_states (job_id, shard, page_no, pending, updated_at)"
        " SELECT '%s', 0, n, 1, 1 FROM generate_series(1, %d) n;",
        job_text, count, job_text, count);

    test_store_script(store->db, sql);
}

/* How many rows are there, each in its turn. */
static int read_pages(DbTx *tx, int stop_after)
{
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    bool has_row = true;
    int count = 0;

    g_assert_true(DB_QUERY(tx, SQL_LISTING_PAGES, &rows, &error, db_text(job_text)));
    while (count < stop_after) {
        g_assert_true(db_rows_next(rows, &has_row, &error));
        if (!has_row)
            return count;
        g_assert_cmpint(db_rows_int(rows, 0), ==, ++count);
        g_assert_cmpstr(db_rows_text(rows, 5), ==, "[\"k\"]");
        if (count == 150)
            g_assert_cmpint(read_pages(tx, 120), ==, 120);
    }
    return count;
}

static void test_many_rows_come_bit_by_bit(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    static const int counts[] = {0, 1, 99, 100, 101, 200, 350};

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        test_store_script(store->db, "DELETE FROM object_pages; DELETE FROM page_states");
        add_pages(store, counts[i]);
        g_autoptr(DbTx) tx = begin(store->db, DB_READ);
        g_assert_cmpint(read_pages(tx, INT_MAX), ==, counts[i]);
        g_assert_cmpint(read_pages(tx, INT_MAX), ==, counts[i]);
    }
}

static void kill_others(TestStore *store)
{
    g_autoptr(Db) other = test_store_reopen(store);

    test_store_script(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE pid <> pg_backend_pid() AND datname = current_database()");
}

static void test_a_connection_that_is_lost_in_a_transaction_is_unavailable_and_replaced(
    TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(store->db, DB_WRITE);

    g_assert_true(add(tx, "a", &error));
    kill_others(store);
    assert_kind(add(tx, "b", &error), &error, ERROR_UNAVAILABLE);
    assert_kind(db_commit(tx, &error), &error, ERROR_UNAVAILABLE);
    tx = begin(store->db, DB_WRITE);
    g_assert_false(has(tx, "a"));
    commit(tx);
}

static void test_a_commit_without_an_answer_says_that_it_is_not_known(
    TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(store->db, DB_WRITE);

    g_assert_true(add(tx, "a", &error));
    kill_others(store);
    g_assert_false(db_commit(tx, &error));
    g_assert_nonnull(strstr(error->message, "not known"));
    assert_kind(false, &error, ERROR_UNAVAILABLE);
}

static void test_connections_that_died_while_idle_are_not_noticed(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    DbTx *several[] = {begin(store->db, DB_READ), begin(store->db, DB_READ), begin(store->db, DB_READ)};

    for (size_t i = 0; i < G_N_ELEMENTS(several); i++)
        commit(several[i]);
    kill_others(store);
    commit(begin(store->db, DB_WRITE));
}

static void test_the_pool_goes_on_after_kill_9_of_the_server(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    DbTx *lost = begin(store->db, DB_WRITE);

    g_assert_true(add(lost, "lost", &error));
    commit(begin(store->db, DB_READ)); /* leaves an idle connection */
    test_store_kill_server();
    assert_kind(add(lost, "b", &error), &error, ERROR_UNAVAILABLE);
    db_tx_free(lost);
    DbTx *tx = begin(store->db, DB_WRITE);
    g_assert_false(has(tx, "lost"));
    g_assert_true(add(tx, "a", &error));
    commit(tx);
}

/* ---- waking ---- */

static void wait_until_heard(DbWake *wake)
{
    int64_t end_us = g_get_monotonic_time() + PATIENCE_MS * (int64_t)1000;

    while (!db_wake_hears_others(wake)) {
        uint64_t seen = db_wake_seen(wake, DB_CHANNEL_PAGES);
        g_assert_cmpint(g_get_monotonic_time(), <, end_us);
        (void)db_wake_wait(wake, DB_CHANNEL_PAGES, seen, 20);
    }
}

static DbTx *begin_notify(Db *db, DbChannel channel)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = begin(db, DB_WRITE);

    g_assert_true(db_notify(tx, channel, &error) && db_notify(tx, channel, &error));
    return tx;
}

static void test_another_process_wakes_when_it_commits(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) other = test_store_reopen(store);
    g_autoptr(DbWake) wake = db_wake_open(store->db);

    wait_until_heard(wake);
    uint64_t seen = db_wake_seen(wake, DB_CHANNEL_PAGES);
    db_tx_free(begin_notify(other, DB_CHANNEL_PAGES));
    commit(begin_notify(other, DB_CHANNEL_EXECUTIONS));
    g_assert_false(db_wake_wait(wake, DB_CHANNEL_PAGES, seen, 100));
    commit(begin_notify(other, DB_CHANNEL_PAGES));
    g_assert_true(db_wake_wait(wake, DB_CHANNEL_PAGES, seen, PATIENCE_MS));
    g_assert_cmpuint(db_wake_seen(wake, DB_CHANNEL_PAGES), ==, seen + 1);
}

static void test_listening_comes_back_after_kill_9_of_the_server(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(DbWake) wake = db_wake_open(store->db);

    wait_until_heard(wake);
    uint64_t seen = db_wake_seen(wake, DB_CHANNEL_JOBS);
    test_store_kill_server();
    g_assert_true(db_wake_wait(wake, DB_CHANNEL_JOBS, seen, PATIENCE_MS)); /* something may have been missed */
    wait_until_heard(wake);
    seen = db_wake_seen(wake, DB_CHANNEL_PAGES);
    commit(begin_notify(store->db, DB_CHANNEL_PAGES));
    g_assert_true(db_wake_wait(wake, DB_CHANNEL_PAGES, seen, PATIENCE_MS));
}

/* ---- through a pooler, where nothing can be kept in the session ---- */

static Db *open_through_pooler(const TestStore *store)
{
    g_autofree char *place = g_strdup_printf(
        "postgresql://trawl@127.0.0.1:%s/%s", g_getenv("TRAWL_TEST_POOLER_PORT"), strrchr(store->place, '/') + 1);
    g_autoptr(GError) error = NULL;
    Db *db = NULL;
    bool is_open = db_postgres_open(place, &db, &error);

    g_assert_no_error(error);
    g_assert_true(is_open);
    return db;
}

static void use(Db *db)
{
    DbTx *tx = begin(db, DB_READ);

    g_assert_false(has(tx, "a"));
    g_assert_cmpint(read_pages(tx, INT_MAX), ==, 250);
    commit(tx);
}

/* One server connection serves both clients in turn: what one had prepared, the other would stumble over. Then two at
 * a time, crosswise: what a client had prepared would be missing. */
static void test_statements_work_through_a_pooler(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) first = open_through_pooler(store);
    g_autoptr(Db) second = open_through_pooler(store);

    add_pages(store, 250);
    for (int i = 0; i < 4; i++) {
        use(first);
        use(second);
        g_autoptr(DbTx) tx = begin(i % 2 == 0 ? first : second, DB_READ);
        use(i % 2 == 0 ? second : first);
    }
}

static void test_through_a_pooler_only_this_process_is_heard(TestStore *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) db = open_through_pooler(store);
    g_autoptr(DbWake) wake = db_wake_open(db);

    g_assert_true(db_wake_wait(wake, DB_CHANNEL_PAGES, 0, PATIENCE_MS)); /* it was tried out */
    g_assert_false(db_wake_hears_others(wake));
    uint64_t seen = db_wake_seen(wake, DB_CHANNEL_PAGES);
    commit(begin_notify(store->db, DB_CHANNEL_PAGES));
    g_assert_false(db_wake_wait(wake, DB_CHANNEL_PAGES, seen, 200));
    commit(begin_notify(db, DB_CHANNEL_PAGES));
    g_assert_true(db_wake_wait(wake, DB_CHANNEL_PAGES, seen, 0));
}

static void add_test(const char *name, void (*test)(TestStore *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/store/postgres/", name, NULL);

    g_test_add(path, TestStore, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/postgres/what-is-no-uri-is-invalid", test_what_is_no_uri_is_invalid_and_not_repeated);
    if (g_getenv("TRAWL_TEST_POSTGRES") == NULL)
        return g_test_run();
    add_test("why-it-cannot-be-opened-is-told", test_why_it_cannot_be_opened_is_told_without_the_password);
    add_test("what-postgresql-quotes-is-not-told", test_what_postgresql_quotes_is_not_told);
    add_test(
        "a-failed-transaction-cannot-be-committed", test_a_transaction_with_a_failed_statement_cannot_be_committed);
    add_test("a-lock-that-is-not-given-up-is-busy", test_a_lock_that_is_not_given_up_ends_as_busy);
    add_test("a-reader-sees-one-snapshot", test_a_reader_sees_one_snapshot);
    add_test("many-rows-come-bit-by-bit", test_many_rows_come_bit_by_bit);
    add_test("a-lost-connection-is-unavailable-and-replaced",
        test_a_connection_that_is_lost_in_a_transaction_is_unavailable_and_replaced);
    add_test("a-commit-without-an-answer-is-not-known", test_a_commit_without_an_answer_says_that_it_is_not_known);
    add_test("idle-connections-may-die", test_connections_that_died_while_idle_are_not_noticed);
    add_test("the-pool-goes-on-after-kill-9-of-the-server", test_the_pool_goes_on_after_kill_9_of_the_server);
    add_test("another-process-wakes-when-it-commits", test_another_process_wakes_when_it_commits);
    add_test("listening-comes-back-after-kill-9-of-the-server", test_listening_comes_back_after_kill_9_of_the_server);
    if (g_getenv("TRAWL_TEST_POOLER_PORT") == NULL)
        return g_test_run();
    add_test("statements-work-through-a-pooler", test_statements_work_through_a_pooler);
    add_test("through-a-pooler-only-this-process-is-heard", test_through_a_pooler_only_this_process_is_heard);
    return g_test_run();
}
