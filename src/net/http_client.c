#include "net/http_client_internal.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

#define DEFAULT_MAX_CONNECTIONS    64
#define DEFAULT_CONNECT_TIMEOUT_MS 10000
#define DEFAULT_STALL_TIMEOUT_MS   30000
#define DEFAULT_BUFFER_BYTES       ((size_t)512 * 1024)
#define DEFAULT_TOTAL_BUFFER_BYTES ((size_t)32 * 1024 * 1024)

static void client_free(HttpClient *client);
static void enter_stage(HttpClient *client, ClientStage stage);
static void client_command(HttpClient *client, CommandKind kind, HttpTransfer *transfer);
static void client_options_init(HttpClient *client, const HttpClientOptions *options);
static bool request_check(const HttpRequest *request, GError **error);
static HttpTransfer *transfer_new(HttpClient *client, const HttpRequest *request);
static void transfer_want_locked(HttpTransfer *transfer);
static size_t transfer_take_locked(HttpTransfer *transfer, uint8_t *buffer, size_t capacity);

static gpointer curl_start(G_GNUC_UNUSED gpointer data)
{
    return GINT_TO_POINTER(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

bool http_client_check(const HttpClientOptions *options, GError **error)
{
    if (options->ca_file != NULL && access(options->ca_file, R_OK) != 0)
        return fail(error, ERROR_INVALID, "%s: cannot read this CA bundle", options->ca_file);
    return true;
}

bool http_client_open(const HttpClientOptions *options, HttpClient **ret_client, GError **error)
{
    static GOnce once = G_ONCE_INIT;

    TRY(http_client_check(options, error));
    TRY(curl_late_load(error));
    if (!GPOINTER_TO_INT(g_once(&once, curl_start, NULL)))
        return fail(error, ERROR_INTERNAL, "libcurl does not start");

    HttpClient *client = g_new0(HttpClient, 1);
    client->ref_count = 1;
    client_options_init(client, options);
    g_mutex_init(&client->mutex);
    g_cond_init(&client->stage_changed);
    client->locked.commands = g_array_new(FALSE, FALSE, sizeof(Command));
    client->engine.active = g_ptr_array_new();
    client->engine.idle = g_ptr_array_new();
    client->multi = curl_multi_init();
    g_assert(client->multi != NULL);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)client->options.max_connections + 4);
    client->thread = g_thread_new("http", http_engine_run, client);

    *ret_client = client;
    return true;
}

HttpClient *http_client_ref(HttpClient *client)
{
    g_atomic_int_inc(&client->ref_count);
    return client;
}

void http_client_unref(HttpClient *client)
{
    if (client == NULL || !g_atomic_int_dec_and_test(&client->ref_count))
        return;
    enter_stage(client, CLIENT_CLOSING);
    g_thread_join(client->thread);
    client_free(client);
}

static void enter_stage(HttpClient *client, ClientStage stage)
{
    g_mutex_lock(&client->mutex);
    client->locked.stage = stage;
    g_cond_broadcast(&client->stage_changed);
    g_mutex_unlock(&client->mutex);
    curl_multi_wakeup(client->multi);
}

void http_client_stop(HttpClient *client)
{
    enter_stage(client, CLIENT_STOPPED);
}

bool http_client_wait(HttpClient *client, int64_t wait_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&client->mutex);
    int64_t end_us = g_get_monotonic_time() + wait_ms * 1000;

    while (client->locked.stage == CLIENT_RUNNING && g_cond_wait_until(&client->stage_changed, &client->mutex, end_us))
        continue;
    return client->locked.stage == CLIENT_RUNNING;
}

bool http_start(HttpClient *client, const HttpRequest *request, HttpTransfer **ret_transfer, GError **error)
{
    TRY(request_check(request, error));

    HttpTransfer *transfer = transfer_new(client, request);
    client_command(client, COMMAND_START, transfer);
    *ret_transfer = transfer;
    return true;
}

void http_transfer_close(HttpTransfer *transfer)
{
    if (transfer == NULL)
        return;
    g_mutex_lock(&transfer->mutex);
    bool is_ended = transfer->locked.is_ended;
    g_mutex_unlock(&transfer->mutex);
    if (!is_ended)
        client_command(transfer->client, COMMAND_CANCEL, transfer);
    transfer_unref(transfer);
}

bool http_wait(HttpTransfer *transfer, HttpResponse *ret_response, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&transfer->mutex);

    while (!transfer->locked.has_head && !transfer->locked.is_ended) {
        transfer_want_locked(transfer);
        g_cond_wait(&transfer->changed, &transfer->mutex);
    }
    if (!transfer->locked.has_head) {
        g_propagate_error(error, g_error_copy(transfer->locked.error));
        return false;
    }
    HttpResponse response = {.status = transfer->locked.status, .content_length = -1, .transfer = transfer};
    const char *length = http_response_header(&response, "content-length");
    guint64 value = 0;
    if (length != NULL && g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &value, NULL))
        response.content_length = (int64_t)value;
    *ret_response = response;
    return true;
}

const char *http_response_header(const HttpResponse *response, const char *name)
{
    /* Nobody changes the headers once the head is complete, so no lock is needed here. */
    const GPtrArray *headers = response->transfer->locked.headers;

    for (guint i = headers->len; i >= 2; i -= 2) {
        if (g_ascii_strcasecmp(headers->pdata[i - 2], name) == 0)
            return headers->pdata[i - 1];
    }
    return NULL;
}

bool http_read(HttpTransfer *transfer, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&transfer->mutex);

    g_assert(capacity > 0);
    while (transfer->locked.len == 0 && !transfer->locked.is_ended) {
        transfer_want_locked(transfer);
        g_cond_wait(&transfer->changed, &transfer->mutex);
    }
    if (transfer->locked.len == 0 && transfer->locked.error != NULL) {
        g_propagate_error(error, g_error_copy(transfer->locked.error));
        return false;
    }
    *ret_len = transfer_take_locked(transfer, buffer, capacity);
    return true;
}

bool http_read_all(HttpTransfer *transfer, size_t max_bytes, GByteArray **ret_body, GError **error)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autofree uint8_t *buffer = g_malloc(HTTP_SMALL_BUFFER);
    size_t len = 0;

    do {
        TRY(http_read(transfer, buffer, HTTP_SMALL_BUFFER, &len, error));
        if (len > max_bytes - body->len)
            return fail(error, ERROR_TOO_LARGE, "the answer is longer than %zu bytes", max_bytes);
        g_byte_array_append(body, buffer, (guint)len);
    } while (len > 0);
    g_byte_array_append(body, (const guint8 *)"", 1);
    g_byte_array_set_size(body, body->len - 1);
    *ret_body = g_steal_pointer(&body);
    return true;
}

int64_t http_date_parse(const char *text)
{
    if (!curl_late_load(NULL))
        return -1;
    time_t seconds = curl_getdate(text, NULL);

    return seconds < 0 ? -1 : (int64_t)seconds * 1000;
}

static void client_options_init(HttpClient *client, const HttpClientOptions *options)
{
    client->options.max_connections = options->max_connections ? options->max_connections : DEFAULT_MAX_CONNECTIONS;
    client->options.connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    client->options.stall_timeout_ms = options->stall_timeout_ms ? options->stall_timeout_ms : DEFAULT_STALL_TIMEOUT_MS;
    client->options.buffer_bytes = options->buffer_bytes ? options->buffer_bytes : DEFAULT_BUFFER_BYTES;
    /* libcurl hands over up to CURL_MAX_WRITE_SIZE bytes and more at once; a buffer must take that when it is empty. */
    client->options.buffer_bytes = MAX(client->options.buffer_bytes, HTTP_SMALL_BUFFER);
    client->options.total_buffer_bytes =
        options->total_buffer_bytes ? options->total_buffer_bytes : DEFAULT_TOTAL_BUFFER_BYTES;
    client->options.ca_file = g_strdup(options->ca_file);
    client->options.user_agent = g_strdup(options->user_agent ? options->user_agent : "trawl/" TRAWL_VERSION);
}

static void client_free(HttpClient *client)
{
    curl_multi_cleanup(client->multi);
    g_array_unref(client->locked.commands);
    g_ptr_array_unref(client->engine.active);
    g_ptr_array_unref(client->engine.idle);
    g_free(client->options.ca_file);
    g_free(client->options.user_agent);
    g_cond_clear(&client->stage_changed);
    g_mutex_clear(&client->mutex);
    g_free(client);
}

static void client_command(HttpClient *client, CommandKind kind, HttpTransfer *transfer)
{
    Command command = {.kind = kind, .transfer = transfer};

    g_atomic_int_inc(&transfer->ref_count);
    g_mutex_lock(&client->mutex);
    bool is_first = client->locked.commands->len == 0;
    g_array_append_val(client->locked.commands, command);
    g_mutex_unlock(&client->mutex);
    if (is_first)
        curl_multi_wakeup(client->multi);
}

static bool request_check(const HttpRequest *request, GError **error)
{
    if (!g_str_has_prefix(request->url, "http://") && !g_str_has_prefix(request->url, "https://"))
        return fail(error, ERROR_INVALID, "a URL must begin with http:// or https://");
    for (const char *c = request->url; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return fail(error, ERROR_INVALID, "a URL must not hold spaces or control characters");
    }
    for (const char *const *line = request->headers; line != NULL && *line != NULL; line++) {
        if (strpbrk(*line, "\r\n") != NULL || strchr(*line, ':') == NULL)
            return fail(error, ERROR_INVALID, "a header must be one line, \"Name: value\"");
    }
    return true;
}

static HttpTransfer *transfer_new(HttpClient *client, const HttpRequest *request)
{
    HttpTransfer *transfer = g_new0(HttpTransfer, 1);

    transfer->ref_count = 1;
    transfer->client = client;
    g_mutex_init(&transfer->mutex);
    g_cond_init(&transfer->changed);
    transfer->locked.headers = g_ptr_array_new_with_free_func(g_free);
    transfer->engine.url = g_strdup(request->url);
    transfer->engine.method = g_strdup(request->method);
    transfer->engine.body = g_memdup2(request->body.data, request->body.len);
    transfer->engine.body_len = request->body.len;
    for (const char *const *line = request->headers; line != NULL && *line != NULL; line++)
        transfer->engine.headers = curl_slist_append(transfer->engine.headers, *line);
    if (request->body.len > 0) /* no waiting for "100 Continue" */
        transfer->engine.headers = curl_slist_append(transfer->engine.headers, "Expect:");
    return transfer;
}

void transfer_unref(HttpTransfer *transfer)
{
    if (!g_atomic_int_dec_and_test(&transfer->ref_count))
        return;
    g_atomic_pointer_add(&transfer->client->buffered_bytes, -(gssize)transfer->locked.len);
    curl_slist_free_all(transfer->engine.headers);
    g_free(transfer->engine.url);
    g_free(transfer->engine.method);
    g_free(transfer->engine.body);
    g_ptr_array_unref(transfer->locked.headers);
    g_clear_error(&transfer->locked.error);
    g_free(transfer->locked.data);
    g_mutex_clear(&transfer->mutex);
    g_cond_clear(&transfer->changed);
    g_free(transfer);
}

/* A transfer that somebody waits for may start although every connection is taken by paused ones; without this, a
 * reader that leaves its older transfers unread would wait for ever. */
static void transfer_want_locked(HttpTransfer *transfer)
{
    if (transfer->locked.is_wanted)
        return;
    transfer->locked.is_wanted = true;
    client_command(transfer->client, COMMAND_WANT, transfer);
}

static size_t transfer_take_locked(HttpTransfer *transfer, uint8_t *buffer, size_t capacity)
{
    size_t len = MIN(capacity, transfer->locked.len);

    if (len > 0)
        memcpy(buffer, transfer->locked.data + transfer->locked.start, len);
    transfer->locked.start += len;
    transfer->locked.len -= len;
    g_atomic_pointer_add(&transfer->client->buffered_bytes, -(gssize)len);
    if (transfer->locked.len == 0)
        transfer->locked.start = 0;
    if (transfer->locked.is_pause_wanted && transfer->locked.len <= transfer->locked.resume_below) {
        transfer->locked.is_pause_wanted = false;
        client_command(transfer->client, COMMAND_RESUME, transfer);
    }
    return len;
}
