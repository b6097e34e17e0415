#include "detect/encoded/decoders.h"

#include <glib.h>
#include <string.h>

enum {
    TEXT_MIN = 12,   /* less is not worth it, and too often chance */
    ENTITY_MAX = 10, /* "&#x00040;" */
};

static int base64_value(uint8_t byte)
{
    if (g_ascii_isupper((char)byte))
        return byte - 'A';
    if (g_ascii_islower((char)byte))
        return byte - 'a' + 26;
    if (g_ascii_isdigit((char)byte))
        return byte - '0' + 52;
    if (byte == '+' || byte == '-')
        return 62;
    return byte == '/' || byte == '_' ? 63 : -1;
}

/* Text has no control characters but those of lines, and is UTF-8; its end may be cut. */
static bool is_text(const Decoded *out)
{
    const char *end = NULL;

    if (out->len < TEXT_MIN)
        return false;
    for (size_t i = 0; i < out->len; i++) {
        if ((out->text[i] < ' ' && !g_ascii_isspace((char)out->text[i])) || out->text[i] == 0x7F)
            return false;
    }
    return g_utf8_validate((const char *)out->text, (gssize)out->len, &end) ||
           (const char *)out->text + out->len - end < 4;
}

static void put(Decoded *out, uint8_t byte, size_t from)
{
    out->text[out->len] = byte;
    out->from[out->len++] = (uint16_t)from;
}

bool decode_base64(Bytes span, Decoded *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    out->len = 0;
    out->is_shifted = true;
    for (size_t i = 0, last = 0; i < span.len && span.data[i] != '='; i++) {
        int value = base64_value(span.data[i]);
        if (value < 0)
            continue; /* the break of a line */
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            put(out, (uint8_t)(bits >> count), last);
            /* Most that is no text shows it at once. */
            if (out->len == TEXT_MIN && !is_text(out))
                return false;
        }
        last = i;
    }
    out->from[out->len] = (uint16_t)span.len;
    return is_text(out);
}

bool decode_hex(Bytes span, Decoded *out)
{
    out->len = 0;
    out->is_shifted = false;
    for (size_t i = 0; i + 1 < span.len; i += 2) {
        int high = g_ascii_xdigit_value((char)span.data[i]), low = g_ascii_xdigit_value((char)span.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        put(out, (uint8_t)(high << 4 | low), i);
        if (out->len == TEXT_MIN && !is_text(out))
            return false;
    }
    out->from[out->len] = (uint16_t)span.len;
    return is_text(out);
}

/* Hexadecimal digits from at on: their value; -1: others are there. */
static int hex_number(Bytes text, size_t at, size_t digits)
{
    int value = 0;

    for (size_t i = at; i < at + digits; i++) {
        int digit = i < text.len ? g_ascii_xdigit_value((char)text.data[i]) : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* "&#64;" and "&#x40;". */
static size_t entity_length(Bytes text, int *ret_value)
{
    bool is_hex = text.len > 2 && (text.data[2] == 'x' || text.data[2] == 'X');
    int value = 0;

    for (size_t i = is_hex ? 3 : 2; i < MIN(text.len, (size_t)ENTITY_MAX); i++) {
        if (text.data[i] == ';') {
            *ret_value = value;
            return i + 1;
        }
        int digit = is_hex ? g_ascii_xdigit_value((char)text.data[i]) : g_ascii_digit_value((char)text.data[i]);
        if (digit < 0)
            return 0;
        value = value * (is_hex ? 16 : 10) + digit;
    }
    return 0;
}

/* "x=40" is no mail: only these two are told apart from it. */
static int mail_value(Bytes text)
{
    if (text.data[1] == '3' && text.data[2] == 'D')
        return '=';
    return text.data[1] == '4' && text.data[2] == '0' ? '@' : -1;
}

static size_t program_escape(Bytes text, int *ret_value)
{
    if (text.data[1] == 'u') {
        *ret_value = hex_number(text, 2, 4);
        return 6;
    }
    *ret_value = text.data[1] == 'x' ? hex_number(text, 2, 2) : -1;
    return 4;
}

/* Any escape of an ASCII character: its length and value. */
static size_t any_escape(Bytes text, int *ret_value)
{
    *ret_value = -1;
    if (text.len < 3)
        return 0;
    switch (text.data[0]) {
    case '%':
        *ret_value = hex_number(text, 1, 2);
        return 3;
    case '=':
        *ret_value = mail_value(text);
        return 3;
    case '\\':
        return program_escape(text, ret_value);
    case '&':
        return text.data[1] == '#' ? entity_length(text, ret_value) : 0;
    default:
        return 0;
    }
}

size_t escape_length(Bytes text, uint8_t *ret_byte)
{
    int value = -1;
    size_t len = any_escape(text, &value);

    if (len == 0 || value <= ' ' || value >= 0x7F)
        return 0;
    *ret_byte = (uint8_t)value;
    return g_ascii_isalnum((char)value) || strchr("@:=+-_.\"'$", value) != NULL ? len : 0;
}

bool decode_escapes(Bytes span, Decoded *out)
{
    bool is_any = false;

    out->len = 0;
    out->is_shifted = false;
    for (size_t i = 0; i < span.len;) {
        int value = -1;
        size_t len = any_escape((Bytes){.data = span.data + i, .len = span.len - i}, &value);
        bool is_escape = len > 0 && value > 0 && value < 0x7F;
        put(out, is_escape ? (uint8_t)value : span.data[i], i);
        is_any = is_any || is_escape;
        i += is_escape ? len : 1;
    }
    out->from[out->len] = (uint16_t)span.len;
    return is_any;
}
