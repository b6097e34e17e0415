/* Internal to listing/: cuts a run of objects into pages and writes their JSON columns as it goes.
 *
 * A page ends at its number of objects or before the object that would take it over LISTING_PAGE_BYTES; a single
 * larger object is a page of its own. One thread. */
#pragma once

#include "objects/source.h"

/* One page, ready to be stored. */
typedef struct PageDraft {
    char *first_key, *last_key;
    uint32_t object_count;
    uint64_t byte_count;
    uint32_t prefix_len;                      /* of what all keys begin with, in bytes; whole characters */
    GString *keys, *sizes, *etags, *modified; /* JSON arrays; keys without what all begin with */
    GString *escaped;                         /* JSON array, or NULL if no key is escaped */
} PageDraft;

typedef struct PageBuilder {
    GArray *pages;        /* PageDraft: those that are full, and behind them the one that grows */
    uint32_t small_pages; /* pages that are still to be cut small: the first ones of a job */
    bool is_open;         /* the last of pages still grows */
    GString *last_key;    /* of the objects that were added */
    GString *open_keys;   /* of the last page while it grows: as they are, each with its NUL */
} PageBuilder;

void page_builder_init(PageBuilder *builder, uint32_t small_pages);
void page_builder_clear(PageBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PageBuilder, page_builder_clear)

void page_builder_add(PageBuilder *builder, const ObjectEntry *entry);
/* Closes the last page. Afterwards pages can be stored. */
void page_builder_finish(PageBuilder *builder);

static inline const PageDraft *page_builder_at(const PageBuilder *builder, size_t index)
{
    return &g_array_index(builder->pages, PageDraft, index);
}

/* Appends text as a JSON string; the text must be UTF-8. */
void json_append_string(GString *json, const char *text);
