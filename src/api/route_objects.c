/* The objects of a job, a page at a time or one by its key. */
#include "api/api_internal.h"
#include "api/list_json.h"
#include "api/page_token.h"
#include "api/query.h"
#include "jobs/jobs.h"

#include <string.h>

static bool collect_object(void *data, const JobObject *object, GError **error)
{
    (void)error;
    (void)json_array_append_new(data, job_object_json(object));
    return true;
}

static bool check_object_status(const char *status, GError **error)
{
    static const char *const names[] = {"queued", "processing", "succeeded", "failed", "skipped", NULL};

    if (status != NULL && !g_strv_contains(names, status))
        return fail(error, ERROR_INVALID,
            "query parameter 'status': expected queued, processing, succeeded, failed or skipped, got '%.64s'", status);
    return true;
}

static json_t *objects_json(const JobId *id, json_t *take_rows, const char *token)
{
    return json_pack("{s:s,s:o,s:s?}", "job_id", id->text, "objects", take_rows, "nextToken", token);
}

static bool find_object(const Api *api, const JobId *id, const char *key, json_t *rows, GError **error)
{
    bool is_found = false;

    TRY(job_object_find(api->db, id, key, collect_object, rows, &is_found, error));
    if (!is_found)
        return fail(error, ERROR_NOT_FOUND, "job %s has no object with key '%.200s'", id->text, key);
    return true;
}

static bool reply_object(
    const Api *api, const ApiRequest *request, const JobId *id, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"key", NULL};
    json_t *rows = json_array();

    if (!query_check(request->call, known, error) ||
        !find_object(api, id, query_get(request->call, "key"), rows, error)) {
        json_decref(rows);
        return false;
    }
    *ret_reply = reply_json(200, objects_json(id, rows, NULL));
    return true;
}

static bool read_query(
    const Api *api, const HttpCall *call, const char *binding, ObjectQuery *ret_query, GError **error)
{
    PagePosition from = {0};
    ObjectQuery query = {.status = query_get(call, "status")};

    TRY(query_limit(call, &query.limit, error));
    TRY(check_object_status(query.status, error));
    if (query_get(call, "nextToken") != NULL)
        TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));
    g_strlcpy(query.after.text, from.text, sizeof query.after.text);
    *ret_query = query;
    return true;
}

static char *token_of(const Api *api, const char *binding, const ObjectPosition *next)
{
    PagePosition position = {0};

    if (next->text[0] == '\0')
        return NULL;
    g_strlcpy(position.text, next->text, sizeof position.text);
    return page_token_make(api->token_key, binding, &position);
}

bool route_objects(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"limit", "nextToken", "status", "key", NULL};
    ObjectPosition next = {{0}};
    ObjectQuery query = {0};
    JobId id = {{0}};

    TRY(job_id_parse(request->id, &id, error));
    TRY(query_check(request->call, known, error));
    if (query_get(request->call, "key") != NULL)
        return reply_object(api, request, &id, ret_reply, error);
    g_autofree char *binding = query_binding(request->call, known);
    TRY(read_query(api, request->call, binding, &query, error));
    json_t *rows = json_array();
    if (!job_objects_visit(api->db, &id, &query, collect_object, rows, &next, error)) {
        json_decref(rows);
        return false;
    }
    g_autofree char *token = token_of(api, binding, &next);
    *ret_reply = reply_json(200, objects_json(&id, rows, token));
    return true;
}

static bool collect_excluded(
    void *data, const char *reason, uint64_t objects, uint64_t bytes, G_GNUC_UNUSED GError **error)
{
    (void)json_array_append_new(
        data, json_pack("{s:s,s:I,s:I}", "reason", reason, "objects", (json_int_t)objects, "bytes", (json_int_t)bytes));
    return true;
}

/* A row a reason; the keys are kept nowhere. */
bool route_excluded(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const no_query[] = {NULL};
    JobId id = {{0}};

    TRY(query_check(request->call, no_query, error));
    TRY(route_check_job(api, request->id, &id, error));
    json_t *rows = json_array();
    if (!job_visit_excluded(api->db, &id, collect_excluded, rows, error)) {
        json_decref(rows);
        return false;
    }
    *ret_reply = reply_json(200, json_pack("{s:s,s:o}", "job_id", id.text, "excluded", rows));
    return true;
}
