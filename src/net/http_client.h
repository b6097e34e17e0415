/* HTTP requests, many at once.
 *
 * A client owns one I/O thread that drives every transfer through libcurl's multi interface and keeps connections for
 * reuse. Starting a transfer returns at once, so any number can be in flight; at most max_connections of them are on
 * the wire, the others wait their turn in the order in which they were started. A body passes through a small buffer
 * that grows on demand; when it is full the connection is paused, so memory stays bounded whatever the body's size.
 *
 * Any thread may start transfers. A transfer belongs to one thread at a time, and is closed before its client. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct HttpClient HttpClient;
typedef struct HttpTransfer HttpTransfer;

/* Zero and NULL mean the default. The strings are copied. */
typedef struct HttpClientOptions {
    uint32_t max_connections;    /* on the wire at once: 64 */
    uint32_t connect_timeout_ms; /* name, connection and TLS: 10,000 */
    uint32_t stall_timeout_ms;   /* without a byte either way, while we want some: 30,000 */
    size_t buffer_bytes;         /* a transfer's buffer at most: 512 KiB */
    size_t total_buffer_bytes;   /* all buffers of a client, beyond 64 KiB a transfer: 32 MiB */
    const char *ca_file;         /* PEM bundle instead of the system's */
    const char *user_agent;      /* "trawl/<version>" */
} HttpClientOptions;

/* INVALID if the CA file cannot be read: known before a client is needed. */
FALLIBLE bool http_client_check(const HttpClientOptions *options, GError **error);

/* INVALID as http_client_check() has it. */
FALLIBLE bool http_client_open(const HttpClientOptions *options, HttpClient **ret_client, GError **error);
HttpClient *http_client_ref(HttpClient *client);
void http_client_unref(HttpClient *client); /* the last one ends the thread */

/* Ends all transfers, and those started from now on, with CANCELLED: whoever waits for one goes on at once. For good.
 */
void http_client_stop(HttpClient *client);

/* Sleeps, for what must wait between requests. False, at once, if the client is or gets stopped. */
bool http_client_wait(HttpClient *client, int64_t wait_ms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_unref)

/* Everything is copied. The URL's path and query go out as they are: no dot segment is removed. Redirects are not
 * followed. HEAD expects no body. */
typedef struct HttpRequest {
    const char *method;         /* "GET", "HEAD", "PUT", "POST", "DELETE" */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", ends with NULL; or NULL */
    Bytes body;
} HttpRequest;

/* INVALID for a URL or a header that cannot be sent; whatever goes wrong on the way shows in the calls below. */
FALLIBLE bool http_start(HttpClient *client, const HttpRequest *request, HttpTransfer **ret_transfer, GError **error);

/* At any moment; ends the transfer. */
void http_transfer_close(HttpTransfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpTransfer, http_transfer_close)

/* Borrowed from the transfer. */
typedef struct HttpResponse {
    int status;
    int64_t content_length; /* -1: not announced */
    const HttpTransfer *transfer;
} HttpResponse;

/* Blocks until the head of the final answer is there. Errors of this and of http_read: UNAVAILABLE (name, connection,
 * reset), TIMEOUT (stalled), TRUNCATED (the body ended early), PROTOCOL (no HTTP, a certificate that is not trusted),
 * CANCELLED (the client was stopped). */
FALLIBLE bool http_wait(HttpTransfer *transfer, HttpResponse *ret_response, GError **error);

/* A header's value by name in any case, the last one if it repeats, or NULL. Good until the transfer is closed. */
const char *http_response_header(const HttpResponse *response, const char *name);

/* The next bytes of the body; *ret_len 0 is the end of a complete body. */
FALLIBLE bool http_read(HttpTransfer *transfer, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);

/* The whole body, NUL-terminated beyond its length. TOO_LARGE past max_bytes. */
FALLIBLE bool http_read_all(HttpTransfer *transfer, size_t max_bytes, GByteArray **ret_body, GError **error);

/* A Date header (RFC 9110) as milliseconds since 1970, or -1. */
int64_t http_date_parse(const char *text);
