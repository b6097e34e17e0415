#include "api/list_json.h"

#include "base/clock.h"
#include "jobs/job_json.h"

#include <math.h>

static json_t *time_json(int64_t time_ms)
{
    g_autofree char *text = clock_format_iso(time_ms);

    return json_string(text);
}

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

json_t *job_object_json(const JobObject *object)
{
    json_t *row = json_pack("{s:o, s:s, s:o, s:o, s:i, s:o}", "key", job_json_text(object->key), "status",
        object->status, "size", object->is_legacy ? json_null() : count_json(object->size_bytes), "etag",
        object->is_legacy ? json_null() : job_json_text(object->etag), "attempts", (int)object->attempts, "updated_at",
        time_json(object->updated_ms));

    if (object->is_escaped)
        (void)json_object_set_new(row, "key_escaped", json_true());
    if (object->error_code != NULL)
        (void)json_object_set_new(row, "error_code", job_json_text(object->error_code));
    if (object->error_message != NULL)
        (void)json_object_set_new(row, "error_message", job_json_text(object->error_message));
    return row;
}

json_t *jobs_statistics_json(const JobsStatistics *statistics)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"total_jobs", statistics->total_jobs},
        {"completed_jobs", statistics->completed_jobs},
        {"in_progress_jobs", statistics->in_progress_jobs},
        {"failed_jobs", statistics->failed_jobs},
        {"aborted_jobs", statistics->aborted_jobs},
        {"paused_jobs", statistics->paused_jobs},
        {"total_objects_all_jobs", statistics->total_objects},
        {"total_findings_all_jobs", statistics->total_findings},
        {"bytes_total", statistics->bytes_total},
        {"bytes_done", statistics->bytes_done},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        (void)json_object_set_new(object, counts[i].name, count_json(counts[i].count));
    (void)json_object_set_new(object, "avg_progress", json_real(round(statistics->average_progress * 100.0) / 100.0));
    (void)json_object_set_new(object, "data_source", json_string(statistics->is_cached ? "cached" : "real_time"));
    if (statistics->is_cached) {
        (void)json_object_set_new(object, "cache_refreshed_at", time_json(statistics->cache_refreshed_ms));
        (void)json_object_set_new(object, "cache_refresh_duration_ms", json_integer(statistics->cache_duration_ms));
    }
    return object;
}
