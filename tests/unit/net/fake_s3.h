/* A small store behind a loopback server that speaks ListObjectsV2 and GetObject for tests, path style, unsigned.
 *
 * Written from Amazon's description of the two operations, not from our client. */
#pragma once

#include "loopback.h"

typedef struct FakeS3 FakeS3;

FakeS3 *fake_s3_open(uint32_t page_keys); /* at most this many keys a page */
void fake_s3_close(FakeS3 *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeS3, fake_s3_close)

const char *fake_s3_url(const FakeS3 *store);
/* Into the one bucket, "bucket". */
void fake_s3_put(FakeS3 *store, const char *key, gsize key_len, const void *data, gsize len);
void fake_s3_remove(FakeS3 *store, const char *key);
