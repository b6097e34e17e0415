#include "index/index_outbox.h"

#include "base/clock.h"
#include "index/execution_index_ops.h"

typedef struct OutboxIndex {
    ExecutionIndex base;
    Db *db;
    ExecutionIndex *behind;
} OutboxIndex;

/* An event that waits. */
typedef struct Letter {
    char *event_id;
    char *event; /* JSON text */
} Letter;

static void letter_clear(gpointer data)
{
    g_free(((Letter *)data)->event_id);
    g_free(((Letter *)data)->event);
}

static bool outbox_put(G_GNUC_UNUSED ExecutionIndex *index, DbTx *tx, const IndexEvent *event, GError **error)
{
    g_autofree char *text = json_dumps(event->json, JSON_COMPACT);

    return DB_EXEC(tx, SQL_INDEX_OUTBOX_PUT, NULL, error, db_text(event->id), db_text(text), db_int(clock_now_ms()));
}

static bool outbox_query(
    ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error)
{
    return execution_index_query(((OutboxIndex *)index)->behind, query, visitor, data, error);
}

static void outbox_close(ExecutionIndex *index)
{
    execution_index_close(((OutboxIndex *)index)->behind);
    g_free(index);
}

static const ExecutionIndexOps outbox_ops = {
    .name = "outbox", .put = outbox_put, .query = outbox_query, .close = outbox_close};

ExecutionIndex *index_outbox_open(Db *db, ExecutionIndex *take_behind)
{
    OutboxIndex *index = g_new0(OutboxIndex, 1);

    index->base.ops = &outbox_ops;
    index->db = db;
    index->behind = take_behind;
    return &index->base;
}

static bool read_letters(Db *db, uint32_t limit, GArray *letters, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_INDEX_OUTBOX_READ, &rows, error, db_int(limit)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const Letter letter = {.event_id = g_strdup(db_rows_text(rows, 0)), .event = g_strdup(db_rows_text(rows, 1))};
        g_array_append_val(letters, letter);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool forget(Db *db, const Letter *letter, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_INDEX_OUTBOX_FORGET, NULL, error, db_text(letter->event_id)));
    return db_commit(g_steal_pointer(&tx), error);
}

static bool deliver(const OutboxIndex *outbox, const Letter *letter, GError **error)
{
    json_t *event = json_loads(letter->event, 0, NULL);

    const bool is_delivered = execution_index_put(outbox->behind, NULL, event, error);
    json_decref(event);
    TRY(is_delivered);
    return forget(outbox->db, letter, error);
}

bool index_outbox_deliver(ExecutionIndex *outbox, uint32_t limit, uint32_t *ret_delivered, GError **error)
{
    const OutboxIndex *self = (const OutboxIndex *)outbox;
    g_autoptr(GArray) letters = g_array_new(FALSE, FALSE, sizeof(Letter));

    g_array_set_clear_func(letters, letter_clear);
    *ret_delivered = 0;
    TRY(read_letters(self->db, limit, letters, error));
    for (guint i = 0; i < letters->len; i++) {
        TRY(deliver(self, &g_array_index(letters, Letter, i), error));
        ++*ret_delivered;
    }
    return true;
}
