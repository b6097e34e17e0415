#include "index/index_store.h"

#include "base/clock.h"
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

static bool store_put(G_GNUC_UNUSED ExecutionIndex *index, DbTx *tx, const IndexEvent *event, GError **error)
{
    const IndexedExecution *execution = &event->execution;

    return DB_EXEC_LATER(tx, SQL_INDEX_PUT, error, db_text(execution->execution_arn),
        db_text(execution->state_machine_arn), db_text(execution->name), db_text(execution->status),
        db_int(execution->started_ms), execution->stopped_ms != 0 ? db_int(execution->stopped_ms) : db_null(),
        db_int(event->redrive_count), db_int(event->rank), db_text(event->id), db_int(clock_now_ms()));
}

/* With a status there is an index for it. */
static bool query_rows(DbTx *tx, const IndexQuery *query, DbRows **ret_rows, GError **error)
{
    if (query->status == NULL)
        return DB_QUERY(
            tx, SQL_INDEX_BY_DATE, ret_rows, error, db_int(query->from_ms), db_int(query->to_ms), db_int(query->limit));
    return DB_QUERY(tx, SQL_INDEX_BY_STATUS, ret_rows, error, db_int(query->from_ms), db_int(query->to_ms),
        db_int(query->limit), db_text(query->status));
}

static bool store_query(
    ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(((StoreIndex *)index)->db, DB_READ, &tx, error));
    TRY(query_rows(tx, query, &rows, error));
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

static const ExecutionIndexOps store_ops = {
    .name = "store", .put = store_put, .query = store_query, .close = store_close};

ExecutionIndex *index_store_open(Db *db)
{
    StoreIndex *index = g_new0(StoreIndex, 1);

    index->base.ops = &store_ops;
    index->db = db;
    return &index->base;
}
