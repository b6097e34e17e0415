/* Objects in memory, for tests: a few keys and their bytes, and failures on demand. */
#pragma once

#include "objects/source.h"

ObjectSource *memory_source_new(void);

/* In any order; replaces. The ETag is made of the bytes. */
void memory_source_put(ObjectSource *source, const char *key, const void *data, size_t len);

void memory_source_remove(ObjectSource *source, const char *key);

/* The n-th call from now on (listing, opening or reading; 1 is the next) fails with this kind; 0: none. */
void memory_source_fail_call(ObjectSource *source, uint32_t number, ErrorKind kind);

/* At most this many entries a page, instead of 1,000. */
void memory_source_set_page(ObjectSource *source, uint32_t entries);
