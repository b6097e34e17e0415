#include "extract/gzip_stream.h"

#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_ONLY_WINDOW_BITS = 15 + 16, GZIP_MAGIC_BYTES = 4 };

struct GzipStream {
    z_stream zlib;
    Source *source;
    const char *damage; /* static */
    bool is_at_end;
};

GzipStream *gzip_stream_new(Source *source)
{
    GzipStream *gzip = g_new0(GzipStream, 1);

    gzip->source = source;
    if (inflateInit2(&gzip->zlib, GZIP_ONLY_WINDOW_BITS) == Z_OK)
        return gzip;
    g_free(gzip);
    return NULL;
}

void gzip_stream_free(GzipStream *gzip)
{
    if (gzip == NULL)
        return;
    (void)inflateEnd(&gzip->zlib);
    g_free(gzip);
}

/* Whether another member begins here. One that is cut in its magic number counts, so that the cut is noticed. */
static bool is_member_next(Source *source)
{
    source_fill(source, GZIP_MAGIC_BYTES);
    const Bytes next = source_pending(source);

    return next.len >= 2 && next.data[0] == 0x1F && next.data[1] == 0x8B && (next.len < 3 || next.data[2] == 8) &&
           (next.len < 4 || (next.data[3] & 0xE0U) == 0);
}

static void break_off(GzipStream *gzip, const char *damage)
{
    gzip->damage = damage;
    gzip->is_at_end = true;
}

/* A wrong CRC-32 or length is found behind the last byte of a member, so all its text is out by then. */
static void note_result(GzipStream *gzip, int result, size_t available)
{
    if (result == Z_STREAM_END) {
        gzip->is_at_end = !is_member_next(gzip->source);
        if (!gzip->is_at_end)
            (void)inflateReset(&gzip->zlib);
    } else if (available == 0 && result == Z_BUF_ERROR) {
        break_off(gzip, "truncated gzip stream");
    } else if (result != Z_OK) {
        break_off(gzip, gzip->zlib.msg != NULL ? gzip->zlib.msg : "damaged gzip stream");
    }
}

size_t gzip_stream_read(GzipStream *gzip, uint8_t *buffer, size_t capacity)
{
    z_stream *zlib = &gzip->zlib;
    size_t len = 0;

    while (len == 0 && !gzip->is_at_end) {
        source_fill(gzip->source, 1);
        const Bytes pending = source_pending(gzip->source);
        zlib->next_in = pending.data;
        zlib->avail_in = (uInt)pending.len;
        zlib->next_out = buffer;
        zlib->avail_out = (uInt)MIN(capacity, (size_t)UINT32_MAX);
        const int result = inflate(zlib, Z_NO_FLUSH);
        len = (size_t)(zlib->next_out - buffer);
        source_consume(gzip->source, pending.len - zlib->avail_in);
        note_result(gzip, result, pending.len);
    }
    return len;
}

const char *gzip_stream_damage(const GzipStream *gzip)
{
    return gzip->damage;
}
