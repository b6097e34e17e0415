#include "store/postgres_array.h"
#include "store/postgres_internal.h"

#include <string.h>

/* How many rows of a statement that may give very many are held at a time; one of a listing's page has some 64 KiB. */
enum { CURSOR_ROWS = 100 };

/* pg_type.dat */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT4 = 23,
    TYPE_INT8_ARRAY = 1016,
    TYPE_TEXT_ARRAY = 1009
};

typedef struct PostgresRows {
    DbRows base;
    PostgresConnection *connection;
    DbStatement statement;
    char *cursor; /* NULL: all rows are in the result */
    PGresult *result;
    int row; /* -1 before the first */
    bool is_last_result;
    GPtrArray *blobs; /* of the current row, owned; NULL until one is asked for */
} PostgresRows;

static void rows_clear(PostgresRows *rows)
{
    g_clear_pointer(&rows->result, PQclear);
    g_clear_pointer(&rows->blobs, g_ptr_array_unref);
    g_clear_pointer(&rows->cursor, g_free);
}

void postgres_rows_detach(DbRows *base)
{
    rows_clear((PostgresRows *)base);
    base->tx = NULL;
}

/* A cursor that is left open costs memory on the server until the transaction ends. */
static void close_cursor(const PostgresRows *rows)
{
    g_autofree char *sql = g_strdup_printf("CLOSE %s", rows->cursor);

    if (!postgres_settle(rows->connection, NULL, NULL))
        return;
    if (PQtransactionStatus(rows->connection->handle) == PQTRANS_INTRANS)
        PQclear(postgres_answer(rows->connection, PQsendQuery(rows->connection->handle, sql), POSTGRES_ANSWER_MS));
}

static void rows_free(DbRows *base)
{
    PostgresRows *rows = (PostgresRows *)base;

    if (base->tx != NULL) {
        if (rows->cursor != NULL)
            close_cursor(rows);
        g_ptr_array_remove_fast(((PostgresTx *)base->tx)->open_rows, base);
        postgres_rows_detach(base);
    }
    g_free(rows);
}

static bool fetch(PostgresRows *rows, GError **error)
{
    g_autofree char *sql = g_strdup_printf("FETCH %d FROM %s", CURSOR_ROWS, rows->cursor);
    g_autoptr(PGresult) result = NULL;

    TRY(postgres_settle(rows->connection, NULL, error));
    result = postgres_answer(rows->connection, PQsendQuery(rows->connection->handle, sql), POSTGRES_ANSWER_MS);

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return postgres_fail(rows->connection, db_statement_names[rows->statement], result, error);
    g_clear_pointer(&rows->result, PQclear);
    rows->result = g_steal_pointer(&result);
    rows->is_last_result = PQntuples(rows->result) < CURSOR_ROWS;
    rows->row = -1;
    return true;
}

static bool rows_next(DbRows *base, bool *ret_has_row, GError **error)
{
    PostgresRows *rows = (PostgresRows *)base;

    if (rows->blobs != NULL)
        g_ptr_array_set_size(rows->blobs, 0);
    if (rows->result == NULL || (rows->row + 1 >= PQntuples(rows->result) && !rows->is_last_result))
        TRY(fetch(rows, error));
    if (rows->row < PQntuples(rows->result))
        rows->row++;
    *ret_has_row = rows->row < PQntuples(rows->result);
    return true;
}

static const PostgresRows *row_of(const DbRows *base)
{
    const PostgresRows *rows = (const PostgresRows *)base;

    g_assert(base->tx != NULL && rows->result != NULL && rows->row >= 0 && rows->row < PQntuples(rows->result));
    return rows;
}

static bool rows_is_null(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);

    return PQgetisnull(rows->result, rows->row, column) != 0;
}

static const char *rows_text(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);

    return rows_is_null(base, column) ? NULL : PQgetvalue(rows->result, rows->row, column);
}

static int64_t binary_int(const PostgresRows *rows, int column)
{
    const char *value = PQgetvalue(rows->result, rows->row, column);
    int32_t narrow = 0;
    int64_t wide = 0;

    switch (PQftype(rows->result, column)) {
    case TYPE_BOOL:
        return *value != 0;
    case TYPE_INT4:
        memcpy(&narrow, value, sizeof narrow);
        return (int32_t)GINT32_FROM_BE(narrow);
    case TYPE_INT8:
        memcpy(&wide, value, sizeof wide);
        return GINT64_FROM_BE(wide);
    default:
        g_assert_not_reached(); /* a statement of ours that says `:rows binary` gives something else */
    }
}

static int64_t rows_int(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);
    const char *text = PQgetvalue(rows->result, rows->row, column);

    if (PQgetisnull(rows->result, rows->row, column) == 0 && PQfformat(rows->result, column) == 1)
        return binary_int(rows, column);
    if (PQftype(rows->result, column) == TYPE_BOOL)
        return *text == 't';
    return g_ascii_strtoll(text, NULL, 10);
}

static double rows_real(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);

    return g_ascii_strtod(PQgetvalue(rows->result, rows->row, column), NULL);
}

static Bytes keep_blob(PostgresRows *rows, uint8_t *take_data, size_t len, GDestroyNotify release)
{
    GBytes *blob = g_bytes_new_with_free_func(take_data, len, release, take_data);

    if (rows->blobs == NULL)
        rows->blobs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(rows->blobs, blob);
    return (Bytes){take_data, len};
}

/* An array reads as the JSON that it was written from. */
static Bytes array_json(PostgresRows *rows, int column)
{
    const Bytes array = {(const uint8_t *)PQgetvalue(rows->result, rows->row, column),
        (size_t)PQgetlength(rows->result, rows->row, column)};
    GString *json = g_string_sized_new(array.len + 64);

    if (PQftype(rows->result, column) == TYPE_TEXT_ARRAY)
        postgres_texts_as_json(json, array);
    else
        postgres_ints_as_json(json, array);
    size_t len = json->len;
    return keep_blob(rows, (uint8_t *)g_string_free(json, FALSE), len, g_free);
}

static Bytes rows_blob(const DbRows *base, int column)
{
    PostgresRows *rows = (PostgresRows *)base;
    size_t len = 0;

    if (rows_is_null(base, column))
        return (Bytes){0};
    Oid type = PQftype(rows->result, column);
    if (PQfformat(rows->result, column) == 1 && (type == TYPE_TEXT_ARRAY || type == TYPE_INT8_ARRAY))
        return array_json(rows, column);
    const uint8_t *value = (const uint8_t *)PQgetvalue(rows->result, rows->row, column);
    if (type != TYPE_BYTEA || PQfformat(rows->result, column) == 1)
        return (Bytes){value, (size_t)PQgetlength(rows->result, rows->row, column)};
    uint8_t *data = PQunescapeBytea(value, &len);
    return keep_blob(rows, data, len, PQfreemem);
}

static const DbRowsOps postgres_rows_ops = {
    .next = rows_next,
    .is_null = rows_is_null,
    .integer = rows_int,
    .real = rows_real,
    .text = rows_text,
    .blob = rows_blob,
    .free = rows_free,
};

static bool open_rows(PostgresRows *rows, PostgresTx *tx, const DbCall *call, GError **error)
{
    if (!db_statement_gives_many[call->statement]) {
        rows->is_last_result = true;
        TRY(postgres_execute(tx, call, &rows->result, error));
        rows->connection = tx->connection;
        return true;
    }
    g_autofree char *cursor = g_strdup_printf("trawl_rows_%u", ++tx->connection->cursors);
    TRY(postgres_declare(tx, call, cursor, error));
    rows->connection = tx->connection;
    rows->cursor = g_steal_pointer(&cursor);
    return true;
}

bool postgres_query(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error)
{
    g_autoptr(DbRows) base = NULL;

    TRY(postgres_check_connection((PostgresTx *)tx, error));
    PostgresRows *rows = g_new0(PostgresRows, 1);
    base = &rows->base;
    *base = (DbRows){.ops = &postgres_rows_ops, .tx = tx};
    g_ptr_array_add(((PostgresTx *)tx)->open_rows, base);
    rows->statement = call->statement;
    rows->row = -1;
    TRY(open_rows(rows, (PostgresTx *)tx, call, error));
    *ret_rows = g_steal_pointer(&base);
    return true;
}
