#include "job_store.h"

#include "store/db_sqlite.h"
#include "store/migrate.h"

Db *job_store_open(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    Db *db = NULL;

    g_assert_true(db_sqlite_open(DB_SQLITE_MEMORY, &db, &error));
    g_assert_true(migrate_up(db, &error));
    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_JOB_INSERT, NULL, &error, db_text(JOB), db_text("bucket"), db_text(""), db_null(),
        db_int(1), db_null(), db_text("{}"), db_text("")));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    return db;
}
