/* What the files of the SQLite driver share. A connection belongs to one transaction at a time, or to the pool. */
#pragma once

#include "store/db_ops.h"

#include <sqlite3.h>

typedef struct SqliteStatement {
    sqlite3_stmt *handle;
    int parameters[DB_MAX_PARAMETERS]; /* where $1, $2, … are; 0: not used by the statement */
    bool is_busy;
} SqliteStatement;

typedef struct SqliteConnection {
    sqlite3 *handle;
    const char *path; /* borrowed from the Db */
    int64_t busy_since_ms;
    SqliteStatement statements[SQL_STATEMENT_COUNT];
} SqliteConnection;

typedef struct SqliteTx {
    DbTx base;
    SqliteConnection *connection;
    GPtrArray *open_rows; /* DbRows that borrow the connection */
    bool is_over;
} SqliteTx;

/* Sets the error from what the connection says; what: a statement's name, "commit", … Never bound values. */
bool sqlite_fail(SqliteConnection *connection, const char *what, GError **error);

/* Runs SQL text without parameters or rows. */
FALLIBLE bool sqlite_run(SqliteConnection *connection, const char *what, const char *sql, GError **error);

/* sqlite_statement.c */
FALLIBLE bool sqlite_exec(DbTx *tx, const DbCall *call, int64_t *ret_changed, GError **error);
FALLIBLE bool sqlite_query(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error);
void sqlite_rows_detach(DbRows *base);
void sqlite_statements_clear(SqliteConnection *connection);

/* sqlite_turn.c: writers of one process wait here in order, and not in SQLite's busy handler, which is not fair. */
typedef struct SqliteTurn SqliteTurn;

SqliteTurn *sqlite_turn_new(void);
void sqlite_turn_free(SqliteTurn *turn);
FALLIBLE bool sqlite_turn_take(SqliteTurn *turn, int64_t wait_ms, const char *path, GError **error);
void sqlite_turn_give(SqliteTurn *turn);
