/* What is done to a job: cancel, pause, resume, retry. Each answers the job's new status, also when there was nothing
 * left to do; what cannot be done is a conflict, told with the job as it is. */
#include "api/api_internal.h"
#include "api/body.h"
#include "api/query.h"
#include "jobs/job_json.h"
#include "jobs/jobs.h"

#include <string.h>

static bool read_fields(json_t *root, const char *known, const char **ret_value, GError **error)
{
    const char *name = NULL;
    json_t *value = NULL;

    *ret_value = NULL;
    json_object_foreach(root, name, value)
    {
        if (known == NULL || strcmp(name, known) != 0)
            return fail(error, ERROR_INVALID, "field '%.64s' is not known here; expected %s", name,
                known != NULL ? known : "none");
        if (!json_is_string(value))
            return fail(error, ERROR_INVALID, "field '%s': expected a string", name);
        *ret_value = json_string_value(value);
    }
    return true;
}

/* The body's one field, or "" without it; known NULL: no field at all. */
static bool read_body(const HttpCall *call, const char *known, char **ret_value, GError **error)
{
    const char *value = NULL;
    json_t *root = NULL;

    TRY(body_object(call->body, &root, error));
    const bool is_good = read_fields(root, known, &value, error);
    if (is_good)
        *ret_value = g_strdup(value != NULL ? value : "");
    json_decref(root);
    return is_good;
}

static bool read_request(const ApiRequest *request, const char *known, JobId *ret_id, char **ret_value, GError **error)
{
    static const char *const no_query[] = {NULL};

    TRY(job_id_parse(request->id, ret_id, error));
    TRY(query_check(request->call, no_query, error));
    return read_body(request->call, known, ret_value, error);
}

static bool job_now(const Api *api, const JobId *id, json_t **ret_job, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_status(api->db, id, JOB_REAL_TIME, &status, error));
    *ret_job = job_status_json(&status);
    return true;
}

static bool reply_changed(const Api *api, const JobId *id, json_t **ret_job, GError **error)
{
    if (api->job_changed != NULL)
        api->job_changed(api->data);
    return job_now(api, id, ret_job, error);
}

/* Other errors stay errors. */
static bool reply_conflict(const Api *api, const JobId *id, GError *take_error, HttpReply **ret_reply, GError **error)
{
    g_autoptr(GError) conflict = take_error;
    json_t *job = NULL;

    if (!error_is(conflict, ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&conflict));
        return false;
    }
    TRY(job_now(api, id, &job, error));
    *ret_reply = reply_error_with(ERROR_CONFLICT, conflict->message, "job", job);
    return true;
}

typedef bool (*JobChange)(const Api *api, const JobId *id, GError **error);

static bool change(const Api *api, const ApiRequest *request, JobChange function, HttpReply **ret_reply, GError **error)
{
    g_autofree char *unused = NULL;
    g_autoptr(GError) trouble = NULL;
    JobId id = {{0}};
    json_t *job = NULL;

    TRY(read_request(request, NULL, &id, &unused, error));
    if (!function(api, &id, &trouble))
        return reply_conflict(api, &id, g_steal_pointer(&trouble), ret_reply, error);
    TRY(reply_changed(api, &id, &job, error));
    *ret_reply = reply_json(200, job);
    return true;
}

static bool cancel_it(const Api *api, const JobId *id, GError **error)
{
    return job_cancel(api->db, api->workflow, id, error);
}

static bool pause_it(const Api *api, const JobId *id, GError **error)
{
    return job_pause(api->db, id, error);
}

static bool resume_it(const Api *api, const JobId *id, GError **error)
{
    return job_resume(api->db, id, error);
}

bool route_job_cancel(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    return change(api, request, cancel_it, ret_reply, error);
}

bool route_job_pause(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    return change(api, request, pause_it, ret_reply, error);
}

bool route_job_resume(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    return change(api, request, resume_it, ret_reply, error);
}

static bool scope_from_text(const char *text, JobRetryScope *ret_scope, GError **error)
{
    if (*text != '\0' && strcmp(text, "failed") != 0 && strcmp(text, "all") != 0)
        return fail(error, ERROR_INVALID, "field 'objects': expected failed or all, got '%.64s'", text);
    *ret_scope = strcmp(text, "all") == 0 ? JOB_RETRY_ALL : JOB_RETRY_FAILED;
    return true;
}

static json_t *retried_json(const JobRetried *retried)
{
    return json_pack("{s:I, s:I, s:b}", "objects", (json_int_t)retried->objects, "pages", (json_int_t)retried->pages,
        "listing_continued", (int)retried->is_continued);
}

bool route_job_retry(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    g_autofree char *objects = NULL;
    g_autoptr(GError) trouble = NULL;
    g_auto(JobRetried) retried = {0};
    JobRetryScope scope = JOB_RETRY_FAILED;
    JobId id = {{0}};
    json_t *job = NULL;

    TRY(read_request(request, "objects", &id, &objects, error));
    TRY(scope_from_text(objects, &scope, error));
    if (!job_retry(api->db, api->workflow, &id, scope, &retried, &trouble))
        return reply_conflict(api, &id, g_steal_pointer(&trouble), ret_reply, error);
    TRY(reply_changed(api, &id, &job, error));
    (void)json_object_set_new(job, "retried", retried_json(&retried));
    *ret_reply = reply_json(200, job);
    return true;
}
