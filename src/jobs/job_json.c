#include "jobs/job_json.h"

#include "base/clock.h"

#include <math.h>

json_t *job_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, name, job_json_text(text));
}

static void set_time(json_t *object, const char *name, int64_t time_ms)
{
    g_autofree char *text = clock_format_iso(time_ms);

    (void)json_object_set_new(object, name, json_string(text));
}

static void set_count(json_t *object, const char *name, uint64_t count)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)count));
}

/* 0 and 100 are written as 0 and 100, 12.5 as 12.5: what a reader of JSON makes of two decimals. */
static json_t *two_decimals(double value)
{
    double rounded = round(value * 100.0) / 100.0;

    return rounded == floor(rounded) ? json_integer((json_int_t)rounded) : json_real(rounded);
}

static void set_failures(json_t *object, const GArray *failures)
{
    json_t *reasons = json_object();

    for (guint i = 0; failures != NULL && i < failures->len; i++) {
        const FailureCount *failure = &g_array_index(failures, FailureCount, i);
        set_count(reasons, failure->reason, failure->objects);
    }
    (void)json_object_set_new(object, "failures", reasons);
}

static void set_counts(json_t *object, const JobStatus *status)
{
    set_count(object, "total", status->total);
    set_count(object, "queued", status->queued);
    set_count(object, "processing", status->processing);
    set_count(object, "succeeded", status->succeeded);
    set_count(object, "failed", status->failed);
    set_count(object, "skipped", status->skipped);
    set_failures(object, status->failures);
    set_count(object, "total_findings", status->total_findings);
    (void)json_object_set_new(object, "progress_percent", two_decimals(status->progress_percent));
    set_count(object, "bytes_total", status->bytes_total);
    set_count(object, "bytes_done", status->bytes_done);
    (void)json_object_set_new(object, "objects_per_second", two_decimals(status->objects_per_second));
    (void)json_object_set_new(
        object, "eta_seconds", status->eta_seconds >= 0 ? json_integer(status->eta_seconds) : json_null());
}

json_t *job_status_json(const JobStatus *status)
{
    json_t *object = json_object();

    set_text(object, "job_id", status->job_id.text);
    set_text(object, "bucket", status->bucket);
    set_text(object, "prefix", status->prefix);
    set_time(object, "created_at", status->created_ms);
    set_time(object, "updated_at", status->updated_ms);
    set_text(object, "status", status->status);
    set_text(object, "status_message", status->status_message);
    set_text(object, "step_function_status", status->execution_status);
    set_text(object, "execution_arn", status->execution_arn);
    set_text(object, "error", status->error);
    set_text(object, "cause", status->cause);
    set_text(object, "waiting_for", status->waiting_for);
    (void)json_object_set_new(object, "listing_complete", json_boolean(status->is_listing_complete));
    (void)json_object_set_new(object, "paused", json_boolean(status->is_paused));
    set_counts(object, status);
    set_text(object, "data_source", status->is_cached ? "cached" : "real_time");
    if (status->is_cached) {
        set_time(object, "cache_refreshed_at", status->cache_refreshed_ms);
        (void)json_object_set_new(object, "cache_refresh_duration_ms", json_integer(status->cache_duration_ms));
    }
    return object;
}
