/* What migrations promise on every store that outlives a process. */
#include "store/migrate.h"

#include "store/db_ops.h"
#include "stores.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 10 };

static void set_up(TestStore *store, gconstpointer kind)
{
    test_store_open_empty(store, kind);
}

static void tear_down(TestStore *store, G_GNUC_UNUSED gconstpointer kind)
{
    test_store_close(store);
}

static void up(Db *db)
{
    g_autoptr(GError) error = NULL;
    bool is_done = migrate_up(db, &error);

    g_assert_no_error(error);
    g_assert_true(is_done);
}

static bool count(void *data, G_GNUC_UNUSED const Migration *migration, int64_t applied_ms, GError **error)
{
    (void)error;
    *(int *)data += applied_ms > 0;
    return true;
}

static int applied(Db *db)
{
    g_autoptr(GError) error = NULL;
    int number = 0;

    g_assert_true(migrate_visit(db, count, &number, &error));
    return number;
}

static int known(const Db *db)
{
    int number = 0;

    while (migrations_of_dialect[db->ops->dialect][number].number != 0)
        number++;
    return number;
}

static pid_t start_migrating(const TestStore *store)
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid != 0)
        return pid;
    g_autoptr(GError) error = NULL;
    Db *db = test_store_reopen(store);
    if (!migrate_up(db, &error))
        g_printerr("%s\n", error->message);
    db_close(db);
    _exit(error != NULL);
}

static void test_processes_that_start_at_once_apply_each_once(TestStore *store, G_GNUC_UNUSED gconstpointer kind)
{
    pid_t pids[PROCESSES];

    g_clear_pointer(&store->db, db_close); /* connections do not pass a fork */
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = start_migrating(store);
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
        g_assert_cmpint(status, ==, 0);
    }
    store->db = test_store_reopen(store);
    g_assert_cmpint(applied(store->db), ==, known(store->db));
    up(store->db);
}

static void test_down_leaves_nothing_and_up_starts_afresh(TestStore *store, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    for (int round = 0; round < 2; round++) {
        up(store->db);
        g_assert_cmpint(applied(store->db), ==, known(store->db));
        test_store_script(store->db, "INSERT INTO meta (name, value) VALUES ('a', '1')");
        g_assert_true(migrate_down_to(store->db, 0, &error));
        g_assert_no_error(error);
        g_assert_cmpint(applied(store->db), ==, 0);
        test_store_script(store->db, "CREATE TABLE jobs (a TEXT); CREATE TABLE meta (a TEXT);"
                                     "DROP TABLE jobs; DROP TABLE meta");
    }
}

static void assert_refused(Db *db, const char *told)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(migrate_up(db, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    g_assert_nonnull(strstr(error->message, told));
}

static void test_a_newer_schema_is_refused(TestStore *store, G_GNUC_UNUSED gconstpointer kind)
{
    up(store->db);
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (%d, 'later', 'x', 1)",
        known(store->db) + 1);
    test_store_script(store->db, sql);
    assert_refused(store->db, "newer trawl");
}

static void test_a_schema_in_another_text_is_refused(TestStore *store, G_GNUC_UNUSED gconstpointer kind)
{
    up(store->db);
    test_store_script(store->db, "UPDATE schema_migrations SET checksum = 'x' WHERE number = 1");
    assert_refused(store->db, "another build");
}

static void add_test(const char *name, void (*test)(TestStore *, gconstpointer))
{
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        g_autofree char *path = g_strdup_printf("/contract/migrate/%s/%s", *kind, name);
        if (!g_str_equal(*kind, "memory"))
            g_test_add(path, TestStore, *kind, set_up, test, tear_down);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("processes-that-start-at-once-apply-each-once", test_processes_that_start_at_once_apply_each_once);
    add_test("down-leaves-nothing-and-up-starts-afresh", test_down_leaves_nothing_and_up_starts_afresh);
    add_test("a-newer-schema-is-refused", test_a_newer_schema_is_refused);
    add_test("a-schema-in-another-text-is-refused", test_a_schema_in_another_text_is_refused);
    return g_test_run();
}
