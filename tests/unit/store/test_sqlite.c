/* What is particular to a store in a file: the file itself, other processes, full disks, damage. */
#include "store/db_ops.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Fixture {
    char *folder, *path;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->folder = g_dir_make_tmp("trawl-sqlite-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->path = g_build_filename(fixture->folder, "store.db", NULL);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const endings[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(fixture->path, endings[i], NULL);
        g_unlink(file);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->folder);
}

static Db *open_migrated(const char *path)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;

    if (!db_sqlite_open(path, &db, &error) || !migrate_up(db, &error))
        g_error("%s", error->message);
    return db;
}

static bool set_value(Db *db, const char *name, const char *value, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_META_SET, NULL, error, db_text(name), db_text(value)));
    return db_commit(g_steal_pointer(&tx), error);
}

static int64_t value_of(DbTx *tx, const char *name)
{
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text(name)));
    g_assert_true(db_rows_next(rows, &has_row, &error));
    return has_row ? db_rows_int(rows, 0) : -1;
}

static int64_t read_value(Db *db, const char *name)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    return value_of(tx, name);
}

static bool run_script(Db *db, const char *sql, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(db_script(tx, sql, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static void test_the_files_are_for_their_owner_only(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    mode_t before = umask(0);
    g_autoptr(Db) db = open_migrated(fixture->path);

    umask(before);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(fixture->path, endings[i], NULL);
        GStatBuf facts;
        g_assert_cmpint(g_stat(file, &facts), ==, 0);
        g_assert_cmpint(facts.st_mode & 0777, ==, 0600);
    }
}

static void assert_refused(const char *path, ErrorKind kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;

    g_assert_false(db_sqlite_open(path, &db, &error));
    g_assert_cmpint(error_kind(error), ==, kind);
    g_assert_nonnull(strstr(error->message, path));
}

static void test_what_is_no_store_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *nowhere = g_build_filename(fixture->folder, "missing", "store.db", NULL);
    g_autofree char *text = g_strnfill(10000, 'x');

    assert_refused(nowhere, ERROR_NOT_FOUND);
    assert_refused(fixture->folder, ERROR_IO);
    g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
    assert_refused(fixture->path, ERROR_CORRUPT);
}

static void test_a_full_disk_is_no_space_and_loses_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_autofree char *large = g_strnfill(1 << 20, '7');
    g_autoptr(GError) error = NULL;

    g_assert_true(set_value(db, "a", "1", &error));
    g_assert_true(run_script(db, "PRAGMA max_page_count = 100", &error));
    g_assert_false(set_value(db, "b", large, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_NO_SPACE);
    g_assert_null(strstr(error->message, "777"));
    g_clear_error(&error);
    g_assert_cmpint(read_value(db, "a"), ==, 1);
    g_assert_cmpint(read_value(db, "b"), ==, -1);
    g_assert_true(run_script(db, "PRAGMA max_page_count = 100000", &error));
    g_assert_true(set_value(db, "b", large, &error));
}

/* Runs a function in a process of its own; it has no store open when it begins. */
static pid_t start(void (*work)(const char *path), const char *path)
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        work(path);
        _exit(0);
    }
    return pid;
}

static void assert_ends_well(pid_t pid)
{
    int status = -1;

    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

enum { PROCESSES = 10, ROUNDS = 30 };

static void count_up(const char *path)
{
    g_autoptr(Db) db = open_migrated(path);

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(DbTx) tx = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
        g_autofree char *next = g_strdup_printf("%d", (int)MAX(value_of(tx, "n"), 0) + 1);
        g_assert_true(DB_EXEC(tx, SQL_META_SET, NULL, &error, db_text("n"), db_text(next)));
        g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    }
}

static void test_processes_that_start_at_once_migrate_once_and_lose_nothing(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    pid_t pids[PROCESSES];

    for (int i = 0; i < PROCESSES; i++)
        pids[i] = start(count_up, fixture->path);
    for (int i = 0; i < PROCESSES; i++)
        assert_ends_well(pids[i]);
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_assert_cmpint(read_value(db, "n"), ==, PROCESSES * ROUNDS);
}

static int ready_pipe[2];

static void write_and_wait(const char *path)
{
    g_autoptr(Db) db = open_migrated(path);
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_META_SET, NULL, &error, db_text("a"), db_text("2")));
    g_assert_cmpint(write(ready_pipe[1], "!", 1), ==, 1);
    pause();
}

static void test_a_killed_writer_leaves_the_store_as_it_was(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char signal_byte = 0;
    int status = 0;

    g_assert_cmpint(pipe(ready_pipe), ==, 0);
    pid_t pid = start(write_and_wait, fixture->path);
    g_assert_cmpint(read(ready_pipe[0], &signal_byte, 1), ==, 1);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    close(ready_pipe[0]);
    close(ready_pipe[1]);
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_assert_cmpint(read_value(db, "a"), ==, -1);
    g_assert_true(set_value(db, "a", "1", &error));
}

static void test_readers_see_the_past_while_somebody_writes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_autoptr(DbTx) reading = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(set_value(db, "a", "1", &error));
    g_assert_true(db_begin(db, DB_READ, &reading, &error));
    g_assert_cmpint(value_of(reading, "a"), ==, 1);
    g_assert_true(set_value(db, "a", "2", &error));
    g_assert_cmpint(value_of(reading, "a"), ==, 1);
    g_assert_cmpint(read_value(db, "a"), ==, 2);
}

static void test_another_versions_store_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *change, *undo, *told;
    } cases[] = {
        {"INSERT INTO schema_migrations VALUES (99, 'later', 'x', 1)",
            "DELETE FROM schema_migrations WHERE number = 99", "is missing"},
        {"UPDATE schema_migrations SET checksum = 'x' WHERE number = 1", NULL, "another build"},
    };
    g_autoptr(Db) db = open_migrated(fixture->path);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(run_script(db, cases[i].change, &error));
        g_assert_false(migrate_up(db, &error));
        g_assert_nonnull(strstr(error->message, cases[i].told));
        g_clear_error(&error);
        if (cases[i].undo != NULL)
            g_assert_true(run_script(db, cases[i].undo, &error) && migrate_up(db, &error));
    }
}

static bool find_last(void *data, const Migration *migration, int64_t applied_ms, GError **error)
{
    (void)error;
    g_assert_cmpint(applied_ms, >, 0);
    *(int *)data = migration->number;
    return true;
}

static void test_a_newer_store_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_autoptr(GError) error = NULL;
    int last = 0;

    g_assert_true(migrate_visit(db, find_last, &last, &error));
    g_autofree char *sql = g_strdup_printf("INSERT INTO schema_migrations VALUES (%d, 'later', 'x', 1)", last + 1);
    g_assert_true(run_script(db, sql, &error));
    g_assert_false(migrate_up(db, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    g_assert_nonnull(strstr(error->message, "newer trawl"));
}

static void test_migrations_can_be_taken_back_and_applied_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(Db) db = open_migrated(fixture->path);
    g_autoptr(GError) error = NULL;

    g_assert_true(set_value(db, "a", "1", &error));
    g_assert_true(migrate_down_to(db, 0, &error));
    g_assert_no_error(error);
    g_assert_true(run_script(db, "CREATE TABLE meta (a)", &error)); /* nothing of ours is left in the way */
    g_assert_true(run_script(db, "DROP TABLE meta", &error));
    g_assert_true(migrate_up(db, &error) && migrate_up(db, &error));
    g_assert_cmpint(read_value(db, "a"), ==, -1);
}

static void test_waiting_for_another_process_ends_as_busy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char signal_byte = 0;
    int status = 0;

    if (!g_test_slow()) {
        g_test_skip("waits for ten seconds; run with -m slow");
        return;
    }
    g_assert_cmpint(pipe(ready_pipe), ==, 0);
    pid_t pid = start(write_and_wait, fixture->path);
    g_assert_cmpint(read(ready_pipe[0], &signal_byte, 1), ==, 1);
    g_autoptr(Db) db = NULL;
    g_assert_true(db_sqlite_open(fixture->path, &db, &error));
    g_assert_cmpint(read_value(db, "a"), ==, -1);
    g_assert_false(set_value(db, "a", "1", &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_BUSY);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    close(ready_pipe[0]);
    close(ready_pipe[1]);
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/store/sqlite/", name, NULL);

    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("the-files-are-for-their-owner-only", test_the_files_are_for_their_owner_only);
    add_test("what-is-no-store-is-refused", test_what_is_no_store_is_refused);
    add_test("a-full-disk-is-no-space-and-loses-nothing", test_a_full_disk_is_no_space_and_loses_nothing);
    add_test("processes-that-start-at-once-migrate-once-and-lose-nothing",
        test_processes_that_start_at_once_migrate_once_and_lose_nothing);
    add_test("a-killed-writer-leaves-the-store-as-it-was", test_a_killed_writer_leaves_the_store_as_it_was);
    add_test("readers-see-the-past-while-somebody-writes", test_readers_see_the_past_while_somebody_writes);
    add_test("another-versions-store-is-refused", test_another_versions_store_is_refused);
    add_test("a-newer-store-is-refused", test_a_newer_store_is_refused);
    add_test("migrations-can-be-taken-back-and-applied-again", test_migrations_can_be_taken_back_and_applied_again);
    add_test("waiting-for-another-process-ends-as-busy", test_waiting_for_another_process_ends_as_busy);
    return g_test_run();
}
