#include "extract/decode.h"

#include "extract/utf8.h"

#include <glib.h>

static const uint32_t replacement = 0xFFFD;

static uint32_t unit_at(const uint8_t *at, TextEncoding encoding)
{
    return encoding == TEXT_UTF16LE ? at[0] | ((uint32_t)at[1] << 8) : at[1] | ((uint32_t)at[0] << 8);
}

static bool is_high_surrogate(uint32_t unit)
{
    return (unit & 0xFC00U) == 0xD800U;
}

static bool is_low_surrogate(uint32_t unit)
{
    return (unit & 0xFC00U) == 0xDC00U;
}

/* One character that is not ASCII. Returns the bytes used, 0 if its second half has not arrived. */
static size_t decode_wide(
    TextEncoding encoding, const uint8_t *data, size_t len, DecodeEnd end, uint32_t *ret_code_point)
{
    const uint32_t unit = unit_at(data, encoding);

    *ret_code_point = is_high_surrogate(unit) || is_low_surrogate(unit) ? replacement : unit;
    if (!is_high_surrogate(unit))
        return 2;
    if (len < 4)
        return end == DECODE_AT_END ? 2 : 0;
    const uint32_t low = unit_at(data + 2, encoding);
    if (!is_low_surrogate(low))
        return 2;
    *ret_code_point = 0x10000U + ((unit & 0x3FFU) << 10) + (low & 0x3FFU);
    return 4;
}

static size_t decode_utf16(
    TextEncoding encoding, const uint8_t *data, size_t len, DecodeEnd end, char *out, size_t *ret_out_len)
{
    size_t used = 0;
    size_t written = 0;

    while (len - used >= 2) {
        uint32_t code_point = unit_at(data + used, encoding);
        size_t taken = 2;
        if (code_point >= 0x80)
            taken = decode_wide(encoding, data + used, len - used, end, &code_point);
        if (taken == 0)
            break;
        used += taken;
        if (code_point < 0x80)
            out[written++] = (char)code_point;
        else
            written += utf8_put(out + written, code_point);
    }
    if (end == DECODE_AT_END && used < len) {
        written += utf8_put(out + written, replacement);
        used = len;
    }
    *ret_out_len = written;
    return used;
}

static size_t decode_latin1(const uint8_t *data, size_t len, char *out, size_t *ret_out_len)
{
    size_t written = 0;

    for (size_t i = 0; i < len; i++) {
        if (data[i] < 0x80)
            out[written++] = (char)data[i];
        else
            written += utf8_put(out + written, data[i]);
    }
    *ret_out_len = written;
    return len;
}

size_t decode_piece(
    TextEncoding encoding, const uint8_t *data, size_t len, DecodeEnd end, char *out, size_t *ret_out_len)
{
    const size_t piece = MIN(len, (size_t)DECODE_PIECE_BYTES);

    g_assert(encoding != TEXT_UTF8);
    if (encoding == TEXT_LATIN1)
        return decode_latin1(data, piece, out, ret_out_len);
    return decode_utf16(encoding, data, piece, piece < len ? DECODE_MORE_FOLLOWS : end, out, ret_out_len);
}
