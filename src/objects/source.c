#include "objects/source_ops.h"

#include <string.h>

static bool page_check(const ListRequest *request, const ListPage *page, const char *name, GError **error);

static void entry_clear(gpointer data)
{
    ObjectEntry *entry = data;

    g_free(entry->key);
    g_free(entry->etag);
}

GArray *object_entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(ObjectEntry));

    g_array_set_clear_func(entries, entry_clear);
    return entries;
}

void list_page_clear(ListPage *page)
{
    g_clear_pointer(&page->entries, g_array_unref);
    g_clear_pointer(&page->last_key, g_free);
    g_clear_pointer(&page->hint, g_free);
    page->is_last = false;
}

void list_page_add(ListPage *page, const ObjectEntry *take_entry)
{
    g_array_append_vals(page->entries, take_entry, 1);
}

void object_source_close(ObjectSource *source)
{
    if (source != NULL)
        source->ops->close(source);
}

void object_stream_close(ObjectStream *stream)
{
    if (stream == NULL)
        return;
    g_free(stream->key);
    stream->ops->close(stream);
}

bool object_source_list(ObjectSource *source, const ListRequest *request, ListPage *ret_page, GError **error)
{
    g_auto(ListPage) page = {.entries = object_entries_new()};

    TRY(source->ops->list(source, request, &page, error));
    TRY(page_check(request, &page, source->ops->name, error));
    if (page.last_key == NULL && page.entries->len > 0)
        page.last_key = g_strdup(object_entries_at(page.entries, page.entries->len - 1)->key);
    *ret_page = page;
    page = (ListPage){0};
    return true;
}

bool object_source_open(ObjectSource *source, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error)
{
    ObjectStream *stream = NULL;

    TRY(source->ops->open(source, entry, &stream, error));
    stream->key = g_strdup(entry->key);
    stream->bytes_left = entry->size_bytes;
    *ret_stream = stream;
    return true;
}

bool object_stream_read(ObjectStream *stream, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    size_t len = 0;

    g_assert(capacity > 0);
    TRY(stream->ops->read(stream, buffer, capacity, &len, error));
    if (len > stream->bytes_left)
        return fail(error, ERROR_CHANGED, "%s: longer than it was listed", stream->key);
    if (len == 0 && stream->bytes_left > 0)
        return fail(error, ERROR_TRUNCATED, "%s: %" G_GUINT64_FORMAT " bytes are missing at its end", stream->key,
            stream->bytes_left);
    stream->bytes_left -= len;
    *ret_len = len;
    return true;
}

static bool read_stream(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    return object_stream_read(data, buffer, capacity, ret_len, error);
}

ByteReader object_stream_reader(ObjectStream *stream)
{
    return (ByteReader){.read = read_stream, .data = stream};
}

static bool page_check(const ListRequest *request, const ListPage *page, const char *name, GError **error)
{
    const char *before = request->start_after;

    for (guint i = 0; i < page->entries->len; i++) {
        const char *key = object_entries_at(page->entries, i)->key;

        if (strcmp(key, before) <= 0)
            return fail(error, ERROR_PROTOCOL, "%s: the listing is out of order at \"%s\"", name, key);
        if (!g_str_has_prefix(key, request->prefix))
            return fail(error, ERROR_PROTOCOL, "%s: the listing strays from its prefix at \"%s\"", name, key);
        before = key;
    }
    if (!page->is_last && page->entries->len == 0 && page->last_key == NULL)
        return fail(error, ERROR_PROTOCOL, "%s: the listing makes no progress", name);
    return true;
}
