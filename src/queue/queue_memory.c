#include "queue/queue_memory.h"

#include "base/clock.h"
#include "queue/queue_ops.h"

typedef enum PageState { PAGE_QUEUED, PAGE_LEASED, PAGE_DONE } PageState;

typedef struct Page {
    MemoryPage facts; /* strings and objects are owned */
    PageState state;
    uint32_t attempt;
    int64_t fence, expires_ms, not_before_ms;
    int64_t suspect; /* -1: none */
    uint32_t suspect_claims;
    char *owner;
} Page;

typedef struct MemoryQueue {
    Queue base;
    GMutex mutex;
    struct {
        GPtrArray *pages; /* Page */
    } locked;
} MemoryQueue;

static GArray *copy_objects(const GArray *objects)
{
    GArray *copies = object_entries_new();

    for (guint i = 0; i < objects->len; i++) {
        ObjectEntry entry = *object_entries_at(objects, i);
        entry.key = g_strdup(entry.key);
        entry.etag = g_strdup(entry.etag);
        g_array_append_val(copies, entry);
    }
    return copies;
}

static void page_free(gpointer data)
{
    Page *page = data;

    g_free((char *)page->facts.bucket);
    g_free((char *)page->facts.options);
    g_free((char *)page->facts.runner);
    g_array_unref((GArray *)page->facts.objects);
    g_free(page->owner);
    g_free(page);
}

void queue_memory_add(Queue *queue, const MemoryPage *page)
{
    MemoryQueue *memory = (MemoryQueue *)queue;
    Page *added = g_new0(Page, 1);

    added->facts = *page;
    added->suspect = -1;
    added->facts.bucket = g_strdup(page->bucket);
    added->facts.options = g_strdup(page->options);
    added->facts.runner = g_strdup(page->runner);
    added->facts.objects = copy_objects(page->objects);
    g_mutex_lock(&memory->mutex);
    g_ptr_array_add(memory->locked.pages, added);
    g_mutex_unlock(&memory->mutex);
}

static bool can_claim(const Page *page, const ClaimScope *scope, int64_t now_ms)
{
    bool is_of_host = scope->host_runner != NULL && g_strcmp0(page->facts.runner, scope->host_runner) == 0;

    if (g_strcmp0(page->facts.runner, scope->runner) != 0 && !is_of_host)
        return false;
    if (scope->job_id != NULL && !g_str_equal(scope->job_id->text, page->facts.job_id.text))
        return false;
    if (page->not_before_ms > now_ms)
        return false;
    return page->state == PAGE_QUEUED || (page->state == PAGE_LEASED && page->expires_ms <= now_ms);
}

static Claim *take_page(Page *page, const char *owner, int64_t expires_ms)
{
    Claim *claim = g_new0(Claim, 1);

    page->state = PAGE_LEASED;
    page->expires_ms = expires_ms;
    g_free(page->owner);
    page->owner = g_strdup(owner);
    claim->job_id = page->facts.job_id;
    claim->bucket = g_strdup(page->facts.bucket);
    claim->options = g_strdup(page->facts.options);
    claim->shard = page->facts.shard;
    claim->page_no = page->facts.page_no;
    claim->attempt = ++page->attempt;
    claim->fence = ++page->fence;
    claim->slot = counter_slot(owner);
    claim->suspect = page->suspect;
    claim->suspect_claims = page->suspect_claims;
    claim->objects = copy_objects(page->facts.objects);
    claim->pending = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = 0; i < claim->objects->len; i++)
        g_array_append_val(claim->pending, i);
    return claim;
}

static bool memory_look(
    Queue *base, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, G_GNUC_UNUSED GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    int64_t now_ms = clock_now_ms(), wait_ms = INT64_MAX;
    bool has_work = false;

    for (guint i = 0; i < queue->locked.pages->len; i++) {
        const Page *page = g_ptr_array_index(queue->locked.pages, i);
        has_work = has_work || can_claim(page, scope, now_ms);
        if (page->state == PAGE_LEASED)
            wait_ms = MIN(wait_ms, MAX(page->expires_ms - now_ms, 0));
    }
    *ret_has_work = has_work;
    *ret_wait_ms = wait_ms;
    return true;
}

static bool memory_claim(
    Queue *base, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, G_GNUC_UNUSED GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    int64_t now_ms = clock_now_ms();

    *ret_claim = NULL;
    for (guint i = 0; i < queue->locked.pages->len && *ret_claim == NULL; i++) {
        Page *page = g_ptr_array_index(queue->locked.pages, i);
        if (can_claim(page, scope, now_ms))
            *ret_claim = take_page(page, scope->owner, now_ms + lease_ms);
    }
    return true;
}

static bool find_held_locked(MemoryQueue *queue, const Claim *claim, Page **ret_page, GError **error)
{
    for (guint i = 0; i < queue->locked.pages->len; i++) {
        Page *page = g_ptr_array_index(queue->locked.pages, i);
        if (page->state == PAGE_LEASED && page->fence == claim->fence && page->facts.shard == claim->shard &&
            page->facts.page_no == claim->page_no && g_str_equal(page->facts.job_id.text, claim->job_id.text)) {
            *ret_page = page;
            return true;
        }
    }
    (void)fail_lost_lease(claim, error);
    return false;
}

static bool memory_extend(Queue *base, const Claim *claim, int64_t lease_ms, GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    Page *page = NULL;

    TRY(find_held_locked(queue, claim, &page, error));
    page->expires_ms = clock_now_ms() + lease_ms;
    return true;
}

static bool memory_suspect(Queue *base, const Claim *claim, uint32_t ordinal, SuspectMark mark, GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    Page *page = NULL;

    TRY(find_held_locked(queue, claim, &page, error));
    page->suspect_claims = (page->suspect == ordinal ? page->suspect_claims : 0) + (mark == SUSPECT_SCANNED ? 1 : 0);
    page->suspect = ordinal;
    return true;
}

static bool memory_finish(
    Queue *base, G_GNUC_UNUSED DbTx *tx, const Claim *claim, const PageOutcome *outcome, GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    PageTally tally = {0};
    Page *page = NULL;

    TRY(page_tally(claim, outcome, &tally, error));
    return find_held_locked(queue, claim, &page, error);
}

static bool memory_settle(Queue *base, const Claim *claim, GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    Page *page = NULL;

    TRY(find_held_locked(queue, claim, &page, error));
    page->state = PAGE_DONE;
    return true;
}

static bool memory_is_finished(Queue *base, const Claim *claim, bool *ret_is_finished, G_GNUC_UNUSED GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    bool is_finished = false;

    for (guint i = 0; i < queue->locked.pages->len && !is_finished; i++) {
        const Page *page = g_ptr_array_index(queue->locked.pages, i);
        is_finished = page->state == PAGE_DONE && page->fence == claim->fence && page->facts.shard == claim->shard &&
                      page->facts.page_no == claim->page_no && g_str_equal(page->facts.job_id.text, claim->job_id.text);
    }
    *ret_is_finished = is_finished;
    return true;
}

static void rest_job_locked(MemoryQueue *queue, const char *job_id, int64_t until_ms)
{
    for (guint i = 0; i < queue->locked.pages->len; i++) {
        Page *page = g_ptr_array_index(queue->locked.pages, i);
        if (g_str_equal(page->facts.job_id.text, job_id))
            page->not_before_ms = MAX(page->not_before_ms, until_ms);
    }
}

static bool memory_release(Queue *base, const Claim *claim, int64_t delay_ms, GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    Page *page = NULL;

    TRY(find_held_locked(queue, claim, &page, error));
    page->state = PAGE_QUEUED;
    page->attempt--;
    page->suspect_claims = 0;
    rest_job_locked(queue, claim->job_id.text, clock_now_ms() + delay_ms);
    return true;
}

static bool memory_sweep(Queue *base, uint32_t *ret_pages, G_GNUC_UNUSED GError **error)
{
    MemoryQueue *queue = (MemoryQueue *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&queue->mutex);
    int64_t now_ms = clock_now_ms();
    uint32_t pages = 0;

    for (guint i = 0; i < queue->locked.pages->len; i++) {
        Page *page = g_ptr_array_index(queue->locked.pages, i);
        if (page->state == PAGE_LEASED && lease_is_over(page->owner, page->expires_ms, now_ms)) {
            page->state = PAGE_QUEUED;
            page->not_before_ms = 0;
            pages++;
        }
    }
    *ret_pages = pages;
    return true;
}

static void memory_close(Queue *base)
{
    MemoryQueue *queue = (MemoryQueue *)base;

    g_ptr_array_unref(queue->locked.pages);
    g_mutex_clear(&queue->mutex);
    g_free(queue);
}

static const QueueOps memory_ops = {
    .name = "memory",
    .look = memory_look,
    .claim = memory_claim,
    .extend = memory_extend,
    .suspect = memory_suspect,
    .finish = memory_finish,
    .settle = memory_settle,
    .is_finished = memory_is_finished,
    .release = memory_release,
    .sweep = memory_sweep,
    .close = memory_close,
};

Queue *queue_memory_open(void)
{
    MemoryQueue *queue = g_new0(MemoryQueue, 1);

    queue->base.ops = &memory_ops;
    g_mutex_init(&queue->mutex);
    queue->locked.pages = g_ptr_array_new_with_free_func(page_free);
    return &queue->base;
}
