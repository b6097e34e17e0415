#include "jobs/job_facts.h"

#include <math.h>

/* What an execution's end means for its job. */
static const struct {
    const char *execution_status, *status, *message;
} bad_ends[] = {
    {"FAILED", "failed", "Step Functions execution failed"},
    {"TIMED_OUT", "failed", "Step Functions execution timed out"},
    {"ABORTED", "aborted", "Step Functions execution was aborted"},
};

static void set(JobStatus *status, const char *word, char *take_message)
{
    g_strlcpy(status->status, word, sizeof status->status);
    g_free(status->status_message);
    status->status_message = take_message;
}

static bool ended_badly(JobStatus *status, const char *execution_status)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_ends); i++)
        if (g_strcmp0(execution_status, bad_ends[i].execution_status) == 0) {
            set(status, bad_ends[i].status, g_strdup(bad_ends[i].message));
            return true;
        }
    return false;
}

/* Without an execution whose status is known, one that was listed within its request is over with its shards, an old
 * one always. */
static bool is_listing_over(const JobFacts *facts)
{
    if (facts->execution_status != NULL)
        return g_strcmp0(facts->execution_status, "SUCCEEDED") == 0 && facts->open_shards == 0;
    switch (facts->mode) {
    case JOB_ASYNC:
        return false;
    case JOB_SYNC:
        return facts->open_shards == 0;
    case JOB_LEGACY:
        return true;
    }
    return false;
}

static const char *listing_message(const JobFacts *facts)
{
    bool has_execution = facts->mode != JOB_SYNC || facts->execution_status != NULL;

    return has_execution ? "Step Functions is listing S3 objects" : "Listing S3 objects";
}

static void judge_words(JobStatus *status, const JobFacts *facts)
{
    uint64_t settled = status->succeeded + status->failed + status->skipped;

    status->is_listing_complete = is_listing_over(facts);
    if (ended_badly(status, facts->execution_status))
        return;
    if (facts->is_cancelled) {
        set(status, "aborted", g_strdup("The job was cancelled"));
        return;
    }
    if (!status->is_listing_complete)
        set(status, "listing", g_strdup(listing_message(facts)));
    else if (status->total == 0)
        set(status, "completed", g_strdup("No objects found to scan"));
    else if (status->queued + status->processing == 0)
        set(status, "completed", g_strdup("All objects scanned"));
    else
        set(status, "processing",
            g_strdup_printf("Scanning objects (%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT ")", settled, status->total));
}

double job_progress_percent(uint64_t settled, uint64_t total)
{
    if (total == 0)
        return 0;
    double percent = round((double)settled / (double)total * 10000.0) / 100.0;
    return settled < total ? fmin(percent, 99.99) : percent;
}

/* Objects a second; 0 where it cannot be told. */
static double rate(uint64_t objects, int64_t elapsed_ms)
{
    return elapsed_ms > 0 ? (double)objects * 1000.0 / (double)elapsed_ms : 0;
}

/* Lately, if there is a point to measure from; else since the job began. */
static double current_speed(const JobStatus *status, const JobFacts *facts, uint64_t settled)
{
    if (facts->base_ms > 0 && facts->base_ms < facts->now_ms && facts->base_settled <= settled)
        return rate(settled - facts->base_settled, facts->now_ms - facts->base_ms);
    return rate(settled, facts->now_ms - status->created_ms - facts->idle_ms);
}

static void judge_speed(JobStatus *status, const JobFacts *facts)
{
    uint64_t settled = status->succeeded + status->failed + status->skipped;

    status->eta_seconds = -1;
    status->objects_per_second = 0;
    if (job_status_is_over(status)) {
        status->objects_per_second = rate(settled, status->updated_ms - status->created_ms - facts->idle_ms);
        if (g_str_equal(status->status, "completed"))
            status->eta_seconds = 0;
        return;
    }
    if (status->is_paused && status->processing == 0)
        return;
    status->objects_per_second = current_speed(status, facts, settled);
    if (status->is_listing_complete && !status->is_paused && status->objects_per_second > 0)
        status->eta_seconds = (int64_t)ceil((double)(status->total - settled) / status->objects_per_second);
}

bool job_status_is_over(const JobStatus *status)
{
    return !g_str_equal(status->status, "listing") && !g_str_equal(status->status, "processing");
}

void job_status_judge(JobStatus *status, const JobFacts *facts)
{
    uint64_t settled = status->succeeded + status->failed + status->skipped;

    status->progress_percent = job_progress_percent(settled, status->total);
    judge_words(status, facts);
    status->is_paused = status->is_paused && !job_status_is_over(status);
    if (status->waiting_for != NULL && (*status->waiting_for == '\0' || job_status_is_over(status)))
        g_clear_pointer(&status->waiting_for, g_free);
    judge_speed(status, facts);
}
