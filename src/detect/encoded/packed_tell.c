/* Whether compressed text begins in a run. */
#include "detect/byte_class.h"
#include "detect/encoded/packed.h"
#include "detect/encoded/packed_layer.h"

#include <zlib.h>

enum {
    HEAD = 4,         /* bytes */
    DEFLATE_MIN = 64, /* characters: shorter ones are chance */
};

typedef bool (*PushDigit)(Layer *layer, uint8_t digit, uint8_t *ret_byte);

/* Whether what the text begins with is compressed: gzip (RFC 1952, section 2.3) or zlib (RFC 1950, section 2.2). */
static bool has_mark(Bytes text, PushDigit push)
{
    uint8_t head[HEAD] = {0};
    Layer layer = {0};
    size_t len = 0;

    for (size_t i = 0; i < text.len && len < HEAD; i++)
        len += push(&layer, text.data[i], head + len) ? 1 : 0;
    if (len == HEAD && head[0] == 0x1F && head[1] == 0x8B)
        return head[2] == Z_DEFLATED && head[3] < 0x20;
    return len == HEAD && head[0] == 0x78 && (head[1] & 0x20) == 0 && (head[0] << 8 | head[1]) % 31 == 0;
}

/* Characters of base64 that two bytes of these formats are written with: "H4s" and "eJ". */
static bool may_have_mark(const uint8_t *text)
{
    return (text[0] == 'H' && text[1] == '4') || (text[0] == 'e' && byte_is_one_of(text[1], "JNAF"));
}

static PackedLayers base64_layers(Bytes run)
{
    uint8_t head[2 * HEAD] = {0};
    Layer layer = {0};
    size_t len = 0;

    if (may_have_mark(run.data) && has_mark(run, push_base64))
        return PACKED_BASE64;
    if ((run.data[0] != 'S' || run.data[1] != 'D') && (run.data[0] != 'Z' || run.data[1] != 'U'))
        return PACKED_NONE;
    for (size_t i = 0; i < run.len && len < sizeof head; i++)
        len += push_base64(&layer, run.data[i], head + len) ? 1 : 0;
    bool is_twice = may_have_mark(head) && has_mark((Bytes){.data = head, .len = len}, push_base64);
    return is_twice ? PACKED_BASE64_TWICE : PACKED_NONE;
}

PackedLayers packed_layers(Bytes run)
{
    if (run.len < 4 * HEAD)
        return PACKED_NONE;
    if ((run.data[0] == '1' || run.data[0] == '7') && byte_is_hex(run.data[1]) && has_mark(run, push_hex))
        return PACKED_HEX;
    return base64_layers(run);
}

/* The next bits of a few bytes, the lowest first; 0 where they end. */
typedef struct Bits {
    uint8_t bytes[16];
    unsigned at;
} Bits;

static unsigned take_bits(Bits *bits, unsigned count)
{
    unsigned value = 0;

    for (unsigned i = 0; i < count; i++, bits->at++)
        value |= (bits->bytes[bits->at / 8 % sizeof bits->bytes] >> bits->at % 8 & 1U) << i;
    return value;
}

/* The lengths of the codes for lengths of codes make a complete code (RFC 1951, section 3.2.7). */
static bool has_codes(Bits *bits)
{
    unsigned characters = take_bits(bits, 5), distances = take_bits(bits, 5);
    unsigned count = take_bits(bits, 4) + 4, covered = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned length = take_bits(bits, 3);
        covered += length > 0 ? 128U >> length : 0;
    }
    return characters < 30 && distances < 30 && covered == 128;
}

/* Text begins with a few characters that are none of what was there before: codes of 8 bits, the highest first (RFC
 * 1951, section 3.2.6). */
static bool has_fixed_characters(Bits *bits)
{
    for (int i = 0; i < 4; i++) {
        unsigned code = 0;
        for (int bit = 0; bit < 8; bit++)
            code = code << 1 | take_bits(bits, 1);
        if (code < 0x30 + '\t' || code >= 0x30 + 0x7F)
            return false;
    }
    return true;
}

/* A block with codes of its own; or one with the fixed codes, which is short and so the last. */
bool may_be_deflate(Bytes run)
{
    Bits bits = {.at = 0};
    Layer layer = {0};
    size_t len = 0;

    if (run.len < DEFLATE_MIN)
        return false;
    for (size_t i = 0; i < DEFLATE_MIN && len < sizeof bits.bytes; i++)
        len += push_base64(&layer, run.data[i], bits.bytes + len) ? 1 : 0;
    bool is_last = take_bits(&bits, 1) == 1;
    switch (take_bits(&bits, 2)) {
    case 1:
        return is_last && has_fixed_characters(&bits);
    case 2:
        return has_codes(&bits);
    default:
        return false;
    }
}
