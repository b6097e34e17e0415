/* Where a bucket is: endpoint, region, addressing style. */
#include "aws/s3_internal.h"

#include <string.h>

typedef struct Endpoint {
    const char *scheme;
    char *authority; /* host, and port unless it is the scheme's */
    char *path;      /* encoded, "" or "/base" */
    bool is_aws;
    bool is_tls;
} Endpoint;

static void endpoint_clear(Endpoint *endpoint)
{
    g_free(endpoint->authority);
    g_free(endpoint->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Endpoint, endpoint_clear)

static bool bucket_check(const char *bucket, GError **error)
{
    size_t len = strlen(bucket);

    if (len < 1 || len > 255 || strcmp(bucket, ".") == 0 || strcmp(bucket, "..") == 0)
        return fail(error, ERROR_INVALID, "\"%s\" cannot be a bucket's name", bucket);
    for (const char *c = bucket; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr(".-_", *c) == NULL)
            return fail(
                error, ERROR_INVALID, "\"%s\" cannot be a bucket's name: letters, digits, \".\", \"-\", \"_\"", bucket);
    }
    return true;
}

bool s3_region_is_valid(const char *region)
{
    size_t len = strlen(region);

    for (const char *c = region; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '-')
            return false;
    }
    return len > 0 && len <= 64;
}

static void endpoint_of_aws(const char *region, Endpoint *ret_endpoint)
{
    const char *suffix = g_str_has_prefix(region, "cn-") ? "amazonaws.com.cn" : "amazonaws.com";

    ret_endpoint->scheme = "https";
    ret_endpoint->authority = g_strdup_printf("s3.%s.%s", region, suffix);
    ret_endpoint->path = g_strdup("");
    ret_endpoint->is_aws = true;
    ret_endpoint->is_tls = true;
}

static bool endpoint_parse(const char *text, Endpoint *ret_endpoint, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED, NULL);
    const char *expected = "expected http(s)://host[:port][/path]";

    if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0')
        return fail(error, ERROR_INVALID, "endpoint \"%s\": %s", text, expected);
    const char *scheme = g_uri_get_scheme(uri);
    ret_endpoint->is_tls = strcmp(scheme, "https") == 0;
    if ((!ret_endpoint->is_tls && strcmp(scheme, "http") != 0) || g_uri_get_userinfo(uri) != NULL ||
        g_uri_get_query(uri) != NULL || g_uri_get_fragment(uri) != NULL)
        return fail(error, ERROR_INVALID, "endpoint: %s", expected);

    g_autofree char *host = g_ascii_strdown(g_uri_get_host(uri), -1);
    bool is_v6 = strchr(host, ':') != NULL;
    int port = g_uri_get_port(uri);
    bool is_usual = port == -1 || port == (ret_endpoint->is_tls ? 443 : 80);
    g_autofree char *suffix = is_usual ? g_strdup("") : g_strdup_printf(":%d", port);
    ret_endpoint->scheme = ret_endpoint->is_tls ? "https" : "http";
    ret_endpoint->authority = g_strconcat(is_v6 ? "[" : "", host, is_v6 ? "]" : "", suffix, NULL);
    ret_endpoint->path = g_strdup(g_uri_get_path(uri));
    while (g_str_has_suffix(ret_endpoint->path, "/"))
        ret_endpoint->path[strlen(ret_endpoint->path) - 1] = '\0';
    ret_endpoint->is_aws = g_str_has_suffix(host, ".amazonaws.com") || g_str_has_suffix(host, ".amazonaws.com.cn");
    return true;
}

/* A name that can be a DNS label; with dots only where no certificate has to match it. */
static bool fits_host_name(const char *bucket, const Endpoint *endpoint)
{
    for (const char *c = bucket; *c != '\0'; c++) {
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && *c != '-' && (*c != '.' || endpoint->is_tls))
            return false;
    }
    return strlen(bucket) <= 63 && *bucket != '-' && *bucket != '.';
}

static bool is_virtual_host(const S3Client *client, const Endpoint *endpoint)
{
    switch (client->addressing) {
    case S3_ADDRESSING_AUTO:
        return endpoint->is_aws && fits_host_name(client->bucket, endpoint);
    case S3_ADDRESSING_PATH:
        return false;
    case S3_ADDRESSING_VIRTUAL_HOST:
        return true;
    }
    return false;
}

bool s3_place_init(S3Place *place, const S3Client *client, const char *region, GError **error)
{
    g_auto(Endpoint) endpoint = {0};

    TRY(bucket_check(client->bucket, error));
    if (!s3_region_is_valid(region))
        return fail(error, ERROR_INVALID, "\"%s\" cannot be a region: expected a name such as us-east-1", region);
    if (client->endpoint == NULL)
        endpoint_of_aws(region, &endpoint);
    else
        TRY(endpoint_parse(client->endpoint, &endpoint, error));

    bool is_virtual = is_virtual_host(client, &endpoint);
    place->region = g_strdup(region);
    place->host =
        is_virtual ? g_strconcat(client->bucket, ".", endpoint.authority, NULL) : g_strdup(endpoint.authority);
    place->base = g_strconcat(endpoint.scheme, "://", place->host, NULL);
    place->path = is_virtual ? g_strdup(endpoint.path) : g_strconcat(endpoint.path, "/", client->bucket, NULL);
    return true;
}

void s3_place_clear(S3Place *place)
{
    g_free(place->region);
    g_free(place->base);
    g_free(place->host);
    g_free(place->path);
    *place = (S3Place){0};
}
