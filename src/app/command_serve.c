#include "api/api.h"
#include "app/client_signature.h"
#include "app/command.h"
#include "app/engine.h"
#include "app/lease_flag.h"
#include "app/scan_now.h"
#include "app/scan_options.h"
#include "app/task_bell.h"
#include "base/log.h"
#include "jobs/jobs.h"
#include "net/http_server.h"
#include "workflow/machines.h"
#include "workflow/scanner_machine.h"

#include <signal.h>
#include <string.h>

enum { PORT_DEFAULT = 8080, PORT_MAX = 65535 };

typedef struct ServeOptions {
    SourceFlags source;
    char *store, *listen, *api_key_file, *allow_files, *lease;
    gboolean allows_endpoints, leaves_scanning, lists_first;
} ServeOptions;

static void serve_options_clear(ServeOptions *options)
{
    source_flags_clear(&options->source);
    g_free(options->store);
    g_free(options->listen);
    g_free(options->api_key_file);
    g_free(options->allow_files);
    g_free(options->lease);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ServeOptions, serve_options_clear)

typedef struct Serve {
    ServeOptions options;
    Engine *engine;
    ScanNow scans;
    ApiKeys *keys;
    Api *api;
    HttpServer *server;
    TaskBell *bell;
} Serve;

static void serve_clear(Serve *serve)
{
    task_bell_stop(serve->bell);
    http_server_stop(serve->server);
    engine_close(serve->engine);
    api_free(serve->api);
    api_keys_free(serve->keys);
    serve_options_clear(&serve->options);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Serve, serve_clear)

static bool parse(const Command *command, int *argc, char ***argv, ServeOptions *options, GError **error)
{
    GOptionEntry entries[SOURCE_FLAG_COUNT + 9] = {
        {"listen", 0, 0, G_OPTION_ARG_STRING, &options->listen, "Where to listen (default 127.0.0.1:8080)",
            "HOST:PORT"},
        {"no-scan", 0, 0, G_OPTION_ARG_NONE, &options->leaves_scanning, "Leave scanning to trawl worker elsewhere",
            NULL},
        {"sync", 0, 0, G_OPTION_ARG_NONE, &options->lists_first,
            "Without a workflow: POST /scan lists the whole bucket before it answers", NULL},
        STORE_ENTRY(&options->store),
        LEASE_ENTRY(&options->lease),
        {"api-key-file", 0, 0, G_OPTION_ARG_FILENAME, &options->api_key_file,
            "Accepted keys, KEY or NAME KEY a line; needed to listen beyond loopback", "FILE"},
        {"allow-files", 0, 0, G_OPTION_ARG_FILENAME, &options->allow_files,
            "Let clients scan directories at or below this one", "DIR"},
        {"allow-endpoints", 0, 0, G_OPTION_ARG_NONE, &options->allows_endpoints,
            "Let clients choose endpoint and profile", NULL},
    };

    source_flags_entries(&options->source, entries + 8);
    TRY(command_parse(
        command, entries, "", "Keys are sent as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.", argc, argv, error));
    if (*argc > 1)
        return fail(error, ERROR_INVALID, "'%s': expected no argument", (*argv)[1]);
    return true;
}

/* HOST:PORT, [IPV6]:PORT, HOST or :PORT. */
static bool parse_listen(const char *text, char **ret_host, uint16_t *ret_port, GError **error)
{
    const char *colon = strrchr(text, ':');
    bool has_port = colon != NULL && (text[0] != '[' || (colon > text && colon[-1] == ']'));
    g_autofree char *host = has_port ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    guint64 port = PORT_DEFAULT;

    if (has_port && !g_ascii_string_to_unsigned(colon + 1, 10, 0, PORT_MAX, &port, NULL))
        return fail(error, ERROR_INVALID, "--listen '%s': expected HOST:PORT with a port from 0 to 65535", text);
    *ret_host = host[0] != '\0' ? g_steal_pointer(&host) : g_strdup("127.0.0.1");
    *ret_port = (uint16_t)port;
    return true;
}

/* nextTokens are authenticated under a key of their own that every server of this installation has. */
static void derive_token_key(const FingerprintKey *key, uint8_t *ret_key)
{
    static const char purpose[] = "nextToken";
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key->bytes, sizeof key->bytes);
    gsize len = API_TOKEN_KEY_BYTES;

    g_hmac_update(hmac, (const guchar *)purpose, (gssize)strlen(purpose));
    g_hmac_get_digest(hmac, ret_key, &len);
}

static void job_was_created(void *data)
{
    engine_wake(((Serve *)data)->engine);
}

static bool list_first(void *data, const JobSpec *spec, JobId *ret_id, uint64_t *ret_objects, GError **error)
{
    return scan_now(&((Serve *)data)->scans, spec, ret_id, ret_objects, error);
}

static bool open_api(Serve *serve, GError **error)
{
    g_auto(JobOptions) defaults = {0};
    TRY(source_flags_job(&serve->options.source, &defaults, error));
    g_autofree char *defaults_json = job_options_format(&defaults);
    ApiOptions options = {
        .db = engine_db(serve->engine),
        .workflow = engine_workflow(serve->engine),
        .wake = engine_db_wake(serve->engine),
        .rules_id = rule_set_id(engine_rules(serve->engine)),
        .rulebook = engine_rulebook(serve->engine),
        .keys = serve->keys,
        .sign = client_signature,
        .allow_files = serve->options.allow_files,
        .client_endpoints = serve->options.allows_endpoints ? API_ENDPOINTS_ALLOWED : API_ENDPOINTS_DENIED,
        .default_options = defaults_json,
        .scan_now = serve->options.lists_first ? list_first : NULL,
        .job_created = job_was_created,
        .data = serve,
    };

    TRY(machine_keep(options.workflow, options.db, JOB_MACHINE, scanner_machine_definition(), error));
    derive_token_key(engine_key(serve->engine), options.token_key);
    return api_new(&options, &serve->api, error);
}

static bool start_server(Serve *serve, const char *host, uint16_t port, GError **error)
{
    HttpServerOptions server = {
        .host = host, .port = port, .handler = api_handle, .refuser = api_refuse, .data = serve->api};

    if (serve->options.lists_first) {
        log_warning("serve.sync", "reason",
            "no workflow: POST /scan lists the whole bucket before it answers, which clients may not wait for", NULL);
        server.sharing = HTTP_THREAD_PER_CONNECTION; /* the others do not wait for it */
    }
    return http_server_start(&server, &serve->server, error);
}

static bool start(Serve *serve, GError **error)
{
    g_autofree char *host = NULL;
    uint16_t port = 0;
    EngineOptions engine = {0};
    const char *listen = serve->options.listen != NULL ? serve->options.listen : "127.0.0.1:8080";

    TRY(parse_listen(listen, &host, &port, error));
    if (serve->options.api_key_file != NULL && !api_keys_load(serve->options.api_key_file, &serve->keys, error)) {
        g_prefix_error(error, "--api-key-file ");
        return false;
    }
    if (serve->keys == NULL && !api_listen_is_loopback(host))
        return fail(error, ERROR_INVALID,
            "--listen '%s': not a loopback address: expected --api-key-file FILE with it, so that every request needs "
            "a key",
            listen);
    TRY(source_flags_engine(&serve->options.source, &engine, error));
    TRY(lease_parse(serve->options.lease, &engine.lease_ms, error));
    engine.store = serve->options.store;
    engine.work = serve->options.leaves_scanning ? ENGINE_LISTS : ENGINE_SCANS;
    engine.patience = WORKER_KEEPS_ON;
    TRY(engine_open(&engine, &serve->engine, error));
    serve->scans.engine = serve->engine;
    TRY(open_api(serve, error));
    TRY(start_server(serve, host, port, error));
    serve->bell = task_bell_start(engine_db_wake(serve->engine), serve->server);
    TRY(engine_start(serve->engine, NULL, NULL, error));
    (void)fprintf(stderr, "trawl serve: listening on http://%s:%u\n", host, http_server_port(serve->server));
    return true;
}

/* Signals are blocked before any thread is made, so that all of them leave them to this one. */
static void wait_for_signal(const sigset_t *signals)
{
    int number = 0;

    (void)sigwait(signals, &number);
    (void)fprintf(stderr, "trawl serve: stopping\n");
    (void)signal(number, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, signals, NULL); /* a second one ends us at once */
}

int command_serve(const Command *command, int argc, char **argv)
{
    g_auto(Serve) serve = {0};
    g_autoptr(GError) error = NULL;
    sigset_t signals;

    if (!parse(command, &argc, &argv, &serve.options, &error))
        return command_fail(command, error);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (!start(&serve, &error))
        return command_fail(command, error);
    wait_for_signal(&signals);
    engine_cancel(serve.engine);
    return EXIT_CLEAN;
}
