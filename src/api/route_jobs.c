/* Jobs: start one, list them, tell how far one is. */
#include "api/api_internal.h"
#include "api/page_token.h"
#include "api/query.h"
#include "api/scan_request.h"
#include "base/clock.h"
#include "jobs/jobs.h"

#include <string.h>

bool route_health(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {NULL};

    (void)api;
    TRY(query_check(request->call, known, error));
    *ret_reply = reply_json(200, json_pack("{s:s,s:s}", "status", "ok", "version", TRAWL_VERSION));
    return true;
}

static json_t *scan_json(const Api *api, const JobId *id, const ScanRequest *scan)
{
    g_autofree char *name = g_strconcat("scan-", id->text, NULL);
    g_autofree char *arn = workflow_execution_arn(api->workflow, JOB_MACHINE, name);

    return json_pack("{s:s,s:o,s:o,s:s,s:s,s:s,s:b}", "job_id", id->text, "bucket", reply_text(scan->bucket), "prefix",
        reply_text(scan->prefix), "status", "listing", "execution_arn", arn, "message",
        "Job created. Objects are being listed and enqueued asynchronously.", "async", 1);
}

bool route_scan(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {NULL};
    const ScanPolicy policy = {api->allow_files, api->client_endpoints, api->default_options};
    g_auto(ScanRequest) scan = {0};
    JobId id = {{0}};

    TRY(query_check(request->call, known, error));
    TRY(scan_request_parse(request->call->body, &policy, &scan, error));
    const JobSpec spec = {
        .bucket = scan.bucket,
        .prefix = scan.prefix,
        .options = scan.options,
        .rules_id = api->rules_id,
    };
    TRY(job_create(api->db, api->workflow, &spec, &id, error));
    *ret_reply = reply_json(202, scan_json(api, &id, &scan));
    return true;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    (void)json_object_set_new(object, name, reply_text(text));
}

/* For fields that are left out when there is nothing to say. */
static void set_text_if_any(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        set_text(object, name, text);
}

static void set_time(json_t *object, const char *name, int64_t time_ms)
{
    g_autofree char *text = clock_format_iso(time_ms);

    set_text(object, name, text);
}

static void set_count(json_t *object, const char *name, uint64_t count)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)count));
}

static void set_identity(json_t *object, const JobStatus *status)
{
    set_text(object, "job_id", status->job_id.text);
    set_text(object, "bucket", status->bucket);
    set_text(object, "prefix", status->prefix);
    set_time(object, "created_at", status->created_ms);
    set_time(object, "updated_at", status->updated_ms);
    set_text(object, "status", status->status);
    set_text(object, "status_message", status->status_message);
    set_text_if_any(object, "step_function_status", status->execution_status);
    set_text_if_any(object, "execution_arn", status->execution_arn);
    set_text_if_any(object, "error", status->error);
    set_text_if_any(object, "cause", status->cause);
}

static void set_counts(json_t *object, const JobStatus *status)
{
    set_count(object, "total", status->total);
    set_count(object, "queued", status->queued);
    set_count(object, "processing", status->processing);
    set_count(object, "succeeded", status->succeeded);
    set_count(object, "failed", status->failed);
    set_count(object, "skipped", status->skipped);
    set_count(object, "total_findings", status->total_findings);
    (void)json_object_set_new(object, "progress_percent", json_real(status->progress_percent));
    set_count(object, "bytes_total", status->bytes_total);
    set_count(object, "bytes_done", status->bytes_done);
    (void)json_object_set_new(object, "listing_complete", json_boolean(status->is_listing_complete));
    (void)json_object_set_new(object, "paused", json_boolean(status->is_paused));
    (void)json_object_set_new(object, "objects_per_second", json_real(status->objects_per_second));
    (void)json_object_set_new(
        object, "eta_seconds", status->eta_seconds < 0 ? json_null() : json_integer(status->eta_seconds));
}

static void set_source(json_t *object, const JobStatus *status)
{
    set_text(object, "data_source", status->is_cached ? "cached" : "real_time");
    if (!status->is_cached)
        return;
    set_time(object, "cache_refreshed_at", status->cache_refreshed_ms);
    set_count(object, "cache_refresh_duration_ms", (uint64_t)status->cache_duration_ms);
}

static json_t *job_json(const JobStatus *status)
{
    json_t *object = json_object();

    set_identity(object, status);
    set_counts(object, status);
    set_source(object, status);
    return object;
}

bool route_job(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"real_time", NULL};
    g_auto(JobStatus) status = {0};
    JobId id = {{0}};
    bool is_real_time = false;

    TRY(job_id_parse(request->id, &id, error));
    TRY(query_check(request->call, known, error));
    TRY(query_flag(request->call, "real_time", &is_real_time, error));
    TRY(job_status(api->db, &id, is_real_time ? JOB_REAL_TIME : JOB_CACHED, &status, error));
    *ret_reply = reply_json(200, job_json(&status));
    return true;
}

/* Collects one page; the row after it only tells that there is another page. */
typedef struct JobList {
    json_t *rows;
    uint32_t limit;
    bool has_more;
    PagePosition last;
} JobList;

static bool collect_job(void *data, const JobStatus *status, GError **error)
{
    JobList *list = data;

    (void)error;
    list->has_more = json_array_size(list->rows) == list->limit;
    if (list->has_more)
        return true;
    (void)json_array_append_new(list->rows, job_json(status));
    list->last.number = status->created_ms;
    g_strlcpy(list->last.text, status->job_id.text, sizeof list->last.text);
    return true;
}

static bool check_status_name(const char *status, GError **error)
{
    static const char *const names[] = {"listing", "processing", "completed", "failed", "aborted", NULL};

    if (status != NULL && !g_strv_contains(names, status))
        return fail(error, ERROR_INVALID,
            "query parameter 'status': expected listing, processing, completed, failed or aborted, got '%.64s'",
            status);
    return true;
}

bool route_jobs(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"limit", "nextToken", "status", "bucket", NULL};
    const HttpCall *call = request->call;
    PagePosition from = {0};
    JobList list = {0};

    TRY(query_check(call, known, error));
    TRY(query_limit(call, &list.limit, error));
    TRY(check_status_name(query_get(call, "status"), error));
    g_autofree char *binding = query_binding(call, known);
    if (query_get(call, "nextToken") != NULL)
        TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));

    const JobQuery query = {
        .status = query_get(call, "status"),
        .bucket = query_get(call, "bucket"),
        .before_created_ms = from.number,
        .before_id = from.text,
        .limit = list.limit + 1,
    };
    list.rows = json_array();
    if (!jobs_visit(api->db, &query, collect_job, &list, error)) {
        json_decref(list.rows);
        return false;
    }
    g_autofree char *token = list.has_more ? page_token_make(api->token_key, binding, &list.last) : NULL;
    *ret_reply = reply_json(200, json_pack("{s:o,s:s?}", "jobs", list.rows, "nextToken", token));
    return true;
}
