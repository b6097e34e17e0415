/* Tests only: makes a store fail on purpose, so that every way out of a function can be tried. Any thread. */
#pragma once

#include "store/db.h"

/* The call-th call from now on (1: the next one) of db_begin, db_exec, db_query, db_rows_next or db_commit fails with
 * UNAVAILABLE, once. A failed commit rolls back. 0 switches it off. */
void db_fail_after(Db *db, int call);

/* Whether that failure has happened. */
bool db_has_failed(Db *db);
