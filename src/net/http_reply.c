#include "net/http_call.h"

#include <string.h>

struct HttpReply {
    int status;
    int64_t wait_ms;
    GBytes *body;
    GPtrArray *headers; /* name, value, name, value … */
};

HttpReply *http_reply_new(int status, const char *content_type, GBytes *take_body)
{
    HttpReply *reply = g_new0(HttpReply, 1);

    reply->status = status;
    reply->body = take_body;
    reply->headers = g_ptr_array_new_with_free_func(g_free);
    http_reply_add_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    return reply;
}

void http_reply_free(HttpReply *reply)
{
    if (reply == NULL)
        return;
    g_bytes_unref(reply->body);
    g_ptr_array_unref(reply->headers);
    g_free(reply);
}

void http_reply_add_header(HttpReply *reply, const char *name, const char *value)
{
    g_ptr_array_add(reply->headers, g_strdup(name));
    g_ptr_array_add(reply->headers, g_strdup(value));
}

HttpReply *http_reply_wait(HttpReply *reply, int64_t wait_ms)
{
    reply->wait_ms = wait_ms;
    return reply;
}

int64_t http_reply_wait_ms(const HttpReply *reply)
{
    return reply->wait_ms;
}

int http_reply_status(const HttpReply *reply)
{
    return reply->status;
}

Bytes http_reply_body(const HttpReply *reply)
{
    Bytes body = {0};

    body.data = g_bytes_get_data(reply->body, &body.len);
    return body;
}

const char *http_reply_header(const HttpReply *reply, const char *name)
{
    for (guint i = 0; i + 1 < reply->headers->len; i += 2)
        if (g_ascii_strcasecmp(g_ptr_array_index(reply->headers, i), name) == 0)
            return g_ptr_array_index(reply->headers, i + 1);
    return NULL;
}

GBytes *http_reply_ref_body(const HttpReply *reply)
{
    return g_bytes_ref(reply->body);
}

void http_reply_add_headers_to(const HttpReply *reply, struct MHD_Response *response)
{
    for (guint i = 0; i + 1 < reply->headers->len; i += 2)
        (void)MHD_add_response_header(
            response, g_ptr_array_index(reply->headers, i), g_ptr_array_index(reply->headers, i + 1));
}
