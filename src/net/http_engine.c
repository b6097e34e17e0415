/* The I/O thread of an HTTP client: it alone touches libcurl's handles. */
#include "net/http_client_internal.h"

#include "base/clock.h"

#include <string.h>

#define POLL_MS         1000
#define RECEIVE_BUFFER  (32 * 1024L)
#define IDLE_HANDLE_MAX 64

static void run_commands(HttpClient *client);
static void start_waiting(HttpClient *client);
static void transfer_start(HttpClient *client, HttpTransfer *transfer);
static void transfer_resume(HttpClient *client, HttpTransfer *transfer);
static void transfer_configure(HttpClient *client, HttpTransfer *transfer);
static void transfer_set_body(HttpTransfer *transfer);
static void transfer_end(HttpClient *client, HttpTransfer *transfer, GError *take_error);
static void collect_finished(HttpClient *client);
static void sweep_stalled(HttpClient *client);
static void cancel_all(HttpClient *client);
static int poll_timeout_ms(const HttpClient *client);
static GError *error_of(CURLcode code, const HttpTransfer *transfer);
static size_t on_header(char *line, size_t size, size_t count, void *data);
static size_t on_body(char *bytes, size_t size, size_t count, void *data);

gpointer http_engine_run(gpointer data)
{
    HttpClient *client = data;
    int running = 0;

    for (;;) {
        g_mutex_lock(&client->mutex);
        ClientStage stage = client->locked.stage;
        g_mutex_unlock(&client->mutex);

        run_commands(client);
        if (stage != CLIENT_RUNNING)
            cancel_all(client);
        if (stage == CLIENT_CLOSING)
            break;
        start_waiting(client);
        curl_multi_perform(client->multi, &running);
        collect_finished(client);
        sweep_stalled(client);
        start_waiting(client);
        curl_multi_poll(client->multi, NULL, 0, poll_timeout_ms(client), NULL);
    }
    for (guint i = 0; i < client->engine.idle->len; i++)
        curl_easy_cleanup(client->engine.idle->pdata[i]);
    return NULL;
}

static void run_commands(HttpClient *client)
{
    g_mutex_lock(&client->mutex);
    GArray *commands = client->locked.commands;
    client->locked.commands = g_array_new(FALSE, FALSE, sizeof(Command));
    g_mutex_unlock(&client->mutex);

    for (guint i = 0; i < commands->len; i++) {
        Command *command = &g_array_index(commands, Command, i);
        HttpTransfer *transfer = command->transfer;

        switch (command->kind) {
        case COMMAND_START:
            g_atomic_int_inc(&transfer->ref_count);
            g_queue_push_tail(&client->engine.waiting, transfer);
            break;
        case COMMAND_RESUME:
            transfer_resume(client, transfer);
            break;
        case COMMAND_WANT: /* start_waiting looks */
            break;
        case COMMAND_CANCEL:
            transfer_end(client, transfer, g_error_new_literal(TRAWL_ERROR, ERROR_CANCELLED, "closed"));
            break;
        }
        transfer_unref(transfer);
    }
    g_array_unref(commands);
}

static bool is_wanted(HttpTransfer *transfer)
{
    g_mutex_lock(&transfer->mutex);
    bool is_wanted = transfer->locked.is_wanted;
    g_mutex_unlock(&transfer->mutex);
    return is_wanted;
}

static void start_waiting(HttpClient *client)
{
    while (client->engine.waiting.length > 0 && client->engine.active->len < client->options.max_connections)
        transfer_start(client, g_queue_pop_head(&client->engine.waiting));
    if (client->engine.waiting.length == 0 || client->engine.paused < client->engine.active->len)
        return;
    for (GList *link = client->engine.waiting.head; link != NULL; link = link->next) {
        HttpTransfer *transfer = link->data;
        if (is_wanted(transfer)) {
            g_queue_delete_link(&client->engine.waiting, link);
            transfer_start(client, transfer);
            return;
        }
    }
}

static void transfer_start(HttpClient *client, HttpTransfer *transfer)
{
    GPtrArray *idle = client->engine.idle;

    transfer->engine.easy = idle->len > 0 ? g_ptr_array_steal_index_fast(idle, idle->len - 1) : curl_easy_init();
    g_assert(transfer->engine.easy != NULL);
    transfer->engine.state = TRANSFER_ACTIVE;
    transfer->engine.progress_at_ms = clock_monotonic_ms();
    transfer_configure(client, transfer);
    g_ptr_array_add(client->engine.active, transfer);
    curl_multi_add_handle(client->multi, transfer->engine.easy);
}

static void transfer_configure(HttpClient *client, HttpTransfer *transfer)
{
    CURL *easy = transfer->engine.easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, transfer->engine.url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 0L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->options.connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, client->options.user_agent);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->engine.problem);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->engine.headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (client->options.ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->options.ca_file);
    transfer_set_body(transfer);
}

static void transfer_set_body(HttpTransfer *transfer)
{
    CURL *easy = transfer->engine.easy;
    const char *method = transfer->engine.method;

    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    bool is_post = strcmp(method, "POST") == 0;
    if (transfer->engine.body_len > 0 || is_post || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->engine.body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->engine.body_len ? (char *)transfer->engine.body : "");
    }
    if (!is_post && strcmp(method, "GET") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void transfer_resume(HttpClient *client, HttpTransfer *transfer)
{
    if (transfer->engine.state != TRANSFER_ACTIVE || !transfer->engine.is_paused)
        return;
    transfer->engine.is_paused = false;
    client->engine.paused--;
    transfer->engine.progress_at_ms = clock_monotonic_ms();
    curl_easy_pause(transfer->engine.easy, CURLPAUSE_CONT);
}

/* Tells the waiting side, and drops the engine's reference. Does nothing the second time. */
static void transfer_end(HttpClient *client, HttpTransfer *transfer, GError *take_error)
{
    if (transfer->engine.state == TRANSFER_ENDED) {
        g_clear_error(&take_error);
        return;
    }
    if (transfer->engine.state == TRANSFER_WAITING)
        g_queue_remove(&client->engine.waiting, transfer);
    if (transfer->engine.state == TRANSFER_ACTIVE) {
        curl_multi_remove_handle(client->multi, transfer->engine.easy);
        g_ptr_array_remove_fast(client->engine.active, transfer);
        client->engine.paused -= transfer->engine.is_paused ? 1 : 0;
        if (client->engine.idle->len < IDLE_HANDLE_MAX) {
            curl_easy_reset(transfer->engine.easy);
            g_ptr_array_add(client->engine.idle, transfer->engine.easy);
        } else {
            curl_easy_cleanup(transfer->engine.easy);
        }
    }
    transfer->engine.state = TRANSFER_ENDED;
    g_mutex_lock(&transfer->mutex);
    transfer->locked.is_ended = true;
    transfer->locked.error = take_error;
    g_cond_broadcast(&transfer->changed);
    g_mutex_unlock(&transfer->mutex);
    transfer_unref(transfer);
}

static void collect_finished(HttpClient *client)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        char *data = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
        HttpTransfer *transfer = (HttpTransfer *)(void *)data;
        transfer_end(client, transfer, error_of(code, transfer));
    }
}

static void sweep_stalled(HttpClient *client)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms - client->engine.swept_at_ms < MIN(100, client->options.stall_timeout_ms / 4))
        return;
    client->engine.swept_at_ms = now_ms;
    for (guint i = client->engine.active->len; i > 0; i--) {
        HttpTransfer *transfer = client->engine.active->pdata[i - 1];
        if (transfer->engine.is_paused || now_ms - transfer->engine.progress_at_ms < client->options.stall_timeout_ms)
            continue;
        transfer_end(client, transfer,
            g_error_new(TRAWL_ERROR, ERROR_TIMEOUT, "no progress for %u ms", client->options.stall_timeout_ms));
    }
}

static void cancel_all(HttpClient *client)
{
    GError *stopped = g_error_new_literal(TRAWL_ERROR, ERROR_CANCELLED, "stopped");

    while (client->engine.waiting.length > 0)
        transfer_end(client, client->engine.waiting.head->data, g_error_copy(stopped));
    while (client->engine.active->len > 0)
        transfer_end(client, client->engine.active->pdata[0], g_error_copy(stopped));
    g_error_free(stopped);
}

static int poll_timeout_ms(const HttpClient *client)
{
    if (client->engine.active->len == 0)
        return POLL_MS;
    return (int)CLAMP(client->options.stall_timeout_ms / 4, 20, POLL_MS);
}

static ErrorKind kind_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return ERROR_TIMEOUT;
    case CURLE_PARTIAL_FILE:
        return ERROR_TRUNCATED;
    case CURLE_URL_MALFORMAT:
        return ERROR_INVALID;
    case CURLE_UNSUPPORTED_PROTOCOL: /* the URL is checked, so this is an answer without a status line */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_HTTP2:
        return ERROR_PROTOCOL;
    default:
        return ERROR_UNAVAILABLE;
    }
}

static GError *error_of(CURLcode code, const HttpTransfer *transfer)
{
    if (code == CURLE_OK)
        return NULL;
    if (transfer->engine.is_head_too_large)
        return g_error_new_literal(TRAWL_ERROR, ERROR_PROTOCOL, "the answer's headers are too long");
    const char *problem = transfer->engine.problem[0] != '\0' ? transfer->engine.problem : curl_easy_strerror(code);
    return g_error_new(TRAWL_ERROR, (gint)kind_of(code), "%s", problem);
}

/* "HTTP/1.1 200 OK": the head starts anew after an interim answer. */
static void head_begin_locked(HttpTransfer *transfer, const char *line)
{
    const char *space = strchr(line, ' ');

    transfer->locked.status = space != NULL ? (int)g_ascii_strtoll(space + 1, NULL, 10) : 0;
    g_ptr_array_set_size(transfer->locked.headers, 0);
}

static void head_line_locked(HttpTransfer *transfer, char *line)
{
    g_strchomp(line);
    if (g_str_has_prefix(line, "HTTP/")) {
        head_begin_locked(transfer, line);
        return;
    }
    if (line[0] == '\0') {
        transfer->locked.has_head = transfer->locked.status >= 200;
        g_cond_broadcast(&transfer->changed);
        return;
    }
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return;
    *colon = '\0';
    g_ptr_array_add(transfer->locked.headers, g_strdup(line));
    g_ptr_array_add(transfer->locked.headers, g_strstrip(g_strdup(colon + 1)));
}

static size_t on_header(char *line, size_t size, size_t count, void *data)
{
    HttpTransfer *transfer = data;
    size_t len = size * count;

    transfer->engine.progress_at_ms = clock_monotonic_ms();
    transfer->engine.head_bytes += len;
    if (transfer->engine.head_bytes > HTTP_HEAD_BYTES_MAX) {
        transfer->engine.is_head_too_large = true;
        return 0;
    }
    g_autofree char *copy = g_strndup(line, len);
    g_mutex_lock(&transfer->mutex);
    if (!transfer->locked.has_head) /* what follows the body are trailers, which nobody asks for */
        head_line_locked(transfer, copy);
    g_mutex_unlock(&transfer->mutex);
    return len;
}

static bool has_room_locked(HttpTransfer *transfer, size_t len)
{
    HttpClient *client = transfer->client;
    size_t wanted = transfer->locked.len + len;

    if (transfer->locked.len == 0 || wanted <= HTTP_SMALL_BUFFER)
        return true;
    size_t total = (size_t)g_atomic_pointer_get(&client->buffered_bytes);
    return wanted <= client->options.buffer_bytes && total + len <= client->options.total_buffer_bytes;
}

static void append_locked(HttpTransfer *transfer, const char *bytes, size_t len)
{
    if (transfer->locked.start + transfer->locked.len + len > transfer->locked.capacity) {
        size_t needed = transfer->locked.len + len;

        if (transfer->locked.start > 0 && transfer->locked.len > 0)
            memmove(transfer->locked.data, transfer->locked.data + transfer->locked.start, transfer->locked.len);
        transfer->locked.start = 0;
        if (needed > transfer->locked.capacity) {
            transfer->locked.capacity =
                MAX(needed, MIN(transfer->locked.capacity * 2, transfer->client->options.buffer_bytes));
            transfer->locked.data = g_realloc(transfer->locked.data, transfer->locked.capacity);
        }
    }
    memcpy(transfer->locked.data + transfer->locked.start + transfer->locked.len, bytes, len);
    transfer->locked.len += len;
    g_atomic_pointer_add(&transfer->client->buffered_bytes, (gssize)len);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    HttpTransfer *transfer = data;
    size_t len = size * count;

    transfer->engine.progress_at_ms = clock_monotonic_ms();
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&transfer->mutex);
    if (!has_room_locked(transfer, len)) {
        transfer->locked.is_pause_wanted = true;
        transfer->locked.resume_below = transfer->locked.len / 2;
        transfer->engine.is_paused = true;
        transfer->client->engine.paused++;
        return CURL_WRITEFUNC_PAUSE;
    }
    append_locked(transfer, bytes, len);
    g_cond_broadcast(&transfer->changed);
    return len;
}
