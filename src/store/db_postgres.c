#include "store/db_postgres.h"

#include "base/clock.h"
#include "store/postgres_internal.h"

/* Whoever answered just now will answer again: for so long BEGIN goes out with the first statement, one round trip
 * less. A pooler's sessions start with more than that. */
enum { FRESH_MS = 1000 };

typedef enum Start { START_AT_ONCE, START_WHEN_NEEDED } Start;

static bool may_wait(const PostgresConnection *connection)
{
    return !connection->has_pooler && clock_monotonic_ms() - connection->idle_since_ms < FRESH_MS;
}

/* A connection that lay idle may have died unseen, with the server or the network: then there is a second try, with a
 * new one. A server that was waited for in vain is not asked twice. */
static bool begin_on_connection(
    PostgresDb *db, DbMode mode, Start start, PostgresConnection **ret_connection, GError **error)
{
    for (;;) {
        g_autoptr(GError) failure = NULL;
        PostgresConnection *connection = NULL;
        bool is_new = false;

        TRY(postgres_pool_take(db->pool, mode, &connection, &is_new, error));
        connection->mode = mode;
        connection->is_patient = false;
        connection->is_begin_due = start == START_WHEN_NEEDED && may_wait(connection);
        if (connection->is_begin_due || postgres_start(connection, mode, &failure)) {
            *ret_connection = connection;
            return true;
        }
        bool is_dead = connection->is_broken && !connection->is_silent;
        connection->is_broken = true;
        postgres_pool_give(db->pool, connection);
        if (is_new || !is_dead) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        postgres_pool_drop_idle(db->pool);
    }
}

static bool postgres_begin(Db *base, DbMode mode, DbTx **ret_tx, GError **error)
{
    PostgresConnection *connection = NULL;

    TRY(begin_on_connection((PostgresDb *)base, mode, START_WHEN_NEEDED, &connection, error));
    PostgresTx *tx = g_new0(PostgresTx, 1);
    tx->base = (DbTx){.db = base, .mode = mode};
    tx->connection = connection;
    tx->open_rows = g_ptr_array_new();
    *ret_tx = &tx->base;
    return true;
}

static PostgresPool *pool_of(const PostgresTx *tx)
{
    return ((PostgresDb *)tx->base.db)->pool;
}

/* Without a connection, a transaction can only be ended. */
static bool begin_elsewhere(PostgresTx *tx, GError **error)
{
    PostgresConnection *connection = tx->connection;

    tx->connection = NULL;
    connection->is_begin_due = false;
    postgres_pool_give(pool_of(tx), connection);
    return begin_on_connection((PostgresDb *)tx->base.db, tx->base.mode, START_AT_ONCE, &tx->connection, error);
}

bool postgres_check_connection(const PostgresTx *tx, GError **error)
{
    return tx->connection != NULL ||
           fail(error, ERROR_UNAVAILABLE, "store: the transaction's connection was lost, and there was no other");
}

bool postgres_begin_again(PostgresTx *tx, GError **error)
{
    postgres_pool_drop_idle(pool_of(tx));
    return begin_elsewhere(tx, error);
}

bool postgres_ensure_begun(PostgresTx *tx, GError **error)
{
    return !tx->connection->is_begin_due || begin_elsewhere(tx, error);
}

static void detach_rows(PostgresTx *tx)
{
    for (guint i = 0; i < tx->open_rows->len; i++)
        postgres_rows_detach(g_ptr_array_index(tx->open_rows, i));
    g_ptr_array_set_size(tx->open_rows, 0);
}

/* What is still unanswered goes first; only then is it known that COMMIT was all that failed. */
static bool send_commit(PostgresConnection *connection, PGresult **ret_result, GError **error)
{
    TRY(postgres_open_pipeline(connection, error));
    TRY(postgres_send_text(connection, "commit", "COMMIT", error));
    return postgres_settle(connection, ret_result, error);
}

/* PostgreSQL answers the COMMIT of a transaction with a failed statement with ROLLBACK, which is no error there. */
static bool postgres_commit(DbTx *base, GError **error)
{
    PostgresTx *tx = (PostgresTx *)base;
    PostgresConnection *connection = tx->connection;
    g_autoptr(PGresult) result = NULL;

    detach_rows(tx);
    TRY(postgres_check_connection(tx, error));
    if (connection->is_begin_due)
        return true;
    if (!send_commit(connection, &result, error)) {
        if (PQstatus(connection->handle) != CONNECTION_OK)
            g_prefix_error(error, "whether it was committed is not known: ");
        return false;
    }
    if (g_str_equal(PQcmdStatus(result), "ROLLBACK"))
        return fail(
            error, ERROR_INTERNAL, "store %s: commit of a transaction in which a statement failed", connection->name);
    return true;
}

static void roll_back(PostgresConnection *connection)
{
    if (connection->is_begin_due) {
        connection->is_begin_due = false;
        return;
    }
    if (!postgres_settle(connection, NULL, NULL))
        g_debug("store %s: a statement that was on its way failed before its rollback", connection->name);
    if (PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        PQclear(postgres_answer(connection, PQsendQuery(connection->handle, "ROLLBACK"), POSTGRES_PROMPT_MS));
    if (PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        connection->is_broken = true;
}

static void postgres_end(DbTx *base)
{
    PostgresTx *tx = (PostgresTx *)base;

    detach_rows(tx);
    g_ptr_array_unref(tx->open_rows);
    if (tx->connection != NULL) {
        roll_back(tx->connection);
        postgres_pool_give(pool_of(tx), tx->connection);
    }
    g_free(tx);
}

static bool postgres_script(DbTx *base, const char *sql, GError **error)
{
    PostgresTx *tx = (PostgresTx *)base;

    TRY(postgres_check_connection(tx, error));
    TRY(postgres_ensure_begun(tx, error));
    TRY(postgres_settle(tx->connection, NULL, error));
    return postgres_run(tx->connection, "script", sql, error);
}

static void postgres_close(Db *base)
{
    PostgresDb *db = (PostgresDb *)base;

    postgres_pool_free(db->pool);
    postgres_target_clear(&db->target);
    g_free(db);
}

static const DbOps postgres_ops = {
    .name = "postgres",
    .dialect = DB_POSTGRES,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .end = postgres_end,
    .exec = postgres_exec,
    .exec_later = postgres_exec_later,
    .query = postgres_query,
    .script = postgres_script,
    .close = postgres_close,
    .listen = postgres_listen,
    .unlisten = postgres_unlisten,
};

bool db_postgres_open(const char *conninfo, Db **ret_db, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    PostgresTarget target = {0};

    TRY(postgres_target_init(&target, conninfo, error));
    PostgresDb *db = g_new0(PostgresDb, 1);
    g_autoptr(Db) base = &db->base;
    db->base.ops = &postgres_ops;
    db->target = target;
    db->pool = postgres_pool_new(&db->target);
    TRY(db_begin(base, DB_READ, &tx, error));
    g_clear_pointer(&tx, db_tx_free);
    *ret_db = g_steal_pointer(&base);
    return true;
}
