/* Jobs, newest first. A status is derived and cannot be asked for in SQL, so jobs are looked at in chunks; each is a
 * few rows, at any number of objects. */
#include "jobs/jobs_internal.h"

enum { VISIT_CHUNK = 100 };

/* The end of all times, as late as both engines know one: 9999-12-31T23:59:59Z. */
#define LATEST_MS INT64_C(253402300799000)
#define NIL_ID    "00000000-0000-0000-0000-000000000000"

typedef struct Walk {
    const JobQuery *query;
    JobVisitor visitor;
    void *data;
    JobPosition position; /* behind this one */
    uint32_t left, looks_left;
    bool is_end;
} Walk;

static GArray *statuses_new(void)
{
    GArray *statuses = g_array_new(FALSE, FALSE, sizeof(JobStatus));

    g_array_set_clear_func(statuses, (GDestroyNotify)job_status_clear);
    return statuses;
}

static bool read_ids(DbTx *tx, const Walk *walk, GArray *ids, GError **error)
{
    const JobQuery *query = walk->query;
    g_autoptr(DbRows) rows = NULL;
    int64_t to_ms = query->to_ms > 0 ? MIN(query->to_ms, LATEST_MS) : LATEST_MS;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOBS_PAGE, &rows, error, db_int(walk->position.created_ms), db_text(walk->position.id.text),
        db_text(query->bucket != NULL ? query->bucket : ""), db_int(MIN(VISIT_CHUNK, walk->looks_left)),
        db_int(CLAMP(query->from_ms, 0, LATEST_MS)), db_int(to_ms)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        JobId id;
        TRY(job_id_parse(db_rows_text(rows, 0), &id, error));
        g_array_append_val(ids, id);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* Statuses of the next jobs, read together; none when there are no more. */
static bool read_chunk(Db *db, const Walk *walk, GArray *statuses, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(JobId));
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(read_ids(tx, walk, ids, error));
    for (guint i = 0; i < ids->len; i++) {
        JobStatus status = {0};
        TRY(job_status_read(tx, &g_array_index(ids, JobId, i), JOB_REAL_TIME, &status, NULL, error));
        g_array_append_val(statuses, status);
    }
    return true;
}

/* Outside of any transaction, so that a visitor may use the store. */
static bool visit_chunk(Walk *walk, const GArray *statuses, GError **error)
{
    for (guint i = 0; i < statuses->len && walk->left > 0; i++) {
        const JobStatus *status = &g_array_index(statuses, JobStatus, i);
        walk->position = (JobPosition){.created_ms = status->created_ms, .id = status->job_id};
        walk->looks_left--;
        if (walk->query->status != NULL && !g_str_equal(walk->query->status, status->status))
            continue;
        TRY(walk->visitor(walk->data, status, error));
        walk->left--;
    }
    return true;
}

static bool walk_on(Db *db, Walk *walk, GError **error)
{
    while (walk->left > 0 && walk->looks_left > 0 && !walk->is_end) {
        g_autoptr(GArray) statuses = statuses_new();
        uint32_t asked = MIN(VISIT_CHUNK, walk->looks_left);
        TRY(read_chunk(db, walk, statuses, error));
        TRY(visit_chunk(walk, statuses, error));
        walk->is_end = statuses->len < asked && (statuses->len == 0 || walk->left > 0);
    }
    return true;
}

static Walk walk_begin(const JobQuery *query, JobVisitor visitor, void *data)
{
    Walk walk = {.query = query,
        .visitor = visitor,
        .data = data,
        .position = {.created_ms = query->before_created_ms > 0 ? query->before_created_ms : LATEST_MS},
        .left = query->limit > 0 ? query->limit : UINT32_MAX,
        .looks_left = UINT32_MAX};

    g_strlcpy(walk.position.id.text, query->before_id != NULL && *query->before_id != '\0' ? query->before_id : NIL_ID,
        sizeof walk.position.id.text);
    return walk;
}

bool jobs_visit(Db *db, const JobQuery *query, JobVisitor visitor, void *data, GError **error)
{
    Walk walk = walk_begin(query, visitor, data);

    return walk_on(db, &walk, error);
}

bool jobs_visit_page(
    Db *db, const JobQuery *query, JobVisitor visitor, void *data, JobPosition *ret_next, GError **error)
{
    Walk walk = walk_begin(query, visitor, data);

    walk.looks_left = JOBS_LOOK_MAX;
    TRY(walk_on(db, &walk, error));
    *ret_next = walk.is_end ? (JobPosition){0} : walk.position;
    return true;
}
