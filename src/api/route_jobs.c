/* Jobs: start one, list them, tell how far one is. */
#include "api/api_internal.h"
#include "api/page_token.h"
#include "api/query.h"
#include "api/scan_request.h"
#include "jobs/job_json.h"
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
    if (api->job_created != NULL)
        api->job_created(api->data);
    *ret_reply = reply_json(202, scan_json(api, &id, &scan));
    return true;
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
    (void)json_array_append_new(list->rows, job_status_json(status));
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
