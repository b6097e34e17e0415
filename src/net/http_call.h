/* Inside net/: a request as libmicrohttpd has it, turned into an HttpCall; and what the server needs of a reply. */
#pragma once

#include "microhttpd_late.h"
#include "net/http_server.h"

/* Owns what its call points to. Embedded: call_builder_init, call_builder_clear. */
typedef struct CallBuilder {
    HttpCall call;
    const char *raw_method; /* HEAD as HEAD */
    GArray *raw_query;      /* HttpPair, as they came, borrowed; value NULL without '=' */
    GArray *query;          /* HttpPair, owned */
    GArray *headers;        /* HttpPair, borrowed */
    char *path;
    char peer[64];
    bool has_nul; /* somewhere in the query */
} CallBuilder;

/* Fills in everything but the body. Until call_builder_decode() the path is as it came and the query is empty. */
void call_builder_init(CallBuilder *builder, struct MHD_Connection *connection, const char *method, const char *path,
    const char *request_id);
void call_builder_clear(CallBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CallBuilder, call_builder_clear)

/* INVALID if path or query are not well-formed percent-encoded UTF-8. */
FALLIBLE bool call_builder_decode(CallBuilder *builder, GError **error);

GBytes *http_reply_ref_body(const HttpReply *reply);

/* Copies the reply's headers. */
void http_reply_add_headers_to(const HttpReply *reply, struct MHD_Response *response);
