#include "made_source.h"

#include <string.h>

enum { PER_LISTING = 1000 };

/* The first index whose key is greater. */
static uint64_t find_after(const MadeSource *made, const char *key)
{
    uint64_t low = 0, high = made->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        ObjectEntry entry = {0};
        made->make(middle, &entry);
        bool is_greater = strcmp(entry.key, key) > 0;
        g_free(entry.key);
        g_free(entry.etag);
        if (is_greater)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool made_list(ObjectSource *source, const ListRequest *request, ListPage *ret_page, GError **error)
{
    MadeSource *made = (MadeSource *)source;

    made->listings++;
    if (made->listings == made->fail_listing)
        return fail(error, ERROR_UNAVAILABLE, "made to fail");
    uint64_t from = find_after(made, request->start_after);
    uint64_t to = MIN(from + PER_LISTING, made->count);
    for (uint64_t i = from; i < to; i++) {
        ObjectEntry entry = {0};
        made->make(i, &entry);
        list_page_add(ret_page, &entry);
    }
    ret_page->is_last = to == made->count;
    ret_page->hint = ret_page->is_last ? NULL : g_strdup_printf("token-%" G_GUINT64_FORMAT, to);
    if (made->after_list != NULL)
        made->after_list(made->data, made->listings);
    return true;
}

static void made_close(G_GNUC_UNUSED ObjectSource *source)
{
}

const ObjectSourceOps made_source_ops = {.name = "made", .list = made_list, .close = made_close};
