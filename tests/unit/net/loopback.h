/* A server on 127.0.0.1 for tests, that answers with whatever bytes a handler makes, right or wrong.
 *
 * One thread a connection; the handler may run in several threads at once. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Loopback Loopback;

typedef struct LoopbackRequest {
    char *method;
    char *target;  /* as sent: path and query */
    char *headers; /* "\r\nName: value\r\n…" */
    GByteArray *body;
    uint32_t number;     /* of the server's life, from 1 */
    uint32_t connection; /* likewise */
} LoopbackRequest;

typedef enum LoopbackThen {
    LOOPBACK_KEEP,  /* wait for the next request of this connection */
    LOOPBACK_CLOSE, /* orderly */
    LOOPBACK_RESET, /* as a crash would */
    LOOPBACK_HANG,  /* say no more until the server closes */
} LoopbackThen;

/* Appends the raw answer. */
typedef LoopbackThen (*LoopbackHandler)(const LoopbackRequest *request, GString *ret_answer, void *data);

Loopback *loopback_open(LoopbackHandler handler, void *data);
void loopback_close(Loopback *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loopback, loopback_close)

/* "http://127.0.0.1:PORT", and the port alone. */
const char *loopback_url(const Loopback *server);
uint16_t loopback_port(const Loopback *server);
uint32_t loopback_connections(Loopback *server);
uint32_t loopback_requests(Loopback *server);

/* A header's value of a request, owned by the caller, or NULL. */
char *loopback_header(const LoopbackRequest *request, const char *name);

/* A whole answer: status line, Content-Length and other headers ("Name: value\r\n…", may be ""), body. */
void loopback_answer(GString *answer, const char *status, const char *headers, const char *body, gssize len);
