#include "net/http_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/http_call.h"
#include "net/waiting_room.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DEFAULT_MAX_BODY = 1024 * 1024,
    DEFAULT_THREADS = 4,
    DEFAULT_CONNECTIONS = 256,
    DEFAULT_TIMEOUT_S = 30,
    HEADER_MEMORY = 32 * 1024, /* of one connection: the request line and all headers must fit */
    LISTEN_BACKLOG = 128,
    OVERSIZE_SWALLOWED = 16 /* times the limit that is read and thrown away, so that the client gets to see the 413 */
};

struct HttpServer {
    struct MHD_Daemon *daemon;
    HttpServerOptions options;
    WaitingRoom *room;
    uint16_t port;
};

/* What is kept for one request while its body arrives. */
typedef struct Exchange {
    int64_t started_ms;
    char request_id[17];
    GByteArray *body;
    size_t received;
    bool has_waited;
} Exchange;

static void exchange_free(Exchange *exchange)
{
    g_byte_array_unref(exchange->body);
    g_free(exchange);
}

static Exchange *exchange_new(void)
{
    Exchange *exchange = g_new0(Exchange, 1);

    exchange->started_ms = clock_monotonic_ms();
    exchange->body = g_byte_array_new();
    (void)snprintf(exchange->request_id, sizeof exchange->request_id, "%08x%08x", g_random_int(), g_random_int());
    return exchange;
}

static void free_bytes(void *bytes)
{
    g_bytes_unref(bytes);
}

static struct MHD_Response *response_of(const HttpReply *reply)
{
    const Bytes body = http_reply_body(reply);
    /* libmicrohttpd takes the body as writable but only reads it. */
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        body.len, (void *)(uintptr_t)body.data, free_bytes, http_reply_ref_body(reply));

    http_reply_add_headers_to(reply, response);
    return response;
}

static enum MHD_Result send_reply(
    struct MHD_Connection *connection, const Exchange *exchange, const CallBuilder *call, HttpReply *take_reply)
{
    g_autoptr(HttpReply) reply = take_reply;
    struct MHD_Response *response = response_of(reply);

    (void)MHD_add_response_header(response, "X-Request-Id", exchange->request_id);
    const enum MHD_Result result = MHD_queue_response(connection, (unsigned)http_reply_status(reply), response);
    MHD_destroy_response(response);
    log_info("http.request", "id", exchange->request_id, "peer", call->peer, "method", call->raw_method, "path",
        call->call.path, "status", log_int(http_reply_status(reply)), "ms",
        log_int(clock_monotonic_ms() - exchange->started_ms), NULL);
    return result;
}

static HttpReply *refuse(const HttpServer *server, const HttpCall *call, ErrorKind kind, const char *message)
{
    if (server->options.refuser != NULL)
        return server->options.refuser(server->options.data, call, kind, message);
    return http_reply_new(
        error_kind_http_status(kind), "text/plain; charset=utf-8", g_bytes_new(message, strlen(message)));
}

static HttpReply *refuse_oversize(const HttpServer *server, const HttpCall *call)
{
    g_autofree char *message =
        g_strdup_printf("the request body is too large: at most %zu bytes", server->options.max_body_bytes);

    return refuse(server, call, ERROR_TOO_LARGE, message);
}

static HttpReply *answer(const HttpServer *server, const Exchange *exchange, CallBuilder *builder)
{
    if (exchange->received > server->options.max_body_bytes)
        return refuse_oversize(server, &builder->call);
    builder->call.body = (Bytes){exchange->body->data, exchange->body->len};
    builder->call.waited_ms = clock_monotonic_ms() - exchange->started_ms;
    return server->options.handler(server->options.data, &builder->call);
}

/* True if the announced length alone is reason enough to say no before any of the body is read. A client that sends
 * its body without asking first would meet a closed connection instead of the answer: unless there is very much of it,
 * such a body is read and thrown away. */
static bool is_announced_oversize(const HttpServer *server, struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const bool asks_first = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) != NULL;
    guint64 announced = 0;

    return length != NULL && g_ascii_string_to_unsigned(length, 10, 0, G_MAXUINT64, &announced, NULL) &&
           announced / (asks_first ? 1 : OVERSIZE_SWALLOWED) > server->options.max_body_bytes;
}

static enum MHD_Result take_body(const HttpServer *server, Exchange *exchange, const char *data, size_t *len)
{
    const size_t limit = server->options.max_body_bytes;

    exchange->received += *len;
    if (exchange->received <= limit)
        g_byte_array_append(exchange->body, (const guint8 *)data, (guint)*len);
    *len = 0;
    return exchange->received / OVERSIZE_SWALLOWED > limit ? MHD_NO : MHD_YES;
}

/* Nothing is worked out, and above all nothing handed out, for who has gone while waiting. */
static bool has_gone(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte = 0;

    if (info == NULL)
        return false;
    const ssize_t len = recv(info->connect_fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return len == 0 || (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static WaitingResult wait_for_answer(
    const HttpServer *server, struct MHD_Connection *connection, uint64_t seen, int64_t wait_ms)
{
    if (server->options.sharing == HTTP_THREAD_PER_CONNECTION)
        return waiting_room_sit(server->room, seen, wait_ms);
    return waiting_room_enter(server->room, connection, seen, wait_ms);
}

/* NULL: the connection is suspended, and asks again. */
static HttpReply *answer_or_wait(
    const HttpServer *server, struct MHD_Connection *connection, Exchange *exchange, CallBuilder *builder)
{
    g_autoptr(GError) error = NULL;

    if (!call_builder_decode(builder, &error)) /* once, however often it is asked */
        return refuse(server, &builder->call, error_kind(error), error->message);
    for (;;) {
        const uint64_t seen = waiting_room_seen(server->room);
        g_autoptr(HttpReply) reply = answer(server, exchange, builder);
        const int64_t wait_ms = http_reply_wait_ms(reply);
        const WaitingResult result = wait_ms > 0 ? wait_for_answer(server, connection, seen, wait_ms) : WAITING_REFUSED;
        exchange->has_waited = exchange->has_waited || result != WAITING_REFUSED;
        if (result == WAITING_SUSPENDED)
            return NULL;
        if (result == WAITING_REFUSED || has_gone(connection))
            return g_steal_pointer(&reply);
    }
}

/* libmicrohttpd calls this once with the headers, then for each piece of the body, then once more at its end, and again
 * when a connection that waited is resumed. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **slot)
{
    const HttpServer *server = data;
    Exchange *exchange = *slot;
    const bool is_first = exchange == NULL;

    (void)version;
    if (is_first)
        *slot = exchange = exchange_new();
    else if (*upload_len > 0)
        return take_body(server, exchange, upload, upload_len);

    const bool is_oversize = is_first && is_announced_oversize(server, connection);
    if (is_first && !is_oversize)
        return MHD_YES;

    if (exchange->has_waited && has_gone(connection))
        return MHD_NO;
    g_auto(CallBuilder) builder = {0};
    call_builder_init(&builder, connection, method, url, exchange->request_id);
    HttpReply *reply =
        is_oversize ? refuse_oversize(server, &builder.call) : answer_or_wait(server, connection, exchange, &builder);
    return reply != NULL ? send_reply(connection, exchange, &builder, reply) : MHD_YES;
}

static void on_completed(
    void *data, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode how)
{
    (void)data;
    (void)connection;
    (void)how;
    g_clear_pointer((Exchange **)slot, exchange_free);
}

/* Percent signs stay for us to decode: libmicrohttpd is lenient about broken ones, and cuts a path at %00. */
static size_t keep_escapes(void *data, struct MHD_Connection *connection, char *text)
{
    (void)data;
    (void)connection;
    return strlen(text);
}

static void drop_log(void *data, const char *format, va_list args) G_GNUC_PRINTF(2, 0);
static void drop_log(void *data, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    (void)data;
    log_debug("http.library", "text", g_strchomp(text), NULL);
}

typedef union Address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} Address;

static bool parse_address(const char *host, uint16_t port, Address *ret_address, socklen_t *ret_len, GError **error)
{
    g_autofree char *bare = g_strdup(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
    const size_t len = strlen(bare);
    Address address = {0};

    if (len > 2 && bare[0] == '[' && bare[len - 1] == ']') {
        bare[len - 1] = '\0';
        memmove(bare, bare + 1, len - 1);
    }
    *ret_len = sizeof address.v4;
    if (inet_pton(AF_INET, bare, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, bare, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
        *ret_len = sizeof address.v6;
    } else {
        return fail(error, ERROR_INVALID, "listen address '%s': expected an IPv4 or IPv6 address or localhost", host);
    }
    *ret_address = address;
    return true;
}

static bool bind_and_listen(int fd, const Address *address, socklen_t len)
{
    const int yes = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        return false;
    if (address->any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0)
        return false;
    return bind(fd, &address->any, len) == 0 && listen(fd, LISTEN_BACKLOG) == 0;
}

static bool port_of(int fd, uint16_t *ret_port)
{
    Address bound = {0};
    socklen_t len = sizeof bound;

    if (getsockname(fd, &bound.any, &len) != 0)
        return false;
    *ret_port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    return true;
}

/* The socket is made here and not by libmicrohttpd, which would not say why it could not. */
static bool open_socket(const HttpServerOptions *options, int *ret_fd, uint16_t *ret_port, GError **error)
{
    Address address = {0};
    socklen_t len = 0;

    TRY(parse_address(options->host, options->port, &address, &len, error));
    const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind_and_listen(fd, &address, len) && port_of(fd, ret_port)) {
        *ret_fd = fd;
        return true;
    }
    const int reason = errno;
    if (fd >= 0)
        (void)close(fd);
    return fail(error, ERROR_IO, "listen on %s port %u: %s", options->host, options->port, g_strerror(reason));
}

static HttpServerOptions with_defaults(const HttpServerOptions *given)
{
    HttpServerOptions options = *given;

    options.max_body_bytes = given->max_body_bytes > 0 ? given->max_body_bytes : DEFAULT_MAX_BODY;
    options.threads = given->threads > 0 ? given->threads : DEFAULT_THREADS;
    options.max_connections = given->max_connections > 0 ? given->max_connections : DEFAULT_CONNECTIONS;
    options.timeout_s = given->timeout_s > 0 ? given->timeout_s : DEFAULT_TIMEOUT_S;
    options.host = NULL; /* the caller's, and not needed any more */
    return options;
}

static struct MHD_Daemon *start_daemon(HttpServer *server, int fd)
{
    const HttpServerOptions *options = &server->options;
    const bool is_shared = options->sharing == HTTP_THREADS_SHARED;
    const unsigned threads = is_shared ? MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME
                                       : MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION;

    return MHD_start_daemon(threads | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
        drop_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, is_shared ? options->threads : 0,
        MHD_OPTION_CONNECTION_LIMIT, options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_END);
}

bool http_server_start(const HttpServerOptions *options, HttpServer **ret_server, GError **error)
{
    int fd = -1;
    uint16_t port = 0;

    TRY(microhttpd_late_load(error));
    TRY(open_socket(options, &fd, &port, error));
    g_autofree HttpServer *server = g_new0(HttpServer, 1);
    server->options = with_defaults(options);
    server->port = port;
    server->room = waiting_room_new(server->options.max_connections / 2); /* the rest is for who wants an answer now */
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        waiting_room_free(server->room);
        return fail(error, ERROR_IO, "listen on %s port %u: the HTTP server did not start", options->host, port);
    }
    *ret_server = g_steal_pointer(&server);
    return true;
}

uint16_t http_server_port(const HttpServer *server)
{
    return server->port;
}

void http_server_wake(HttpServer *server)
{
    waiting_room_wake(server->room);
}

void http_server_stop(HttpServer *server)
{
    if (server == NULL)
        return;
    waiting_room_close(server->room);
    MHD_stop_daemon(server->daemon);
    waiting_room_free(server->room);
    g_free(server);
}
