#include "objects/key.h"

#include <string.h>

bool key_is_text(Bytes raw)
{
    return raw.len == 0 ||
           (memchr(raw.data, '\0', raw.len) == NULL && g_utf8_validate((const char *)raw.data, (gssize)raw.len, NULL));
}

char *key_escape(Bytes raw, KeyEscape escape)
{
    const char *at = (const char *)raw.data;
    const char *end = at + raw.len;
    GString *out = g_string_sized_new(raw.len * 3);

    while (at < end) {
        gunichar character = g_utf8_get_char_validated(at, end - at);
        bool is_text = *at != '\0' && *at != '%' && character != (gunichar)-1 && character != (gunichar)-2;
        if (escape == KEY_ESCAPE_ALL || !is_text) {
            g_string_append_printf(out, "%%%02X", (guint8)*at++);
            continue;
        }
        const char *next = g_utf8_next_char(at);
        g_string_append_len(out, at, next - at);
        at = next;
    }
    return g_string_free(out, FALSE);
}

GByteArray *key_unescape(const char *text)
{
    GByteArray *key = g_byte_array_sized_new((guint)strlen(text) + 1);

    for (const char *c = text; *c != '\0'; c++) {
        guint8 byte = (guint8)*c;
        if (*c == '%' && g_ascii_isxdigit(c[1]) && g_ascii_isxdigit(c[2])) {
            byte = (guint8)(g_ascii_xdigit_value(c[1]) << 4 | g_ascii_xdigit_value(c[2]));
            c += 2;
        }
        g_byte_array_append(key, &byte, 1);
    }
    g_byte_array_append(key, (const guint8 *)"", 1);
    g_byte_array_set_size(key, key->len - 1);
    return key;
}
