/* The store in one SQLite file (WAL), for one machine: any number of threads and processes read while one writes. */
#pragma once

#include "store/db.h"

#define DB_SQLITE_MEMORY ":memory:"

/* Opens the file, or makes it with mode 0600; its folder must exist. DB_SQLITE_MEMORY is a store of this Db alone, gone
 * when it is closed; there transactions take turns, also the reading ones. The schema is migrate_up()'s.
 *
 * Errors: NOT_FOUND (no such folder), IO, NO_SPACE, BUSY, CORRUPT (not an SQLite database); each names the path. */
FALLIBLE bool db_sqlite_open(const char *path, Db **ret_db, GError **error);
