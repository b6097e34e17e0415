/* The objects of a job, one by one, though only pages and exceptions are stored. */
#include "jobs/jobs_internal.h"
#include "jobs/listing_place.h"
#include "queue/page_json.h"

#include <string.h>

/* So many page states are looked at by one call, whatever they are; each is a narrow row. */
enum { PAGES_LOOK_MAX = 2000, PAGES_CHUNK = 100, EXCEPTIONS_CHUNK = 1000 };

typedef struct PageState {
    int64_t shard, page_no, pending, succeeded, updated_ms;
    bool is_leased, is_done, has_exceptions_only;
} PageState;

typedef struct ObjectWalk {
    DbTx *tx;
    const JobId *id;
    const char *status; /* NULL: all */
    ObjectVisitor visitor;
    void *data;
    ListingPlace place; /* the last object that was looked at */
    uint32_t left, pages_left;
    bool is_end;
} ObjectWalk;

typedef struct Exception {
    char *status, *error_code, *error_message;
    uint32_t attempts;
    int64_t updated_ms;
} Exception;

static void exception_free(gpointer data)
{
    Exception *exception = data;

    g_free(exception->status);
    g_free(exception->error_code);
    g_free(exception->error_message);
    g_free(exception);
}

static bool read_objects(
    DbTx *tx, const JobId *id, int64_t shard, int64_t page_no, GArray **ret_objects, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_PAGE_OBJECTS, &rows, error, db_text(id->text), db_int(shard), db_int(page_no)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_CORRUPT, "store: page %s/%d/%d has a state but no objects", id->text, (int)shard,
            (int)page_no);
    const PageColumns columns = {db_rows_blob(rows, 0), db_rows_blob(rows, 1), db_rows_blob(rows, 2),
        db_rows_blob(rows, 3), db_rows_blob(rows, 4), db_rows_blob(rows, 5)};
    return page_parse(&columns, ret_objects, error);
}

static Exception *read_exception(const DbRows *rows, int first)
{
    Exception *exception = g_new0(Exception, 1);

    exception->status = g_strdup(db_rows_text(rows, first));
    exception->error_code = g_strdup(db_rows_text(rows, first + 1));
    exception->error_message = g_strdup(db_rows_text(rows, first + 2));
    exception->attempts = (uint32_t)db_rows_int(rows, first + 3);
    exception->updated_ms = db_rows_int(rows, first + 4);
    return exception;
}

/* Exceptions of a page by ordinal. */
static bool read_exceptions(DbTx *tx, const JobId *id, const PageState *page, GHashTable *exceptions, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(
        tx, SQL_JOB_PAGE_EXCEPTIONS, &rows, error, db_text(id->text), db_int(page->shard), db_int(page->page_no)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        g_hash_table_insert(exceptions, GINT_TO_POINTER((int)db_rows_int(rows, 0)), read_exception(rows, 1));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* The rule of the view job_objects. */
static const char *status_of(const PageState *page, const Exception *exception)
{
    bool is_queued_again = exception != NULL && g_str_equal(exception->status, "queued");

    if (exception != NULL && !(is_queued_again && page->is_leased))
        return exception->status;
    if (page->is_leased && (!page->has_exceptions_only || is_queued_again))
        return "processing";
    return page->is_done || page->has_exceptions_only ? "succeeded" : "queued";
}

static JobObject make_object(const PageState *page, const ObjectEntry *entry, const Exception *exception)
{
    return (JobObject){.key = entry->key,
        .is_escaped = entry->is_escaped,
        .status = status_of(page, exception),
        .size_bytes = entry->size_bytes,
        .etag = entry->etag,
        .error_code = exception != NULL ? exception->error_code : NULL,
        .error_message = exception != NULL ? exception->error_message : NULL,
        .attempts = exception != NULL ? exception->attempts : 0,
        .updated_ms = exception != NULL ? exception->updated_ms : page->updated_ms};
}

static GHashTable *exceptions_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, exception_free);
}

static bool visit_page(ObjectWalk *walk, const PageState *page, int64_t after_ordinal, GError **error)
{
    g_autoptr(GArray) entries = NULL;
    g_autoptr(GHashTable) exceptions = exceptions_new();

    TRY(read_objects(walk->tx, walk->id, page->shard, page->page_no, &entries, error));
    TRY(read_exceptions(walk->tx, walk->id, page, exceptions, error));
    for (guint i = (guint)(after_ordinal + 1); i < entries->len && walk->left > 0; i++) {
        const Exception *exception = g_hash_table_lookup(exceptions, GINT_TO_POINTER((int)i));
        const JobObject object = make_object(page, object_entries_at(entries, i), exception);
        walk->place = (ListingPlace){page->shard, page->page_no, i};
        if (walk->status != NULL && !g_str_equal(walk->status, object.status))
            continue;
        TRY(walk->visitor(walk->data, &object, error));
        walk->left--;
    }
    return true;
}

/* Whether a page can have objects of the status at all: most need not be read. */
static bool is_wanted(const ObjectWalk *walk, const PageState *page)
{
    if (walk->status == NULL)
        return true;
    if (g_str_equal(walk->status, "succeeded"))
        return page->succeeded > 0;
    return page->pending > 0 && page->is_leased == g_str_equal(walk->status, "processing");
}

static PageState read_state(const DbRows *rows)
{
    const char *state = db_rows_text(rows, 2);

    return (PageState){.shard = db_rows_int(rows, 0),
        .page_no = db_rows_int(rows, 1),
        .is_leased = g_str_equal(state, "leased"),
        .is_done = g_str_equal(state, "done"),
        .has_exceptions_only = g_str_equal(db_rows_text(rows, 3), "exceptions"),
        .pending = db_rows_int(rows, 4),
        .succeeded = db_rows_int(rows, 5),
        .updated_ms = db_rows_int(rows, 6)};
}

/* The next page states, from the page of the place on. */
static bool read_states(ObjectWalk *walk, GArray *states, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(walk->tx, SQL_JOB_PAGE_STATES, &rows, error, db_text(walk->id->text), db_int(walk->place.shard),
        db_int(walk->place.page_no), db_int(PAGES_CHUNK)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        PageState state = read_state(rows);
        g_array_append_val(states, state);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

/* The page of the place comes again, since its other objects are still to be seen; further ones begin anew. */
static bool visit_states(ObjectWalk *walk, const GArray *states, GError **error)
{
    for (guint i = 0; i < states->len && walk->left > 0; i++) {
        const PageState *page = &g_array_index(states, PageState, i);
        bool is_same = page->shard == walk->place.shard && page->page_no == walk->place.page_no;
        if (is_wanted(walk, page))
            TRY(visit_page(walk, page, is_same ? walk->place.ordinal : -1, error));
        if (walk->left > 0)
            walk->place = (ListingPlace){page->shard, page->page_no, INT32_MAX};
    }
    return true;
}

static bool walk_pages(ObjectWalk *walk, GError **error)
{
    while (walk->left > 0 && walk->pages_left > 0 && !walk->is_end) {
        g_autoptr(GArray) states = g_array_new(FALSE, FALSE, sizeof(PageState));
        TRY(read_states(walk, states, error));
        TRY(visit_states(walk, states, error));
        walk->pages_left -= MIN(walk->pages_left, (uint32_t)PAGES_CHUNK);
        walk->is_end = states->len < PAGES_CHUNK && walk->left > 0;
    }
    return true;
}

/* The row of an exception with what its page says of the object. */
typedef struct ExceptionRow {
    ListingPlace place;
    Exception *exception;
} ExceptionRow;

static void exception_row_clear(gpointer data)
{
    exception_free(((ExceptionRow *)data)->exception);
}

static bool read_exception_rows(const ObjectWalk *walk, GArray *found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(walk->tx, SQL_JOB_EXCEPTIONS, &rows, error, db_text(walk->id->text), db_text(walk->status),
        db_int(walk->place.shard), db_int(walk->place.page_no), db_int(walk->place.ordinal),
        db_int(MIN(walk->left, EXCEPTIONS_CHUNK))));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        ExceptionRow row = {.place = {db_rows_int(rows, 0), db_rows_int(rows, 1), db_rows_int(rows, 2)},
            .exception = read_exception(rows, 3)};
        g_array_append_val(found, row);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}

static bool visit_exception(ObjectWalk *walk, const ExceptionRow *row, const GArray *entries, GError **error)
{
    static const PageState no_page = {0};

    if (row->place.ordinal >= entries->len)
        return fail(error, ERROR_CORRUPT, "store: page %s/%d/%d has no object %d", walk->id->text,
            (int)row->place.shard, (int)row->place.page_no, (int)row->place.ordinal);
    const JobObject object =
        make_object(&no_page, object_entries_at(entries, (size_t)row->place.ordinal), row->exception);
    TRY(walk->visitor(walk->data, &object, error));
    walk->place = row->place;
    walk->left--;
    return true;
}

/* Failed and skipped objects have an index of their own; each page is read once for them. */
static bool walk_exceptions(ObjectWalk *walk, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ExceptionRow));
    g_autoptr(GArray) entries = NULL;
    uint32_t asked = MIN(walk->left, EXCEPTIONS_CHUNK);
    ListingPlace page = {-1, -1, -1};

    g_array_set_clear_func(found, exception_row_clear);
    TRY(read_exception_rows(walk, found, error));
    for (guint i = 0; i < found->len; i++) {
        const ExceptionRow *row = &g_array_index(found, ExceptionRow, i);
        if (entries == NULL || row->place.shard != page.shard || row->place.page_no != page.page_no) {
            g_clear_pointer(&entries, g_array_unref);
            TRY(read_objects(walk->tx, walk->id, row->place.shard, row->place.page_no, &entries, error));
            page = row->place;
        }
        TRY(visit_exception(walk, row, entries, error));
    }
    walk->is_end = found->len < asked;
    return true;
}

static bool read_mode(DbTx *tx, const JobId *id, bool *ret_is_legacy, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_JOB_MODE, &rows, error, db_text(id->text)));
    TRY(db_rows_next(rows, &has_row, error));
    if (!has_row)
        return fail(error, ERROR_NOT_FOUND, "job %s: there is no such job", id->text);
    *ret_is_legacy = g_str_equal(db_rows_text(rows, 0), "legacy");
    return true;
}

static bool check_status(const char *status, GError **error)
{
    static const char *const known[] = {"queued", "processing", "succeeded", "failed", "skipped", NULL};

    if (status != NULL && !g_strv_contains(known, status))
        return fail(error, ERROR_INVALID,
            "status: expected queued, processing, succeeded, failed or skipped, got '%.64s'", status);
    return true;
}

/* A place in the older table stands where the place of an object stands: block and row, without an ordinal. */
static bool walk_legacy(ObjectWalk *walk, const ObjectQuery *query, GError **error)
{
    LegacyPlace place = {walk->place.shard, walk->place.page_no};

    TRY(job_legacy_objects_visit(walk->tx, walk->id, query, walk->visitor, walk->data, &place, &walk->is_end, error));
    walk->place = (ListingPlace){place.block, place.row, 0};
    return true;
}

bool job_objects_visit(Db *db, const JobId *id, const ObjectQuery *query, ObjectVisitor visitor, void *data,
    ObjectPosition *ret_next, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    bool is_of_exceptions = g_strcmp0(query->status, "failed") == 0 || g_strcmp0(query->status, "skipped") == 0;
    ObjectWalk walk = {.id = id,
        .status = query->status,
        .visitor = visitor,
        .data = data,
        .left = query->limit > 0 ? query->limit : UINT32_MAX,
        .pages_left = PAGES_LOOK_MAX};

    bool is_legacy = false;

    TRY(check_status(query->status, error));
    TRY(listing_place_parse(&query->after, &walk.place, error));
    TRY(db_begin(db, DB_READ, &tx, error));
    walk.tx = tx;
    TRY(read_mode(tx, id, &is_legacy, error));
    if (is_legacy)
        TRY(walk_legacy(&walk, query, error));
    else if (is_of_exceptions)
        TRY(walk_exceptions(&walk, error));
    else
        TRY(walk_pages(&walk, error));
    if (ret_next != NULL && walk.is_end)
        *ret_next = (ObjectPosition){0};
    else if (ret_next != NULL)
        listing_place_format(&walk.place, ret_next);
    return true;
}

static bool find_ordinal(const GArray *entries, const char *key, guint *ret_ordinal)
{
    for (guint i = 0; i < entries->len; i++)
        if (g_str_equal(object_entries_at(entries, i)->key, key)) {
            *ret_ordinal = i;
            return true;
        }
    return false;
}

/* Visits the object if it is in this page. */
static bool find_in_page(ObjectWalk *walk, const PageState *page, const char *key, bool *ret_is_found, GError **error)
{
    g_autoptr(GArray) entries = NULL;
    g_autoptr(GHashTable) exceptions = exceptions_new();
    guint ordinal = 0;

    TRY(read_objects(walk->tx, walk->id, page->shard, page->page_no, &entries, error));
    *ret_is_found = find_ordinal(entries, key, &ordinal);
    if (!*ret_is_found)
        return true;
    TRY(read_exceptions(walk->tx, walk->id, page, exceptions, error));
    const Exception *exception = g_hash_table_lookup(exceptions, GINT_TO_POINTER((int)ordinal));
    const JobObject object = make_object(page, object_entries_at(entries, ordinal), exception);
    return walk->visitor(walk->data, &object, error);
}

bool job_object_find(
    Db *db, const JobId *id, const char *key, ObjectVisitor visitor, void *data, bool *ret_is_found, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false, is_legacy = false;

    *ret_is_found = false;
    TRY(db_begin(db, DB_READ, &tx, error));
    TRY(read_mode(tx, id, &is_legacy, error));
    if (is_legacy)
        return job_legacy_object_find(tx, id, key, visitor, data, ret_is_found, error);
    ObjectWalk walk = {.tx = tx, .id = id, .visitor = visitor, .data = data};
    TRY(DB_QUERY(tx, SQL_JOB_PAGES_OF_KEY, &rows, error, db_text(id->text), db_text(key)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row && !*ret_is_found) {
        PageState page = read_state(rows);
        TRY(find_in_page(&walk, &page, key, ret_is_found, error));
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}
