/* Tests only: an empty, migrated store of each kind, so that a suite runs on all of them:
 *
 *     for (size_t i = 0; i < G_N_ELEMENTS(test_store_kinds); i++)
 *         g_test_add(path, Fixture, test_store_kinds[i], set_up, test, tear_down);
 *
 *     static void set_up(Fixture *fixture, gconstpointer data) { if (!test_store_open(&fixture->store, data)) return; …
 * }
 *
 * "postgres" needs a server: run the program with tests/with-postgres. Without one its tests are skipped; a test begins
 * with `if (fixture->store.db == NULL) return;`. */
#pragma once

#include "store/db.h"

static const char *const test_store_kinds[] = {"memory", "file", "postgres"};

typedef struct TestStore {
    Db *db;       /* closed by test_store_close(), unless the test did and put NULL here */
    char *folder; /* of "file" */
    char *place;  /* to open the same store again with test_store_reopen(): path, or conninfo */
    const char *kind;
} TestStore;

/* False, and the test marked as skipped, if there is no server for it. */
bool test_store_open(TestStore *store, const char *kind);

/* As test_store_open(), without any table in it. */
bool test_store_open_empty(TestStore *store, const char *kind);

/* Another Db on the same store; not for "memory". */
Db *test_store_reopen(const TestStore *store);

void test_store_close(TestStore *store);

/* Whether it is "postgres": where dialects differ. */
bool test_store_is_postgres(const TestStore *store);

/* Runs statements in a transaction of their own. A time column of `jobs` takes trawl_time(milliseconds) on PostgreSQL:
 * write `{time}1{/time}` and it is left out for SQLite. */
void test_store_script(Db *db, const char *sql);

/* kill -9 of the whole server, and waiting until another one is there. */
void test_store_kill_server(void);
