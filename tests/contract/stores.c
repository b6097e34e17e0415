#include "stores.h"

#include "base/clock.h"
#include "store/db_ops.h"
#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *server_uri(void)
{
    return g_getenv("TRAWL_TEST_POSTGRES");
}

/* On the database that with-postgres gave: what cannot run in a transaction. */
static void run_on_server(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void run_on_server(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sql = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    PGconn *connection = PQconnectdb(server_uri());
    g_assert_cmpstr(PQerrorMessage(connection), ==, "");
    PGresult *result = PQexec(connection, sql);
    g_assert_cmpstr(PQresultErrorMessage(result), ==, "");
    PQclear(result);
    PQfinish(connection);
}

/* The URI of another database of the same server. */
static char *uri_of(const char *database)
{
    const char *last = strrchr(server_uri(), '/');

    return g_strdup_printf("%.*s/%s", (int)(last - server_uri()), server_uri(), database);
}

static Db *open_place(const char *kind, const char *place)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;
    bool is_open =
        g_str_equal(kind, "postgres") ? db_postgres_open(place, &db, &error) : db_sqlite_open(place, &db, &error);

    g_assert_no_error(error);
    g_assert_true(is_open);
    return db;
}

static void migrate(Db *db)
{
    g_autoptr(GError) error = NULL;
    bool is_done = migrate_up(db, &error);

    g_assert_no_error(error);
    g_assert_true(is_done);
}

/* Copying a migrated database takes some milliseconds, migrating one much longer. */
static const char *template_database(void)
{
    static char *name = NULL;

    if (name == NULL) {
        char *made = g_strdup_printf("trawl_template_%d", (int)getpid());
        run_on_server("CREATE DATABASE %s", made);
        g_autofree char *uri = uri_of(made);
        g_autoptr(Db) db = open_place("postgres", uri);
        migrate(db);
        name = made;
    }
    return name;
}

static void open_postgres(TestStore *store, const char *template)
{
    static int count = 0;
    g_autofree char *database = g_strdup_printf("trawl_%d_%d", (int)getpid(), ++count);

    run_on_server("CREATE DATABASE %s TEMPLATE %s", database, template);
    store->place = uri_of(database);
}

static void make_folder(TestStore *store)
{
    g_autoptr(GError) error = NULL;

    store->folder = g_dir_make_tmp("trawl-store-XXXXXX", &error);
    g_assert_no_error(error);
    store->place = g_build_filename(store->folder, "store.db", NULL);
}

const char *const *test_store_kinds(void)
{
    static const char *const all[] = {"memory", "file", "postgres", NULL};
    static const char *const without_server[] = {"memory", "file", NULL};

    return server_uri() != NULL ? all : without_server;
}

void test_store_open_empty(TestStore *store, const char *kind)
{
    *store = (TestStore){.kind = kind};
    if (g_str_equal(kind, "postgres"))
        open_postgres(store, "template1");
    else if (g_str_equal(kind, "file"))
        make_folder(store);
    else
        store->place = g_strdup(DB_SQLITE_MEMORY);
    store->db = open_place(kind, store->place);
}

void test_store_open(TestStore *store, const char *kind)
{
    if (g_str_equal(kind, "postgres")) {
        *store = (TestStore){.kind = kind};
        open_postgres(store, template_database());
        store->db = open_place(kind, store->place);
        return;
    }
    test_store_open_empty(store, kind);
    migrate(store->db);
}

Db *test_store_reopen(const TestStore *store)
{
    return open_place(store->kind, store->place);
}

bool test_store_is_postgres(const TestStore *store)
{
    return g_str_equal(store->kind, "postgres");
}

void test_store_close(TestStore *store)
{
    static const char *const endings[] = {"", "-wal", "-shm"};

    db_close(store->db);
    for (size_t i = 0; store->folder != NULL && i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(store->place, endings[i], NULL);
        g_unlink(file);
    }
    if (store->folder != NULL)
        g_rmdir(store->folder);
    if (store->place != NULL && g_str_equal(store->kind, "postgres"))
        run_on_server("DROP DATABASE %s WITH (FORCE)", strrchr(store->place, '/') + 1);
    g_free(store->place);
    g_free(store->folder);
    *store = (TestStore){0};
}

static char *without(const char *text, const char *what, const char *replacement)
{
    g_auto(GStrv) parts = g_strsplit(text, what, -1);

    return g_strjoinv(replacement, parts);
}

void test_store_script(Db *db, const char *sql)
{
    bool is_postgres = db->ops->dialect == DB_POSTGRES;
    g_autofree char *opened = without(sql, "{time}", is_postgres ? "trawl_time(" : "(");
    g_autofree char *text = without(opened, "{/time}", ")");
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    bool is_run =
        db_begin(db, DB_WRITE, &tx, &error) && db_script(tx, text, &error) && db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
    g_assert_true(is_run);
}

void test_store_freeze_ms(const TestStore *store, int64_t now_ms)
{
    g_autofree char *sql = g_strdup_printf("CREATE OR REPLACE FUNCTION trawl_now() RETURNS bigint LANGUAGE sql VOLATILE"
                                           " AS 'SELECT CAST(%" G_GINT64_FORMAT " AS bigint)'",
        now_ms);

    clock_freeze_ms(now_ms);
    if (test_store_is_postgres(store))
        test_store_script(store->db, sql);
}

/* How many processes of the server are connected to the database. */
static char *connections_to(PGconn *connection, const char *database)
{
    PGresult *result = PQexecParams(
        connection, "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", 1, NULL, &database, NULL, NULL, 0);
    g_assert_cmpstr(PQresultErrorMessage(result), ==, "");
    char *count = g_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return count;
}

void test_store_wait_for_dead(const TestStore *store)
{
    if (!test_store_is_postgres(store))
        return;
    PGconn *connection = PQconnectdb(server_uri());
    g_assert_cmpstr(PQerrorMessage(connection), ==, "");
    for (bool is_quiet = false; !is_quiet;) {
        g_autofree char *count = connections_to(connection, strrchr(store->place, '/') + 1);
        is_quiet = g_str_equal(count, "0");
        if (!is_quiet)
            g_usleep(1000);
    }
    PQfinish(connection);
}

static pid_t server_pid(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(g_getenv("TRAWL_TEST_POSTGRES_PID_FILE"), &text, NULL, NULL))
        return 0;
    return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

void test_store_kill_server(void)
{
    pid_t old = server_pid();

    g_assert_cmpint(old, >, 1);
    g_assert_cmpint(kill(old, SIGKILL), ==, 0);
    while (server_pid() == old || PQping(server_uri()) != PQPING_OK)
        g_usleep(20000);
}
