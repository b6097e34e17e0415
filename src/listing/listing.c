#include "listing/listing.h"

#include "listing/shard.h"

#include <string.h>

/* So many listings without a single key (deleted versions, folders) are stored as progress of the hint alone. */
enum { EMPTY_LISTINGS_MAX = 100 };

void batch_result_clear(BatchResult *result)
{
    g_clear_pointer(&result->continuation_token, g_free);
}

/* A page's columns are JSON, which only holds UTF-8, and keys must ascend, or a cursor would lose some. */
static bool check_entry(const char *before, const ObjectEntry *entry, GError **error)
{
    if (strcmp(entry->key, before) <= 0)
        return fail(error, ERROR_PROTOCOL, "listing is not in order: '%s' comes after '%s'", entry->key, before);
    if (!g_utf8_validate(entry->key, -1, NULL) || (entry->etag != NULL && !g_utf8_validate(entry->etag, -1, NULL)))
        return fail(error, ERROR_PROTOCOL, "listing holds a key or an ETag that is not UTF-8, after '%s'", before);
    return true;
}

static void set_cursor(ShardStep *step, const char *key, const char *hint)
{
    char *cursor = g_strdup(key);
    char *new_hint = g_strdup(hint);

    g_free(step->cursor);
    g_free(step->hint);
    step->cursor = cursor;
    step->hint = new_hint;
}

static void sort_entry(ShardStep *step, const ListingFilter *filter, const ObjectEntry *entry)
{
    Exclusion exclusion = listing_filter_apply(filter, entry);

    step->listed++;
    if (exclusion == EXCLUSION_NONE) {
        page_builder_add(&step->pages, entry);
        return;
    }
    step->excluded[exclusion].objects++;
    step->excluded[exclusion].bytes += entry->size_bytes;
}

/* Entries go into the step until it is full or what is beyond the shard begins: *ret_is_used_up false. *last: the key
 * of the last one that the step covers. */
static bool use_entries(ShardStep *step, const Shard *shard, const BatchRequest *request, const ListPage *page,
    uint32_t limit, const char **last, bool *ret_is_used_up, GError **error)
{
    g_auto(FilterScope) scope = filter_begin();

    *ret_is_used_up = false;
    for (guint i = 0; i < page->entries->len; i++) {
        const ObjectEntry *entry = object_entries_at(page->entries, i);
        if (step->listed >= limit)
            return true;
        TRY(check_entry(*last, entry, error));
        if (shard->hi != NULL && strcmp(entry->key, shard->hi) > 0) {
            step->is_last = true;
            return true;
        }
        sort_entry(step, &request->filter, entry);
        *last = entry->key;
    }
    *ret_is_used_up = true;
    return true;
}

/* A listing that is used only in part leaves no hint, since its hint goes with its end. What was taken before an entry
 * that is wrong counts. */
static bool use_listing(ShardStep *step, const Shard *shard, const BatchRequest *request, const ListPage *page,
    uint32_t limit, GError **error)
{
    const char *last = step->cursor;
    bool is_used_up = false;
    bool is_right = use_entries(step, shard, request, page, limit, &last, &is_used_up, error);

    if (is_used_up)
        step->is_last = page->is_last;
    if (is_used_up && page->last_key != NULL && strcmp(page->last_key, last) > 0)
        last = page->last_key;
    if (is_used_up || last != step->cursor)
        set_cursor(step, last, is_used_up ? page->hint : NULL);
    return is_right;
}

/* One request to the source, behind what the step has already. */
static bool list_once(ShardStep *step, const Shard *shard, const BatchRequest *request, uint32_t limit, GError **error)
{
    g_auto(ListPage) page = {0};
    bool is_start = *step->cursor == '\0';
    ListRequest list = {
        .prefix = request->prefix != NULL ? request->prefix : "",
        .start_after = is_start ? shard->lo : step->cursor,
        .hint = step->hint,
    };

    TRY(object_source_list(request->source, &list, &page, error));
    return use_listing(step, shard, request, &page, limit, error);
}

/* At the very start one listing makes a step, so that workers have something to do at once. */
static bool fill_step(ShardStep *step, const Shard *shard, const BatchRequest *request, uint32_t limit, GError **error)
{
    bool is_first = *shard->cursor == '\0' && shard->hint == NULL;
    uint32_t empty = 0;

    while (!step->is_last && step->listed < limit && empty < EMPTY_LISTINGS_MAX) {
        uint32_t before = step->listed;
        g_autoptr(GError) trouble = NULL;
        if (!list_once(step, shard, request, limit, &trouble)) {
            if (step->listed > 0) /* what there is gets stored; the trouble comes back in the next step */
                return true;
            g_propagate_error(error, g_steal_pointer(&trouble));
            return false;
        }
        empty += step->listed == before;
        if (is_first && step->listed > 0)
            return true;
    }
    return true;
}

/* *ret_lost: somebody else moved the shard; what was listed is thrown away. */
static bool run_step(Db *db, Shard *shard, const BatchRequest *request, uint32_t *limit, BatchResult *result,
    bool *ret_lost, GError **error)
{
    g_auto(ShardStep) step = {0};
    bool is_stored = false;

    shard_step_init(&step, shard);
    TRY(fill_step(&step, shard, request, *limit, error));
    TRY(shard_advance(db, shard, &step, &is_stored, error));
    *ret_lost = !is_stored;
    if (!is_stored)
        return true;
    *limit = step.listed > 0 ? *limit - step.listed : 0;
    for (guint i = 0; i < step.pages.pages->len; i++)
        result->batch_size += page_builder_at(&step.pages, i)->object_count;
    result->pages_enqueued += step.pages.pages->len;
    return true;
}

/* What the store says now, whoever brought it there. */
static bool report(Db *db, const JobId *job_id, BatchResult *result, GError **error)
{
    g_auto(Shard) shard = {0};

    TRY(shard_read(db, job_id, &shard, &result->objects_processed, error));
    result->is_done = shard.is_done;
    result->continuation_token = shard.is_done || *shard.cursor == '\0' ? NULL : g_strdup(shard.cursor);
    return true;
}

bool listing_process_batch(Db *db, const BatchRequest *request, BatchResult *ret_result, GError **error)
{
    g_auto(Shard) shard = {0};
    BatchResult result = {0};
    uint32_t limit = request->batch_size > 0 ? request->batch_size : LISTING_BATCH_SIZE_DEFAULT;
    uint64_t unused = 0;
    bool is_lost = false;

    TRY(shard_read(db, &request->job_id, &shard, &unused, error));
    while (!shard.is_done && limit > 0 && !is_lost)
        TRY(run_step(db, &shard, request, &limit, &result, &is_lost, error));
    TRY(report(db, &request->job_id, &result, error));
    *ret_result = result;
    return true;
}
