/* A gzip stream, forwards only, with all its members (RFC 1952, 2.2). Unlike libarchive's filter this one checks the
 * trailers: CRC-32 and length. */
#pragma once

#include "extract/source.h"

typedef struct GzipStream GzipStream;

/* The source is borrowed, stands at a gzip header, and is consumed up to the end of the last whole member. NULL: no
 * memory for zlib. */
GzipStream *gzip_stream_new(Source *source);
void gzip_stream_free(GzipStream *gzip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GzipStream, gzip_stream_free)

/* What comes out next; 0 is the end, or damage. */
size_t gzip_stream_read(GzipStream *gzip, uint8_t *buffer, size_t capacity);

/* What is wrong with the stream, as far as it was read; NULL: nothing. */
const char *gzip_stream_damage(const GzipStream *gzip);
