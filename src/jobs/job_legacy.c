/* The objects of jobs that an older scanner ran: rows of its own table, which trawl only reads. */
#include "jobs/jobs_internal.h"

enum { LEGACY_OBJECTS_MAX = 10000 }; /* by one call */

/* What that scanner did not keep (size, etag, reasons) is absent. */
static JobObject read_object(const DbRows *rows)
{
    return (JobObject){.key = db_rows_text(rows, 0),
        .status = db_rows_text(rows, 1),
        .updated_ms = db_rows_int(rows, 2),
        .is_legacy = true};
}

bool job_legacy_objects_visit(DbTx *tx, const JobId *id, const ObjectQuery *query, ObjectVisitor visitor, void *data,
    LegacyPlace *place, bool *ret_is_end, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    int64_t wanted = query->limit > 0 && query->limit < LEGACY_OBJECTS_MAX ? query->limit : LEGACY_OBJECTS_MAX;
    int64_t count = 0;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_LEGACY_OBJECTS, &rows, error, db_text(id->text), db_text(query->status),
        db_int(MAX(place->block, 0)), db_int(MAX(place->row, 0)), db_int(wanted)));
    TRY(db_rows_next(rows, &has_row, error));
    for (; has_row; count++) {
        const JobObject object = read_object(rows);
        TRY(visitor(data, &object, error));
        *place = (LegacyPlace){db_rows_int(rows, 3), db_rows_int(rows, 4)};
        TRY(db_rows_next(rows, &has_row, error));
    }
    *ret_is_end = count < wanted;
    return true;
}

bool job_legacy_object_find(
    DbTx *tx, const JobId *id, const char *key, ObjectVisitor visitor, void *data, bool *ret_is_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_JOB_LEGACY_OBJECT, &rows, error, db_text(id->text), db_text(key)));
    TRY(db_rows_next(rows, ret_is_found, error));
    if (!*ret_is_found)
        return true;
    const JobObject object = read_object(rows);
    return visitor(data, &object, error);
}
