/* Jobs: start one, list them, tell how far one is. */
#include "api/api_internal.h"
#include "api/list_json.h"
#include "api/page_token.h"
#include "api/query.h"
#include "api/scan_request.h"
#include "jobs/job_json.h"
#include "jobs/jobs.h"

#include <string.h>

static json_t *scan_json(const Api *api, const JobId *id, const ScanRequest *scan)
{
    g_autofree char *name = g_strconcat("scan-", id->text, NULL);
    g_autofree char *arn = workflow_execution_arn(api->workflow, JOB_MACHINE, name);

    return json_pack("{s:s,s:o,s:o,s:s,s:s,s:s,s:b}", "job_id", id->text, "bucket", reply_text(scan->bucket), "prefix",
        reply_text(scan->prefix), "status", "listing", "execution_arn", arn, "message",
        "Job created. Objects are being listed and enqueued asynchronously.", "async", 1);
}

static json_t *scan_now_json(const JobId *id, const ScanRequest *scan, uint64_t objects)
{
    return json_pack("{s:s,s:o,s:o,s:I,s:I,s:s}", "job_id", id->text, "bucket", reply_text(scan->bucket), "prefix",
        reply_text(scan->prefix), "total_objects", (json_int_t)objects, "messages_enqueued", (json_int_t)objects,
        "status", "queued");
}

static bool start_job(
    const Api *api, const ScanRequest *scan, const JobSpec *spec, HttpReply **ret_reply, GError **error)
{
    JobId id = {{0}};
    uint64_t objects = 0;

    if (api->scan_now != NULL) {
        TRY(api->scan_now(api->data, spec, &id, &objects, error));
        *ret_reply = reply_json(200, scan_now_json(&id, scan, objects));
        return true;
    }
    TRY(job_create(api->db, api->workflow, spec, &id, error));
    if (api->job_changed != NULL)
        api->job_changed(api->data);
    *ret_reply = reply_json(202, scan_json(api, &id, scan));
    return true;
}

bool route_scan(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {NULL};
    const ScanPolicy policy = {api->allow_files, api->client_endpoints, api->default_options};
    g_auto(ScanRequest) scan = {0};

    TRY(query_check(request->call, known, error));
    TRY(scan_request_parse(request->call->body, &policy, &scan, error));
    const JobSpec spec = {
        .bucket = scan.bucket,
        .prefix = scan.prefix,
        .options = scan.options,
        .rules_id = api->rules_id,
    };
    return start_job(api, &scan, &spec, ret_reply, error);
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
    *ret_reply = reply_json(200, job_status_json(&status));
    return true;
}

bool route_statistics(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"real_time", NULL};
    JobsStatistics statistics = {0};
    bool is_real_time = false;

    TRY(query_check(request->call, known, error));
    TRY(query_flag(request->call, "real_time", &is_real_time, error));
    TRY(jobs_statistics(api->db, is_real_time ? JOB_REAL_TIME : JOB_CACHED, &statistics, error));
    *ret_reply = reply_json(200, jobs_statistics_json(&statistics));
    return true;
}

static bool collect_job(void *data, const JobStatus *status, GError **error)
{
    (void)error;
    (void)json_array_append_new(data, job_status_json(status));
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

static bool read_filters(const HttpCall *call, JobQuery *query, GError **error)
{
    query->status = query_get(call, "status");
    query->bucket = query_get(call, "bucket");
    TRY(query_limit(call, &query->limit, error));
    TRY(check_status_name(query->status, error));
    TRY(query_time(call, "from", &query->from_ms, error));
    TRY(query_time(call, "to", &query->to_ms, error));
    if (query->to_ms != 0 && query->from_ms >= query->to_ms)
        return fail(error, ERROR_INVALID, "query parameter 'to': expected a time after 'from', got '%.64s'",
            query_get(call, "to"));
    return true;
}

static char *token_of(const Api *api, const char *binding, const JobPosition *next)
{
    PagePosition position = {.number = next->created_ms};

    if (next->created_ms == 0)
        return NULL;
    g_strlcpy(position.text, next->id.text, sizeof position.text);
    return page_token_make(api->token_key, binding, &position);
}

/* A page may be short, or empty, and not be the last: the work for one answer is bounded. */
bool route_jobs(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"limit", "nextToken", "status", "bucket", "from", "to", NULL};
    const HttpCall *call = request->call;
    PagePosition from = {0};
    JobPosition next = {0};
    JobQuery query = {0};

    TRY(query_check(call, known, error));
    TRY(read_filters(call, &query, error));
    g_autofree char *binding = query_binding(call, known);
    if (query_get(call, "nextToken") != NULL)
        TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));
    query.before_created_ms = from.number;
    query.before_id = from.text;
    json_t *rows = json_array();
    if (!jobs_visit_page(api->db, &query, collect_job, rows, &next, error)) {
        json_decref(rows);
        return false;
    }
    g_autofree char *token = token_of(api, binding, &next);
    *ret_reply = reply_json(200, json_pack("{s:o,s:s?}", "jobs", rows, "nextToken", token));
    return true;
}
