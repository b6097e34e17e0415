#include "store/db_sqlite.h"

#include "base/clock.h"
#include "store/sqlite_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 10000, WAL_RETRY_MS = 20, SHORT_WAITS = 20 };

/* A checkpoint waits for the disk twice: every 4,000 pages (16 MiB) of the log, which after a burst is cut back to 64
 * MiB. */
static const char connection_settings[] = "PRAGMA synchronous = NORMAL;"
                                          "PRAGMA foreign_keys = ON;"
                                          "PRAGMA wal_autocheckpoint = 4000;"
                                          "PRAGMA journal_size_limit = 67108864;"
                                          "PRAGMA cache_size = -2000;"
                                          "PRAGMA temp_store = MEMORY;";

typedef struct SqliteDb {
    Db base;
    char *path;
    bool is_memory;
    SqliteTurn *turn; /* writers; in memory everybody */
    GMutex mutex;
    struct {
        GQueue idle; /* SqliteConnection */
    } locked;
} SqliteDb;

static bool is_full(int system_error)
{
    return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

static ErrorKind kind_of(int code, int system_error)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return ERROR_NO_SPACE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERROR_CORRUPT;
    case SQLITE_CONSTRAINT:
        return ERROR_CONFLICT;
    case SQLITE_TOOBIG:
        return ERROR_TOO_LARGE;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return is_full(system_error) ? ERROR_NO_SPACE : ERROR_IO;
    default:
        return ERROR_INTERNAL;
    }
}

bool sqlite_fail(SqliteConnection *connection, const char *what, GError **error)
{
    int code = sqlite3_extended_errcode(connection->handle);
    int system_error = sqlite3_system_errno(connection->handle);
    ErrorKind kind = kind_of(code, system_error);
    bool is_of_system = (kind == ERROR_IO || kind == ERROR_NO_SPACE) && system_error != 0;

    return fail(error, kind, "store %s: %s: %s%s%s", connection->path, what, sqlite3_errmsg(connection->handle),
        is_of_system ? ": " : "", is_of_system ? g_strerror(system_error) : "");
}

bool sqlite_run(SqliteConnection *connection, const char *what, const char *sql, GError **error)
{
    if (sqlite3_exec(connection->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(connection, what, error);
    return true;
}

static void connection_free(SqliteConnection *connection)
{
    if (connection == NULL)
        return;
    sqlite_statements_clear(connection);
    sqlite3_close(connection->handle);
    g_free(connection);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqliteConnection, connection_free)

/* While another process writes. SQLite's own handler soon sleeps for 100 ms at a time, and then comes too late again
 * and again beside a process that writes much. */
static int wait_a_little(void *data, int calls)
{
    SqliteConnection *connection = data;
    int64_t now_ms = clock_monotonic_ms();

    if (calls == 0)
        connection->busy_since_ms = now_ms;
    if (now_ms - connection->busy_since_ms >= WAIT_MS)
        return 0;
    g_usleep(calls < SHORT_WAITS ? 500 : 3000);
    return 1;
}

/* trawl_now(): the time of all who share the store. Here they share this host's clock, which tests own. */
static void call_now(sqlite3_context *context, G_GNUC_UNUSED int count, G_GNUC_UNUSED sqlite3_value **values)
{
    sqlite3_result_int64(context, clock_now_ms());
}

/* trawl_ms(), trawl_time(): from and to the type in which the columns of jobs keep times; here that is milliseconds. */
static void call_same(sqlite3_context *context, G_GNUC_UNUSED int count, sqlite3_value **values)
{
    sqlite3_result_value(context, values[0]);
}

static bool add_functions(SqliteConnection *connection, GError **error)
{
    static const struct {
        const char *name;
        int arguments, flags;
        void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
    } functions[] = {
        {"trawl_now", 0, SQLITE_UTF8, call_now},
        {"trawl_ms", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, call_same},
        {"trawl_time", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, call_same},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++)
        if (sqlite3_create_function(connection->handle, functions[i].name, functions[i].arguments, functions[i].flags,
                NULL, functions[i].call, NULL, NULL) != SQLITE_OK)
            return sqlite_fail(connection, "open", error);
    return true;
}

static bool connection_open(const SqliteDb *db, SqliteConnection **ret_connection, GError **error)
{
    g_autoptr(SqliteConnection) connection = g_new0(SqliteConnection, 1);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (db->is_memory ? SQLITE_OPEN_CREATE : 0);

    connection->path = db->path;
    if (sqlite3_open_v2(db->path, &connection->handle, flags, NULL) != SQLITE_OK)
        return sqlite_fail(connection, "open", error);
    sqlite3_extended_result_codes(connection->handle, 1);
    sqlite3_busy_handler(connection->handle, wait_a_little, connection);
    TRY(add_functions(connection, error));
    TRY(sqlite_run(connection, "settings", connection_settings, error));
    *ret_connection = g_steal_pointer(&connection);
    return true;
}

/* The change to WAL may be refused as busy without a wait when several processes do it at once. */
static bool use_wal(SqliteConnection *connection, GError **error)
{
    int64_t end_ms = clock_monotonic_ms() + WAIT_MS;

    for (;;) {
        int code = sqlite3_exec(connection->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return true;
        if ((code & 0xff) != SQLITE_BUSY || clock_monotonic_ms() > end_ms)
            return sqlite_fail(connection, "open", error);
        g_usleep(WAL_RETRY_MS * 1000);
    }
}

static bool pool_take(SqliteDb *db, SqliteConnection **ret_connection, GError **error)
{
    g_mutex_lock(&db->mutex);
    SqliteConnection *idle = g_queue_pop_head(&db->locked.idle);
    g_mutex_unlock(&db->mutex);

    if (idle == NULL)
        return connection_open(db, ret_connection, error);
    *ret_connection = idle;
    return true;
}

static void pool_give(SqliteDb *db, SqliteConnection *connection)
{
    g_mutex_lock(&db->mutex);
    g_queue_push_head(&db->locked.idle, connection);
    g_mutex_unlock(&db->mutex);
}

static bool needs_turn(const SqliteDb *db, DbMode mode)
{
    return mode != DB_READ || db->is_memory;
}

static bool begin_on_connection(SqliteDb *db, DbMode mode, SqliteConnection **ret_connection, GError **error)
{
    SqliteConnection *connection = NULL;

    TRY(pool_take(db, &connection, error));
    if (!sqlite_run(connection, "begin", mode != DB_READ ? "BEGIN IMMEDIATE" : "BEGIN", error)) {
        pool_give(db, connection);
        return false;
    }
    *ret_connection = connection;
    return true;
}

static bool sqlite_begin(Db *base, DbMode mode, DbTx **ret_tx, GError **error)
{
    SqliteDb *db = (SqliteDb *)base;
    SqliteConnection *connection = NULL;

    if (needs_turn(db, mode))
        TRY(sqlite_turn_take(db->turn, WAIT_MS, db->path, error));
    if (!begin_on_connection(db, mode, &connection, error)) {
        if (needs_turn(db, mode))
            sqlite_turn_give(db->turn);
        return false;
    }
    SqliteTx *tx = g_new0(SqliteTx, 1);
    tx->base = (DbTx){.db = base, .mode = mode};
    tx->connection = connection;
    tx->open_rows = g_ptr_array_new();
    *ret_tx = &tx->base;
    return true;
}

static void detach_rows(SqliteTx *tx)
{
    for (guint i = 0; i < tx->open_rows->len; i++)
        sqlite_rows_detach(g_ptr_array_index(tx->open_rows, i));
    g_ptr_array_set_size(tx->open_rows, 0);
}

static bool sqlite_commit(DbTx *base, GError **error)
{
    SqliteTx *tx = (SqliteTx *)base;

    detach_rows(tx);
    return sqlite_run(tx->connection, "commit", "COMMIT", error);
}

static void sqlite_end(DbTx *base)
{
    SqliteTx *tx = (SqliteTx *)base;
    SqliteDb *db = (SqliteDb *)base->db;

    detach_rows(tx);
    g_ptr_array_unref(tx->open_rows);
    if (!sqlite3_get_autocommit(tx->connection->handle)) /* some errors have rolled back by themselves */
        sqlite3_exec(tx->connection->handle, "ROLLBACK", NULL, NULL, NULL);
    pool_give(db, tx->connection);
    if (needs_turn(db, base->mode))
        sqlite_turn_give(db->turn);
    g_free(tx);
}

static bool sqlite_script(DbTx *tx, const char *sql, GError **error)
{
    return sqlite_run(((SqliteTx *)tx)->connection, "script", sql, error);
}

static void sqlite_close(Db *base)
{
    SqliteDb *db = (SqliteDb *)base;

    g_queue_clear_full(&db->locked.idle, (GDestroyNotify)connection_free);
    g_mutex_clear(&db->mutex);
    sqlite_turn_free(db->turn);
    g_free(db->path);
    g_free(db);
}

static const DbOps sqlite_ops = {
    .name = "sqlite",
    .dialect = DB_SQLITE,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .end = sqlite_end,
    .exec = sqlite_exec,
    .query = sqlite_query,
    .script = sqlite_script,
    .close = sqlite_close,
};

/* SQLite would make the file readable for others; its log and index files take over our mode. The file is not opened
 * when it exists: closing it again would drop the locks that other connections of this process hold on it. */
static bool make_file(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return fail(error, ERROR_NOT_FOUND, "store %s: there is no directory %s", path, folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST || fail(error, is_full(errno) ? ERROR_NO_SPACE : ERROR_IO,
                                      "store %s: cannot make it: %s", path, g_strerror(errno));
    close(fd);
    return true;
}

bool db_sqlite_open(const char *path, Db **ret_db, GError **error)
{
    bool is_memory = g_str_equal(path, DB_SQLITE_MEMORY);
    SqliteConnection *connection = NULL;

    if (!is_memory)
        TRY(make_file(path, error));
    SqliteDb *db = g_new0(SqliteDb, 1);
    g_autoptr(Db) base = &db->base;
    db->base.ops = &sqlite_ops;
    db->path = g_strdup(path);
    db->is_memory = is_memory;
    db->turn = sqlite_turn_new();
    g_mutex_init(&db->mutex);
    g_queue_init(&db->locked.idle);
    TRY(connection_open(db, &connection, error));
    pool_give(db, connection);
    if (!is_memory)
        TRY(use_wal(connection, error));
    *ret_db = g_steal_pointer(&base);
    return true;
}
