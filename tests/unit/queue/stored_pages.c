#include "stored_pages.h"

#include "store/db_ops.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

Db *stored_db_new(void)
{
    return stored_db_open(DB_SQLITE_MEMORY);
}

Db *stored_db_open(const char *path)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;

    g_assert_true(db_sqlite_open(path, &db, &error));
    g_assert_true(migrate_up(db, &error));
    g_assert_no_error(error);
    return db;
}

void stored_run(Db *db, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sql = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (!db_begin(db, DB_WRITE, &tx, &error) || !db_script(tx, sql, &error) || !db_commit(g_steal_pointer(&tx), &error))
        g_error("%s: %s", sql, error->message);
}

JobId stored_job(Db *db, int n, int64_t created_ms)
{
    g_autofree char *text = g_strdup_printf("0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9a%d", n);
    g_autoptr(GError) error = NULL;
    JobId id;

    g_assert_true(job_id_parse(text, &id, &error));
    stored_run(db,
        "INSERT INTO jobs (job_id, bucket, execution_arn, created_at, updated_at)"
        " VALUES ('%s', 'a-bucket', 'arn:%d', %" G_GINT64_FORMAT ", 1);"
        "INSERT INTO job_executions (job_id, generation, execution_arn, created_at) VALUES ('%s', 1, 'arn:%d', 1);"
        "INSERT INTO job_counters (job_id, slot, updated_at) VALUES ('%s', 0, 1);"
        "INSERT INTO listing_shards (job_id, shard, state, updated_at) VALUES ('%s', 0, 'done', 1);",
        text, n, created_ms, text, n, text, text);
    return id;
}

static char *array_of(const char *format, uint32_t page_no, uint32_t count)
{
    GString *text = g_string_new("[");

    for (uint32_t i = 0; i < count; i++) {
        g_string_append(text, i > 0 ? "," : "");
        if (format != NULL)
            g_string_append_printf(text, "\"%s%05u-%05u\"", format, page_no, i);
        else
            g_string_append(text, "10");
    }
    g_string_append(text, "]");
    return g_string_free(text, FALSE);
}

void stored_page(Db *db, const JobId *id, uint32_t page_no, uint32_t count)
{
    g_autofree char *keys = array_of("", page_no, count);
    g_autofree char *etags = array_of("etag", page_no, count);
    g_autofree char *tens = array_of(NULL, page_no, count);

    stored_run(db,
        "INSERT INTO object_pages VALUES ('%s', 0, %u, 'key%05u-00000', 'key%05u-%05u', %u, %u, '%s', '%s', '%s', '%s',"
        " NULL, 'key');"
        "INSERT INTO page_states (job_id, shard, page_no, pending, updated_at) VALUES ('%s', 0, %u, %u, 1);"
        "UPDATE job_counters SET total = total + %u, queued = queued + %u, pages = pages + 1,"
        " bytes_total = bytes_total + %u WHERE job_id = '%s' AND slot = 0;",
        id->text, page_no, page_no, page_no, count - 1, count, count * 10, keys, tens, etags, tens, id->text, page_no,
        count, count, count, count * 10, id->text);
}

void stored_execution(Db *db, int n, const char *status)
{
    stored_run(db,
        "INSERT INTO executions (execution_arn, state_machine_arn, name, definition, status, input, started_at)"
        " VALUES ('arn:%d', 'm', 'n', '{}', '%s', '{}', 1)"
        " ON CONFLICT (execution_arn) DO UPDATE SET status = excluded.status",
        n, status);
}

char *stored_counts(Db *db, const JobId *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    static const int columns[] = {14, 15, 16, 17, 18, 19, 22, 21};
    GString *text = g_string_new(NULL);
    bool has_row = false;

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_JOB_READ, &rows, &error, db_text(id->text)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        g_string_append_printf(text, "%s%d", i > 0 ? " " : "", (int)db_rows_int(rows, columns[i]));
    return g_string_free(text, FALSE);
}
