/* Stands in for the objects room while it is not there. */
#include "objects/source.h"

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
