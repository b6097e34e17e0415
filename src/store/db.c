#include "store/db.h"

#include "store/db_fault.h"
#include "store/db_ops.h"

#include <string.h>

DbValue db_int(int64_t value)
{
    return (DbValue){.type = DB_INT, .integer = value};
}

DbValue db_real(double value)
{
    return (DbValue){.type = DB_REAL, .real = value};
}

DbValue db_text_len(const char *text, size_t len)
{
    return (DbValue){.type = DB_TEXT, .bytes = {(const uint8_t *)text, len}};
}

DbValue db_text(const char *text)
{
    return text != NULL ? db_text_len(text, strlen(text)) : db_null();
}

DbValue db_blob(const void *data, size_t len)
{
    return (DbValue){.type = DB_BLOB, .bytes = {data, len}};
}

DbValue db_json_texts(const char *json, size_t len)
{
    return (DbValue){.type = DB_JSON_TEXTS, .bytes = {(const uint8_t *)json, len}};
}

DbValue db_json_ints(const char *json, size_t len)
{
    return (DbValue){.type = DB_JSON_INTS, .bytes = {(const uint8_t *)json, len}};
}

DbValue db_null(void)
{
    return (DbValue){.type = DB_NULL};
}

void db_fail_after(Db *db, int call)
{
    g_atomic_int_set(&db->fault.fired, 0);
    g_atomic_int_set(&db->fault.countdown, call);
}

bool db_has_failed(Db *db)
{
    return g_atomic_int_get(&db->fault.fired) != 0;
}

static bool check_fault(Db *db, GError **error)
{
    if (g_atomic_int_get(&db->fault.countdown) <= 0 || !g_atomic_int_dec_and_test(&db->fault.countdown))
        return true;
    g_atomic_int_set(&db->fault.fired, 1);
    return fail(error, ERROR_UNAVAILABLE, "store: failure asked for by a test");
}

bool db_is_shared(const Db *db)
{
    return db->ops->dialect != DB_SQLITE;
}

bool db_writes_in_turn(const Db *db)
{
    return db->ops->dialect == DB_SQLITE;
}

void db_close(Db *db)
{
    if (db != NULL)
        db->ops->close(db);
}

bool db_begin(Db *db, DbMode mode, DbTx **ret_tx, GError **error)
{
    TRY(check_fault(db, error));
    return db->ops->begin(db, mode, ret_tx, error);
}

bool db_commit(DbTx *take_tx, GError **error)
{
    Db *db = take_tx->db;
    uint32_t notified = take_tx->notified;
    bool is_committed = check_fault(db, error) && db->ops->commit(take_tx, error);

    db->ops->end(take_tx);
    if (is_committed)
        db_wake_committed(db, notified);
    return is_committed;
}

void db_tx_free(DbTx *tx)
{
    if (tx != NULL)
        tx->db->ops->end(tx);
}

bool db_exec(DbTx *tx, DbStatement statement, const DbValue *values, size_t count, int64_t *ret_changed, GError **error)
{
    const DbCall call = {statement, values, count};
    int64_t changed = 0;

    TRY(check_fault(tx->db, error));
    TRY(tx->db->ops->exec(tx, &call, &changed, error));
    if (ret_changed != NULL)
        *ret_changed = changed;
    return true;
}

bool db_exec_later(DbTx *tx, DbStatement statement, const DbValue *values, size_t count, GError **error)
{
    const DbCall call = {statement, values, count};
    int64_t unused = 0;

    TRY(check_fault(tx->db, error));
    if (tx->db->ops->exec_later != NULL)
        return tx->db->ops->exec_later(tx, &call, error);
    return tx->db->ops->exec(tx, &call, &unused, error);
}

bool db_query(DbTx *tx, DbStatement statement, const DbValue *values, size_t count, DbRows **ret_rows, GError **error)
{
    const DbCall call = {statement, values, count};

    TRY(check_fault(tx->db, error));
    return tx->db->ops->query(tx, &call, ret_rows, error);
}

bool db_script(DbTx *tx, const char *sql, GError **error)
{
    TRY(check_fault(tx->db, error));
    return tx->db->ops->script(tx, sql, error);
}

bool db_rows_next(DbRows *rows, bool *ret_has_row, GError **error)
{
    if (rows->tx == NULL)
        return fail(error, ERROR_INTERNAL, "store: rows read after the end of their transaction");
    TRY(check_fault(rows->tx->db, error));
    return rows->ops->next(rows, ret_has_row, error);
}

void db_rows_free(DbRows *rows)
{
    if (rows != NULL)
        rows->ops->free(rows);
}

bool db_rows_is_null(const DbRows *rows, int column)
{
    return rows->ops->is_null(rows, column);
}

int64_t db_rows_int(const DbRows *rows, int column)
{
    return rows->ops->integer(rows, column);
}

double db_rows_real(const DbRows *rows, int column)
{
    return rows->ops->real(rows, column);
}

const char *db_rows_text(const DbRows *rows, int column)
{
    return rows->ops->text(rows, column);
}

Bytes db_rows_blob(const DbRows *rows, int column)
{
    return rows->ops->blob(rows, column);
}
