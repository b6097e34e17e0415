#include "objects/source_memory.h"

#include "objects/source_ops.h"

#include <string.h>

typedef struct MemoryObject {
    GBytes *bytes;
    char *etag;
} MemoryObject;

typedef struct MemorySource {
    ObjectSource base;
    GMutex mutex;
    struct {
        GTree *objects; /* key -> MemoryObject */
        uint32_t page;
        uint32_t calls_until_failure; /* 0: none */
        ErrorKind failure;
    } locked;
} MemorySource;

typedef struct MemoryStream {
    ObjectStream base;
    MemorySource *source;
    GBytes *bytes; /* or NULL: gone */
    bool is_changed;
    size_t offset;
} MemoryStream;

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error);
static bool source_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error);
static void source_close(ObjectSource *base);
static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
static void stream_close(ObjectStream *base);

static const ObjectSourceOps source_ops = {
    .name = "memory",
    .list = source_list,
    .open = source_open,
    .close = source_close,
};

static const ObjectStreamOps stream_ops = {
    .read = stream_read,
    .close = stream_close,
};

static void object_free(gpointer data)
{
    MemoryObject *object = data;

    g_bytes_unref(object->bytes);
    g_free(object->etag);
    g_free(object);
}

static gint compare_keys(gconstpointer left, gconstpointer right, G_GNUC_UNUSED gpointer data)
{
    return strcmp(left, right);
}

ObjectSource *memory_source_new(void)
{
    MemorySource *source = g_new0(MemorySource, 1);

    source->base.ops = &source_ops;
    g_mutex_init(&source->mutex);
    source->locked.objects = g_tree_new_full(compare_keys, NULL, g_free, object_free);
    source->locked.page = 1000;
    return &source->base;
}

void memory_source_put(ObjectSource *source, const char *key, const void *data, size_t len)
{
    MemorySource *memory = (MemorySource *)source;
    MemoryObject *object = g_new0(MemoryObject, 1);

    object->bytes = g_bytes_new(data, len);
    object->etag = g_compute_checksum_for_data(G_CHECKSUM_MD5, data, len);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&memory->mutex);
    g_tree_replace(memory->locked.objects, g_strdup(key), object);
}

void memory_source_remove(ObjectSource *source, const char *key)
{
    MemorySource *memory = (MemorySource *)source;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&memory->mutex);

    g_tree_remove(memory->locked.objects, key);
}

void memory_source_fail_call(ObjectSource *source, uint32_t number, ErrorKind kind)
{
    MemorySource *memory = (MemorySource *)source;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&memory->mutex);

    memory->locked.calls_until_failure = number;
    memory->locked.failure = kind;
}

void memory_source_set_page(ObjectSource *source, uint32_t entries)
{
    MemorySource *memory = (MemorySource *)source;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&memory->mutex);

    memory->locked.page = entries;
}

static bool count_call_locked(MemorySource *source, GError **error)
{
    if (source->locked.calls_until_failure == 0 || --source->locked.calls_until_failure > 0)
        return true;
    return fail(error, source->locked.failure, "memory: failing as told");
}

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error)
{
    MemorySource *source = (MemorySource *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);
    bool is_prefix_greater = strcmp(request->prefix, request->start_after) > 0;

    TRY(count_call_locked(source, error));
    GTreeNode *node = is_prefix_greater ? g_tree_lower_bound(source->locked.objects, request->prefix)
                                        : g_tree_upper_bound(source->locked.objects, request->start_after);
    for (; node != NULL && g_str_has_prefix(g_tree_node_key(node), request->prefix); node = g_tree_node_next(node)) {
        const MemoryObject *object = g_tree_node_value(node);
        if (ret_page->entries->len == source->locked.page)
            return true;
        ObjectEntry entry = {.key = g_strdup(g_tree_node_key(node)),
            .size_bytes = g_bytes_get_size(object->bytes),
            .etag = g_strdup(object->etag)};
        list_page_add(ret_page, &entry);
    }
    ret_page->is_last = true;
    return true;
}

static bool source_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error)
{
    MemorySource *source = (MemorySource *)base;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);

    TRY(count_call_locked(source, error));
    const MemoryObject *object = g_tree_lookup(source->locked.objects, entry->key);
    MemoryStream *stream = g_new0(MemoryStream, 1);
    stream->base.ops = &stream_ops;
    stream->source = source;
    if (object != NULL) {
        stream->bytes = g_bytes_ref(object->bytes);
        stream->is_changed = g_strcmp0(object->etag, entry->etag) != 0;
    }
    *ret_stream = &stream->base;
    return true;
}

static void source_close(ObjectSource *base)
{
    MemorySource *source = (MemorySource *)base;

    g_tree_unref(source->locked.objects);
    g_mutex_clear(&source->mutex);
    g_free(source);
}

static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    MemoryStream *stream = (MemoryStream *)base;
    gsize size = 0;

    g_mutex_lock(&stream->source->mutex);
    bool is_counted = count_call_locked(stream->source, error);
    g_mutex_unlock(&stream->source->mutex);
    if (!is_counted)
        return false;
    if (stream->bytes == NULL)
        return fail(error, ERROR_NOT_FOUND, "%s: no such object", base->key);
    if (stream->is_changed)
        return fail(error, ERROR_CHANGED, "%s: changed since it was listed", base->key);
    const uint8_t *data = g_bytes_get_data(stream->bytes, &size);
    *ret_len = MIN(capacity, size - stream->offset);
    if (*ret_len > 0)
        memcpy(buffer, data + stream->offset, *ret_len);
    stream->offset += *ret_len;
    return true;
}

static void stream_close(ObjectStream *base)
{
    MemoryStream *stream = (MemoryStream *)base;

    g_clear_pointer(&stream->bytes, g_bytes_unref);
    g_free(stream);
}
