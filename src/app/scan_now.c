#include "app/scan_now.h"

#include "base/log.h"

/* A job that somebody cancelled meanwhile stays, aborted. If the store is what failed, the job may stay too: then its
 * listing is finished later like that of a server that died. */
static void discard(ScanNow *scans, const JobId *id, const GError *reason)
{
    g_autoptr(GError) trouble = NULL;

    log_warning("scan.listing_failed", "job", id->text, "reason", reason->message, NULL);
    if (!job_discard(engine_db(scans->engine), engine_workflow(scans->engine), id, &trouble))
        log_error("scan.discard", "job", id->text, "reason", trouble->message, NULL);
}

static bool create_and_list(ScanNow *scans, const JobSpec *spec, JobId *ret_id, uint64_t *ret_objects, GError **error)
{
    g_autoptr(GError) trouble = NULL;

    TRY(job_create_sync(engine_db(scans->engine), spec, ret_id, error));
    if (engine_list(scans->engine, ret_id, ret_objects, &trouble))
        return true;
    discard(scans, ret_id, trouble);
    g_propagate_error(error, g_steal_pointer(&trouble));
    return false;
}

bool scan_now(ScanNow *scans, const JobSpec *spec, JobId *ret_id, uint64_t *ret_objects, GError **error)
{
    bool has_place = atomic_fetch_add(&scans->running, 1) < SCAN_NOW_MAX;
    bool is_ok = false;

    if (has_place)
        is_ok = create_and_list(scans, spec, ret_id, ret_objects, error);
    else
        (void)fail(error, ERROR_BUSY, "%d buckets are being listed already; try again later", SCAN_NOW_MAX);
    (void)atomic_fetch_sub(&scans->running, 1);
    return is_ok;
}
