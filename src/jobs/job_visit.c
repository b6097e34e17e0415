#include "jobs/jobs.h"

bool job_visit_unread(Db *db, const JobId *id, UnreadVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOB_UNREAD, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        UnreadObject object = {.key = db_rows_text(rows, 0),
            .status = db_rows_text(rows, 1),
            .error_code = db_rows_text(rows, 2),
            .error_message = db_rows_text(rows, 3),
            .attempts = (uint32_t)db_rows_int(rows, 4)};
        TRY(visitor(data, &object, error));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

bool job_count_skipped(Db *db, const JobId *id, ErrorKind reason, uint64_t *ret_count, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOB_SKIPPED_FOR, &rows, error, db_text(id->text), db_text(error_kind_name(reason))));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_count = has_row ? (uint64_t)db_rows_int(rows, 0) : 0;
    return true;
}

bool job_visit_excluded(Db *db, const JobId *id, ExcludedVisitor visitor, void *data, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOB_EXCLUDED_LIST, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        TRY(visitor(
            data, db_rows_text(rows, 0), (uint64_t)db_rows_int(rows, 1), (uint64_t)db_rows_int(rows, 2), error));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}
