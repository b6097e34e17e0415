/* An HTTP/1.1 server on libmicrohttpd: a few threads, bounded connections, headers and bodies.
 *
 * The handler is called on one of the server's threads once the whole request is there, so it may run several times at
 * once and may block. A call and all it points to is borrowed until the handler returns. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct HttpServer HttpServer;
typedef struct HttpReply HttpReply;

typedef struct HttpPair {
    const char *name, *value;
} HttpPair;

/* One request. Path and query are decoded once, are valid UTF-8 and hold no NUL; a path with an encoded slash is
 * refused before it gets here, and so is a query that is not well-formed. HEAD arrives as GET: the body is left out on
 * the way back. */
typedef struct HttpCall {
    const char *method;
    const char *path;
    const HttpPair *query;
    size_t query_count;
    const HttpPair *headers;
    size_t header_count;
    Bytes body;
    const char *peer;       /* address without port */
    int64_t waited_ms;      /* since it came: more than 0 when it is asked again, see http_reply_wait() */
    const char *request_id; /* 16 hex digits; also in the reply's X-Request-Id and in the log */
} HttpCall;

/* The first header of this name in any case, or NULL. */
const char *http_call_header(const HttpCall *call, const char *name);

HttpReply *http_reply_new(int status, const char *content_type, GBytes *take_body);
void http_reply_free(HttpReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpReply, http_reply_free)

/* name and value are copied; a header that HTTP cannot carry is left out when the reply is sent. */
void http_reply_add_header(HttpReply *reply, const char *name, const char *value);

/* Not yet: the handler is called once more for the same call after http_server_wake(), or after wait_ms. This is what
 * is said if the request cannot wait: too many do, or the server stops. 0: it is said now. Gives the reply. */
HttpReply *http_reply_wait(HttpReply *reply, int64_t wait_ms);
int64_t http_reply_wait_ms(const HttpReply *reply);

int http_reply_status(const HttpReply *reply);
Bytes http_reply_body(const HttpReply *reply);
const char *http_reply_header(const HttpReply *reply, const char *name); /* Content-Type too; or NULL */

/* Never NULL; the server takes it. */
typedef HttpReply *(*HttpHandler)(void *data, const HttpCall *call);

/* What the server says itself (too large, not decodable), in the words of whoever owns the handler. call has no body.
 */
typedef HttpReply *(*HttpRefuser)(void *data, const HttpCall *call, ErrorKind kind, const char *message);

/* Handlers that take long hold up the connections that share their thread. */
typedef enum HttpThreads { HTTP_THREADS_SHARED, HTTP_THREAD_PER_CONNECTION } HttpThreads;

typedef struct HttpServerOptions {
    const char *host; /* IPv4 or IPv6 address (brackets allowed) or "localhost" */
    uint16_t port;    /* 0: any free one */
    HttpHandler handler;
    HttpRefuser refuser; /* NULL: plain text */
    void *data;
    size_t max_body_bytes; /* 0: 1 MiB */
    HttpThreads sharing;
    uint32_t threads;         /* that are shared; 0: 4 */
    uint32_t max_connections; /* 0: 256 */
    uint32_t timeout_s;       /* without progress; 0: 30 */
} HttpServerOptions;

/* Listens when it returns. INVALID if host is not one of the above, IO if the address cannot be had. */
FALLIBLE bool http_server_start(const HttpServerOptions *options, HttpServer **ret_server, GError **error);

uint16_t http_server_port(const HttpServer *server);

/* All requests that wait are asked again. Any thread. */
void http_server_wake(HttpServer *server);

/* Stops listening, waits for calls that are being handled, closes all connections. NULL is fine. */
void http_server_stop(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_stop)
