#include "objects/source_s3.h"

#include "objects/key.h"
#include "objects/source_ops.h"

#include <string.h>

#define PAGE_KEYS 1000
/* In front of the token of a page that ends with an escaped key. */
#define ESCAPED_END "escaped:"

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

/* Whether a cursor that came without a hint, since its page was used in part, may be an escaped key that lies before
 * its own text. Only then does it matter: going on from the text would lose the keys between the two. A key of just
 * this text, which is asked for, settles it; if there is none, going on too early is noticed, too late is not. */
static bool is_behind_its_key(S3Source *source, Bytes text, Bytes raw, bool *ret_is, GError **error)
{
    *ret_is = false;
    if (key_is_text(raw) || compare_keys(raw, text) >= 0)
        return true;
    g_autofree char *escaped = key_escape(raw, KEY_ESCAPE_NEEDED);
    if (strcmp(escaped, (const char *)text.data) != 0)
        return true;

    g_auto(S3ListResult) result = {0};
    S3ListRequest wanted = {.prefix = (const char *)text.data, .max_keys = 1};
    TRY(s3_list_objects(source->client, &wanted, &result, error));
    const S3ListEntry *first = result.entries->len > 0 ? &g_array_index(result.entries, S3ListEntry, 0) : NULL;
    *ret_is = first == NULL || compare_keys((Bytes){(const uint8_t *)first->key, first->key_len}, text) != 0;
    return true;
}

/* Where a listing goes on: behind a key as the store has it, and by its token, if there is one. */
typedef struct Start {
    GByteArray *after;
    const char *token; /* borrowed from the request */
} Start;

static void start_clear(Start *start)
{
    g_clear_pointer(&start->after, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Start, start_clear)

static bool start_of(S3Source *source, const ListRequest *request, Start *ret_start, GError **error)
{
    size_t len = strlen(request->start_after);
    g_autoptr(GByteArray) raw = key_unescape(request->start_after);
    bool has_escaped_end = request->hint != NULL && g_str_has_prefix(request->hint, ESCAPED_END);
    bool is_escaped = has_escaped_end;

    if (request->hint == NULL)
        TRY(is_behind_its_key(source, (Bytes){(const uint8_t *)request->start_after, len}, (Bytes){raw->data, raw->len},
            &is_escaped, error));
    if (!is_escaped) {
        g_byte_array_set_size(raw, 0);
        g_byte_array_append(raw, (const guint8 *)request->start_after, (guint)len);
    }
    ret_start->after = g_steal_pointer(&raw);
    ret_start->token = has_escaped_end ? request->hint + strlen(ESCAPED_END) : request->hint;
    return true;
}

/* One page that makes progress: by the token if there is one, else by the last key, which every server understands. */
static bool list_with_guards(S3Source *source, const ListRequest *request, S3ListResult *ret_result, GError **error)
{
    g_auto(Start) start = {0};
    Progress progress = PROGRESS_NONE;

    TRY(start_of(source, request, &start, error));
    Bytes start_after = {start.after->data, start.after->len};
    S3ListRequest wanted = {
        .prefix = request->prefix, .start_after = start_after, .token = start.token, .max_keys = PAGE_KEYS};

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
 * text: it is left to the next page. (Inside a page the port checks that the texts ascend.) Where there is nothing else
 * the page stands, and its hint says that its last key is escaped. */
static bool leave_escaped_end(S3Source *source, const S3ListResult *result, ListPage *page, GError **error)
{
    guint kept = page->entries->len;

    while (kept > 0 && object_entries_at(page->entries, kept - 1)->is_escaped)
        kept--;
    if (!result->is_truncated || kept == page->entries->len)
        return true;
    if (kept == 0 && page->hint != NULL) {
        g_autofree char *token = g_steal_pointer(&page->hint);
        page->hint = g_strconcat(ESCAPED_END, token, NULL);
        return true;
    }
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
    if (result.next_token != NULL && !g_str_has_prefix(result.next_token, ESCAPED_END))
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
