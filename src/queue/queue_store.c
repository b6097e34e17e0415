#include "queue/queue_store.h"

#include "base/clock.h"
#include "queue/page_exceptions.h"
#include "queue/page_json.h"
#include "queue/queue_ops.h"
#include "store/db_wake.h"

typedef struct StoreQueue {
    Queue base;
    Db *db;
} StoreQueue;

/* A page to be claimed, as it was found. */
typedef struct FoundPage {
    JobId job_id;
    int64_t shard, page_no, attempt, fence, pending, lease_expires_ms, suspect, suspect_claims;
    bool is_leased, has_exceptions_only;
    char *bucket, *options;
} FoundPage;

static void found_page_clear(FoundPage *page)
{
    g_free(page->bucket);
    g_free(page->options);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FoundPage, found_page_clear)

/* What a claim has copied out of the store, to be parsed when the writer's place is free again. */
typedef struct RawPage {
    GBytes *columns[5];
} RawPage;

static void raw_page_clear(RawPage *raw)
{
    for (size_t i = 0; i < G_N_ELEMENTS(raw->columns); i++)
        g_clear_pointer(&raw->columns[i], g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawPage, raw_page_clear)

static Db *db_of(Queue *queue)
{
    return ((StoreQueue *)queue)->db;
}

static bool copy_columns(const DbRows *rows, int first, const FoundPage *page, RawPage *ret_raw, GError **error)
{
    if (db_rows_is_null(rows, first))
        return fail(error, ERROR_CORRUPT, "store: page %s/%d/%d has a state but no objects", page->job_id.text,
            (int)page->shard, (int)page->page_no);
    for (size_t i = 0; i < G_N_ELEMENTS(ret_raw->columns); i++) {
        Bytes column = db_rows_blob(rows, first + (int)i);
        ret_raw->columns[i] = g_bytes_new(column.data, column.len);
    }
    return true;
}

static bool read_found(const DbRows *rows, FoundPage *ret_page, RawPage *ret_raw, GError **error)
{
    FoundPage page = {.shard = db_rows_int(rows, 1),
        .page_no = db_rows_int(rows, 2),
        .is_leased = g_str_equal(db_rows_text(rows, 3), "leased"),
        .has_exceptions_only = g_str_equal(db_rows_text(rows, 4), "exceptions"),
        .attempt = db_rows_int(rows, 5),
        .fence = db_rows_int(rows, 6),
        .pending = db_rows_int(rows, 7),
        .suspect = db_rows_is_null(rows, 8) ? -1 : db_rows_int(rows, 8),
        .suspect_claims = db_rows_int(rows, 9)};

    TRY(job_id_parse(db_rows_text(rows, 0), &page.job_id, error));
    TRY(copy_columns(rows, 12, &page, ret_raw, error));
    page.bucket = g_strdup(db_rows_text(rows, 10));
    page.options = g_strdup(db_rows_text(rows, 11));
    *ret_page = page;
    return true;
}

static bool query_scope(
    DbTx *tx, DbStatement statement, const ClaimScope *scope, DbRows **ret_rows, bool *ret_has_row, GError **error)
{
    TRY(DB_QUERY(tx, statement, ret_rows, error, db_text(scope->runner),
        db_text(scope->job_id != NULL ? scope->job_id->text : NULL), db_text(scope->host_runner),
        db_text(scope->rules_id)));
    return db_rows_next(*ret_rows, ret_has_row, error);
}

static bool find_with(DbTx *tx, DbStatement statement, const ClaimScope *scope, FoundPage *ret_page, RawPage *ret_raw,
    bool *ret_is_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(query_scope(tx, statement, scope, &rows, ret_is_found, error));
    return !*ret_is_found || read_found(rows, ret_page, ret_raw, error);
}

/* A page that was abandoned is soon queued again by a sweep; only who finds nothing else looks for it himself. */
static bool find(
    DbTx *tx, const ClaimScope *scope, FoundPage *ret_page, RawPage *ret_raw, bool *ret_is_found, GError **error)
{
    TRY(find_with(tx, SQL_PAGE_FIND_QUEUED, scope, ret_page, ret_raw, ret_is_found, error));
    if (*ret_is_found)
        return true;
    return find_with(tx, SQL_PAGE_FIND_EXPIRED, scope, ret_page, ret_raw, ret_is_found, error);
}

static bool store_look(Queue *queue, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db_of(queue), DB_READ, &tx, error));
    TRY(query_scope(tx, SQL_PAGES_WAITING, scope, &rows, &has_row, error));
    *ret_has_work = has_row && db_rows_int(rows, 0) != 0;
    *ret_wait_ms = !has_row || db_rows_is_null(rows, 1) ? INT64_MAX : MAX(db_rows_int(rows, 1), 0);
    return true;
}

/* Moves objects of a page between queued (positive) and processing in the job's counters. The last statement of its
 * transaction: others wait for this row. */
static bool move_to_processing(DbTx *tx, const char *job_id, uint32_t slot, int64_t objects, GError **error)
{
    return DB_EXEC_LATER(tx, SQL_COUNTERS_ADD_SLOT, error, db_text(job_id), db_int(slot), db_int(-objects),
        db_int(objects), db_int(0), db_int(0), db_int(0), db_int(0), db_int(0));
}

/* Its row is locked since it was found. */
static bool take(DbTx *tx, const FoundPage *page, const char *owner, int64_t lease_ms, GError **error)
{
    TRY(DB_EXEC_LATER(tx, SQL_PAGE_CLAIM, error, db_text(page->job_id.text), db_int(page->shard), db_int(page->page_no),
        db_int(page->fence), db_text(owner), db_int(lease_ms)));
    return page->is_leased || move_to_processing(tx, page->job_id.text, counter_slot(owner), page->pending, error);
}

static bool read_queued_ordinals(DbTx *tx, const FoundPage *page, GArray *ordinals, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_PAGE_QUEUED_ORDINALS, &rows, error, db_text(page->job_id.text), db_int(page->shard),
        db_int(page->page_no)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        uint32_t ordinal = (uint32_t)db_rows_int(rows, 0);
        g_array_append_val(ordinals, ordinal);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static Claim *claim_new(FoundPage *page, const char *owner)
{
    Claim *claim = g_new0(Claim, 1);

    claim->job_id = page->job_id;
    claim->bucket = g_steal_pointer(&page->bucket);
    claim->options = g_steal_pointer(&page->options);
    claim->owner = g_strdup(owner);
    claim->shard = (uint32_t)page->shard;
    claim->page_no = (uint32_t)page->page_no;
    claim->attempt = (uint32_t)page->attempt + 1;
    claim->fence = page->fence + 1;
    claim->is_of_exceptions = page->has_exceptions_only;
    claim->slot = counter_slot(owner);
    claim->suspect = page->suspect;
    claim->suspect_claims = (uint32_t)page->suspect_claims;
    claim->pending = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return claim;
}

/* *ret_claim NULL if somebody else was faster. */
static bool claim_in_store(
    Db *db, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, RawPage *ret_raw, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_auto(FoundPage) page = {0};
    g_autoptr(Claim) claim = NULL;
    bool is_found = false;

    TRY(db_begin(db, DB_WRITE_RELAXED, &tx, error));
    TRY(find(tx, scope, &page, ret_raw, &is_found, error));
    if (!is_found) {
        *ret_claim = NULL;
        return true;
    }
    claim = claim_new(&page, scope->owner);
    if (page.has_exceptions_only)
        TRY(read_queued_ordinals(tx, &page, claim->pending, error));
    TRY(take(tx, &page, scope->owner, lease_ms, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    for (uint32_t i = 0; !page.has_exceptions_only && i < page.pending; i++)
        g_array_append_val(claim->pending, i);
    *ret_claim = g_steal_pointer(&claim);
    return true;
}

static Bytes bytes_of(GBytes *bytes)
{
    Bytes view = {0};

    view.data = g_bytes_get_data(bytes, &view.len);
    return view;
}

static bool parse_claim(Claim *claim, const RawPage *raw, GError **error)
{
    const PageColumns columns = {.keys = bytes_of(raw->columns[0]),
        .sizes = bytes_of(raw->columns[1]),
        .etags = bytes_of(raw->columns[2]),
        .escaped = bytes_of(raw->columns[3]),
        .key_prefix = bytes_of(raw->columns[4])};
    uint32_t last = 0;

    TRY(page_parse(&columns, &claim->objects, error));
    if (claim->pending->len > 0)
        last = g_array_index(claim->pending, uint32_t, claim->pending->len - 1);
    if (claim->pending->len > claim->objects->len || (claim->pending->len > 0 && last >= claim->objects->len))
        return fail(error, ERROR_CORRUPT, "store: page %s/%u/%u has fewer objects than are pending", claim->job_id.text,
            claim->shard, claim->page_no);
    return true;
}

static bool store_claim(Queue *queue, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, GError **error)
{
    g_auto(RawPage) raw = {0};
    g_autoptr(Claim) claim = NULL;

    TRY(claim_in_store(db_of(queue), scope, lease_ms, &claim, &raw, error));
    if (claim != NULL)
        TRY(parse_claim(claim, &raw, error));
    *ret_claim = g_steal_pointer(&claim);
    return true;
}

static bool store_extend(Queue *queue, const Claim *claim, int64_t lease_ms, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(db_of(queue), DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_PAGE_EXTEND, &changed, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_int(claim->fence), db_int(lease_ms), db_text(claim->owner)));
    if (changed == 0)
        return fail_lost_lease(claim, error);
    return db_commit(g_steal_pointer(&tx), error);
}

static bool store_suspect(Queue *queue, const Claim *claim, uint32_t ordinal, SuspectMark mark, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(db_begin(db_of(queue), DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_PAGE_SUSPECT, &changed, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_int(claim->fence), db_int(ordinal), db_int(mark == SUSPECT_SCANNED ? 1 : 0),
        db_text(claim->owner)));
    if (changed == 0)
        return fail_lost_lease(claim, error);
    return db_commit(g_steal_pointer(&tx), error);
}

static bool store_finish(Queue *queue, DbTx *tx, const Claim *claim, const PageOutcome *outcome, GError **error)
{
    int64_t changed = 0;
    PageTally tally = {0};

    (void)queue;
    TRY(page_tally(claim, outcome, &tally, error));
    TRY(DB_EXEC(tx, SQL_PAGE_FINISH, &changed, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_int(claim->fence), db_int(tally.succeeded), db_int(tally.failed),
        db_int(tally.skipped), db_int((int64_t)outcome->findings), db_int((int64_t)outcome->bytes_done),
        db_text(claim->owner)));
    if (changed == 0)
        return fail_lost_lease(claim, error);
    TRY(page_exceptions_put(tx, claim, outcome->exceptions, error));
    return DB_EXEC_LATER(tx, SQL_COUNTERS_ADD_SLOT, error, db_text(claim->job_id.text), db_int(claim->slot), db_int(0),
        db_int(-tally.pending), db_int(tally.succeeded), db_int(tally.failed), db_int(tally.skipped),
        db_int((int64_t)outcome->bytes_done), db_int((int64_t)outcome->findings));
}

/* The commit has settled it. */
static bool store_settle(G_GNUC_UNUSED Queue *queue, G_GNUC_UNUSED const Claim *claim, G_GNUC_UNUSED GError **error)
{
    return true;
}

static bool store_is_finished(Queue *queue, const Claim *claim, bool *ret_is_finished, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;

    TRY(db_begin(db_of(queue), DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_PAGE_IS_FINISHED, &rows, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_int(claim->fence)));
    return db_rows_next(rows, ret_is_finished, error);
}

static bool store_release(Queue *queue, const Claim *claim, int64_t delay_ms, GError **error)
{
    int64_t changed = 0;
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db_of(queue), DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_PAGE_REQUEUE, &changed, error, db_text(claim->job_id.text), db_int(claim->shard),
        db_int(claim->page_no), db_int(claim->fence), db_int(delay_ms), db_int(1), db_null(), db_text(claim->owner)));
    if (changed == 0)
        return fail_lost_lease(claim, error);
    TRY(move_to_processing(tx, claim->job_id.text, claim->slot, -(int64_t)claim->pending->len, error));
    /* Counters before jobs, as everywhere: whoever locks the other way round waits for us, and we for him. */
    if (delay_ms > 0)
        TRY(DB_EXEC(tx, SQL_PAGE_JOB_RESTS, NULL, error, db_text(claim->job_id.text), db_int(delay_ms)));
    TRY(db_notify(tx, DB_CHANNEL_PAGES, error));
    return db_commit(g_steal_pointer(&tx), error);
}

/* The rows of pages_leased whose lease is over: FoundPage, with only what a requeue needs. */
static bool find_abandoned(Db *db, GArray *pages, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(db_query(tx, SQL_PAGES_LEASED, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        FoundPage page = {.shard = db_rows_int(rows, 1),
            .page_no = db_rows_int(rows, 2),
            .fence = db_rows_int(rows, 3),
            .pending = db_rows_int(rows, 4),
            .lease_expires_ms = db_rows_int(rows, 6)};
        TRY(job_id_parse(db_rows_text(rows, 0), &page.job_id, error));
        if (lease_is_over(db_rows_text(rows, 5), page.lease_expires_ms, db_rows_int(rows, 7)))
            g_array_append_val(pages, page);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool requeue_abandoned(DbTx *tx, const FoundPage *page, uint32_t *pages, GError **error)
{
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_PAGE_REQUEUE, &changed, error, db_text(page->job_id.text), db_int(page->shard),
        db_int(page->page_no), db_int(page->fence), db_int(0), db_int(0), db_int(page->lease_expires_ms), db_null()));
    if (changed == 0)
        return true;
    (*pages)++;
    return move_to_processing(tx, page->job_id.text, 0, -page->pending, error);
}

static bool store_sweep(Queue *queue, uint32_t *ret_pages, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(FoundPage));
    g_autoptr(DbTx) tx = NULL;
    uint32_t pages = 0;

    TRY(find_abandoned(db_of(queue), found, error));
    if (found->len > 0)
        TRY(db_begin(db_of(queue), DB_WRITE, &tx, error));
    for (guint i = 0; i < found->len; i++)
        TRY(requeue_abandoned(tx, &g_array_index(found, FoundPage, i), &pages, error));
    if (pages > 0)
        TRY(db_notify(tx, DB_CHANNEL_PAGES, error));
    if (tx != NULL)
        TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_pages = pages;
    return true;
}

static void store_close(Queue *queue)
{
    g_free(queue);
}

static const QueueOps store_ops = {
    .name = "store",
    .look = store_look,
    .claim = store_claim,
    .extend = store_extend,
    .suspect = store_suspect,
    .finish = store_finish,
    .settle = store_settle,
    .is_finished = store_is_finished,
    .release = store_release,
    .sweep = store_sweep,
    .close = store_close,
};

Queue *queue_store_open(Db *db)
{
    StoreQueue *queue = g_new0(StoreQueue, 1);

    queue->base.ops = &store_ops;
    queue->db = db;
    return &queue->base;
}
