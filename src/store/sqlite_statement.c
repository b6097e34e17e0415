#include "store/sqlite_internal.h"

typedef struct SqliteRows {
    DbRows base;
    SqliteConnection *connection;
    DbStatement statement;
    SqliteStatement *cached;  /* of the connection, or … */
    SqliteStatement *private; /* … our own, when the connection's is in use */
    bool is_over;
} SqliteRows;

static SqliteConnection *connection_of(DbTx *tx)
{
    return ((SqliteTx *)tx)->connection;
}

static bool prepare(SqliteConnection *connection, DbStatement id, SqliteStatement *ret_statement, GError **error)
{
    SqliteStatement statement = {0};

    if (sqlite3_prepare_v3(connection->handle, db_statement_texts[DB_SQLITE][id], -1, SQLITE_PREPARE_PERSISTENT,
            &statement.handle, NULL) != SQLITE_OK)
        return sqlite_fail(connection, db_statement_names[id], error);
    for (int i = 0; i < DB_MAX_PARAMETERS; i++) {
        char name[8];
        g_snprintf(name, sizeof name, "$%d", i + 1);
        statement.parameters[i] = sqlite3_bind_parameter_index(statement.handle, name);
    }
    *ret_statement = statement;
    return true;
}

static bool cached_statement(
    SqliteConnection *connection, DbStatement id, SqliteStatement **ret_statement, GError **error)
{
    SqliteStatement *statement = &connection->statements[id];

    if (statement->handle == NULL)
        TRY(prepare(connection, id, statement, error));
    *ret_statement = statement;
    return true;
}

static int bind_one(sqlite3_stmt *handle, int place, const DbValue *value, sqlite3_destructor_type lifetime)
{
    const char *data = value->bytes.data != NULL ? (const char *)value->bytes.data : "";

    switch (value->type) {
    case DB_NULL:
        return sqlite3_bind_null(handle, place);
    case DB_INT:
        return sqlite3_bind_int64(handle, place, value->integer);
    case DB_REAL:
        return sqlite3_bind_double(handle, place, value->real);
    case DB_TEXT:
    case DB_JSON_TEXTS:
    case DB_JSON_INTS:
        return sqlite3_bind_text64(handle, place, data, value->bytes.len, lifetime, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(handle, place, data, value->bytes.len, lifetime);
    }
    return SQLITE_MISUSE;
}

static bool bind(SqliteConnection *connection, const SqliteStatement *statement, const DbCall *call,
    sqlite3_destructor_type lifetime, GError **error)
{
    int expected = sqlite3_bind_parameter_count(statement->handle);

    if (expected != (int)call->count)
        return fail(error, ERROR_INTERNAL, "store: statement %s takes %d parameters, not %d",
            db_statement_names[call->statement], expected, (int)call->count);
    for (size_t i = 0; i < call->count; i++)
        if (bind_one(statement->handle, statement->parameters[i], &call->values[i], lifetime) != SQLITE_OK)
            return sqlite_fail(connection, db_statement_names[call->statement], error);
    return true;
}

static bool check_mode(const DbTx *tx, const SqliteStatement *statement, DbStatement id, GError **error)
{
    if (tx->mode == DB_READ && !sqlite3_stmt_readonly(statement->handle))
        return fail(
            error, ERROR_INTERNAL, "store: statement %s writes in a reading transaction", db_statement_names[id]);
    return true;
}

static bool run_to_end(
    SqliteConnection *connection, SqliteStatement *statement, const DbCall *call, int64_t *ret_changed, GError **error)
{
    int64_t before = sqlite3_total_changes64(connection->handle);
    int code = SQLITE_ROW;

    TRY(bind(connection, statement, call, SQLITE_STATIC, error));
    while (code == SQLITE_ROW)
        code = sqlite3_step(statement->handle);
    if (code != SQLITE_DONE)
        return sqlite_fail(connection, db_statement_names[call->statement], error);
    *ret_changed = sqlite3_total_changes64(connection->handle) - before;
    return true;
}

bool sqlite_exec(DbTx *tx, const DbCall *call, int64_t *ret_changed, GError **error)
{
    SqliteConnection *connection = connection_of(tx);
    SqliteStatement *statement = NULL;

    TRY(cached_statement(connection, call->statement, &statement, error));
    TRY(check_mode(tx, statement, call->statement, error));
    if (statement->is_busy)
        return fail(error, ERROR_INTERNAL, "store: statement %s runs while its rows are being read",
            db_statement_names[call->statement]);
    bool is_done = run_to_end(connection, statement, call, ret_changed, error);
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle); /* the values were only borrowed */
    return is_done;
}

static bool rows_next(DbRows *base, bool *ret_has_row, GError **error)
{
    SqliteRows *rows = (SqliteRows *)base;

    if (rows->is_over) {
        *ret_has_row = false;
        return true;
    }
    int code = sqlite3_step(rows->cached->handle);
    rows->is_over = code != SQLITE_ROW;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return sqlite_fail(rows->connection, db_statement_names[rows->statement], error);
    *ret_has_row = code == SQLITE_ROW;
    return true;
}

static sqlite3_stmt *row_of(const DbRows *base)
{
    const SqliteRows *rows = (const SqliteRows *)base;

    g_assert(base->tx != NULL && !rows->is_over);
    return rows->cached->handle;
}

static bool rows_is_null(const DbRows *rows, int column)
{
    return sqlite3_column_type(row_of(rows), column) == SQLITE_NULL;
}

static int64_t rows_int(const DbRows *rows, int column)
{
    return sqlite3_column_int64(row_of(rows), column);
}

static double rows_real(const DbRows *rows, int column)
{
    return sqlite3_column_double(row_of(rows), column);
}

static const char *rows_text(const DbRows *rows, int column)
{
    return (const char *)sqlite3_column_text(row_of(rows), column);
}

static Bytes rows_blob(const DbRows *rows, int column)
{
    const uint8_t *data = sqlite3_column_blob(row_of(rows), column); /* before its length, as SQLite wants */

    return (Bytes){data, (size_t)sqlite3_column_bytes(row_of(rows), column)};
}

/* Gives the statement back. The rows stay valid for db_rows_free() alone. */
void sqlite_rows_detach(DbRows *base)
{
    SqliteRows *rows = (SqliteRows *)base;

    if (rows->private != NULL) {
        sqlite3_finalize(rows->private->handle);
        g_clear_pointer(&rows->private, g_free);
    } else if (rows->cached != NULL) {
        sqlite3_reset(rows->cached->handle);
        sqlite3_clear_bindings(rows->cached->handle);
        rows->cached->is_busy = false;
    }
    rows->cached = NULL;
    rows->is_over = true;
    base->tx = NULL;
}

static void rows_free(DbRows *base)
{
    if (base->tx != NULL) {
        g_ptr_array_remove_fast(((SqliteTx *)base->tx)->open_rows, base);
        sqlite_rows_detach(base);
    }
    g_free(base);
}

static const DbRowsOps sqlite_rows_ops = {
    .next = rows_next,
    .is_null = rows_is_null,
    .integer = rows_int,
    .real = rows_real,
    .text = rows_text,
    .blob = rows_blob,
    .free = rows_free,
};

bool sqlite_query(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error)
{
    SqliteConnection *connection = connection_of(tx);
    SqliteStatement *statement = NULL;
    g_autoptr(DbRows) base = NULL;

    TRY(cached_statement(connection, call->statement, &statement, error));
    TRY(check_mode(tx, statement, call->statement, error));
    SqliteRows *rows = g_new0(SqliteRows, 1);
    base = &rows->base;
    *base = (DbRows){.ops = &sqlite_rows_ops, .tx = tx};
    g_ptr_array_add(((SqliteTx *)tx)->open_rows, base);
    rows->connection = connection;
    rows->statement = call->statement;
    if (statement->is_busy) {
        rows->private = g_new0(SqliteStatement, 1);
        TRY(prepare(connection, call->statement, rows->private, error));
        rows->cached = rows->private;
    } else {
        statement->is_busy = true;
        rows->cached = statement;
    }
    TRY(bind(connection, rows->cached, call, SQLITE_TRANSIENT, error));
    *ret_rows = g_steal_pointer(&base);
    return true;
}

void sqlite_statements_clear(SqliteConnection *connection)
{
    for (int i = 0; i < SQL_STATEMENT_COUNT; i++)
        sqlite3_finalize(connection->statements[i].handle);
}
