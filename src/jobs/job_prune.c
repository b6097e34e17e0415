/* Old jobs: hidden at once, freed little by little. */
#include "base/clock.h"
#include "jobs/jobs_internal.h"

enum { PRUNE_CHUNK = 100 };

#define NIL_ID "00000000-0000-0000-0000-000000000000"

typedef struct PruneWalk {
    int64_t before_ms;
    JobPosition position;
    bool is_end;
} PruneWalk;

static bool is_old(const JobStatus *status, int64_t before_ms)
{
    return job_status_is_over(status) && status->updated_ms < before_ms;
}

/* The next jobs that are old and over, as they look now. */
static bool find_old(Db *db, PruneWalk *walk, GArray *ids, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;
    int seen = 0;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_PRUNE_CANDIDATES, &rows, error, db_int(walk->position.created_ms),
        db_text(walk->position.id.text), db_int(walk->before_ms), db_int(PRUNE_CHUNK)));
    TRY(db_rows_next(rows, &has_row, error));
    for (; has_row; seen++) {
        g_auto(JobStatus) status = {0};
        TRY(job_id_parse(db_rows_text(rows, 0), &walk->position.id, error));
        walk->position.created_ms = db_rows_int(rows, 1);
        TRY(job_status_read(tx, &walk->position.id, JOB_REAL_TIME, &status, NULL, error));
        if (is_old(&status, walk->before_ms))
            g_array_append_val(ids, walk->position.id);
        TRY(db_rows_next(rows, &has_row, error));
    }
    walk->is_end = seen < PRUNE_CHUNK;
    return true;
}

/* Looks again, where nobody can change its state: a retry may have been faster. */
static bool hide(Db *db, const JobId *id, int64_t before_ms, bool *ret_is_hidden, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(GError) gone = NULL;
    g_auto(JobStatus) status = {0};
    int64_t changed = 0;

    *ret_is_hidden = false;
    TRY(job_begin(db, id, &tx, error));
    if (!job_status_read(tx, id, JOB_REAL_TIME, &status, NULL, &gone)) {
        if (error_is(gone, ERROR_NOT_FOUND))
            return true;
        g_propagate_error(error, g_steal_pointer(&gone));
        return false;
    }
    if (!is_old(&status, before_ms))
        return true;
    /* A job that failed may still have workers: what they finish would be nobody's. */
    TRY(job_drop_pages(tx, id, error));
    TRY(DB_EXEC(tx, SQL_JOB_HIDE, &changed, error, db_text(id->text), db_int(clock_now_ms())));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_is_hidden = changed == 1;
    return true;
}

static bool hide_all(Db *db, const GArray *ids, int64_t before_ms, uint64_t *jobs, GError **error)
{
    for (guint i = 0; i < ids->len; i++) {
        bool is_hidden = false;
        TRY(hide(db, &g_array_index(ids, JobId, i), before_ms, &is_hidden, error));
        *jobs += is_hidden;
    }
    return true;
}

static PruneWalk walk_begin(int64_t before_ms)
{
    PruneWalk walk = {.before_ms = MAX(before_ms, 0)};

    g_strlcpy(walk.position.id.text, NIL_ID, sizeof walk.position.id.text);
    return walk;
}

bool jobs_prune(Db *db, int64_t before_ms, uint64_t *ret_jobs, GError **error)
{
    PruneWalk walk = walk_begin(before_ms);
    uint64_t jobs = 0;

    while (!walk.is_end) {
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(JobId));
        TRY(find_old(db, &walk, ids, error));
        TRY(hide_all(db, ids, before_ms, &jobs, error));
    }
    *ret_jobs = jobs;
    return true;
}

bool jobs_prune_count(Db *db, int64_t before_ms, uint64_t *ret_jobs, GError **error)
{
    PruneWalk walk = walk_begin(before_ms);
    uint64_t jobs = 0;

    while (!walk.is_end) {
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(JobId));
        TRY(find_old(db, &walk, ids, error));
        jobs += ids->len;
    }
    *ret_jobs = jobs;
    return true;
}

/* In this order, so that what is left says what there is still to do: many rows first, and the job itself last. A page
 * holds a thousand objects and counts for as many rows as it is large. */
static const struct {
    DbStatement statement;
    uint32_t weight;
} many_rows[] = {
    {SQL_FREE_FINDINGS, 1},
    {SQL_FREE_EXCEPTIONS, 1},
    {SQL_FREE_SUPPRESSIONS, 1},
    {SQL_FREE_LEGACY_FINDINGS, 1},
    {SQL_FREE_LEGACY, 1},
    {SQL_FREE_EVENTS, 1},
    {SQL_FREE_STATES, 1},
    {SQL_FREE_PAGES, 20},
};

static const DbStatement last_rows[] = {SQL_FREE_TOKENS, SQL_FREE_EXECUTIONS, SQL_FREE_EXECUTION_INDEX, SQL_FREE_CHAIN,
    SQL_FREE_SHARDS, SQL_FREE_COUNTERS, SQL_FREE_FAILURES, SQL_FREE_SPEED, SQL_FREE_EXCLUDED, SQL_FREE_SNAPSHOT,
    SQL_FREE_LEGACY_JOB, SQL_FREE_JOB};

/* *left: of what may be deleted in this transaction; 0 when there is more. */
static bool free_many(DbTx *tx, const JobId *id, int64_t *left, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(many_rows) && *left > 0; i++) {
        int64_t limit = MAX(*left / many_rows[i].weight, 1), changed = 0;
        TRY(DB_EXEC(tx, many_rows[i].statement, &changed, error, db_text(id->text), db_int(limit)));
        *left = changed >= limit ? 0 : *left - changed * many_rows[i].weight;
    }
    return true;
}

static bool free_rest(DbTx *tx, const JobId *id, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(last_rows); i++)
        TRY(DB_EXEC(tx, last_rows[i], NULL, error, db_text(id->text)));
    return true;
}

static bool find_hidden(DbTx *tx, JobId *ret_id, bool *ret_is_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(db_query(tx, SQL_FREE_NEXT, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, ret_is_found, error));
    return !*ret_is_found || job_id_parse(db_rows_text(rows, 0), ret_id, error);
}

static bool has_hidden(Db *db, JobId *ret_id, bool *ret_is_found, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return find_hidden(tx, ret_id, ret_is_found, error);
}

bool jobs_free_deleted(Db *db, uint32_t max_rows, bool *ret_has_more, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t left = MAX(max_rows, 1);
    JobId id = {{0}};
    bool is_found = false;

    TRY(has_hidden(db, &id, &is_found, error));
    if (!is_found) {
        *ret_has_more = false;
        return true;
    }
    TRY(job_begin(db, &id, &tx, error));
    TRY(free_many(tx, &id, &left, error));
    if (left > 0)
        TRY(free_rest(tx, &id, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    if (left <= 0)
        *ret_has_more = true;
    else
        TRY(has_hidden(db, &id, ret_has_more, error));
    return true;
}
