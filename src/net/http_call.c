#include "net/http_call.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

const char *http_call_header(const HttpCall *call, const char *name)
{
    for (size_t i = 0; i < call->header_count; i++)
        if (g_ascii_strcasecmp(call->headers[i].name, name) == 0)
            return call->headers[i].value;
    return NULL;
}

static enum MHD_Result collect_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const HttpPair pair = {name, value != NULL ? value : ""};

    (void)kind;
    g_array_append_val((GArray *)data, pair);
    return MHD_YES;
}

static enum MHD_Result collect_parameter(
    void *data, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len)
{
    CallBuilder *builder = data;
    const HttpPair pair = {name, value};

    (void)kind;
    if (strlen(name) != name_len || (value != NULL && strlen(value) != value_len))
        builder->has_nul = true;
    g_array_append_val(builder->raw_query, pair);
    return MHD_YES;
}

static void read_peer(struct MHD_Connection *connection, char *buffer, size_t size)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    const bool is_v6 = address != NULL && address->sa_family == AF_INET6;
    const socklen_t len = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

    if (address == NULL || getnameinfo(address, len, buffer, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        g_strlcpy(buffer, "unknown", size);
}

void call_builder_init(CallBuilder *builder, struct MHD_Connection *connection, const char *method, const char *path,
    const char *request_id)
{
    builder->raw_method = method;
    builder->raw_query = g_array_new(FALSE, FALSE, sizeof(HttpPair));
    builder->query = g_array_new(FALSE, FALSE, sizeof(HttpPair));
    builder->headers = g_array_new(FALSE, FALSE, sizeof(HttpPair));
    builder->path = g_strdup(path);
    read_peer(connection, builder->peer, sizeof builder->peer);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, collect_header, builder->headers);
    (void)MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, collect_parameter, builder);

    builder->call = (HttpCall){
        .method = strcmp(method, "HEAD") == 0 ? "GET" : method,
        .path = builder->path,
        .headers = (const HttpPair *)(const void *)builder->headers->data,
        .header_count = builder->headers->len,
        .peer = builder->peer,
        .request_id = request_id,
    };
}

void call_builder_clear(CallBuilder *builder)
{
    for (guint i = 0; builder->query != NULL && i < builder->query->len; i++) {
        const HttpPair *pair = &g_array_index(builder->query, HttpPair, i);
        g_free((char *)(uintptr_t)pair->name);
        g_free((char *)(uintptr_t)pair->value);
    }
    g_clear_pointer(&builder->query, g_array_unref);
    g_clear_pointer(&builder->raw_query, g_array_unref);
    g_clear_pointer(&builder->headers, g_array_unref);
    g_clear_pointer(&builder->path, g_free);
}

/* NULL unless text is well-formed; refused characters must not come out of an escape. */
static char *decode(const char *text, const char *refused)
{
    g_autofree char *decoded = g_uri_unescape_string(text, refused);

    return decoded != NULL && g_utf8_validate(decoded, -1, NULL) ? g_steal_pointer(&decoded) : NULL;
}

static bool decode_parameter(CallBuilder *builder, const HttpPair *raw, GError **error)
{
    g_autofree char *name = decode(raw->name, NULL);
    if (name == NULL)
        return fail(error, ERROR_INVALID, "a query parameter's name is not percent-encoded UTF-8");
    g_autofree char *value = decode(raw->value != NULL ? raw->value : "", NULL);
    if (value == NULL)
        return fail(error, ERROR_INVALID, "query parameter '%.64s': the value is not percent-encoded UTF-8", name);

    const HttpPair pair = {g_steal_pointer(&name), g_steal_pointer(&value)};
    g_array_append_val(builder->query, pair);
    builder->call.query = (const HttpPair *)(const void *)builder->query->data;
    builder->call.query_count = builder->query->len;
    return true;
}

bool call_builder_decode(CallBuilder *builder, GError **error)
{
    char *path = decode(builder->path, "/");

    if (path == NULL)
        return fail(error, ERROR_INVALID, "the path is not percent-encoded UTF-8 without %%2F and %%00");
    g_free(builder->path);
    builder->call.path = builder->path = path;
    if (builder->has_nul)
        return fail(error, ERROR_INVALID, "a query parameter holds a NUL");
    for (guint i = 0; i < builder->raw_query->len; i++)
        TRY(decode_parameter(builder, &g_array_index(builder->raw_query, HttpPair, i), error));
    return true;
}
