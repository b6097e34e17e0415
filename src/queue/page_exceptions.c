#include "queue/page_exceptions.h"

#include "base/clock.h"

#include <jansson.h>

typedef json_t JsonRows;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonRows, json_decref)

/* A message may quote a name of a file, which need not be UTF-8. */
static json_t *exception_json(const Claim *claim, const ObjectException *exception)
{
    g_autofree char *message = exception->message != NULL ? g_utf8_make_valid(exception->message, -1) : NULL;

    return json_pack("[i, s, s, s, s?]", (int)exception->ordinal,
        object_entries_at(claim->objects, exception->ordinal)->key, exception->is_skipped ? "skipped" : "failed",
        error_kind_name(exception->kind), message);
}

static bool insert_exceptions(DbTx *tx, const Claim *claim, const GArray *exceptions, GError **error)
{
    g_autoptr(JsonRows) rows = json_array();

    for (guint i = 0; i < exceptions->len; i++)
        if (json_array_append_new(rows, exception_json(claim, &g_array_index(exceptions, ObjectException, i))) != 0)
            return fail(error, ERROR_INTERNAL, "store: an exception of page %s/%u/%u cannot be written",
                claim->job_id.text, claim->shard, claim->page_no);
    g_autofree char *text = json_dumps(rows, JSON_COMPACT);
    return DB_EXEC_LATER(tx, SQL_EXCEPTIONS_PUT, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_text(text), db_int(clock_now_ms()));
}

static bool put_exceptions(DbTx *tx, const Claim *claim, const GArray *exceptions, GError **error)
{
    if (exceptions != NULL && exceptions->len > 0)
        TRY(insert_exceptions(tx, claim, exceptions, error));
    return !claim->is_of_exceptions || DB_EXEC_LATER(tx, SQL_EXCEPTIONS_SETTLE, error, db_text(claim->job_id.text),
                                           db_int(claim->shard), db_int(claim->page_no));
}

/* How many objects failed for each reason. The reasons in one order, so that two who add to them at once never wait for
 * each other. */
static bool count_failures(DbTx *tx, const Claim *claim, const GArray *exceptions, GError **error)
{
    int64_t counts[ERROR_INTERNAL + 1] = {0};

    for (guint i = 0; exceptions != NULL && i < exceptions->len; i++) {
        const ObjectException *exception = &g_array_index(exceptions, ObjectException, i);
        counts[exception->kind] += exception->is_skipped ? 0 : 1;
    }
    for (size_t kind = 0; kind < G_N_ELEMENTS(counts); kind++)
        if (counts[kind] > 0)
            TRY(DB_EXEC_LATER(tx, SQL_JOB_FAILURES_ADD, error, db_text(claim->job_id.text), db_int(claim->slot),
                db_text(error_kind_name((ErrorKind)kind)), db_int(counts[kind])));
    return true;
}

bool page_exceptions_put(DbTx *tx, const Claim *claim, const GArray *exceptions, GError **error)
{
    TRY(put_exceptions(tx, claim, exceptions, error));
    return count_failures(tx, claim, exceptions, error);
}
