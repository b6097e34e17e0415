/* Is the server there, can it work, and what has it counted? */
#include "api/api_internal.h"
#include "api/query.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "jobs/jobs.h"
#include "store/migrate.h"

#include <string.h>

static const char *const no_query[] = {NULL};

bool route_health(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    (void)api;
    TRY(query_check(request->call, no_query, error));
    *ret_reply = reply_json(200, json_pack("{s:s,s:s}", "status", "ok", "version", TRAWL_VERSION));
    return true;
}

/* ---- readiness ---- */

static HttpReply *reply_not_ready(const char *reason)
{
    g_autofree char *valid = g_utf8_make_valid(reason, -1);
    HttpReply *reply = reply_json(503, json_pack("{s:s,s:s}", "status", "unavailable", "reason", valid));

    http_reply_add_header(reply, "Retry-After", "1");
    return reply;
}

/* Reachable, and with exactly the migrations that this program knows. */
static bool store_is_ready(Db *db, GError **error)
{
    bool is_current = false;

    TRY(migrate_is_current(db, &is_current, error));
    return is_current || fail(error, ERROR_UNAVAILABLE, "the store lacks migrations: trawl migrate applies them");
}

bool route_ready(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    g_autoptr(GError) reason = NULL;

    TRY(query_check(request->call, no_query, error));
    *ret_reply = store_is_ready(api->db, &reason)
                     ? reply_json(200, json_pack("{s:s,s:s}", "status", "ready", "version", TRAWL_VERSION))
                     : reply_not_ready(reason->message);
    return true;
}

/* ---- metrics: Prometheus' text format, version 0.0.4 ---- */

static void add_head(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_process_metrics(GString *text)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const MetricInfo *info = metric_info((Metric)i);
        add_head(text, info->name, info->type == METRIC_TYPE_COUNTER ? "counter" : "gauge", info->help);
        g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", info->name, metric_get((Metric)i));
    }
}

static void add_answers(void *data, size_t route, int status, uint64_t answers)
{
    const ApiRouteInfo *info = api_route_info(route);
    g_autofree char *code = status != 0 ? g_strdup_printf("%d", status) : g_strdup("other");

    g_string_append_printf(data, "trawl_http_requests_total{route=\"%s%s%s\",status=\"%s\"} %" G_GUINT64_FORMAT "\n",
        info != NULL ? info->method : "none", info != NULL ? " " : "", info != NULL ? info->pattern : "", code,
        answers);
}

static void add_gauge(GString *text, const char *name, const char *help, uint64_t value)
{
    add_head(text, name, "gauge", help);
    g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void add_jobs(GString *text, const JobsStatistics *statistics)
{
    const struct {
        const char *status;
        uint64_t jobs;
    } rows[] = {
        {"in_progress", statistics->in_progress_jobs},
        {"completed", statistics->completed_jobs},
        {"failed", statistics->failed_jobs},
        {"aborted", statistics->aborted_jobs},
    };

    add_head(text, "trawl_jobs", "gauge", "Jobs in the store, by status.");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(text, "trawl_jobs{status=\"%s\"} %" G_GUINT64_FORMAT "\n", rows[i].status, rows[i].jobs);
}

static void add_statistics(GString *text, const JobsStatistics *statistics)
{
    add_jobs(text, statistics);
    add_gauge(text, "trawl_jobs_paused", "Jobs in progress that are paused.", statistics->paused_jobs);
    add_gauge(text, "trawl_objects", "Objects of all jobs.", statistics->total_objects);
    add_gauge(text, "trawl_objects_bytes", "Bytes of the objects of all jobs.", statistics->bytes_total);
    add_gauge(text, "trawl_objects_done_bytes", "Bytes of the objects that were dealt with.", statistics->bytes_done);
    add_gauge(text, "trawl_findings", "Findings of all jobs.", statistics->total_findings);
}

static void add_refresh(GString *text, int64_t refreshed_ms, int64_t duration_ms)
{
    if (refreshed_ms == 0)
        return;
    add_head(text, "trawl_refresh_age_seconds", "gauge", "Since the last snapshot of the progress of all jobs.");
    g_string_append_printf(
        text, "trawl_refresh_age_seconds %.3f\n", (double)MAX(clock_now_ms() - refreshed_ms, 0) / 1000.0);
    add_head(text, "trawl_refresh_duration_seconds", "gauge", "How long the last snapshot took.");
    g_string_append_printf(text, "trawl_refresh_duration_seconds %.3f\n", (double)duration_ms / 1000.0);
}

static bool add_store(GString *text, Db *db, GError **error)
{
    JobsStatistics statistics = {0};
    int64_t refreshed_ms = 0, duration_ms = 0;

    TRY(jobs_statistics(db, JOB_CACHED, &statistics, error));
    TRY(jobs_refresh_state(db, &refreshed_ms, &duration_ms, error));
    add_statistics(text, &statistics);
    add_refresh(text, refreshed_ms, duration_ms);
    return true;
}

/* What the process counts is told also while the store is away: that is when it is looked at. */
bool route_metrics(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) trouble = NULL;

    TRY(query_check(request->call, no_query, error));
    add_head(text, "trawl_build_info", "gauge", "Always 1; which version this is.");
    g_string_append_printf(text, "trawl_build_info{version=\"%s\"} 1\n", TRAWL_VERSION);
    add_process_metrics(text);
    add_head(text, "trawl_http_requests_total", "counter", "Requests answered, by route and status.");
    api_counts_visit(api->counts, add_answers, text);
    add_gauge(text, "trawl_store_up", "Whether the store answers.", add_store(text, api->db, &trouble) ? 1 : 0);
    HttpReply *reply =
        http_reply_new(200, "text/plain; version=0.0.4; charset=utf-8", g_bytes_new(text->str, text->len));
    http_reply_add_header(reply, "Cache-Control", "no-store");
    *ret_reply = reply;
    return true;
}
