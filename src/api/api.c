#include "api/api_internal.h"
#include "api/states_call.h"

#include "base/log.h"
#include "jobs/job_options.h"

#include <stdlib.h>
#include <string.h>

typedef struct Route {
    ApiRouteInfo info;
    ApiRoute function;
} Route;

static const Route routes[] = {
    {{"POST", "/scan", "start a job"}, route_scan},
    {{"GET", "/jobs", "list jobs, newest first"}, route_jobs},
    {{"GET", "/jobs/{id}", "tell how far a job is"}, route_job},
    {{"GET", "/jobs/{id}/findings", "list what a job found"}, route_findings},
    {{"GET", "/jobs/{id}/suppressed", "count what a job found and does not report"}, route_suppressed},
    {{"GET", "/jobs/{id}/suppressions", "list what a job found and does not report"}, route_suppressions},
    {{"GET", "/jobs/{id}/objects", "list a job's objects, or tell of one"}, route_objects},
    {{"GET", "/jobs/{id}/excluded", "count the objects that a job's filters left out"}, route_excluded},
    {{"POST", "/jobs/{id}/cancel", "end a job"}, route_job_cancel},
    {{"POST", "/jobs/{id}/pause", "hand out no more of a job's objects"}, route_job_pause},
    {{"POST", "/jobs/{id}/resume", "go on with a paused job"}, route_job_resume},
    {{"POST", "/jobs/{id}/retry", "scan failed objects again, or all; go on with a job that failed"}, route_job_retry},
    {{"GET", "/rules", "list rules, those of the installation and custom ones"}, route_rules},
    {{"POST", "/rules", "make a custom rule, or replace it"}, route_rule_put},
    {{"GET", "/rules/{id}", "tell a rule"}, route_rule},
    {{"DELETE", "/rules/{id}", "remove a custom rule"}, route_rule_delete},
    {{"GET", "/statistics", "sum up all jobs"}, route_statistics},
    {{"GET", "/healthz", "tell that the server answers"}, route_health},
    {{"GET", "/readyz", "tell whether the store can be used"}, route_ready},
    {{"GET", "/metrics", "tell what was counted, for Prometheus"}, route_metrics},
};

const ApiRouteInfo *api_route_info(size_t index)
{
    return index < G_N_ELEMENTS(routes) ? &routes[index].info : NULL;
}

static bool resolve_allowed(const char *directory, char **ret_path, GError **error)
{
    char *real = directory != NULL ? realpath(directory, NULL) : NULL;

    if (directory != NULL && (real == NULL || !g_file_test(real, G_FILE_TEST_IS_DIR))) {
        free(real);
        return fail(error, ERROR_INVALID, "--allow-files %s: expected a directory", directory);
    }
    *ret_path = g_strdup(real);
    free(real);
    return true;
}

static bool parse_defaults(const char *text, json_t **ret_options, GError **error)
{
    g_auto(JobOptions) checked = {0};

    if (!job_options_parse(text, &checked, error)) {
        g_prefix_error(error, "default options: ");
        return false;
    }
    g_autofree char *canonical = job_options_format(&checked);
    *ret_options = json_loads(canonical, 0, NULL);
    return true;
}

bool api_new(const ApiOptions *options, Api **ret_api, GError **error)
{
    g_autoptr(Api) api = g_new0(Api, 1);

    api->db = options->db;
    api->workflow = options->workflow;
    api->wake = options->wake;
    api->keys = options->keys;
    api->sign = options->sign;
    api->rules_id = g_strdup(options->rules_id);
    api->rulebook = options->rulebook;
    api->client_endpoints = options->client_endpoints;
    api->scan_now = options->scan_now;
    api->job_changed = options->job_created;
    api->data = options->data;
    api->counts = api_counts_new(G_N_ELEMENTS(routes));
    memcpy(api->token_key, options->token_key, sizeof api->token_key);
    TRY(resolve_allowed(options->allow_files, &api->allow_files, error));
    TRY(parse_defaults(options->default_options, &api->default_options, error));
    *ret_api = g_steal_pointer(&api);
    return true;
}

void api_free(Api *api)
{
    if (api == NULL)
        return;
    json_decref(api->default_options);
    api_counts_free(api->counts);
    g_free(api->allow_files);
    g_free(api->rules_id);
    explicit_bzero(api->token_key, sizeof api->token_key);
    g_free(api);
}

/* True if path has the pattern's shape; *ret_id is then the part at {id}, or NULL. */
static bool match_pattern(const char *pattern, const char *path, char **ret_id)
{
    static const char hole[] = "{id}";
    const char *at = strstr(pattern, hole);

    if (at == NULL)
        return strcmp(pattern, path) == 0;
    const size_t head = (size_t)(at - pattern);
    if (strncmp(pattern, path, head) != 0)
        return false;
    const size_t len = strcspn(path + head, "/");
    if (len == 0 || strcmp(path + head + len, at + sizeof hole - 1) != 0)
        return false;
    *ret_id = g_strndup(path + head, len);
    return true;
}

/* The route, or NULL with what is allowed at this path instead ("" if there is no such path). */
static const Route *find_route(const HttpCall *call, char **ret_id, GString *ret_allow)
{
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        g_autofree char *id = NULL;
        const char *method = routes[i].info.method;
        if (!match_pattern(routes[i].info.pattern, call->path, &id))
            continue;
        if (strcmp(method, call->method) == 0) {
            *ret_id = g_steal_pointer(&id);
            return &routes[i];
        }
        g_string_append_printf(
            ret_allow, "%s%s", ret_allow->len > 0 ? ", " : "", strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
    }
    return NULL;
}

static HttpReply *reply_no_route(const HttpCall *call, const char *allow)
{
    g_autofree char *text = *allow != '\0'
                                ? g_strdup_printf("%.16s %.200s: expected %s", call->method, call->path, allow)
                                : g_strdup_printf("no such path: %.200s", call->path);
    HttpReply *reply = reply_error(*allow != '\0' ? ERROR_METHOD : ERROR_NOT_FOUND, text);

    if (*allow != '\0')
        http_reply_add_header(reply, "Allow", allow);
    return reply;
}

/* What went wrong inside is for the log; a client gets the request's id to ask the operator with. */
static HttpReply *reply_of_error(const HttpCall *call, const GError *error)
{
    const ErrorKind kind = error_kind(error);

    if (error_kind_http_status(kind) < 500)
        return reply_error(kind, error->message);
    log_error("api.error", "id", call->request_id, "kind", error_kind_name(kind), "text", error->message, NULL);
    g_autofree char *text = g_strdup_printf("%s; the server's log says more under request %s",
        error_kind_is_retryable(kind) ? "cannot be answered now, try again" : "cannot be answered", call->request_id);
    return reply_error(kind, text);
}

static bool check_caller(const Api *api, const HttpCall *call, GError **error)
{
    if (api->keys != NULL)
        TRY(api_keys_check(api->keys, call, error));
    return api_check_browser(api->keys, call, error);
}

static bool is_states_call(const HttpCall *call)
{
    return strcmp(call->method, "POST") == 0 && strcmp(call->path, "/") == 0;
}

/* *ret_route is the route's number; as many as there are if none fits. */
static HttpReply *answer(const Api *api, const HttpCall *call, size_t *ret_route)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) allow = g_string_new(NULL);
    g_autofree char *id = NULL;
    HttpReply *reply = NULL;

    if (is_states_call(call))
        return states_handle(api, call);
    const Route *route = find_route(call, &id, allow);
    if (route != NULL)
        *ret_route = (size_t)(route - routes);
    if (!check_caller(api, call, &error))
        return reply_of_error(call, error);
    if (route == NULL)
        return reply_no_route(call, allow->str);
    const ApiRequest request = {.call = call, .id = id};
    return route->function(api, &request, &reply, &error) ? reply : reply_of_error(call, error);
}

HttpReply *api_handle(void *data, const HttpCall *call)
{
    const Api *api = data;
    size_t route = G_N_ELEMENTS(routes);
    HttpReply *reply = answer(api, call, &route);

    if (http_reply_wait_ms(reply) == 0) /* who waits is asked again, and counted once */
        api_counts_add(api->counts, route, http_reply_status(reply));
    return reply;
}

HttpReply *api_refuse(void *data, const HttpCall *call, ErrorKind kind, const char *message)
{
    const Api *api = data;

    (void)call;
    api_counts_add(api->counts, G_N_ELEMENTS(routes), error_kind_http_status(kind));
    return reply_error(kind, message);
}
