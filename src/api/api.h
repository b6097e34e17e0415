/* The HTTP interface: who may ask, what can be asked, and in which words the answers come. See docs/api.md.
 *
 * An Api is immutable after api_new() and serves any number of threads. It fits http_server_start(): handler
 * api_handle, refuser api_refuse, data the Api. */
#pragma once

#include "api/auth.h"
#include "api/signature.h"
#include "base/error.h"
#include "jobs/jobs.h"
#include "net/http_server.h"
#include "rulebook/rulebook.h"
#include "store/db_wake.h"
#include "workflow/workflow.h"

enum { API_TOKEN_KEY_BYTES = 32 };

/* May a client choose whom the server talks to, and with which credentials (options endpoint and profile)? */
typedef enum ApiClientEndpoints { API_ENDPOINTS_DENIED, API_ENDPOINTS_ALLOWED } ApiClientEndpoints;

/* Makes a job and lists it before it returns; on failure there is no job. *ret_objects: how many are in its queue. */
typedef bool (*ApiScanNow)(void *data, const JobSpec *spec, JobId *ret_id, uint64_t *ret_objects, GError **error);

typedef struct ApiOptions {
    Db *db;             /* borrowed */
    Workflow *workflow; /* borrowed */
    DbWake *wake;       /* borrowed; tells whether tasks of other processes are heard of; may be NULL */
    const char *rules_id;
    Rulebook *rulebook;      /* borrowed */
    const ApiKeys *keys;     /* borrowed; NULL: no key is asked, and only requests to a loopback name are answered */
    SignatureMaker sign;     /* checks the signatures of AWS's clients; NULL: they need a key as everybody else */
    const char *allow_files; /* directories at or below may be scanned; NULL: none */
    ApiClientEndpoints client_endpoints;
    const char *default_options;            /* JSON object under every client's options; NULL for {} */
    uint8_t token_key[API_TOKEN_KEY_BYTES]; /* authenticates nextTokens; servers of one store share it */
    ApiScanNow scan_now;                    /* NULL: POST /scan leaves the listing to the workflow */
    void (*job_created)(void *data);        /* called after each POST that gave a job work; may be NULL; any thread */
    void *data;
} ApiOptions;

typedef struct Api Api;

/* INVALID if allow_files is not a directory or default_options not good job options. */
FALLIBLE bool api_new(const ApiOptions *options, Api **ret_api, GError **error);
void api_free(Api *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Api, api_free)

/* An HttpHandler and an HttpRefuser; data is the Api. */
HttpReply *api_handle(void *data, const HttpCall *call);
HttpReply *api_refuse(void *data, const HttpCall *call, ErrorKind kind, const char *message);

/* One of our routes, for documents and help. */
typedef struct ApiRouteInfo {
    const char *method, *pattern, *summary;
} ApiRouteInfo;

/* The index-th route; NULL after the last. */
const ApiRouteInfo *api_route_info(size_t index);
