/* Tests only: an empty, migrated store of each kind, so that a suite runs on all of them:
 *
 *     for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
 *         g_test_add(path, Fixture, *kind, set_up, test, tear_down);
 *
 *     static void set_up(Fixture *fixture, gconstpointer kind) { test_store_open(&fixture->store, kind); … }
 *
 * "postgres" needs a server: run the program with tests/with-postgres. Without one it is not among the kinds. */
#pragma once

#include "store/db.h"

/* "memory", "file", and "postgres" if there is a server; NULL ends them. */
const char *const *test_store_kinds(void);

typedef struct TestStore {
    Db *db;       /* closed by test_store_close(), unless the test did and put NULL here */
    char *folder; /* of "file" */
    char *place;  /* to open the same store again with test_store_reopen(): path, or conninfo */
    const char *kind;
} TestStore;

void test_store_open(TestStore *store, const char *kind);

/* As test_store_open(), without any table in it. */
void test_store_open_empty(TestStore *store, const char *kind);

/* Another Db on the same store; not for "memory". */
Db *test_store_reopen(const TestStore *store);

void test_store_close(TestStore *store);

/* Whether it is "postgres": where dialects differ. */
bool test_store_is_postgres(const TestStore *store);

/* Runs statements in a transaction of their own. A time column of `jobs` takes trawl_time(milliseconds) on PostgreSQL:
 * write `{time}1{/time}` and it is left out for SQLite. */
void test_store_script(Db *db, const char *sql);

/* The time of this process (clock_freeze_ms(), which the test undoes) and of the store (trawl_now()). */
void test_store_freeze_ms(const TestStore *store, int64_t now_ms);

/* Where processes that had it open were killed: until the server has seen it, which holds their locks until then. None
 * other may have it open. */
void test_store_wait_for_dead(const TestStore *store);

/* kill -9 of the whole server, and waiting until another one is there. */
void test_store_kill_server(void);
