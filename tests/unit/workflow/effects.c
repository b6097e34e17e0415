#include "effects.h"

static bool read_effects(DbTx *tx, int64_t *ret_effects, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_META_GET, &rows, error, db_text("effects")));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_effects = has_row ? g_ascii_strtoll(db_rows_text(rows, 0), NULL, 10) : 0;
    return true;
}

bool effects_add(G_GNUC_UNUSED void *unused, DbTx *tx, G_GNUC_UNUSED const TaskCall *call, json_t **ret_output,
    G_GNUC_UNUSED TaskError *ret_error, GError **error)
{
    int64_t effects = 0;

    TRY(read_effects(tx, &effects, error));
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, effects + 1);
    TRY(DB_EXEC(tx, SQL_META_SET, NULL, error, db_text("effects"), db_text(text)));
    *ret_output = json_string("counted");
    return true;
}

int64_t effects_in(Db *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    int64_t effects = 0;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    g_assert_true(read_effects(tx, &effects, &error));
    g_assert_cmpint(effects, >, 0);
    return effects;
}
