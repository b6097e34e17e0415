#include "jobs/jobs.h"

#include <jansson.h>
#include <string.h>

enum { MAX_LINES = 100 };

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

/* What does not hold: one line each, the first hundred. */
typedef struct Drift {
    GString *text;
    uint32_t lines;
} Drift;

static void report(Drift *drift, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void report(Drift *drift, const char *format, ...)
{
    va_list arguments;

    if (drift->lines++ >= MAX_LINES)
        return;
    if (drift->text->len > 0)
        g_string_append_c(drift->text, '\n');
    va_start(arguments, format);
    g_string_append_vprintf(drift->text, format, arguments);
    va_end(arguments);
}

static bool check_exists(DbTx *tx, const JobId *id, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_MODE, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    return has_row || fail(error, ERROR_NOT_FOUND, "job %s: there is no such job", id->text);
}

static bool verify_counters(DbTx *tx, const JobId *id, DbStatement statement, Drift *drift, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, statement, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        int64_t one = db_rows_int(rows, 1), other = db_rows_int(rows, 2);
        if (one != other || one < 0)
            report(drift, "%s: %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, db_rows_text(rows, 0), one, other);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool verify_pages(DbTx *tx, const JobId *id, Drift *drift, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_VERIFY_PAGES, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        if (!db_rows_is_null(rows, 2))
            report(
                drift, "page %d/%d: %s", (int)db_rows_int(rows, 0), (int)db_rows_int(rows, 1), db_rows_text(rows, 2));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* What is wrong with the keys of one page, or NULL: each must be greater than the one before it. */
static const char *find_key_problem(const DbRows *rows, const char *previous)
{
    Bytes text = db_rows_blob(rows, 5);
    const char *prefix = db_rows_text(rows, 7);
    g_autoptr(JsonValue) keys = json_loadb((const char *)text.data, text.len, 0, NULL);
    size_t count = json_array_size(keys);
    g_autofree char *last = g_strdup(previous);

    if (!json_is_array(keys) || count == 0 || (int64_t)count != db_rows_int(rows, 4))
        return "does not have as many keys as it says";
    for (size_t i = 0; i < count; i++) {
        const char *rest = json_string_value(json_array_get(keys, i));
        g_autofree char *key = rest != NULL ? g_strconcat(prefix, rest, NULL) : NULL;
        if (key == NULL)
            return "has a key that is no text";
        if (last != NULL && strcmp(key, last) <= 0)
            return i == 0 ? "begins before the end of the page before it" : "has keys out of order, or one twice";
        if (i == 0 && strcmp(key, db_rows_text(rows, 2)) != 0)
            return "does not begin and end with the keys that it says";
        g_free(last);
        last = g_steal_pointer(&key);
    }
    if (g_strcmp0(last, db_rows_text(rows, 3)) != 0)
        return "does not begin and end with the keys that it says";
    return NULL;
}

/* Within a shard the pages follow each other; keys that rise all along are in one page each. */
static bool verify_keys(DbTx *tx, const JobId *id, Drift *drift, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    g_autofree char *last_key = NULL;
    int64_t shard = -1;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_VERIFY_KEYS, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        bool is_first = db_rows_int(rows, 0) != shard;
        const char *problem = find_key_problem(rows, is_first ? NULL : last_key);
        if (problem != NULL)
            report(drift, "page %d/%d: %s", (int)db_rows_int(rows, 0), (int)db_rows_int(rows, 1), problem);
        shard = db_rows_int(rows, 0);
        g_free(last_key);
        last_key = g_strdup(db_rows_text(rows, 3));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* Pages of different shards: what begins must do so behind the end of all before it. */
static bool verify_ranges(DbTx *tx, const JobId *id, Drift *drift, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    g_autofree char *end = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_VERIFY_RANGES, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        if (end != NULL && strcmp(db_rows_text(rows, 2), end) <= 0)
            report(drift, "page %d/%d: begins before the end of another page", (int)db_rows_int(rows, 0),
                (int)db_rows_int(rows, 1));
        if (end == NULL || strcmp(db_rows_text(rows, 3), end) > 0) {
            g_free(end);
            end = g_strdup(db_rows_text(rows, 3));
        }
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* All that can be told without reading keys, or an older scanner's rows: millions, which nobody changes any more. */
static bool verify_numbers(DbTx *tx, const JobId *id, Drift *drift, GError **error)
{
    TRY(verify_counters(tx, id, SQL_VERIFY_COUNTERS, drift, error));
    return verify_pages(tx, id, drift, error);
}

static char *finish_report(Drift *drift)
{
    if (drift->lines > MAX_LINES)
        g_string_append_printf(drift->text, "\nand %u more", drift->lines - MAX_LINES);
    return drift->lines > 0 ? g_strdup(drift->text->str) : NULL;
}

bool job_verify(Db *db, const JobId *id, char **ret_drift, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    Drift drift = {.text = text};

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(check_exists(tx, id, error));
    TRY(verify_numbers(tx, id, &drift, error));
    TRY(verify_counters(tx, id, SQL_VERIFY_LEGACY, &drift, error));
    TRY(verify_keys(tx, id, &drift, error));
    TRY(verify_ranges(tx, id, &drift, error));
    *ret_drift = finish_report(&drift);
    return true;
}

/* *ret_has_job false: there is none behind the position, which is the beginning again. */
static bool check_next(Db *db, JobId *position, char **ret_drift, bool *ret_has_job, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    Drift drift = {.text = text};

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_JOBS_AFTER, &rows, error,
        db_text(*position->text != '\0' ? position->text : "00000000-0000-0000-0000-000000000000"), db_int(1)));
    TRY(db_rows_next(rows, ret_has_job, error));
    if (!*ret_has_job) {
        *position = (JobId){{0}};
        return true;
    }
    TRY(job_id_parse(db_rows_text(rows, 0), position, error));
    TRY(verify_numbers(tx, position, &drift, error));
    *ret_drift = finish_report(&drift);
    return true;
}

bool jobs_reconcile_drift(Db *db, JobId *position, uint32_t max_jobs, DriftVisitor visitor, void *data, GError **error)
{
    bool has_job = true;

    for (uint32_t i = 0; i < max_jobs && has_job; i++) {
        g_autofree char *drift = NULL;
        TRY(check_next(db, position, &drift, &has_job, error));
        if (drift != NULL)
            TRY(visitor(data, position, drift, error));
    }
    return true;
}
