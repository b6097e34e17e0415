#include "queue/queue.h"

#include "base/process.h"
#include "queue/queue_ops.h"

#include <string.h>

void claim_free(Claim *claim)
{
    if (claim == NULL)
        return;
    g_clear_pointer(&claim->objects, g_array_unref);
    g_clear_pointer(&claim->pending, g_array_unref);
    g_free(claim->bucket);
    g_free(claim->options);
    g_free(claim->owner);
    g_free(claim);
}

void queue_close(Queue *queue)
{
    if (queue != NULL)
        queue->ops->close(queue);
}

bool queue_look(Queue *queue, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, GError **error)
{
    return queue->ops->look(queue, scope, ret_has_work, ret_wait_ms, error);
}

bool queue_claim(Queue *queue, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, GError **error)
{
    return queue->ops->claim(queue, scope, lease_ms, ret_claim, error);
}

bool queue_extend(Queue *queue, const Claim *claim, int64_t lease_ms, GError **error)
{
    return queue->ops->extend(queue, claim, lease_ms, error);
}

bool queue_suspect(Queue *queue, const Claim *claim, uint32_t ordinal, SuspectMark mark, GError **error)
{
    return queue->ops->suspect(queue, claim, ordinal, mark, error);
}

bool queue_finish(Queue *queue, DbTx *tx, const Claim *claim, const PageOutcome *outcome, GError **error)
{
    return queue->ops->finish(queue, tx, claim, outcome, error);
}

bool queue_settle(Queue *queue, const Claim *claim, GError **error)
{
    return queue->ops->settle(queue, claim, error);
}

bool queue_is_finished(Queue *queue, const Claim *claim, bool *ret_is_finished, GError **error)
{
    return queue->ops->is_finished(queue, claim, ret_is_finished, error);
}

bool queue_release(Queue *queue, const Claim *claim, int64_t delay_ms, GError **error)
{
    return queue->ops->release(queue, claim, delay_ms, error);
}

bool queue_sweep(Queue *queue, uint32_t *ret_pages, GError **error)
{
    return queue->ops->sweep(queue, ret_pages, error);
}

/* One byte an ordinal of the page: is it pending? */
static GByteArray *pending_marks(const Claim *claim)
{
    GByteArray *marks = g_byte_array_sized_new(claim->objects->len);

    g_byte_array_set_size(marks, claim->objects->len);
    if (marks->len > 0)
        memset(marks->data, 0, marks->len);
    for (guint i = 0; i < claim->pending->len; i++)
        marks->data[g_array_index(claim->pending, uint32_t, i)] = 1;
    return marks;
}

bool page_tally(const Claim *claim, const PageOutcome *outcome, PageTally *ret_tally, GError **error)
{
    g_autoptr(GByteArray) marks = pending_marks(claim);
    PageTally tally = {.pending = claim->pending->len};

    for (guint i = 0; outcome->exceptions != NULL && i < outcome->exceptions->len; i++) {
        const ObjectException *exception = &g_array_index(outcome->exceptions, ObjectException, i);
        if (exception->ordinal >= marks->len || marks->data[exception->ordinal] == 0)
            return fail(error, ERROR_INTERNAL, "page %s/%u/%u: object %u is no pending one, or is reported twice",
                claim->job_id.text, claim->shard, claim->page_no, exception->ordinal);
        marks->data[exception->ordinal] = 0;
        if (exception->is_skipped)
            tally.skipped++;
        else
            tally.failed++;
    }
    tally.succeeded = tally.pending - tally.failed - tally.skipped;
    *ret_tally = tally;
    return true;
}

bool lease_is_over(const char *owner, int64_t expires_ms, int64_t now_ms)
{
    if (expires_ms <= now_ms)
        return true;
    g_autofree char *process = g_strndup(owner, strcspn(owner, "#"));
    return process_life(process) == PROCESS_DEAD;
}

uint32_t counter_slot(const char *owner)
{
    return 1 + g_str_hash(owner) % (COUNTER_SLOTS - 1); /* slot 0: what is done for a job as a whole */
}

bool fail_lost_lease(const Claim *claim, GError **error)
{
    return fail(error, ERROR_LOST_LEASE, "page %s/%u/%u: somebody else took it over", claim->job_id.text, claim->shard,
        claim->page_no);
}
