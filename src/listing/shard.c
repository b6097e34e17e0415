#include "listing/shard.h"

#include "base/clock.h"
#include "store/db_wake.h"

enum { FIRST_SHARD = 0 };

/* What a step adds to the job's counters. */
typedef struct StepSums {
    uint64_t objects, bytes;
} StepSums;

void shard_clear(Shard *shard)
{
    g_free(shard->lo);
    g_free(shard->hi);
    g_free(shard->cursor);
    g_free(shard->hint);
    *shard = (Shard){0};
}

void shard_step_init(ShardStep *step, const Shard *shard)
{
    uint32_t small = shard->next_page < LISTING_FIRST_PAGES ? LISTING_FIRST_PAGES - shard->next_page : 0;

    *step = (ShardStep){.cursor = g_strdup(shard->cursor), .hint = g_strdup(shard->hint)};
    page_builder_init(&step->pages, small);
}

void shard_step_clear(ShardStep *step)
{
    page_builder_clear(&step->pages);
    g_clear_pointer(&step->cursor, g_free);
    g_clear_pointer(&step->hint, g_free);
}

static bool read_row(DbTx *tx, const JobId *job_id, Shard *ret_shard, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_SHARD_READ, &rows, error, db_text(job_id->text), db_int(FIRST_SHARD)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "job %s has no listing", job_id->text);
    *ret_shard = (Shard){
        .job_id = *job_id,
        .shard = FIRST_SHARD,
        .lo = g_strdup(db_rows_text(rows, 0)),
        .hi = g_strdup(db_rows_text(rows, 1)),
        .cursor = g_strdup(db_rows_text(rows, 2)),
        .hint = g_strdup(db_rows_text(rows, 3)),
        .next_page = (uint32_t)db_rows_int(rows, 4),
        .is_done = g_str_equal(db_rows_text(rows, 5), "done"),
        .fence = db_rows_int(rows, 6),
    };
    return true;
}

static bool read_total(DbTx *tx, const JobId *job_id, uint64_t *ret_total, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_LISTING_TOTAL, &rows, error, db_text(job_id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_total = has_row ? (uint64_t)db_rows_int(rows, 0) : 0;
    return true;
}

bool shard_read(Db *db, const JobId *job_id, Shard *ret_shard, uint64_t *ret_total, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(Shard) shard = {0};

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(read_row(tx, job_id, &shard, error));
    TRY(read_total(tx, job_id, ret_total, error));
    *ret_shard = shard;
    shard = (Shard){0};
    return true;
}

/* First of all, so that two that started at the same place write one after the other and only one of them. */
static bool move_cursor(
    DbTx *tx, const Shard *shard, const ShardStep *step, int64_t now_ms, bool *ret_moved, GError **error)
{
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_SHARD_ADVANCE, &changed, error, db_text(shard->job_id.text), db_int(shard->shard),
        db_text(step->cursor), db_text(step->is_last ? NULL : step->hint),
        db_int(shard->next_page + step->pages.pages->len), db_text(step->is_last ? "done" : "listing"), db_int(now_ms),
        db_text(shard->cursor), db_int(shard->next_page), db_text(shard->hint), db_text(shard->hi),
        db_int(shard->fence)));
    *ret_moved = changed == 1;
    return true;
}

static DbValue texts(const GString *json)
{
    return db_json_texts(json->str, json->len);
}

static DbValue ints(const GString *json)
{
    return db_json_ints(json->str, json->len);
}

static bool insert_page(
    DbTx *tx, const Shard *shard, uint32_t page_no, const PageDraft *page, int64_t now_ms, GError **error)
{
    DbValue job_id = db_text(shard->job_id.text);
    DbValue shard_no = db_int(shard->shard);

    TRY(DB_EXEC_LATER(tx, SQL_PAGE_INSERT, error, job_id, shard_no, db_int(page_no), db_text(page->first_key),
        db_text(page->last_key), db_int(page->object_count), db_int((int64_t)page->byte_count), texts(page->keys),
        ints(page->sizes), texts(page->etags), ints(page->modified),
        db_text(page->escaped != NULL ? page->escaped->str : NULL), db_text_len(page->first_key, page->prefix_len)));
    return DB_EXEC_LATER(tx, SQL_PAGE_STATE_INSERT, error, job_id, shard_no, db_int(page_no),
        db_int(page->object_count), db_int(now_ms));
}

static bool insert_pages(
    DbTx *tx, const Shard *shard, const ShardStep *step, int64_t now_ms, StepSums *sums, GError **error)
{
    for (guint i = 0; i < step->pages.pages->len; i++) {
        const PageDraft *page = page_builder_at(&step->pages, i);
        TRY(insert_page(tx, shard, shard->next_page + i, page, now_ms, error));
        sums->objects += page->object_count;
        sums->bytes += page->byte_count;
    }
    return true;
}

static bool insert_excluded(DbTx *tx, const Shard *shard, const ShardStep *step, GError **error)
{
    for (int i = EXCLUSION_NONE + 1; i < EXCLUSION_COUNT; i++) {
        const ExcludedCount *count = &step->excluded[i];
        if (count->objects == 0)
            continue;
        TRY(DB_EXEC_LATER(tx, SQL_LISTING_EXCLUDE, error, db_text(shard->job_id.text),
            db_text(exclusion_name((Exclusion)i)), db_int((int64_t)count->objects), db_int((int64_t)count->bytes)));
    }
    return true;
}

static bool write_step(DbTx *tx, const Shard *shard, const ShardStep *step, int64_t now_ms, GError **error)
{
    StepSums sums = {0};

    TRY(insert_pages(tx, shard, step, now_ms, &sums, error));
    TRY(insert_excluded(tx, shard, step, error));
    TRY(DB_EXEC_LATER(tx, SQL_LISTING_COUNT, error, db_text(shard->job_id.text), db_int((int64_t)sums.objects),
        db_int((int64_t)sums.bytes), db_int(step->pages.pages->len), db_int(now_ms)));
    if (step->is_last)
        TRY(DB_EXEC_LATER(tx, SQL_LISTING_ENDED, error, db_text(shard->job_id.text)));
    return true;
}

static void follow(Shard *shard, ShardStep *step)
{
    g_free(shard->cursor);
    g_free(shard->hint);
    shard->cursor = g_strdup(step->cursor);
    shard->hint = step->is_last ? NULL : g_strdup(step->hint);
    shard->next_page += step->pages.pages->len;
    shard->is_done = step->is_last;
}

bool shard_advance(Db *db, Shard *shard, ShardStep *step, bool *ret_stored, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t now_ms = clock_now_ms();

    page_builder_finish(&step->pages);
    /* A crash of the server that undoes a step undoes all that came after it, and it is listed again: only the end of
     * the listing has to be on disk before anybody is told. */
    TRY(db_begin(db, step->is_last ? DB_WRITE : DB_WRITE_RELAXED, &tx, error));
    TRY(move_cursor(tx, shard, step, now_ms, ret_stored, error));
    if (!*ret_stored)
        return true;
    TRY(write_step(tx, shard, step, now_ms, error));
    if (step->pages.pages->len > 0)
        TRY(db_notify(tx, DB_CHANNEL_PAGES, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    follow(shard, step);
    return true;
}
