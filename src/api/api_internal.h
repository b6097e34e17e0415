/* Inside api/: what the routes share. */
#pragma once

#include "api/api.h"
#include "api/api_counts.h"
#include "api/reply.h"

#include <jansson.h>

struct Api {
    Db *db;
    Workflow *workflow;
    DbWake *wake; /* or NULL */
    const ApiKeys *keys;
    SignatureMaker sign;
    char *rules_id;
    Rulebook *rulebook;
    char *allow_files; /* canonical */
    ApiClientEndpoints client_endpoints;
    json_t *default_options;
    uint8_t token_key[API_TOKEN_KEY_BYTES];
    ApiScanNow scan_now;
    void (*job_changed)(void *data);
    void *data;
    ApiCounts *counts;
};

typedef struct ApiRequest {
    const HttpCall *call;
    char *id; /* what stands for {id} in the path, or NULL */
} ApiRequest;

/* A route's work: true with a reply, or false with the error that becomes one. */
typedef bool (*ApiRoute)(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);

/* The job that a path names: an unknown one (NOT_FOUND) and one without rows are different answers. */
FALLIBLE bool route_check_job(const Api *api, const char *text, JobId *ret_id, GError **error);

FALLIBLE bool route_scan(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_jobs(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_job(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_findings(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_suppressed(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_suppressions(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_health(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_job_cancel(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_job_pause(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_job_resume(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_job_retry(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_objects(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_excluded(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_rules(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_rule(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_rule_put(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_rule_delete(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_statistics(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_ready(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
FALLIBLE bool route_metrics(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error);
