/* GetObject, streamed, resumed where it breaks off. */
#include "aws/s3_internal.h"

#include <string.h>

#define SKIP_CHUNK ((size_t)16 * 1024)
/* A body that got this much further may break off as often again as a fresh one. */
#define PROGRESS_BYTES ((uint64_t)1024 * 1024)

struct S3Object {
    S3Client *client;
    char *key_path;
    char *resource;
    char *etag;
    uint64_t size;
    uint64_t offset;        /* bytes handed out */
    uint64_t retry_offset;  /* where it last broke off */
    HttpTransfer *transfer; /* or NULL: to be started at offset */
    bool has_checked_head;
    uint64_t skip; /* bytes in front of offset that a server without ranges sends again */
    S3Attempts attempts;
    AwsCredentials used;
};

static bool object_start(S3Object *object, GError **error);
static bool read_once(
    S3Object *object, uint8_t *buffer, size_t capacity, size_t *ret_len, S3Cure *ret_cure, GError **error);
static bool check_head(S3Object *object, S3Cure *ret_cure, GError **error);
static bool skip_known(S3Object *object, GError **error);

bool s3_object_open(S3Client *client, const S3ObjectRequest *request, S3Object **ret_object, GError **error)
{
    g_autoptr(S3Object) object = g_new0(S3Object, 1);
    g_autofree char *path = sigv4_encode_path(request->key.data, request->key.len);

    object->client = client;
    object->key_path = g_strconcat("/", path, NULL);
    object->resource = s3_resource_name(client, request->key);
    object->etag = g_strdup(request->etag);
    object->size = request->size_bytes;
    object->used.expires_at_ms = -1;
    TRY(object_start(object, error));
    *ret_object = g_steal_pointer(&object);
    return true;
}

void s3_object_close(S3Object *object)
{
    if (object == NULL)
        return;
    http_transfer_close(object->transfer);
    aws_credentials_clear(&object->used);
    g_free(object->key_path);
    g_free(object->resource);
    g_free(object->etag);
    g_free(object);
}

bool s3_object_read(S3Object *object, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    for (;;) {
        g_autoptr(GError) problem = NULL;
        S3Cure cure = S3_CURE_NONE;

        if (read_once(object, buffer, capacity, ret_len, &cure, &problem))
            return true;
        g_clear_pointer(&object->transfer, http_transfer_close);
        if (object->offset - object->retry_offset >= PROGRESS_BYTES)
            object->attempts.made = 0;
        object->retry_offset = object->offset;
        TRY(s3_try_again(object->client, &object->attempts, g_steal_pointer(&problem), cure, &object->used, error));
    }
}

static bool object_start(S3Object *object, GError **error)
{
    g_autofree char *if_match = g_strdup_printf("\"%s\"", object->etag);
    g_autofree char *range = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-", object->offset);
    SigV4Pair headers[2];
    S3Call call = {.key_path = object->key_path, .headers = headers};

    if (*object->etag != '\0')
        headers[call.header_count++] = (SigV4Pair){"if-match", if_match};
    if (object->offset > 0)
        headers[call.header_count++] = (SigV4Pair){"range", range};
    object->has_checked_head = false;
    if (s3_start(object->client, &call, &object->transfer, &object->used, error))
        return true;
    g_prefix_error(error, "%s: ", object->resource);
    return false;
}

static bool count_bytes(S3Object *object, size_t len, GError **error)
{
    if (len > object->size - object->offset)
        return fail(error, ERROR_CHANGED, "%s: longer than it was listed", object->resource);
    if (len == 0 && object->offset < object->size)
        return fail(error, ERROR_TRUNCATED,
            "%s: the body ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes", object->resource,
            object->offset, object->size);
    object->offset += len;
    return true;
}

static bool read_once(
    S3Object *object, uint8_t *buffer, size_t capacity, size_t *ret_len, S3Cure *ret_cure, GError **error)
{
    size_t len = 0;

    if (object->transfer == NULL)
        TRY(object_start(object, error));
    if (!object->has_checked_head)
        TRY(check_head(object, ret_cure, error));
    if (!skip_known(object, error) || !http_read(object->transfer, buffer, capacity, &len, error)) {
        g_prefix_error(error, "%s: ", object->resource);
        return false;
    }
    TRY(count_bytes(object, len, error));
    if (len == 0)
        aws_retry_succeeded(object->client->retry, object->attempts.made + 1);
    *ret_len = len;
    return true;
}

static bool is_same_etag(const char *listed, const char *answered)
{
    g_autofree char *bare = g_strdup(g_str_has_prefix(answered, "W/") ? answered + 2 : answered);
    size_t len = strlen(bare);

    if (len >= 2 && bare[0] == '"' && bare[len - 1] == '"') {
        bare[len - 1] = '\0';
        return strcmp(listed, bare + 1) == 0;
    }
    return strcmp(listed, bare) == 0;
}

/* "bytes 5-9/10" must be what was asked for. */
static bool check_range(const S3Object *object, const HttpResponse *response, GError **error)
{
    const char *text = http_response_header(response, "content-range");
    g_autofree char *wanted = g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
        object->offset, object->size - 1, object->size);

    if (text != NULL && strcmp(text, wanted) == 0)
        return true;
    return fail(error, ERROR_CHANGED, "%s: the rest of it is not what was listed (Content-Range)", object->resource);
}

static bool check_head(S3Object *object, S3Cure *ret_cure, GError **error)
{
    HttpResponse response;

    if (!http_wait(object->transfer, &response, error)) {
        g_prefix_error(error, "%s: ", object->resource);
        return false;
    }
    bool is_part = response.status == 206 && object->offset > 0;
    if (response.status != 200 && !is_part)
        return s3_fail_with_answer(object->client, object->transfer, &response, object->resource, ret_cure, error);
    const char *etag = http_response_header(&response, "etag");
    if (*object->etag != '\0' && etag != NULL && !is_same_etag(object->etag, etag))
        return fail(error, ERROR_CHANGED, "%s: changed since it was listed (ETag)", object->resource);
    if (is_part)
        TRY(check_range(object, &response, error));
    else if (response.content_length >= 0 && (uint64_t)response.content_length != object->size)
        return fail(error, ERROR_CHANGED, "%s: listed with %" G_GUINT64_FORMAT " bytes, now %" G_GINT64_FORMAT,
            object->resource, object->size, response.content_length);
    object->skip = is_part ? 0 : object->offset;
    object->has_checked_head = true;
    return true;
}

static bool skip_known(S3Object *object, GError **error)
{
    uint8_t buffer[SKIP_CHUNK];

    while (object->skip > 0) {
        size_t len = 0;

        TRY(http_read(object->transfer, buffer, (size_t)MIN(object->skip, sizeof buffer), &len, error));
        if (len == 0)
            return fail(error, ERROR_TRUNCATED, "the body ended before the byte reached");
        object->skip -= len;
    }
    return true;
}
