#include "index/index_store.h"

#include "index/execution_index_ops.h"

typedef struct StoreIndex {
    ExecutionIndex base;
    Db *db;
} StoreIndex;

static IndexedExecution read_execution(const DbRows *rows)
{
    return (IndexedExecution){
        .execution_arn = db_rows_text(rows, 0),
        .state_machine_arn = db_rows_text(rows, 1),
        .name = db_rows_text(rows, 2),
        .status = db_rows_text(rows, 3),
        .started_ms = db_rows_int(rows, 4),
        .stopped_ms = db_rows_int(rows, 5),
    };
}

static bool store_query(
    ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(((StoreIndex *)index)->db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_INDEX_BY_DATE, &rows, error, db_int(query->from_ms), db_int(query->to_ms),
        db_text(query->status != NULL ? query->status : ""), db_int(query->limit)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const IndexedExecution execution = read_execution(rows);
        TRY(visitor(data, &execution, error));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static void store_close(ExecutionIndex *index)
{
    g_free(index);
}

static const ExecutionIndexOps store_ops = {.name = "store", .query = store_query, .close = store_close};

ExecutionIndex *index_store_open(Db *db)
{
    StoreIndex *index = g_new0(StoreIndex, 1);

    index->base.ops = &store_ops;
    index->db = db;
    return &index->base;
}
