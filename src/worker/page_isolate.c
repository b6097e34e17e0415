/* A page that was abandoned again and again: one object at a time, each tried in a process of its own before we scan
 * it, so that the guilty one is known and the others are scanned. docs/decisions/0014-poison.md says why it is done so.
 */
#include "base/clock.h"
#include "base/log.h"
#include "worker/page_internal.h"
#include "worker/trial.h"

#include <string.h>

enum {
    SUSPECT_CLAIMS_MAX = 5, /* after so many claims in a row that ended while we ourselves scanned the same object */
    TRIAL_GRACE_MS = 60000, /* beyond the time that an object has by its limits */
};

/* An object on its way to the child. */
typedef struct Fetch {
    PageRun *run;
    uint32_t ordinal;
    ObjectStream *stream;
} Fetch;

static bool is_still_wanted(void *data)
{
    PageRun *run = data;

    page_extend_if_due(run);
    return page_is_wanted(run);
}

static bool read_stream(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    Fetch *fetch = data;

    return object_stream_read(fetch->stream, buffer, capacity, ret_len, error);
}

static bool fetch_open(void *data, ByteReader *ret_reader, GError **error)
{
    Fetch *fetch = data;
    const ObjectEntry *entry = object_entries_at(fetch->run->claim->objects, fetch->ordinal);

    *ret_reader = (ByteReader){.read = read_stream, .data = fetch};
    return object_source_open(fetch->run->context->source, entry, &fetch->stream, error);
}

static void fetch_close(void *data)
{
    Fetch *fetch = data;

    g_clear_pointer(&fetch->stream, object_stream_close);
}

static void settle_guilty(PageRun *run, uint32_t ordinal, const char *reason)
{
    const Claim *claim = run->claim;
    ScanResult result = {.outcome = SCAN_FAILED, .kind = ERROR_POISON, .message = g_strdup(reason)};

    log_warning("object.poison", "job", claim->job_id.text, "shard", log_int(claim->shard), "page",
        log_int(claim->page_no), "key", object_entries_at(claim->objects, ordinal)->key, "reason", reason, NULL);
    metric_add(METRIC_OBJECTS_POISONED, 1);
    page_settle(run, ordinal, &result);
    scan_result_clear(&result);
}

static bool note(PageRun *run, uint32_t ordinal, SuspectMark mark)
{
    const PageContext *context = run->context;

    for (int64_t wait_ms = context->retry_ms; page_is_wanted(run); wait_ms = MIN(wait_ms * 2, context->lease_ms)) {
        g_autoptr(GError) problem = NULL;
        if (queue_suspect(context->queue, run->claim, ordinal, mark, &problem))
            return true;
        if (error_is(problem, ERROR_LOST_LEASE)) {
            page_lose(run);
            return false;
        }
        page_rest(run, wait_ms); /* the store is away */
    }
    return false;
}

/* Whether the object may be scanned by us now. */
static bool try_object(PageRun *run, Trial *trial, uint32_t ordinal)
{
    Fetch fetch = {.run = run, .ordinal = ordinal};
    const TrialObject object = {.name = object_entries_at(run->claim->objects, ordinal)->key,
        .open = fetch_open,
        .close = fetch_close,
        .data = &fetch};
    TrialVerdict verdict = TRIAL_SURVIVED;
    g_autofree char *reason = NULL;
    g_autoptr(GError) problem = NULL;

    bool is_tried = trial_object(trial, &object, &verdict, &reason, &problem);
    fetch_close(&fetch);
    if (!is_tried) {
        page_not_opened(run, ordinal, problem);
        return false;
    }
    if (verdict == TRIAL_GUILTY)
        settle_guilty(run, ordinal, reason);
    return verdict == TRIAL_SURVIVED;
}

static bool is_condemned(const Claim *claim, uint32_t ordinal)
{
    return claim->suspect == ordinal && claim->suspect_claims >= SUSPECT_CLAIMS_MAX;
}

static void scan_alone(PageRun *run, Trial *trial, uint32_t ordinal)
{
    if (!page_object_is_due(run, ordinal) || !note(run, ordinal, SUSPECT_TRIED))
        return;
    if (is_condemned(run->claim, ordinal)) {
        settle_guilty(run, ordinal, "every process that scanned it ended while it did");
        return;
    }
    if (!try_object(run, trial, ordinal) || !note(run, ordinal, SUSPECT_SCANNED))
        return;
    page_open_object(run, ordinal);
    page_wait_for_in_flight(run, 0);
}

/* The last suspect comes first, so that claims that end through it are counted in a row. */
void page_isolated_pass(PageRun *run)
{
    const PageContext *context = run->context;
    const Claim *claim = run->claim;
    const TrialOptions options = {.argv = context->trial_argv,
        .max_ms = context->max_object_ms + TRIAL_GRACE_MS,
        .is_wanted = is_still_wanted,
        .data = run};
    g_autoptr(Trial) trial = trial_new(&options);

    for (guint i = 0; i < claim->pending->len; i++)
        if (g_array_index(claim->pending, uint32_t, i) == claim->suspect)
            scan_alone(run, trial, (uint32_t)claim->suspect);
    for (guint i = 0; i < claim->pending->len && page_is_wanted(run); i++)
        scan_alone(run, trial, g_array_index(claim->pending, uint32_t, i));
}
