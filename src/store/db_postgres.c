#include "store/db_postgres.h"

#include "store/postgres_internal.h"

/* A connection that lay idle may have died unseen, with the server or the network: then there is a second try, with a
 * new one. A server that was waited for in vain is not asked twice. */
static bool begin_on_connection(PostgresDb *db, DbMode mode, PostgresConnection **ret_connection, GError **error)
{
    for (;;) {
        g_autoptr(GError) failure = NULL;
        PostgresConnection *connection = NULL;
        bool is_new = false;

        TRY(postgres_pool_take(db->pool, mode, &connection, &is_new, error));
        if (postgres_start(connection, mode, &failure)) {
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

    TRY(begin_on_connection((PostgresDb *)base, mode, &connection, error));
    PostgresTx *tx = g_new0(PostgresTx, 1);
    tx->base = (DbTx){.db = base, .mode = mode};
    tx->connection = connection;
    tx->open_rows = g_ptr_array_new();
    *ret_tx = &tx->base;
    return true;
}

static void detach_rows(PostgresTx *tx)
{
    for (guint i = 0; i < tx->open_rows->len; i++)
        postgres_rows_detach(g_ptr_array_index(tx->open_rows, i));
    g_ptr_array_set_size(tx->open_rows, 0);
}

/* PostgreSQL answers the COMMIT of a transaction with a failed statement with ROLLBACK, which is no error there. */
static bool postgres_commit(DbTx *base, GError **error)
{
    PostgresTx *tx = (PostgresTx *)base;
    PostgresConnection *connection = tx->connection;

    detach_rows(tx);
    g_autoptr(PGresult) result =
        postgres_answer(connection, PQsendQuery(connection->handle, "COMMIT"), POSTGRES_ANSWER_MS);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        bool is_known =
            PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL && PQstatus(connection->handle) == CONNECTION_OK;
        postgres_fail(connection, "commit", result, error);
        if (!is_known)
            g_prefix_error(error, "whether it was committed is not known: ");
        return false;
    }
    if (g_str_equal(PQcmdStatus(result), "ROLLBACK"))
        return fail(
            error, ERROR_INTERNAL, "store %s: commit of a transaction in which a statement failed", connection->name);
    return true;
}

static void postgres_end(DbTx *base)
{
    PostgresTx *tx = (PostgresTx *)base;
    PostgresConnection *connection = tx->connection;

    detach_rows(tx);
    g_ptr_array_unref(tx->open_rows);
    if (PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        PQclear(postgres_answer(connection, PQsendQuery(connection->handle, "ROLLBACK"), POSTGRES_PROMPT_MS));
    if (PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        connection->is_broken = true;
    postgres_pool_give(((PostgresDb *)base->db)->pool, connection);
    g_free(tx);
}

static bool postgres_script(DbTx *tx, const char *sql, GError **error)
{
    return postgres_run(((PostgresTx *)tx)->connection, "script", sql, error);
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
