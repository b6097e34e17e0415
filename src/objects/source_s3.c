#include "objects/source_s3.h"

#include "objects/key.h"
#include "objects/source_ops.h"

#include <string.h>

#define PAGE_KEYS 1000

typedef struct S3Source {
    ObjectSource base;
    HttpClient *http;
    S3Client *client;
    char *bucket;
} S3Source;

typedef struct S3Stream {
    ObjectStream base;
    S3Object *object;
} S3Stream;

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error);
static bool source_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error);
static void source_close(ObjectSource *base);
static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
static void stream_close(ObjectStream *base);

static const ObjectSourceOps source_ops = {
    .name = "s3",
    .list = source_list,
    .open = source_open,
    .close = source_close,
};

static const ObjectStreamOps stream_ops = {
    .read = stream_read,
    .close = stream_close,
};

static bool http_open(const S3SourceOptions *options, HttpClient **ret_http, GError **error)
{
    HttpClientOptions http_options = options->http_options;
    const char *bundle = g_getenv("AWS_CA_BUNDLE");

    if (options->http != NULL) {
        *ret_http = http_client_ref(options->http);
        return true;
    }
    if (http_options.ca_file == NULL && bundle != NULL && *bundle != '\0')
        http_options.ca_file = bundle;
    return http_client_open(&http_options, ret_http, error);
}

bool s3_source_open(const S3SourceOptions *options, ObjectSource **ret_source, GError **error)
{
    g_autoptr(HttpClient) http = NULL;
    S3Client *client = NULL;

    TRY(http_open(options, &http, error));
    S3ClientOptions client_options = {.bucket = options->bucket,
        .endpoint = options->endpoint,
        .region = options->region,
        .profile = options->profile,
        .addressing = options->addressing,
        .signing = options->signing,
        .payer = options->payer,
        .retry = options->retry,
        .http = http};
    TRY(s3_client_open(&client_options, &client, error));

    S3Source *source = g_new0(S3Source, 1);
    source->base.ops = &source_ops;
    source->http = g_steal_pointer(&http);
    source->client = client;
    source->bucket = g_strdup(options->bucket);
    *ret_source = &source->base;
    return true;
}

static void source_close(ObjectSource *base)
{
    S3Source *source = (S3Source *)base;

    s3_client_close(source->client);
    http_client_unref(source->http);
    g_free(source->bucket);
    g_free(source);
}

typedef enum Progress {
    PROGRESS_MADE,
    PROGRESS_NONE, /* nothing new although more is announced */
    PROGRESS_BACK, /* keys that are not greater than the last one */
} Progress;

static int compare_keys(Bytes left, Bytes right)
{
    int order = memcmp(left.data, right.data, MIN(left.len, right.len));

    if (order != 0)
        return order;
    return left.len < right.len ? -1 : left.len > right.len;
}

static Progress progress_of(const S3ListResult *result, Bytes start_after)
{
    Bytes before = start_after;

    for (guint i = 0; i < result->entries->len; i++) {
        const S3ListEntry *entry = &g_array_index(result->entries, S3ListEntry, i);
        Bytes key = {(const uint8_t *)entry->key, entry->key_len};
        if (compare_keys(key, before) <= 0 && (before.len > 0 || i > 0))
            return PROGRESS_BACK;
        before = key;
    }
    return result->is_truncated && result->entries->len == 0 ? PROGRESS_NONE : PROGRESS_MADE;
}

/* One page that makes progress: by the token if there is one, else by the last key, which every server understands. */
static bool list_with_guards(S3Source *source, const ListRequest *request, S3ListResult *ret_result, GError **error)
{
    Bytes start_after = {(const uint8_t *)request->start_after, strlen(request->start_after)};
    S3ListRequest wanted = {
        .prefix = request->prefix, .start_after = start_after, .token = request->hint, .max_keys = PAGE_KEYS};
    Progress progress = PROGRESS_NONE;

    for (int attempt = 0; attempt < 2; attempt++) {
        g_auto(S3ListResult) result = {0};
        g_autoptr(GError) problem = NULL;

        if (!s3_list_objects(source->client, &wanted, &result, &problem)) {
            ErrorKind kind = error_kind(problem);
            bool may_be_the_token = wanted.token != NULL && (kind == ERROR_PROTOCOL || kind == ERROR_INVALID);
            if (!may_be_the_token) {
                g_propagate_error(error, g_steal_pointer(&problem));
                return false;
            }
            wanted.token = NULL;
            continue;
        }
        progress = progress_of(&result, start_after);
        if (progress == PROGRESS_MADE) {
            if (wanted.token != NULL && g_strcmp0(result.next_token, wanted.token) == 0)
                g_clear_pointer(&result.next_token, g_free);
            *ret_result = result;
            result = (S3ListResult){0};
            return true;
        }
        wanted.token = NULL;
    }
    return fail(error, ERROR_PROTOCOL, "s3://%s: the listing makes no progress: %s", source->bucket,
        progress == PROGRESS_BACK ? "keys are not in ascending order, or were listed before"
                                  : "an empty page says that more follows");
}

static void add_entry(S3ListEntry *listed, ListPage *page)
{
    Bytes raw = {(const uint8_t *)listed->key, listed->key_len};
    bool is_escaped = !key_is_text(raw);
    ObjectEntry entry = {.key = is_escaped ? key_escape(raw, KEY_ESCAPE_NEEDED) : g_steal_pointer(&listed->key),
        .is_escaped = is_escaped,
        .size_bytes = listed->size_bytes,
        .etag = g_steal_pointer(&listed->etag),
        .modified_ms = listed->modified_ms};

    list_page_add(page, &entry);
}

/* An escaped key may sort elsewhere than the key itself, so a page that ended with one could not be continued from its
 * text: it is left to the next page. (Inside a page the port checks that the texts ascend.) */
static bool leave_escaped_end(S3Source *source, const S3ListResult *result, ListPage *page, GError **error)
{
    guint kept = page->entries->len;

    while (kept > 0 && object_entries_at(page->entries, kept - 1)->is_escaped)
        kept--;
    if (!result->is_truncated || kept == page->entries->len)
        return true;
    if (kept == 0)
        return fail(error, ERROR_PROTOCOL, "s3://%s: a whole page of keys that are not text", source->bucket);
    g_array_set_size(page->entries, kept);
    g_clear_pointer(&page->hint, g_free);
    return true;
}

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error)
{
    S3Source *source = (S3Source *)base;
    g_auto(S3ListResult) result = {0};

    TRY(list_with_guards(source, request, &result, error));
    for (guint i = 0; i < result.entries->len; i++)
        add_entry(&g_array_index(result.entries, S3ListEntry, i), ret_page);
    ret_page->is_last = !result.is_truncated;
    ret_page->hint = g_steal_pointer(&result.next_token);
    return leave_escaped_end(source, &result, ret_page, error);
}

static bool source_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error)
{
    S3Source *source = (S3Source *)base;
    g_autoptr(GByteArray) key = NULL;
    S3Object *object = NULL;

    if (entry->is_escaped) {
        key = key_unescape(entry->key);
    } else {
        key = g_byte_array_new();
        g_byte_array_append(key, (const guint8 *)entry->key, (guint)strlen(entry->key));
    }
    S3ObjectRequest request = {
        .key = {key->data, key->len}, .etag = entry->etag != NULL ? entry->etag : "", .size_bytes = entry->size_bytes};
    TRY(s3_object_open(source->client, &request, &object, error));

    S3Stream *stream = g_new0(S3Stream, 1);
    stream->base.ops = &stream_ops;
    stream->object = object;
    *ret_stream = &stream->base;
    return true;
}

static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    return s3_object_read(((S3Stream *)base)->object, buffer, capacity, ret_len, error);
}

static void stream_close(ObjectStream *base)
{
    S3Stream *stream = (S3Stream *)base;

    s3_object_close(stream->object);
    g_free(stream);
}
