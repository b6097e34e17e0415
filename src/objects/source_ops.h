/* For those who implement a source: what an adapter provides, and the checks that the port adds around it.
 *
 * The port (source.c) checks for every adapter that listed keys ascend, are greater than start_after and begin with
 * the prefix, and that a stream gives exactly the listed number of bytes; an adapter need not. */
#pragma once

#include "objects/source.h"

typedef struct ObjectSourceOps {
    const char *name;
    /* As object_source_list; ret_page comes with an empty array of entries. */
    bool (*list)(ObjectSource *source, const ListRequest *request, ListPage *ret_page, GError **error);
    /* As object_source_open; the adapter embeds an ObjectStream and fills its ops. */
    bool (*open)(ObjectSource *source, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error);
    void (*close)(ObjectSource *source);
} ObjectSourceOps;

struct ObjectSource {
    const ObjectSourceOps *ops;
};

typedef struct ObjectStreamOps {
    bool (*read)(ObjectStream *stream, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
    void (*close)(ObjectStream *stream);
} ObjectStreamOps;

struct ObjectStream {
    const ObjectStreamOps *ops;
    char *key;           /* the port's */
    uint64_t bytes_left; /* the port's */
};

/* Appends; takes key and etag. */
void list_page_add(ListPage *page, const ObjectEntry *take_entry);
