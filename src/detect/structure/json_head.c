#include "detect/structure/json_head.h"

#include <glib.h>
#include <string.h>

enum { LINES_SEEN = 20, LINES_PER_OBJECT = 4, UNICODE_DIGITS = 4 };

static bool has_at(Bytes text, size_t at, const char *what)
{
    size_t len = strlen(what);

    return text.len - at >= len && memcmp(text.data + at, what, len) == 0;
}

/* Behind the comment that begins here; the text's end if it does not end in it. */
static size_t skip_comment(Bytes text, size_t at)
{
    bool is_block = text.data[at + 1] == '*';
    const char *end = is_block ? "*/" : "\n";
    const uint8_t *found = memmem(text.data + at + 2, text.len - at - 2, end, strlen(end));

    return found != NULL ? (size_t)(found - text.data) + strlen(end) : text.len;
}

/* Spaces and comments. */
static size_t skip_nothing(Bytes text, size_t at)
{
    for (;;) {
        while (at < text.len && g_ascii_isspace(text.data[at]))
            at++;
        if (!has_at(text, at, "//") && !has_at(text, at, "/*"))
            return at;
        at = skip_comment(text, at);
    }
}

/* A number or a word of JSON that is not the only element: "[section]" and "[1]" begin other texts. */
static bool is_first_element(Bytes text, size_t start)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t at = start;

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (has_at(text, at, words[i]))
            at += strlen(words[i]);
    }
    while (at < text.len && (g_ascii_isdigit(text.data[at]) || has_at(text, at, "-") || has_at(text, at, ".")))
        at++;
    size_t end = skip_nothing(text, at);
    return at > start && end < text.len && text.data[end] == ',';
}

/* What stands behind the first bracket. */
static bool begins_container(Bytes text, size_t bracket)
{
    size_t at = skip_nothing(text, bracket + 1);

    if (at == text.len)
        return false;
    if (text.data[bracket] == '{')
        return text.data[at] == '"' || text.data[at] == '}';
    if (text.data[at] == '{' || text.data[at] == '[' || text.data[at] == '"')
        return true;
    return is_first_element(text, at);
}

bool json_head_tell(Bytes text, size_t *ret_start)
{
    size_t at = skip_nothing(text, 0);

    if (at == text.len || (text.data[at] != '{' && text.data[at] != '[') || !begins_container(text, at))
        return false;
    *ret_start = at;
    return true;
}

bool json_head_has_lines(Bytes text)
{
    unsigned lines = 0, objects = 0;

    for (size_t at = 0; at < text.len && lines < LINES_SEEN;) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        size_t end = newline != NULL ? (size_t)(newline - text.data) : text.len;
        const uint8_t *object = memmem(text.data + at, end - at, "{\"", 2);
        size_t left = object != NULL ? (size_t)(text.data + end - object) : 0;
        objects += left > 0 && memmem(object, left, "\":", 2) != NULL ? 1 : 0;
        lines += end - at > 1 ? 1 : 0;
        at = end + 1;
    }
    return objects > 0 && objects * LINES_PER_OBJECT >= lines;
}

/* The four hexadecimal digits at a place; 0: they are none. */
static gunichar unicode_at(Bytes key, size_t at)
{
    gunichar code = 0;

    if (key.len - at < UNICODE_DIGITS)
        return 0;
    for (size_t i = 0; i < UNICODE_DIGITS; i++) {
        if (!g_ascii_isxdigit(key.data[at + i]))
            return 0;
        code = code * 16 + (gunichar)g_ascii_xdigit_value((char)key.data[at + i]);
    }
    return code;
}

/* Of halves of a pair each is written as the sign for what is unknown: no keyword has any. */
static size_t write_unicode(gunichar code, uint8_t *ret_text)
{
    char utf8[6];
    int len = g_unichar_to_utf8(g_unichar_validate(code) ? code : 0xFFFD, utf8);

    memcpy(ret_text, utf8, (size_t)len);
    return (size_t)len;
}

size_t json_key_decode(Bytes key, uint8_t ret_text[JSON_KEY_MAX])
{
    size_t len = 0;

    for (size_t at = 0; at < key.len && len + 6 <= JSON_KEY_MAX; at++) {
        if (key.data[at] != '\\' || at + 1 == key.len) {
            ret_text[len++] = key.data[at];
            continue;
        }
        gunichar code = key.data[++at] == 'u' ? unicode_at(key, at + 1) : 0;
        if (code != 0) {
            len += write_unicode(code, ret_text + len);
            at += UNICODE_DIGITS;
        } else {
            ret_text[len++] = strchr("bfnrt", (char)key.data[at]) != NULL ? ' ' : key.data[at];
        }
    }
    return len;
}
