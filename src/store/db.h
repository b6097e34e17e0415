/* The database port: a handle on one store, transactions on it, and the named statements of src/store/sql/.
 *
 * Every statement runs inside a transaction. A Db is shared by all threads; a DbTx and its DbRows belong to the thread
 * that began it. A reading transaction sees one snapshot. On SQLite a writing one takes the writer's place at once
 * (BEGIN IMMEDIATE); on PostgreSQL many write side by side (READ COMMITTED), so that what was read may be old when it
 * is written: guard with WHERE and the count of changed rows, or read with FOR UPDATE. Waiting for a place or a lock
 * ends as BUSY, a lost server is UNAVAILABLE, a full disk NO_SPACE. A DbTx that is freed without db_commit() rolls
 * back, and after a failed call nothing else can be done with it. A commit that fails with UNAVAILABLE may have taken
 * place: what is repeated must be guarded.
 *
 * Parameters are $1, $2, … in the SQL, in the order of the DbValue array. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "store/sql_names.h" /* generated: enum DbStatement { SQL_JOB_INSERT, … } */

typedef struct Db Db;
typedef struct DbTx DbTx;
typedef struct DbRows DbRows;

/* DB_WRITE_RELAXED: as DB_WRITE, but a crash of the server's machine may undo the commit, though never what somebody
 * committed after it. For what nobody misses: a claim, as long as its page is not finished. */
typedef enum DbMode { DB_READ, DB_WRITE, DB_WRITE_RELAXED } DbMode;

typedef enum DbType { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB, DB_JSON_TEXTS, DB_JSON_INTS } DbType;

/* One parameter; what it points to is borrowed until the call returns. */
typedef struct DbValue {
    DbType type;
    int64_t integer;
    double real;
    Bytes bytes;
} DbValue;

DbValue db_int(int64_t value);
DbValue db_real(double value);
DbValue db_text(const char *text); /* NULL gives SQL NULL */
DbValue db_text_len(const char *text, size_t len);
DbValue db_blob(const void *data, size_t len);
DbValue db_null(void);

/* A JSON array of strings or of integers, for a parameter that is text on SQLite and text[] or bigint[] on PostgreSQL:
 * INVALID there if it is anything else. */
DbValue db_json_texts(const char *json, size_t len);
DbValue db_json_ints(const char *json, size_t len);

/* Whether processes of other hosts may use the store, too. */
bool db_is_shared(const Db *db);

/* Whether one writes at a time, so that one larger transaction is better than several small ones at once. */
bool db_writes_in_turn(const Db *db);

void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)
void db_tx_free(DbTx *tx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbTx, db_tx_free)
void db_rows_free(DbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

FALLIBLE bool db_begin(Db *db, DbMode mode, DbTx **ret_tx, GError **error);
FALLIBLE bool db_commit(DbTx *take_tx, GError **error);

/* Runs a statement that gives no rows. *ret_changed (may be NULL) is the number of rows it changed: the way guards
 * are checked. */
FALLIBLE bool db_exec(
    DbTx *tx, DbStatement statement, const DbValue *values, size_t count, int64_t *ret_changed, GError **error);

/* As db_exec() where the count does not matter: a failure may be that of a later call, at the latest db_commit()'s, so
 * that a driver can send several statements at once. */
FALLIBLE bool db_exec_later(DbTx *tx, DbStatement statement, const DbValue *values, size_t count, GError **error);

/* Runs a statement that gives rows, to be read one by one; several may be open in one transaction. */
FALLIBLE bool db_query(
    DbTx *tx, DbStatement statement, const DbValue *values, size_t count, DbRows **ret_rows, GError **error);

/* The next row; *ret_has_row false is the end. */
FALLIBLE bool db_rows_next(DbRows *rows, bool *ret_has_row, GError **error);

/* Columns of the current row, from 0. Text and blobs are borrowed until the next row. A NULL reads as 0, NULL, empty.
 */
bool db_rows_is_null(const DbRows *rows, int column);
int64_t db_rows_int(const DbRows *rows, int column);
double db_rows_real(const DbRows *rows, int column);
const char *db_rows_text(const DbRows *rows, int column);
Bytes db_rows_blob(const DbRows *rows, int column);

/* Values of a parameter list written in place: DB_EXEC(tx, SQL_X, NULL, error, db_int(1), db_text("a")). */
#define DB_EXEC(tx, statement, ret_changed, error, ...)                                                                \
    db_exec((tx), (statement), (const DbValue[]){__VA_ARGS__}, G_N_ELEMENTS(((const DbValue[]){__VA_ARGS__})),         \
        (ret_changed), (error))
#define DB_EXEC_LATER(tx, statement, error, ...)                                                                       \
    db_exec_later(                                                                                                     \
        (tx), (statement), (const DbValue[]){__VA_ARGS__}, G_N_ELEMENTS(((const DbValue[]){__VA_ARGS__})), (error))
#define DB_QUERY(tx, statement, ret_rows, error, ...)                                                                  \
    db_query((tx), (statement), (const DbValue[]){__VA_ARGS__}, G_N_ELEMENTS(((const DbValue[]){__VA_ARGS__})),        \
        (ret_rows), (error))
