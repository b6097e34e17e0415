/* What the files of the PostgreSQL driver share. A connection belongs to one transaction at a time, or to the pool. */
#pragma once

#include "libpq_late.h"
#include "store/db_ops.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

#define POSTGRES_BEGIN_READ  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define POSTGRES_BEGIN_WRITE "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
/* A reader may write what it reads to somebody slow; it holds no locks that others wait for. */
#define POSTGRES_READER_SETTINGS "SET LOCAL idle_in_transaction_session_timeout = 3600000"
/* What a crash of the server may undo, if it is very recent; what others build on it is later in the log. */
#define POSTGRES_RELAXED_SETTINGS "SET LOCAL synchronous_commit = off"

/* Where to connect; immutable once made. */
typedef struct PostgresTarget {
    char *conninfo;
    char *name; /* "postgresql://host:port/database", for people: without user, password and options */
} PostgresTarget;

typedef struct PostgresConnection {
    PGconn *handle;
    const char *name; /* borrowed from the target */
    bool has_pooler;  /* a pooler is between: sessions are shared, statements cannot be kept */
    bool is_broken;   /* not to be used again */
    bool is_silent;   /* gave no answer in time, and was hung up on */
    bool is_patient;  /* this transaction's answers may take as long as they like */
    DbMode mode;
    GThread *holder; /* guarded by the pool's mutex */
    int64_t idle_since_ms;
    uint32_t cursors;   /* names made */
    bool is_begin_due;  /* goes out with the transaction's first statement */
    GArray *unanswered; /* what was sent and not asked for yet; see postgres_pipeline.c */
    bool is_prepared[SQL_STATEMENT_COUNT];
} PostgresConnection;

typedef struct PostgresPool PostgresPool;

typedef struct PostgresDb {
    Db base;
    PostgresTarget target;
    PostgresPool *pool;
} PostgresDb;

typedef struct PostgresTx {
    DbTx base;
    PostgresConnection *connection;
    GPtrArray *open_rows; /* DbRows that may still ask the connection for more */
    bool is_over;
} PostgresTx;

enum {
    POSTGRES_WAIT_MS = 10000,
    POSTGRES_PROMPT_MS = 15000,    /* for answers that wait for nobody */
    POSTGRES_ANSWER_MS = 130000,   /* for all others: the server itself gives up statements before */
    POSTGRES_UNANSWERED_MAX = 128, /* statements on their way: what they hold stays in memory here until it is sent */
};

/* postgres_target.c */
FALLIBLE bool postgres_target_init(PostgresTarget *target, const char *conninfo, GError **error);
void postgres_target_clear(PostgresTarget *target);

/* postgres_connect.c. stop_fd: becoming readable ends the attempt as CANCELLED; -1: nothing does. */
FALLIBLE bool postgres_connect(
    const PostgresTarget *target, int stop_fd, PostgresConnection **ret_connection, GError **error);
void postgres_connection_free(PostgresConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PostgresConnection, postgres_connection_free)

/* Runs SQL text without parameters; what: for the error. */
FALLIBLE bool postgres_run(PostgresConnection *connection, const char *what, const char *sql, GError **error);

/* What a transaction starts with: at once, or with its first statement. */
FALLIBLE bool postgres_start(PostgresConnection *connection, DbMode mode, GError **error);

/* postgres_error.c: sets the error from an answer (NULL: there was none) and marks the connection if it is of no more
 * use. what: a statement's name, "commit", … Never bound values, nor what PostgreSQL quotes of them. */
bool postgres_fail(PostgresConnection *connection, const char *what, const PGresult *result, GError **error);
ErrorKind postgres_kind_of(const char *sqlstate);

/* postgres_pool.c. One that a thread takes for DB_WRITE while it holds another such is a bug: INTERNAL. */
PostgresPool *postgres_pool_new(const PostgresTarget *target);
void postgres_pool_free(PostgresPool *pool);
FALLIBLE bool postgres_pool_take(
    PostgresPool *pool, DbMode mode, PostgresConnection **ret_connection, bool *ret_is_new, GError **error);
void postgres_pool_give(PostgresPool *pool, PostgresConnection *take_connection);
/* The server went away: connections that lie idle are dead too. */
void postgres_pool_drop_idle(PostgresPool *pool);

/* postgres_statement.c: as PQexec and the like after their sending (was_sent: what PQsend… returned), but not for ever:
 * a server whose processes or whose disk hang keeps its connections open and says nothing. Such a connection is hung up
 * on and lost. */
PGresult *postgres_answer(PostgresConnection *connection, int was_sent, int64_t wait_ms);
FALLIBLE bool postgres_exec(DbTx *tx, const DbCall *call, int64_t *ret_changed, GError **error);
FALLIBLE bool postgres_exec_later(DbTx *tx, const DbCall *call, GError **error);
FALLIBLE bool postgres_execute(PostgresTx *tx, const DbCall *call, PGresult **ret_result, GError **error);
FALLIBLE bool postgres_declare(PostgresTx *tx, const DbCall *call, const char *cursor, GError **error);

/* postgres_pipeline.c: several statements on their way at once. Whatever is sent is answered in its order, by
 * postgres_settle() at the latest; the first that failed is the error, and the server passes over all after it. */
FALLIBLE bool postgres_open_pipeline(PostgresConnection *connection, GError **error);
/* what: for the error. prepared: the statement that this prepares; SQL_STATEMENT_COUNT for none. */
FALLIBLE bool postgres_sent(
    PostgresConnection *connection, const char *what, DbStatement prepared, int was_sent, GError **error);
/* SQL text without parameters, one statement. */
FALLIBLE bool postgres_send_text(PostgresConnection *connection, const char *what, const char *sql, GError **error);
guint postgres_count_unanswered(const PostgresConnection *connection);
/* *ret_last: the answer to the last one; NULL if nothing was on its way. ret_last may be NULL. */
FALLIBLE bool postgres_settle(PostgresConnection *connection, PGresult **ret_last, GError **error);

/* db_postgres.c: UNAVAILABLE for a transaction whose connection was lost, and for which there was no other. */
FALLIBLE bool postgres_check_connection(const PostgresTx *tx, GError **error);
/* The transaction has begun on the server. */
FALLIBLE bool postgres_ensure_begun(PostgresTx *tx, GError **error);
/* Its connection died before anything came of it: it begins again on another. */
FALLIBLE bool postgres_begin_again(PostgresTx *tx, GError **error);

/* postgres_rows.c */
FALLIBLE bool postgres_query(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error);
void postgres_rows_detach(DbRows *base);

/* postgres_wake.c */
DbListener *postgres_listen(Db *db, DbWake *wake);
void postgres_unlisten(DbListener *take_listener);
