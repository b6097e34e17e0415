/* Bytes of one level (the object, or a member) with a buffer in front of the reader: looked at without being consumed,
 * then taken in order. */
#pragma once

#include "base/bytes.h"

enum { SOURCE_BUFFER_BYTES = 256 * 1024 };

typedef struct Source {
    const ByteReader *reader;
    uint8_t *buffer; /* SOURCE_BUFFER_BYTES, borrowed */
    size_t start, end;
    uint64_t offset; /* of buffer[start] in the reader's bytes */
    bool is_at_end;  /* the reader has no more */
    GError *failure; /* why, if it is not the end; owned: take it. What came before can still be read */
} Source;

/* Makes at least wanted bytes (at most the buffer's size) visible, or all that are left. */
void source_fill(Source *source, size_t wanted);

static inline Bytes source_pending(const Source *source)
{
    return (Bytes){.data = source->buffer + source->start, .len = source->end - source->start};
}

static inline void source_consume(Source *source, size_t len)
{
    source->start += len;
    source->offset += len;
}
