#include "store/migrate.h"

#include "base/clock.h"
#include "store/db_ops.h"

static const Migration *migrations_of(const Db *db)
{
    return migrations_of_dialect[db->ops->dialect];
}

static int migration_count(const Db *db)
{
    const Migration *migrations = migrations_of(db);
    int count = 0;

    while (migrations[count].number != 0)
        count++;
    return count;
}

static bool check_applied(const Db *db, const DbRows *rows, int expected, GError **error)
{
    int64_t number = db_rows_int(rows, 0);
    const char *name = db_rows_text(rows, 1), *checksum = db_rows_text(rows, 2);

    if (number != expected)
        return fail(error, ERROR_CORRUPT, "store: migration %d is missing", expected);
    if (expected > migration_count(db))
        return fail(error, ERROR_CONFLICT,
            "store: it has migration %d (%s), which this version of trawl does not know; use a newer trawl", expected,
            name);
    if (!g_str_equal(checksum, migrations_of(db)[expected - 1].checksum))
        return fail(error, ERROR_CONFLICT,
            "store: its migration %d (%s) is not this version's; it was made by another build of trawl", expected,
            name);
    return true;
}

/* Others that do the same wait here until this transaction is over, and then see what it did. */
static bool lock_schema(DbTx *tx, GError **error)
{
    TRY(db_exec(tx, SQL_MIGRATION_PATIENCE, NULL, 0, NULL, error));
    return db_exec(tx, SQL_MIGRATION_LOCK, NULL, 0, NULL, error);
}

/* *ret_count: how many are applied; they are all known and unaltered. times (may be NULL): int64_t, when. */
static bool read_list(DbTx *tx, int *ret_count, GArray *times, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    int count = 0;
    bool has_row = false;

    TRY(db_query(tx, SQL_MIGRATIONS_LIST, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        TRY(check_applied(tx->db, rows, ++count, error));
        int64_t applied_ms = db_rows_int(rows, 3);
        if (times != NULL)
            g_array_append_val(times, applied_ms);
        TRY(db_rows_next(rows, &has_row, error));
    }
    *ret_count = count;
    return true;
}

/* The same of a store that may be empty. */
static bool read_applied(DbTx *tx, int *ret_count, GArray *times, GError **error)
{
    TRY(lock_schema(tx, error));
    TRY(db_exec(tx, SQL_MIGRATIONS_CREATE, NULL, 0, NULL, error));
    return read_list(tx, ret_count, times, error);
}

static bool apply(DbTx *tx, const Migration *migration, GError **error)
{
    if (!db_script(tx, migration->up, error)) {
        g_prefix_error(error, "migration %d (%s): ", migration->number, migration->name);
        return false;
    }
    return DB_EXEC(tx, SQL_MIGRATION_INSERT, NULL, error, db_int(migration->number), db_text(migration->name),
        db_text(migration->checksum), db_int(clock_now_ms()));
}

static bool take_back(DbTx *tx, const Migration *migration, GError **error)
{
    if (!db_script(tx, migration->down, error)) {
        g_prefix_error(error, "migration %d (%s), back: ", migration->number, migration->name);
        return false;
    }
    return DB_EXEC(tx, SQL_MIGRATION_DELETE, NULL, error, db_int(migration->number));
}

/* One step a transaction. */
static bool up_one(Db *db, bool *ret_is_done, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int count = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(read_applied(tx, &count, NULL, error));
    bool is_done = count == migration_count(db);
    if (!is_done)
        TRY(apply(tx, &migrations_of(db)[count], error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_is_done = is_done;
    return true;
}

bool migrate_up(Db *db, GError **error)
{
    bool is_done = false;

    while (!is_done)
        TRY(up_one(db, &is_done, error));
    return true;
}

static bool down_one(Db *db, int number, bool *ret_is_done, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int count = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(read_applied(tx, &count, NULL, error));
    bool is_done = count <= number;
    if (!is_done)
        TRY(take_back(tx, &migrations_of(db)[count - 1], error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_is_done = is_done;
    return true;
}

bool migrate_down_to(Db *db, int number, GError **error)
{
    bool is_done = false;

    while (!is_done)
        TRY(down_one(db, number, &is_done, error));
    return true;
}

bool migrate_visit(Db *db, MigrationVisitor visitor, void *data, GError **error)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(DbTx) tx = NULL;
    int count = 0;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(read_applied(tx, &count, times, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    for (int i = 0; i < migration_count(db); i++)
        TRY(visitor(data, &migrations_of(db)[i], i < count ? g_array_index(times, int64_t, i) : 0, error));
    return true;
}

bool migrate_is_current(Db *db, bool *ret_is_current, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int count = 0;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(read_list(tx, &count, NULL, error));
    *ret_is_current = count == migration_count(db);
    return true;
}
