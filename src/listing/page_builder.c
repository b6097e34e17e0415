#include "listing/page_builder.h"

#include "listing/listing.h"

#include <string.h>

enum { KEYS_RESERVE = 64 * 1024, NUMBERS_RESERVE = 16 * 1024 };

static void draft_clear(gpointer data)
{
    PageDraft *draft = data;

    g_free(draft->first_key);
    g_free(draft->last_key);
    if (draft->keys != NULL)
        g_string_free(draft->keys, TRUE);
    g_string_free(draft->sizes, TRUE);
    g_string_free(draft->etags, TRUE);
    g_string_free(draft->modified, TRUE);
    if (draft->escaped != NULL)
        g_string_free(draft->escaped, TRUE);
}

void page_builder_init(PageBuilder *builder, uint32_t small_pages)
{
    *builder = (PageBuilder){
        .pages = g_array_new(FALSE, FALSE, sizeof(PageDraft)),
        .small_pages = small_pages,
        .last_key = g_string_new(NULL),
        .open_keys = g_string_sized_new(KEYS_RESERVE),
    };
    g_array_set_clear_func(builder->pages, draft_clear);
}

void page_builder_clear(PageBuilder *builder)
{
    g_clear_pointer(&builder->pages, g_array_unref);
    if (builder->last_key != NULL)
        g_string_free(g_steal_pointer(&builder->last_key), TRUE);
    if (builder->open_keys != NULL)
        g_string_free(g_steal_pointer(&builder->open_keys), TRUE);
}

static GString *array_open(size_t reserve)
{
    GString *array = g_string_sized_new(reserve);

    return g_string_append_c(array, '[');
}

static void open_page(PageBuilder *builder, const ObjectEntry *first)
{
    PageDraft draft = {
        .first_key = g_strdup(first->key),
        .prefix_len = (uint32_t)strlen(first->key),
        .sizes = array_open(NUMBERS_RESERVE),
        .etags = array_open(KEYS_RESERVE),
        .modified = array_open(NUMBERS_RESERVE),
    };

    g_array_append_val(builder->pages, draft);
    builder->is_open = true;
}

static PageDraft *last_page(PageBuilder *builder)
{
    return &g_array_index(builder->pages, PageDraft, builder->pages->len - 1);
}

/* Runs of plain bytes are copied at once: nearly all keys are one run. RFC 8259, section 7. */
void json_append_string(GString *json, const char *text)
{
    g_string_append_c(json, '"');
    for (const char *at = text; *at != '\0';) {
        const char *plain = at;
        while ((unsigned char)*at >= ' ' && *at != '"' && *at != '\\')
            at++;
        g_string_append_len(json, plain, at - plain);
        if (*at == '\0')
            break;
        if (*at == '"' || *at == '\\') {
            g_string_append_c(json, '\\');
            g_string_append_c(json, *at);
        } else {
            g_string_append_printf(json, "\\u%04x", (unsigned)*at);
        }
        at++;
    }
    g_string_append_c(json, '"');
}

static void append_separator(GString *array)
{
    if (array->len > 1)
        g_string_append_c(array, ',');
}

static void append_string(GString *array, const char *text)
{
    append_separator(array);
    json_append_string(array, text);
}

static void append_number(GString *array, int64_t number)
{
    char digits[24], *first = digits + sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do
        *--first = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        *--first = '-';
    append_separator(array);
    g_string_append_len(array, first, digits + sizeof digits - first);
}

static bool is_full(const PageBuilder *builder, const PageDraft *page, const ObjectEntry *next)
{
    uint32_t limit = builder->small_pages > 0 ? LISTING_FIRST_PAGE_OBJECTS : LISTING_PAGE_OBJECTS;

    return page->object_count >= limit || next->size_bytes > LISTING_PAGE_BYTES ||
           page->byte_count > LISTING_PAGE_BYTES - next->size_bytes;
}

static uint32_t common_len(const char *key, uint32_t len, const char *other)
{
    uint32_t common = 0;

    while (common < len && key[common] == other[common])
        common++;
    return common;
}

/* A prefix ends where a character does. */
static uint32_t whole_characters(const char *text, uint32_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* All its keys are known, and with them what they have in common. */
static void write_keys(PageBuilder *builder, PageDraft *page)
{
    const char *end = builder->open_keys->str + builder->open_keys->len;

    page->prefix_len = page->object_count > 1 ? whole_characters(page->first_key, page->prefix_len) : 0;
    page->keys = array_open(builder->open_keys->len);
    for (const char *key = builder->open_keys->str; key < end; key += strlen(key) + 1)
        append_string(page->keys, key + page->prefix_len);
    g_string_append_c(page->keys, ']');
    g_string_truncate(builder->open_keys, 0);
}

void page_builder_finish(PageBuilder *builder)
{
    if (!builder->is_open)
        return;
    PageDraft *page = last_page(builder);
    page->last_key = g_strdup(builder->last_key->str);
    write_keys(builder, page);
    g_string_append_c(page->sizes, ']');
    g_string_append_c(page->etags, ']');
    g_string_append_c(page->modified, ']');
    if (page->escaped != NULL)
        g_string_append_c(page->escaped, ']');
    builder->is_open = false;
    if (builder->small_pages > 0)
        builder->small_pages--;
}

static void append_entry(PageDraft *page, const ObjectEntry *entry)
{
    append_number(page->sizes, (int64_t)entry->size_bytes);
    append_string(page->etags, entry->etag != NULL ? entry->etag : "");
    append_number(page->modified, entry->modified_ms);
    if (entry->is_escaped) {
        if (page->escaped == NULL)
            page->escaped = array_open(0);
        append_number(page->escaped, page->object_count);
    }
    page->object_count++;
    page->byte_count += entry->size_bytes;
}

void page_builder_add(PageBuilder *builder, const ObjectEntry *entry)
{
    if (builder->is_open && is_full(builder, last_page(builder), entry))
        page_builder_finish(builder);
    if (!builder->is_open)
        open_page(builder, entry);
    PageDraft *page = last_page(builder);
    page->prefix_len = common_len(page->first_key, page->prefix_len, entry->key);
    append_entry(page, entry);
    g_string_append_len(builder->open_keys, entry->key, (gssize)strlen(entry->key) + 1);
    g_string_assign(builder->last_key, entry->key);
}
