#include "store/postgres_internal.h"

/* How many rows of a statement that may give very many are held at a time; one of a listing's page has some 64 KiB. */
enum { CURSOR_ROWS = 100 };

/* pg_type.dat */
enum { TYPE_BOOL = 16, TYPE_BYTEA = 17 };

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
    g_autoptr(PGresult) result =
        postgres_answer(rows->connection, PQsendQuery(rows->connection->handle, sql), POSTGRES_ANSWER_MS);

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

static int64_t rows_int(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);
    const char *text = PQgetvalue(rows->result, rows->row, column);

    if (PQftype(rows->result, column) == TYPE_BOOL)
        return *text == 't';
    return g_ascii_strtoll(text, NULL, 10);
}

static double rows_real(const DbRows *base, int column)
{
    const PostgresRows *rows = row_of(base);

    return g_ascii_strtod(PQgetvalue(rows->result, rows->row, column), NULL);
}

static Bytes rows_blob(const DbRows *base, int column)
{
    PostgresRows *rows = (PostgresRows *)base;
    size_t len = 0;

    if (rows_is_null(base, column))
        return (Bytes){0};
    const uint8_t *value = (const uint8_t *)PQgetvalue(rows->result, rows->row, column);
    if (PQftype(rows->result, column) != TYPE_BYTEA)
        return (Bytes){value, (size_t)PQgetlength(rows->result, rows->row, column)};
    uint8_t *data = PQunescapeBytea(value, &len);
    if (rows->blobs == NULL)
        rows->blobs = g_ptr_array_new_with_free_func(PQfreemem);
    g_ptr_array_add(rows->blobs, data);
    return (Bytes){data, len};
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

static bool open_rows(PostgresRows *rows, const DbCall *call, GError **error)
{
    g_autoptr(PGresult) result = NULL;

    if (!db_statement_gives_many[call->statement]) {
        rows->is_last_result = true;
        return postgres_execute(rows->connection, call, &rows->result, error);
    }
    g_autofree char *cursor = g_strdup_printf("trawl_rows_%u", ++rows->connection->cursors);
    TRY(postgres_declare(rows->connection, call, cursor, &result, error));
    rows->cursor = g_steal_pointer(&cursor);
    return true;
}

bool postgres_query(DbTx *tx, const DbCall *call, DbRows **ret_rows, GError **error)
{
    g_autoptr(DbRows) base = NULL;
    PostgresRows *rows = g_new0(PostgresRows, 1);

    base = &rows->base;
    *base = (DbRows){.ops = &postgres_rows_ops, .tx = tx};
    g_ptr_array_add(((PostgresTx *)tx)->open_rows, base);
    rows->connection = ((PostgresTx *)tx)->connection;
    rows->statement = call->statement;
    rows->row = -1;
    TRY(open_rows(rows, call, error));
    *ret_rows = g_steal_pointer(&base);
    return true;
}
