#include "fake_s3.h"

#include <string.h>

typedef struct FakeObject {
    GBytes *key;
    GBytes *data;
    char *etag;
} FakeObject;

struct FakeS3 {
    Loopback *server;
    uint32_t page_keys;
    GMutex mutex;
    GTree *objects; /* GBytes -> FakeObject */
};

static void object_free(gpointer data)
{
    FakeObject *object = data;

    g_bytes_unref(object->data);
    g_free(object->etag);
    g_free(object);
}

static gint compare_keys(gconstpointer left, gconstpointer right, G_GNUC_UNUSED gpointer data)
{
    return g_bytes_compare(left, right);
}

static GBytes *decode(const char *text)
{
    GByteArray *bytes = g_byte_array_new();

    for (const char *c = text; *c != '\0'; c++) {
        guint8 byte = (guint8)*c;
        if (*c == '%') {
            byte = (guint8)(g_ascii_xdigit_value(c[1]) * 16 + g_ascii_xdigit_value(c[2]));
            c += 2;
        }
        g_byte_array_append(bytes, &byte, 1);
    }
    return g_byte_array_free_to_bytes(bytes);
}

/* The key that a token stands for: encoded as in a listing. */
static GBytes *decode_token(GBytes *token)
{
    gsize len = 0;
    const char *text = g_bytes_get_data(token, &len);
    g_autofree char *copy = g_strndup(text != NULL ? text : "", len);

    return decode(g_strdelimit(copy, "+", ' '));
}

static void append_encoded(GString *out, GBytes *key)
{
    gsize len = 0;
    const guint8 *bytes = g_bytes_get_data(key, &len);

    for (gsize i = 0; i < len; i++) {
        if (g_ascii_isalnum(bytes[i]) || strchr("-._*", bytes[i] ? bytes[i] : '!') != NULL || bytes[i] == '/')
            g_string_append_c(out, (char)bytes[i]);
        else if (bytes[i] == ' ')
            g_string_append_c(out, '+');
        else
            g_string_append_printf(out, "%%%02X", bytes[i]);
    }
}

/* A query parameter, decoded; empty if absent. */
static GBytes *parameter(const char *query, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(query, "&", -1);
    g_autofree char *start = g_strconcat(name, "=", NULL);

    for (char **part = parts; *part != NULL; part++) {
        if (g_str_has_prefix(*part, start))
            return decode(*part + strlen(start));
    }
    return g_bytes_new(NULL, 0);
}

static bool begins_with(GBytes *key, GBytes *prefix)
{
    gsize key_len = 0;
    gsize prefix_len = 0;
    const void *key_data = g_bytes_get_data(key, &key_len);
    const void *prefix_data = g_bytes_get_data(prefix, &prefix_len);

    return prefix_len == 0 || (key_len >= prefix_len && memcmp(key_data, prefix_data, prefix_len) == 0);
}

static void list(FakeS3 *store, const char *query, GString *answer)
{
    g_autoptr(GBytes) prefix = parameter(query, "prefix");
    g_autoptr(GBytes) token = parameter(query, "continuation-token");
    g_autoptr(GBytes) after = g_bytes_get_size(token) > 0 ? decode_token(token) : parameter(query, "start-after");
    g_autoptr(GString) body = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                           "<Name>bucket</Name><EncodingType>url</EncodingType>");
    GBytes *last = NULL;
    uint32_t count = 0;
    bool is_truncated = false;

    for (GTreeNode *node = g_tree_upper_bound(store->objects, after); node != NULL; node = g_tree_node_next(node)) {
        const FakeObject *object = g_tree_node_value(node);
        if (!begins_with(g_tree_node_key(node), prefix))
            continue;
        is_truncated = count == store->page_keys;
        if (is_truncated)
            break;
        count++;
        last = g_tree_node_key(node);
        g_string_append(body, "<Contents><Key>");
        append_encoded(body, last);
        g_string_append_printf(body,
            "</Key><LastModified>2025-11-09T10:00:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag><Size>%zu</Size>"
            "<Owner><ID>someone</ID></Owner></Contents>",
            object->etag, g_bytes_get_size(object->data));
    }
    g_string_append_printf(body, "<IsTruncated>%s</IsTruncated>", is_truncated ? "true" : "false");
    if (is_truncated) { /* a raw key may hold what XML cannot, so the token is the encoded key, encoded again when sent
                         */
        g_string_append(body, "<NextContinuationToken>");
        append_encoded(body, last);
        g_string_append(body, "</NextContinuationToken>");
    }
    g_string_append(body, "</ListBucketResult>");
    loopback_answer(answer, "200 OK", "Content-Type: application/xml\r\n", body->str, (gssize)body->len);
}

static void answer_error(GString *answer, const char *status, const char *code)
{
    g_autofree char *body = g_strdup_printf("<?xml version=\"1.0\"?><Error><Code>%s</Code></Error>", code);

    loopback_answer(answer, status, "Content-Type: application/xml\r\n", body, -1);
}

static void get(FakeS3 *store, const LoopbackRequest *request, const char *path, GString *answer)
{
    g_autoptr(GBytes) key = decode(path);
    g_autofree char *match = loopback_header(request, "if-match");
    const FakeObject *object = g_tree_lookup(store->objects, key);

    if (object == NULL) {
        answer_error(answer, "404 Not Found", "NoSuchKey");
        return;
    }
    g_autofree char *quoted = g_strdup_printf("\"%s\"", object->etag);
    if (match != NULL && strcmp(match, quoted) != 0) {
        answer_error(answer, "412 Precondition Failed", "PreconditionFailed");
        return;
    }
    g_autofree char *headers = g_strdup_printf("ETag: %s\r\n", quoted);
    gsize len = 0;
    const char *data = g_bytes_get_data(object->data, &len);
    loopback_answer(answer, "200 OK", headers, data, (gssize)len);
}

static LoopbackThen handle(const LoopbackRequest *request, GString *answer, void *data)
{
    FakeS3 *store = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->mutex);

    if (g_str_has_prefix(request->target, "/bucket?list-type=2") || strstr(request->target, "/bucket?") != NULL)
        list(store, strchr(request->target, '?') + 1, answer);
    else if (g_str_has_prefix(request->target, "/bucket/"))
        get(store, request, request->target + strlen("/bucket/"), answer);
    else
        answer_error(answer, "404 Not Found", "NoSuchBucket");
    return LOOPBACK_KEEP;
}

FakeS3 *fake_s3_open(uint32_t page_keys)
{
    FakeS3 *store = g_new0(FakeS3, 1);

    store->page_keys = page_keys;
    g_mutex_init(&store->mutex);
    store->objects = g_tree_new_full(compare_keys, NULL, (GDestroyNotify)g_bytes_unref, object_free);
    store->server = loopback_open(handle, store);
    return store;
}

void fake_s3_close(FakeS3 *store)
{
    if (store == NULL)
        return;
    loopback_close(store->server);
    g_tree_unref(store->objects);
    g_mutex_clear(&store->mutex);
    g_free(store);
}

const char *fake_s3_url(const FakeS3 *store)
{
    return loopback_url(store->server);
}

void fake_s3_put(FakeS3 *store, const char *key, gsize key_len, const void *data, gsize len)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->mutex);
    FakeObject *object = g_new0(FakeObject, 1);

    object->data = g_bytes_new(data, len);
    object->etag = g_compute_checksum_for_data(G_CHECKSUM_MD5, data, len);
    g_tree_replace(store->objects, g_bytes_new(key, key_len), object);
}

void fake_s3_remove(FakeS3 *store, const char *key)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->mutex);
    g_autoptr(GBytes) bytes = g_bytes_new(key, strlen(key));

    g_tree_remove(store->objects, bytes);
}
