/* The schema's numbered migrations: each applied once, in a transaction, and remembered with its checksum. */
#pragma once

#include "store/db.h"

typedef struct Migration {
    int number; /* from 1; 0 ends the table */
    const char *name, *checksum, *up, *down;
} Migration;

/* Applies what is missing. Any number of processes may do it at once. CONFLICT if the store was made or changed by
 * another version of trawl: with a migration that this program does not know, or in another text. */
FALLIBLE bool migrate_up(Db *db, GError **error);

/* Takes migrations with a greater number back, the latest first; 0 leaves an empty store. */
FALLIBLE bool migrate_down_to(Db *db, int number, GError **error);

typedef bool (*MigrationVisitor)(void *data, const Migration *migration, int64_t applied_ms, GError **error);

/* All that this program knows, in order; applied_ms 0 if the store lacks it. */
FALLIBLE bool migrate_visit(Db *db, MigrationVisitor visitor, void *data, GError **error);

/* Whether a store that was migrated once has all that this program knows; takes no lock. Fails as migrate_up(). */
FALLIBLE bool migrate_is_current(Db *db, bool *ret_is_current, GError **error);
