/* What a job found, masked, a page at a time. */
#include "api/api_internal.h"
#include "api/page_token.h"
#include "api/query.h"
#include "findings/finding_json.h"
#include "findings/findings.h"
#include "jobs/jobs.h"

/* Collects one page; the row after it only tells that there is another page. */
typedef struct FindingList {
    json_t *rows;
    uint32_t limit;
    bool has_more;
    PagePosition last;
} FindingList;

static bool collect_finding(void *data, const StoredFinding *finding, GError **error)
{
    FindingList *list = data;

    (void)error;
    list->has_more = json_array_size(list->rows) == list->limit;
    if (list->has_more)
        return true;
    (void)json_array_append_new(list->rows, finding_json(finding));
    list->last.number = finding->id;
    return true;
}

static bool check_severity(const char *name, GError **error)
{
    Severity severity = SEVERITY_LOW;

    if (name != NULL && !severity_from_name(name, &severity))
        return fail(error, ERROR_INVALID, "query parameter 'severity': expected %s, %s, %s or %s, got '%.64s'",
            severity_name(SEVERITY_LOW), severity_name(SEVERITY_MEDIUM), severity_name(SEVERITY_HIGH),
            severity_name(SEVERITY_CRITICAL), name);
    return true;
}

bool route_check_job(const Api *api, const char *text, JobId *ret_id, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_id_parse(text, ret_id, error));
    return job_status(api->db, ret_id, JOB_CACHED, &status, error);
}

static bool visit(const Api *api, const FindingQuery *query, FindingList *list, GError **error)
{
    list->rows = json_array();
    if (findings_visit(api->db, query, collect_finding, list, error))
        return true;
    g_clear_pointer(&list->rows, json_decref);
    return false;
}

bool route_findings(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {
        "limit", "nextToken", "detector", "severity", "category", "compliance", "key", NULL};
    const HttpCall *call = request->call;
    PagePosition from = {0};
    FindingList list = {0};
    JobId id = {{0}};

    TRY(query_check(call, known, error));
    TRY(query_limit(call, &list.limit, error));
    TRY(check_severity(query_get(call, "severity"), error));
    g_autofree char *binding = query_binding(call, known);
    if (query_get(call, "nextToken") != NULL)
        TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));
    TRY(route_check_job(api, request->id, &id, error));

    const FindingQuery query = {
        .job_id = id.text,
        .detector = query_get(call, "detector"),
        .severity = query_get(call, "severity"),
        .category = query_get(call, "category"),
        .key = query_get(call, "key"),
        .compliance = query_get(call, "compliance"),
        .after_id = from.number,
        .limit = list.limit + 1,
    };
    TRY(visit(api, &query, &list, error));
    g_autofree char *token = list.has_more ? page_token_make(api->token_key, binding, &list.last) : NULL;
    *ret_reply =
        reply_json(200, json_pack("{s:s,s:o,s:s?}", "job_id", id.text, "findings", list.rows, "nextToken", token));
    return true;
}
