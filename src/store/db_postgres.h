/* The store in a PostgreSQL database, for any number of hosts: a bounded pool of connections of this process.
 *
 * A transaction takes a connection. DB_READ sees one snapshot (REPEATABLE READ, READ ONLY); DB_WRITE is READ COMMITTED,
 * and unlike on SQLite many of them run side by side: guard with WHERE and the count of changed rows, or FOR UPDATE.
 * A connection that died is replaced; the pool survives a restart of the server. Nothing waits for ever: locks,
 * statements, silent networks and the pool itself all have their limit.
 *
 * Through a transaction pooler (PgBouncer, RDS Proxy) it works too: nothing is then kept in the session. */
#pragma once

#include "store/db.h"

/* conninfo: a URI (postgresql://…) or "key=value …", as libpq reads it, with TLS and all else; what it leaves open
 * comes from the PG* environment variables and ~/.pgpass. Connects once, to tell of mistakes at once. The schema is
 * migrate_up()'s.
 *
 * Errors: INVALID (the text itself), CREDENTIALS (password or user refused), NOT_FOUND (no such database), BUSY (no
 * connection left), UNAVAILABLE. They name server and database, never the password. */
FALLIBLE bool db_postgres_open(const char *conninfo, Db **ret_db, GError **error);
