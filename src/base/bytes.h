/* Borrowed bytes, and a pull reader of bytes. Neither owns what it points to. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
    const uint8_t *data;
    size_t len;
} Bytes;

/* A stream of bytes that the consumer pulls. read() blocks until at least one byte is there and writes at most
 * capacity bytes; *ret_len 0 is the end. Any error ends the stream. One thread at a time. */
typedef struct ByteReader {
    bool (*read)(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
    void *data;
} ByteReader;

static inline bool byte_reader_read(
    const ByteReader *reader, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    return reader->read(reader->data, buffer, capacity, ret_len, error);
}
