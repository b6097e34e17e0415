#include "detect/encoded/packed.h"
#include "detect/byte_class.h"
#include "detect/encoded/packed_layer.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

enum {
    STEP = 32, /* characters that are read at once: what a place is exact to */
    MARKS_MAX = 1024,
    ANY_HEADER = 15 + 32, /* inflateInit2(): gzip or zlib */
    GZIP_HEADER = 15 + 16,
    GZIP_FIRST_BYTE = 0x1F,
    NO_HEADER = -15,
};

/* What was read when the window had so many bytes. */
typedef struct Mark {
    size_t at;
    uint64_t start, end;
} Mark;

struct Unpacker {
    z_stream stream;
    PackedLayers layers;
    Layer outer, inner;
    uint64_t position, total;
    bool is_gzip;                     /* of which another member may follow */
    bool is_in_break;                 /* behind the backslash of "\n" in JSON */
    uint8_t input[STEP];              /* read, not yet unpacked */
    uint64_t input_start, input_read; /* where it was read */
    Mark marks[MARKS_MAX];
    size_t mark_count;
    size_t len;
    uint8_t window[PACKED_WINDOW];
};

/* zlib's memory holds what came out last. */
typedef struct WipedBlock {
    size_t len;
    max_align_t data[];
} WipedBlock;

static voidpf block_new(G_GNUC_UNUSED voidpf opaque, uInt items, uInt size)
{
    size_t len = (size_t)items * size;
    WipedBlock *block = g_malloc(sizeof *block + len);

    block->len = len;
    return block->data;
}

static void block_free(G_GNUC_UNUSED voidpf opaque, voidpf data)
{
    WipedBlock *block = (WipedBlock *)(void *)((char *)data - offsetof(WipedBlock, data));

    explicit_bzero(block->data, block->len);
    g_free(block);
}

Unpacker *unpacker_new(void)
{
    Unpacker *unpacker = g_new0(Unpacker, 1);

    unpacker->stream.zalloc = block_new;
    unpacker->stream.zfree = block_free;
    if (inflateInit2(&unpacker->stream, ANY_HEADER) != Z_OK)
        g_error("zlib has no memory");
    return unpacker;
}

void unpacker_free(Unpacker *unpacker)
{
    if (unpacker == NULL)
        return;
    (void)inflateEnd(&unpacker->stream);
    explicit_bzero(unpacker, sizeof *unpacker);
    g_free(unpacker);
}

void unpacker_begin(Unpacker *unpacker, PackedLayers layers, PackedFormat format, uint64_t position)
{
    (void)inflateReset2(&unpacker->stream, format == PACKED_DEFLATE ? NO_HEADER : ANY_HEADER);
    unpacker->stream.avail_in = 0;
    unpacker->layers = layers;
    unpacker->outer = unpacker->inner = (Layer){0};
    unpacker->position = unpacker->input_start = unpacker->input_read = position;
    unpacker->total = 0;
    unpacker->is_gzip = unpacker->is_in_break = false;
    unpacker->mark_count = unpacker->len = 0;
}

void unpacker_end(Unpacker *unpacker)
{
    explicit_bzero(unpacker->window, sizeof unpacker->window);
    unpacker->mark_count = unpacker->len = 0;
}

uint64_t unpacker_position(const Unpacker *unpacker)
{
    return unpacker->position;
}

/* In the step before. */
uint64_t unpacker_next_place(const Unpacker *unpacker)
{
    return MAX(unpacker->input_read, unpacker->position > STEP ? unpacker->position - STEP : 0);
}

uint64_t unpacker_total(const Unpacker *unpacker)
{
    return unpacker->total;
}

Bytes unpacker_window(const Unpacker *unpacker)
{
    return (Bytes){.data = unpacker->window, .len = unpacker->len};
}

/* Whether the character belongs to the run, or to the end of a line in it. */
static bool is_of_run(Unpacker *unpacker, uint8_t byte)
{
    bool is_in_break = unpacker->is_in_break;

    unpacker->is_in_break = !is_in_break && byte == '\\';
    if (is_in_break)
        return byte == 'n' || byte == 'r';
    if (byte == '\\' || byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t')
        return true;
    return unpacker->layers == PACKED_HEX ? byte_is_hex(byte) : base64_value(byte) >= 0;
}

/* Whether a byte of input comes out. */
static bool push_character(Unpacker *unpacker, uint8_t character, uint8_t *ret_byte)
{
    uint8_t between;

    if (unpacker->layers == PACKED_HEX)
        return byte_is_hex(character) && push_hex(&unpacker->outer, character, ret_byte);
    if (unpacker->layers == PACKED_BASE64)
        return push_base64(&unpacker->outer, character, ret_byte);
    return push_base64(&unpacker->outer, character, &between) && push_base64(&unpacker->inner, between, ret_byte);
}

/* Reads a few characters. False: here the run ends, and all of it was read. */
static bool read_step(Unpacker *unpacker, Bytes text, size_t *at)
{
    size_t len = 0, end = MIN(text.len, *at + STEP);
    bool goes_on = true;

    unpacker->input_start = unpacker_next_place(unpacker);
    while (*at < end && goes_on) {
        bool was_in_break = unpacker->is_in_break;
        goes_on = is_of_run(unpacker, text.data[*at]);
        if (goes_on && !was_in_break)
            len += push_character(unpacker, text.data[*at], unpacker->input + len) ? 1 : 0;
        *at += goes_on ? 1 : 0;
    }
    unpacker->stream.next_in = unpacker->input;
    unpacker->stream.avail_in = (uInt)len;
    return goes_on;
}

static void mark_output(Unpacker *unpacker, size_t at)
{
    const Mark mark = {.at = at, .start = unpacker->input_start, .end = unpacker->position};
    const Mark *last = unpacker->mark_count > 0 ? &unpacker->marks[unpacker->mark_count - 1] : NULL;

    unpacker->input_read = unpacker->position;
    if (last == NULL || last->start != mark.start)
        unpacker->marks[unpacker->mark_count++] = mark;
}

/* How many bytes may still come out. */
static uint64_t bytes_left(const Unpacker *unpacker, const UnpackLimit *limit)
{
    uint64_t all = limit->at_first + limit->times * unpacker->position, spent = limit->spent + unpacker->total;

    return all > spent ? all - spent : 0;
}

/* What zlib says of the input. Behind a member of gzip another one may begin. */
static int inflate_members(Unpacker *unpacker)
{
    z_stream *stream = &unpacker->stream;
    int result;

    if (stream->total_in == 0 && stream->avail_in > 0)
        unpacker->is_gzip = *stream->next_in == GZIP_FIRST_BYTE;
    do {
        result = inflate(stream, Z_NO_FLUSH);
        if (result != Z_STREAM_END || !unpacker->is_gzip)
            return result;
        (void)inflateReset2(stream, GZIP_HEADER);
    } while (stream->avail_in > 0);
    return Z_OK;
}

/* Unpacks what was read. */
static UnpackState unpack(Unpacker *unpacker, const UnpackLimit *limit)
{
    size_t before = unpacker->len;
    uInt room = (uInt)MIN(PACKED_WINDOW - before, bytes_left(unpacker, limit));

    unpacker->stream.next_out = unpacker->window + before;
    unpacker->stream.avail_out = room;
    int result = inflate_members(unpacker);
    unpacker->len += room - unpacker->stream.avail_out;
    unpacker->total += unpacker->len - before;
    if (unpacker->len > before)
        mark_output(unpacker, before);
    if (result != Z_OK && result != Z_BUF_ERROR)
        return UNPACK_END;
    if (unpacker->len == PACKED_WINDOW)
        return UNPACK_FULL;
    return bytes_left(unpacker, limit) == 0 ? UNPACK_CUT : UNPACK_MORE;
}

UnpackState unpacker_read(Unpacker *unpacker, Bytes text, const UnpackLimit *limit)
{
    uint64_t start = unpacker->position;
    bool goes_on = true;

    for (size_t at = 0; goes_on;) {
        UnpackState state = unpack(unpacker, limit); /* what is left of the last step may have more to come */
        if (state != UNPACK_MORE)
            return state;
        if (unpacker->mark_count == MARKS_MAX)
            return UNPACK_FULL;
        if (at == text.len)
            return UNPACK_MORE;
        goes_on = read_step(unpacker, text, &at);
        unpacker->position = start + at;
    }
    UnpackState last = unpack(unpacker, limit);
    return last == UNPACK_MORE ? UNPACK_END : last;
}

UnpackState unpacker_skip(Unpacker *unpacker, Bytes text)
{
    size_t len = 0;

    while (len < text.len && is_of_run(unpacker, text.data[len]))
        len++;
    unpacker->position += len;
    unpacker->input_read = unpacker->position;
    return len == text.len ? UNPACK_MORE : UNPACK_END;
}

/* The last mark at or before a byte of the window. */
static const Mark *mark_of(const Unpacker *unpacker, size_t at)
{
    size_t low = 0, high = unpacker->mark_count;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (unpacker->marks[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return &unpacker->marks[low];
}

void unpacker_place(const Unpacker *unpacker, size_t start, size_t end, uint64_t *ret_start, uint64_t *ret_end)
{
    *ret_start = mark_of(unpacker, start)->start;
    *ret_end = mark_of(unpacker, end - 1)->end;
}

size_t unpacker_index(const Unpacker *unpacker, uint64_t position)
{
    size_t i = unpacker->mark_count;

    while (i > 0 && unpacker->marks[i - 1].start >= position)
        i--;
    return i < unpacker->mark_count ? unpacker->marks[i].at : unpacker->len;
}

size_t unpacker_forget(Unpacker *unpacker)
{
    size_t too_long = unpacker->len > PACKED_OVERLAP ? unpacker->len - PACKED_OVERLAP : 0;
    size_t too_thin = unpacker->mark_count == MARKS_MAX ? unpacker->marks[MARKS_MAX / 2].at : 0;
    size_t dropped = MAX(too_long, too_thin); /* thin: hardly a byte came out of what was read */
    size_t first = (size_t)(mark_of(unpacker, dropped) - unpacker->marks);

    memmove(unpacker->window, unpacker->window + dropped, unpacker->len - dropped);
    unpacker->len -= dropped;
    memmove(unpacker->marks, unpacker->marks + first, (unpacker->mark_count - first) * sizeof unpacker->marks[0]);
    unpacker->mark_count -= first;
    for (size_t i = 0; i < unpacker->mark_count; i++)
        unpacker->marks[i].at = unpacker->marks[i].at > dropped ? unpacker->marks[i].at - dropped : 0;
    return dropped;
}
