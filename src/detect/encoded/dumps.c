#include "detect/encoded/dumps.h"
#include "detect/byte_class.h"
#include "detect/encoded/base64.h"

#include <glib.h>

enum {
    TEXT_MIN = 12,    /* bytes; fewer are no text */
    BEFORE_MAX = 256, /* characters of a line before the words that told of it */
    BETWEEN_MAX = 64, /* characters between two bytes of a list */
    INDENT_MAX = 16,  /* of a line with an offset */
    OFFSET_MIN = 4,   /* digits */
    OFFSET_MAX = 16,
    GROUP_MAX = 16, /* digits */
    LINE_BYTES_MAX = 64,
    DUMP_LINE_MAX = 400, /* characters of a line with an offset */
    HALF = 8,            /* bytes of a line of hexdump(1), behind which stand two blanks */
};

static bool is_hex_at(Bytes text, size_t at)
{
    return at < text.len && byte_is_hex(text.data[at]);
}

static uint8_t byte_at(Bytes text, size_t at)
{
    return at < text.len ? text.data[at] : '\n';
}

static size_t blanks_at(Bytes text, size_t at)
{
    size_t end = at;

    while (byte_is_one_of(byte_at(text, end), " \t"))
        end++;
    return end - at;
}

/* False: it is no text. */
static bool add_byte(Decoded *out, Bytes text, size_t at, size_t from)
{
    uint8_t byte = (uint8_t)(hex_value(text.data[at]) << 4 | hex_value(text.data[at + 1]));

    if (byte_is_control(byte))
        return false;
    decoded_add(out, byte, decoded_from(from));
    return true;
}

/* The offsets of a dump may be octal (od). */
typedef struct Offset {
    uint64_t hex, octal;
} Offset;

typedef struct DumpLine {
    Offset offset;
    bool has_colon;
    size_t bytes; /* where they begin */
} DumpLine;

/* "00000010: ", "0000020 ", "\t0x0010:  ". False: there is none. */
static bool read_offset(Bytes text, size_t at, DumpLine *ret_line)
{
    size_t digit = at + MIN(blanks_at(text, at), (size_t)INDENT_MAX);
    Offset offset = {0};

    if (byte_at(text, digit) == '0' && byte_at(text, digit + 1) == 'x')
        digit += 2;
    size_t first = digit;
    for (; is_hex_at(text, digit) && digit - first <= OFFSET_MAX; digit++) {
        offset.hex = offset.hex << 4 | hex_value(text.data[digit]);
        offset.octal = offset.octal << 3 | (hex_value(text.data[digit]) & 7);
    }
    bool has_colon = byte_at(text, digit) == ':';
    size_t end = digit + (has_colon ? 1 : 0), blanks = blanks_at(text, end);
    *ret_line = (DumpLine){.offset = offset, .has_colon = has_colon, .bytes = end + blanks};
    return digit - first >= OFFSET_MIN && digit - first <= OFFSET_MAX && blanks > 0;
}

/* The digits of a group: an even number; 0: there is none. */
static size_t group_length(Bytes text, size_t at)
{
    size_t end = at;

    while (is_hex_at(text, end) && end - at <= GROUP_MAX)
        end++;
    bool is_word = byte_is_one_of(byte_at(text, end), " \t\r\n|");
    return is_word && (end - at) % 2 == 0 && end - at <= GROUP_MAX ? end - at : 0;
}

/* Whether the bytes of the line go on behind so many blanks: behind them stands what they are as text. */
static bool goes_on(const DumpLine *line, size_t blanks, size_t count, size_t group)
{
    return blanks == 1 || (blanks == 2 && !line->has_colon && count == HALF && group == 2);
}

/* Adds the bytes of a line. Returns how many there are; 0: it is none, or no text. */
static size_t add_line(Bytes text, const DumpLine *line, Decoded *out)
{
    size_t at = line->bytes, count = 0, first = group_length(text, at), group = first;

    while (group > 0 && group <= first && count < LINE_BYTES_MAX) {
        for (size_t end = at + group; at < end; at += 2, count++) {
            if (!add_byte(out, text, at, at))
                return 0;
        }
        size_t blanks = blanks_at(text, at);
        if (!goes_on(line, blanks, count, first))
            break;
        at += blanks;
        group = group_length(text, at);
    }
    return count;
}

/* Behind the end of the line, or of the text; 0: it is too long for one of a dump. */
static size_t next_line(Bytes text, size_t at)
{
    for (size_t end = at; end < text.len; end++) {
        if (end - at == DUMP_LINE_MAX)
            return 0;
        if (text.data[end] == '\n')
            return end + 1;
    }
    return text.len;
}

static bool follows(const Offset *next, const Offset *offset, size_t count)
{
    return next->hex == offset->hex + count || next->octal == offset->octal + count;
}

/* Lines whose offsets follow one another. Returns where they end; 0: they are none. */
static size_t decode_lines(Bytes text, Decoded *out)
{
    Offset offset = {0};
    DumpLine line;
    size_t at = 0, count = 0;

    while (at < text.len && read_offset(text, at, &line) && (at == 0 || follows(&line.offset, &offset, count))) {
        size_t len = out->len, next = next_line(text, at);
        count = next > 0 ? add_line(text, &line, out) : 0;
        if (count == 0 && at == 0 && out->len > 0)
            at = next; /* a line of bytes that are no text */
        if (count == 0) {
            out->len = len;
            break;
        }
        at = next;
        offset = line.offset;
    }
    return at;
}

/* How many characters an item of a list has: "41" or "0x41"; 0: there is none. */
static size_t item_length(Bytes text, size_t at)
{
    bool has_mark = byte_at(text, at) == '0' && (byte_at(text, at + 1) | 0x20) == 'x';
    size_t digits = at + (has_mark ? 2 : 0);

    if (!is_hex_at(text, digits) || !is_hex_at(text, digits + 1) || g_ascii_isalnum((char)byte_at(text, digits + 2)))
        return 0;
    return digits + 2 - at;
}

/* What stands between two items: blanks and breaks of lines, and at most one of these. */
static size_t between(Bytes text, size_t at, char *ret_mark)
{
    size_t end = at;

    *ret_mark = '\0';
    for (; end < text.len && end - at < BETWEEN_MAX; end++) {
        bool is_mark = byte_is_one_of(text.data[end], ",:;");
        if (!(is_mark && *ret_mark == '\0') && !byte_is_one_of(text.data[end], " \t\r\n"))
            break;
        if (is_mark)
            *ret_mark = (char)text.data[end];
    }
    return end - at;
}

/* Items of one length with the same between them. Returns where they end. */
static size_t decode_list(Bytes text, Decoded *out)
{
    size_t at = 0, length = item_length(text, 0);
    char first_mark = '\0', mark;

    out->width = length;
    while (length > 0 && item_length(text, at) == length && add_byte(out, text, at + length - 2, at)) {
        at += length;
        size_t gap = between(text, at, &mark);
        if (out->len == 1)
            first_mark = mark;
        if (gap == 0 || mark != first_mark)
            break;
        at += gap;
    }
    return at;
}

size_t decode_dump(Bytes text, Decoded *out)
{
    const Bytes span = {.data = text.data, .len = MIN(text.len, (size_t)ENCODED_SPAN_MAX)};
    const char *valid_end = NULL;

    out->len = 0;
    out->width = 2;
    size_t end = decode_lines(span, out);
    if (end == 0)
        end = decode_list(span, out);
    bool is_text = g_utf8_validate((const char *)out->text, (gssize)out->len, &valid_end) ||
                   (const char *)out->text + out->len - valid_end < 4;
    if (out->len < TEXT_MIN || !is_text)
        out->len = 0;
    decoded_end(out, end);
    return end;
}

static size_t line_start(Bytes text, size_t at)
{
    size_t start = at;

    while (start > 0 && at - start < BEFORE_MAX && text.data[start - 1] != '\n')
        start--;
    return start == 0 || text.data[start - 1] == '\n' ? start : at;
}

size_t dump_start(Bytes text, size_t at)
{
    size_t line = line_start(text, at), item = at + 1, length = item_length(text, item);
    DumpLine dump;

    if (read_offset(text, line, &dump) && dump.bytes <= item && group_length(text, dump.bytes) > 0)
        return line;
    for (size_t gap = 1; gap <= 2 && length > 0; gap++) {
        while (item >= length + gap + 1 && at + 1 - item < BEFORE_MAX &&
               item_length(text, item - length - gap) == length &&
               !g_ascii_isalnum((char)byte_at(text, item - length - gap - 1)))
            item -= length + gap;
    }
    return item;
}
