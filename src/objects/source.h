/* Where objects come from: an S3 bucket, a directory, a list in memory.
 *
 * A source belongs to one bucket (or root) and is shared by all threads. Listing is paged and in bytewise order of
 * keys; it resumes from a key alone. Opening an object only starts the fetch, so that many can be in flight; reading
 * blocks. A stream belongs to one thread at a time. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct ObjectSource ObjectSource;
typedef struct ObjectStream ObjectStream;

/* One listed object. A key that text cannot hold (NUL, invalid UTF-8 in a file name) is percent-escaped: is_escaped. */
typedef struct ObjectEntry {
    char *key;
    uint64_t size_bytes;
    char *etag; /* without quotes; a directory makes one of inode, size and mtime */
    int64_t modified_ms;
    bool is_escaped;
} ObjectEntry;

/* ObjectEntry values in a GArray that frees what they own. */
GArray *object_entries_new(void);
static inline const ObjectEntry *object_entries_at(const GArray *entries, size_t index)
{
    return &g_array_index(entries, ObjectEntry, index);
}

typedef struct ListRequest {
    const char *prefix;      /* "" for all */
    const char *start_after; /* keys strictly greater; "" for the beginning */
    const char *hint;        /* continuation token that goes with start_after, or NULL */
} ListRequest;

typedef struct ListPage {
    GArray *entries; /* ObjectEntry, ascending bytewise, each key > start_after; may be empty */
    char *last_key;  /* last key this page covers (also of entries that are no objects); NULL if it covers none */
    char *hint;      /* token for what follows, or NULL */
    bool is_last;
} ListPage;

void list_page_clear(ListPage *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ListPage, list_page_clear)

void object_source_close(ObjectSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectSource, object_source_close)
void object_stream_close(ObjectStream *stream); /* at any moment; ends the fetch */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectStream, object_stream_close)

/* Up to 1,000 objects. Errors: NOT_FOUND (no such bucket, directory), FORBIDDEN, CREDENTIALS, UNAVAILABLE, BUSY,
 * PROTOCOL (garbage, or a listing that makes no progress). Retries and loop guards are inside. */
FALLIBLE bool object_source_list(ObjectSource *source, const ListRequest *request, ListPage *ret_page, GError **error);

/* Starts to fetch an object; does not wait for the answer. Which object and of what size and ETag it must be is taken
 * from the entry, which is copied. */
FALLIBLE bool object_source_open(
    ObjectSource *source, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error);

/* The next bytes; *ret_len 0 is the end, reached only after exactly the listed size. Errors: CHANGED (another ETag or
 * size than listed), NOT_FOUND (gone since), FORBIDDEN, TRUNCATED (after retries), CREDENTIALS, UNAVAILABLE, BUSY. */
FALLIBLE bool object_stream_read(
    ObjectStream *stream, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);

/* The same as a ByteReader that borrows the stream. */
ByteReader object_stream_reader(ObjectStream *stream);
