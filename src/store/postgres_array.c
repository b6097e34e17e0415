#include "store/postgres_array.h"

#include <string.h>

/* pg_type.dat */
enum { TYPE_INT8 = 20, TYPE_TEXT = 25 };

/* What is left of the JSON text. */
typedef struct Cursor {
    const char *at, *end;
} Cursor;

/* One element to the end of the array; the cursor stands at its first character. */
typedef bool (*AppendElement)(GByteArray *array, Cursor *cursor);

static void put_int32(GByteArray *array, guint place, uint32_t value)
{
    uint32_t swapped = GUINT32_TO_BE(value);

    memcpy(array->data + place, &swapped, sizeof swapped);
}

static void append_int32(GByteArray *array, uint32_t value)
{
    uint32_t swapped = GUINT32_TO_BE(value);

    g_byte_array_append(array, (const guint8 *)&swapped, sizeof swapped);
}

static void skip_space(Cursor *cursor)
{
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\n' || *cursor->at == '\r'))
        cursor->at++;
}

static bool take(Cursor *cursor, char wanted)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool take_hex4(Cursor *cursor, gunichar *ret_unit)
{
    gunichar unit = 0;

    if (cursor->end - cursor->at < 4)
        return false;
    for (int i = 0; i < 4; i++, cursor->at++) {
        if (!g_ascii_isxdigit(*cursor->at))
            return false;
        unit = unit * 16 + (gunichar)g_ascii_xdigit_value(*cursor->at);
    }
    *ret_unit = unit;
    return true;
}

/* Behind "\u". RFC 8259, section 7: what is beyond the first plane is a pair of surrogates. */
static bool append_code_point(GByteArray *array, Cursor *cursor)
{
    gunichar unit = 0, low = 0;
    char utf8[6];

    if (!take_hex4(cursor, &unit) || unit == 0)
        return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (cursor->end - cursor->at < 2 || memcmp(cursor->at, "\\u", 2) != 0)
            return false;
        cursor->at += 2;
        if (!take_hex4(cursor, &low) || low < 0xdc00 || low >= 0xe000)
            return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    if (!g_unichar_validate(unit))
        return false;
    g_byte_array_append(array, (const guint8 *)utf8, (guint)g_unichar_to_utf8(unit, utf8));
    return true;
}

/* Behind a backslash. */
static bool append_escape(GByteArray *array, Cursor *cursor)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";

    if (cursor->at == cursor->end)
        return false;
    char name = *cursor->at++;
    if (name == 'u')
        return append_code_point(array, cursor);
    const char *place = memchr(names, name, sizeof names - 1);
    if (place == NULL)
        return false;
    g_byte_array_append(array, (const guint8 *)meanings + (place - names), 1);
    return true;
}

static bool append_text(GByteArray *array, Cursor *cursor)
{
    guint place = array->len;

    if (!take(cursor, '"'))
        return false;
    append_int32(array, 0);
    for (;;) {
        const char *plain = cursor->at;
        while (cursor->at < cursor->end && *cursor->at != '"' && *cursor->at != '\\' && (guchar)*cursor->at >= ' ')
            cursor->at++;
        g_byte_array_append(array, (const guint8 *)plain, (guint)(cursor->at - plain));
        if (cursor->at == cursor->end)
            return false;
        char stop = *cursor->at++;
        if (stop == '"')
            break;
        if (stop != '\\' || !append_escape(array, cursor))
            return false;
    }
    put_int32(array, place, array->len - place - (guint)sizeof(uint32_t));
    return true;
}

static bool append_int(GByteArray *array, Cursor *cursor)
{
    bool is_negative = take(cursor, '-');
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + is_negative;
    const char *first = cursor->at;

    for (; cursor->at < cursor->end && g_ascii_isdigit(*cursor->at); cursor->at++) {
        uint64_t digit = (uint64_t)(*cursor->at - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    uint64_t swapped = GUINT64_TO_BE(is_negative ? -value : value);
    append_int32(array, sizeof swapped);
    g_byte_array_append(array, (const guint8 *)&swapped, sizeof swapped);
    return cursor->at > first;
}

static bool append_elements(GByteArray *array, Cursor *cursor, AppendElement append, uint32_t *ret_count)
{
    uint32_t count = 0;

    if (!take(cursor, '['))
        return false;
    if (take(cursor, ']')) {
        *ret_count = 0;
        return true;
    }
    do {
        skip_space(cursor);
        if (!append(array, cursor))
            return false;
        count++;
    } while (take(cursor, ','));
    *ret_count = count;
    return take(cursor, ']');
}

/* Dimensions, whether there are NULLs, the type of the elements; then of each dimension the length and the first index;
 * then the elements, each behind its length. An empty array has no dimension. */
static bool append_array(GByteArray *array, Bytes json, uint32_t type, AppendElement append)
{
    Cursor cursor = {(const char *)json.data, (const char *)json.data + json.len};
    guint start = array->len;
    uint32_t count = 0;

    append_int32(array, 1);
    append_int32(array, 0);
    append_int32(array, type);
    guint count_place = array->len;
    append_int32(array, 0);
    append_int32(array, 1);
    if (json.data == NULL || !append_elements(array, &cursor, append, &count))
        return false;
    skip_space(&cursor);
    put_int32(array, count_place, count);
    if (count == 0) {
        put_int32(array, start, 0);
        g_byte_array_set_size(array, count_place);
    }
    return cursor.at == cursor.end;
}

bool postgres_append_texts(GByteArray *array, Bytes json)
{
    return append_array(array, json, TYPE_TEXT, append_text);
}

bool postgres_append_ints(GByteArray *array, Bytes json)
{
    return append_array(array, json, TYPE_INT8, append_int);
}

/* Dimensions, whether there are NULLs, type, length, first index; an empty array ends behind the type. */
enum { ARRAY_HEADER = 5 * sizeof(uint32_t), ARRAY_HEADER_EMPTY = 3 * sizeof(uint32_t) };

typedef void (*AppendJson)(GString *json, Bytes element);

static uint32_t int32_at(const uint8_t *data)
{
    uint32_t value = 0;

    memcpy(&value, data, sizeof value);
    return GUINT32_FROM_BE(value);
}

static void append_json(GString *json, Bytes array, AppendJson append)
{
    const char *separator = "";
    size_t at = ARRAY_HEADER;

    g_string_append_c(json, '[');
    while (at + sizeof(uint32_t) <= array.len) {
        Bytes element = {array.data + at + sizeof(uint32_t), int32_at(array.data + at)};
        at += sizeof(uint32_t);
        if (element.len > array.len - at)
            return;
        at += element.len;
        g_string_append(json, separator);
        append(json, element);
        separator = ",";
    }
    if (at == array.len || array.len == ARRAY_HEADER_EMPTY)
        g_string_append_c(json, ']');
}

/* RFC 8259, section 7. Runs of plain bytes are copied at once: nearly all strings are one run. */
static void append_json_text(GString *json, Bytes text)
{
    size_t at = 0;

    g_string_append_c(json, '"');
    while (at < text.len) {
        size_t plain = at;
        while (at < text.len && text.data[at] >= ' ' && text.data[at] != '"' && text.data[at] != '\\')
            at++;
        g_string_append_len(json, (const char *)text.data + plain, (gssize)(at - plain));
        if (at == text.len)
            break;
        if (text.data[at] < ' ')
            g_string_append_printf(json, "\\u%04x", text.data[at]);
        else
            g_string_append_printf(json, "\\%c", text.data[at]);
        at++;
    }
    g_string_append_c(json, '"');
}

static void append_json_int(GString *json, Bytes element)
{
    char digits[24], *first = digits + sizeof digits;
    int64_t number = 0;

    if (element.len != sizeof number)
        return;
    memcpy(&number, element.data, sizeof number);
    number = GINT64_FROM_BE(number);
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--first = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        *--first = '-';
    g_string_append_len(json, first, digits + sizeof digits - first);
}

void postgres_texts_as_json(GString *json, Bytes array)
{
    append_json(json, array, append_json_text);
}

void postgres_ints_as_json(GString *json, Bytes array)
{
    append_json(json, array, append_json_int);
}
