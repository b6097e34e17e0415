/* Being woken instead of asking: who makes work says so in the transaction that makes it, and who waits for work sleeps
 * until then.
 *
 *     uint64_t seen = db_wake_seen(wake, DB_CHANNEL_PAGES);    before looking for work
 *     … look for work; none …
 *     db_wake_wait(wake, DB_CHANNEL_PAGES, seen, timeout_ms);  returns at once if something came meanwhile
 *
 * Waking is a hint: it may come without a reason, and never comes for what becomes due by itself (backoffs, expired
 * leases), so the timeout is the caller's next due time. On PostgreSQL one connection of the process LISTENs; it comes
 * back by itself after the server went away, and everybody is woken then. On SQLite, and wherever notifications do not
 * arrive (through a transaction pooler LISTEN is accepted and nothing ever comes, which is tried out), only what this
 * process commits wakes: db_wake_hears_others() says so, and the caller polls with jitter. Any thread. */
#pragma once

#include "store/db.h"

typedef enum DbChannel {
    DB_CHANNEL_PAGES,      /* there is a page to be claimed */
    DB_CHANNEL_EXECUTIONS, /* an execution is due */
    DB_CHANNEL_JOBS,       /* a job was cancelled or taken up again; in its own process also: it may have ended */
    DB_CHANNEL_TASKS,      /* a worker of an activity can have a task */
    DB_CHANNEL_COUNT
} DbChannel;

typedef struct DbWake DbWake;

/* Part of the transaction: it is heard after the commit, or never. Twice in one transaction is once. On PostgreSQL
 * commits that notify wait for each other: once a step of a listing, not once a page. */
FALLIBLE bool db_notify(DbTx *tx, DbChannel channel, GError **error);

/* One a process and Db; never fails: where it cannot listen it tries again in the background. To be closed before the
 * Db, when nobody waits any more. */
DbWake *db_wake_open(Db *db);
void db_wake_close(DbWake *wake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbWake, db_wake_close)

/* A notification within this process, of what is in the store already. */
void db_wake_signal(DbWake *wake, DbChannel channel);

/* How many notifications there were; only good for db_wake_wait(). */
uint64_t db_wake_seen(DbWake *wake, DbChannel channel);

/* Sleeps until there are more than seen (true), or for timeout_ms (false). */
bool db_wake_wait(DbWake *wake, DbChannel channel, uint64_t seen, int64_t timeout_ms);

/* Wakes everybody of this process: to stop, for example. */
void db_wake_all(DbWake *wake);

/* Whether notifications of other processes arrive now. False at first, while it is being tried out. */
bool db_wake_hears_others(DbWake *wake);
