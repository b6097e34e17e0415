/* The database port as its drivers see it. Only drivers, db.c and migrate.c include this.
 *
 * A driver embeds Db, DbTx and DbRows as the first member of its own structs. */
#pragma once

#include "store/db.h"
#include "store/db_wake.h"
#include "store/migrate.h"

typedef enum DbDialect { DB_SQLITE, DB_POSTGRES, DB_DIALECT_COUNT } DbDialect;

/* What db_exec() and db_query() were given. */
typedef struct DbCall {
    DbStatement statement;
    const DbValue *values;
    size_t count;
} DbCall;

typedef struct DbListener DbListener;
typedef enum DbHearing { DB_HEARS_ITSELF, DB_HEARS_OTHERS } DbHearing;

typedef struct DbOps {
    const char *name;
    DbDialect dialect;
    bool (*begin)(Db *db, DbMode mode, DbTx **ret_tx, GError **error);
    /* The transaction is over afterwards, whatever the answer; end() still follows. */
    bool (*commit)(DbTx *tx, GError **error);
    /* Rolls back if there was no commit, and frees. Rows that are still open read as ended. */
    void (*end)(DbTx *tx);
    bool (*exec)(DbTx *tx, const DbCall *call, int64_t *ret_changed, GError **error);
    /* As exec(), without waiting for the answer: the next other call, at the latest commit(), fails if this does. NULL:
     * exec() does as well. */
    bool (*exec_later)(DbTx *tx, const DbCall *call, GError **error);
    bool (*query)(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error);
    /* Several statements without parameters: migrations. */
    bool (*script)(DbTx *tx, const char *sql, GError **error);
    void (*close)(Db *db);
    /* Passes other processes' notifications on to db_wake_signal(), and says so with db_wake_set_hearing(); NULL if the
     * driver cannot, or for the answer if it cannot now. */
    DbListener *(*listen)(Db *db, DbWake *wake);
    void (*unlisten)(DbListener *take_listener);
} DbOps;

typedef struct DbRowsOps {
    bool (*next)(DbRows *rows, bool *ret_has_row, GError **error);
    bool (*is_null)(const DbRows *rows, int column);
    int64_t (*integer)(const DbRows *rows, int column);
    double (*real)(const DbRows *rows, int column);
    const char *(*text)(const DbRows *rows, int column);
    Bytes (*blob)(const DbRows *rows, int column);
    void (*free)(DbRows *rows);
} DbRowsOps;

struct Db {
    const DbOps *ops;
    struct {
        gint countdown; /* calls until one fails; 0: never */
        gint fired;
    } fault;      /* atomic; see db_fault.h */
    DbWake *wake; /* atomic; NULL unless there is one */
};

struct DbTx {
    Db *db;
    DbMode mode;
    uint32_t notified; /* bits of DbChannel */
};

struct DbRows {
    const DbRowsOps *ops;
    DbTx *tx; /* NULL once the transaction is over */
};

enum { DB_MAX_PARAMETERS = 32 };

/* Generated from src/store/sql/. */
extern const char *const db_statement_names[SQL_STATEMENT_COUNT];
extern const char *const db_statement_texts[DB_DIALECT_COUNT][SQL_STATEMENT_COUNT];
extern const int db_statement_parameters[SQL_STATEMENT_COUNT];
extern const bool db_statement_gives_many[SQL_STATEMENT_COUNT];   /* `-- :rows many` */
extern const bool db_statement_gives_binary[SQL_STATEMENT_COUNT]; /* `-- :rows binary` */

/* Generated from src/store/migrations/. */
extern const Migration *const migrations_of_dialect[DB_DIALECT_COUNT];

FALLIBLE bool db_script(DbTx *tx, const char *sql, GError **error);

/* db_wake.c, for drivers and db.c */
const char *db_channel_name(DbChannel channel);
void db_wake_set_hearing(DbWake *wake, DbHearing hearing);
void db_wake_committed(Db *db, uint32_t notified);
