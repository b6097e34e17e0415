/* Escapes of programs and JSON: those that begin with a backslash. */
#include "detect/byte_class.h"
#include "detect/encoded/escape_forms.h"

#include <glib.h>

enum {
    BACKSLASHES_MAX = 8,
    BRACED_DIGITS_MAX = 6, /* "\u{10FFFF}" */
    OCTAL_CHAIN = 3,       /* escapes */
    USER_WITHIN = 100,     /* bytes of an address */
};

static const Escape NO_ESCAPE = {.value = -1};

int64_t hex_number(Bytes text, size_t at, size_t digits)
{
    int64_t value = 0;

    for (size_t i = at; i < at + digits; i++) {
        int digit = i < text.len ? g_ascii_xdigit_value((char)text.data[i]) : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* In a string within a string the backslash is escaped itself, each time by as many more. */
static size_t behind_backslashes(Bytes text)
{
    size_t at = 1;

    while (at < BACKSLASHES_MAX && at < text.len && text.data[at] == '\\')
        at++;
    return at;
}

/* "{40}" behind "\u" (JavaScript, Rust, Ruby, PHP) and "\x" (Perl). */
static Escape braced_escape(Bytes text, size_t at)
{
    size_t end = at + 1;

    while (end < text.len && end - at <= BRACED_DIGITS_MAX && byte_is_hex(text.data[end]))
        end++;
    if (end == at + 1 || end >= text.len || text.data[end] != '}')
        return NO_ESCAPE;
    return (Escape){.len = end + 1, .value = hex_number(text, at + 1, end - at - 1)};
}

static Escape hex_escape(Bytes text, size_t at, size_t digits)
{
    if (at < text.len && text.data[at] == '{' && digits < 8)
        return braced_escape(text, at);
    return (Escape){.len = at + digits, .value = hex_number(text, at, digits)};
}

static bool is_octal_digit(Bytes text, size_t at)
{
    return at < text.len && text.data[at] >= '0' && text.data[at] <= '7';
}

/* "\101" of C, and "\0101" of echo(1) and printf(1). */
static Escape octal_escape(Bytes text)
{
    size_t first = behind_backslashes(text), at = first;
    int64_t value = 0;

    if (at < text.len && text.data[at] == '0' && is_octal_digit(text, at + 3))
        at++;
    size_t end = at + 3;
    if (at >= text.len || text.data[at] > '3')
        return NO_ESCAPE;
    for (; at < end; at++) {
        if (!is_octal_digit(text, at))
            return NO_ESCAPE;
        value = value << 3 | (text.data[at] - '0');
    }
    return (Escape){.kind = ESCAPE_BYTE, .len = end, .value = value};
}

bool is_octal_chain(Bytes text)
{
    for (int i = 0; i < OCTAL_CHAIN; i++) {
        if (text.len == 0 || text.data[0] != '\\')
            return false;
        Escape escape = octal_escape(text);
        if (escape.value < ' ' || escape.value == 0x7F)
            return false;
        text = (Bytes){.data = text.data + escape.len, .len = text.len - escape.len};
    }
    return true;
}

Escape program_escape(Bytes text, const SureForms *sure)
{
    size_t at = behind_backslashes(text);

    switch (at < text.len ? text.data[at] : '\0') {
    case 'u':
        return hex_escape(text, at + 1, 4);
    case 'U':
        return hex_escape(text, at + 1, 8);
    case 'x':
        return hex_escape(text, at + 1, 2);
    case '/':
        return (Escape){.len = at + 1, .value = '/'};
    default:
        return sure->has_octal || is_octal_chain(text) ? octal_escape(text) : NO_ESCAPE;
    }
}

/* "//user:password@host" */
static bool has_user(Bytes text, size_t at)
{
    for (size_t i = at; i < MIN(text.len, at + USER_WITHIN); i++) {
        uint8_t byte = text.data[i];
        if (byte == '@')
            return i > at;
        if (byte <= ' ' || byte == '/' || byte == '\\' || byte == '"')
            return false;
    }
    return false;
}

static size_t digits_from(Bytes text, size_t at)
{
    size_t end = at;

    while (end < text.len && byte_is_digit(text.data[end]))
        end++;
    return end - at;
}

bool escaped_slash_is_telling(Bytes text)
{
    size_t slash = behind_backslashes(text) + 1, digits = digits_from(text, slash);
    size_t next = slash + digits;

    if (slash > text.len || text.data[slash - 1] != '/' || next >= text.len || text.data[next] != '\\')
        return false;
    const Bytes rest = {.data = text.data + next, .len = text.len - next};
    size_t behind = next + behind_backslashes(rest);
    if (behind >= text.len || text.data[behind] != '/')
        return false;
    return digits > 0 ? digits <= 2 && digits_from(text, behind + 1) >= 2 : has_user(text, behind + 1);
}
