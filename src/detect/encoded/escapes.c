#include "detect/encoded/escapes.h"
#include "detect/byte_class.h"
#include "detect/encoded/entities.h"
#include "detect/encoded/escape_forms.h"
#include "detect/encoded/forms.h"
#include "detect/encoded/printed.h"

#include <glib.h>
#include <string.h>

enum {
    ENTITY_MAX = 10, /* "&#x00040;" */
    NO_BREAK_SPACE = 0xA0,
    MAIL_ESCAPE = 3, /* bytes: "=40" */
    CHAIN = 3,       /* escapes */
};

/* "&#64;" and "&#x40;"; the semicolon may be missing (HTML, section 13.2.5.80). */
static size_t entity_length(Bytes text, int *ret_value)
{
    bool is_hex = text.len > 2 && (text.data[2] == 'x' || text.data[2] == 'X');
    size_t first = is_hex ? 3 : 2;
    int value = 0;

    for (size_t i = first; i < MIN(text.len, (size_t)ENTITY_MAX); i++) {
        int digit = is_hex ? g_ascii_xdigit_value((char)text.data[i]) : g_ascii_digit_value((char)text.data[i]);
        if (digit < 0) {
            *ret_value = value;
            return i == first ? 0 : i + (text.data[i] == ';' ? 1 : 0);
        }
        value = value * (is_hex ? 16 : 10) + digit;
    }
    return 0;
}

/* "&uuml;" */
static Escape named_entity(Bytes text)
{
    size_t end = 1;

    while (end < text.len && end <= ENTITY_NAME_MAX && g_ascii_isalnum((char)text.data[end]))
        end++;
    if (end >= text.len || text.data[end] != ';' || end <= ENTITY_NAME_MIN)
        return (Escape){.value = -1};
    uint32_t value = entity_value((Bytes){.data = text.data + 1, .len = end - 1});
    return (Escape){.len = end + 1, .value = value != 0 ? (int64_t)value : -1};
}

static Escape entity(Bytes text)
{
    int value = -1;

    if (text.data[1] != '#')
        return named_entity(text);
    size_t len = entity_length(text, &value);
    return (Escape){.len = len, .value = len > 0 ? value : -1};
}

/* "=" at the end of a line of mail (RFC 2045, section 6.7): the line goes on in the next. Its length with the break; 0:
 * there is none. */
static size_t soft_break_length(Bytes text)
{
    size_t at = text.len > 1 && text.data[1] == '\r' ? 2 : 1;

    return text.len > at && text.data[0] == '=' && text.data[at] == '\n' ? at + 1 : 0;
}

static bool is_upper_hex(uint8_t byte)
{
    return byte_is_hex(byte) && !g_ascii_islower((char)byte);
}

/* "=41=4B=49": characters that mail writes as they are, several in a row. Programs that write mail use capitals. */
static bool is_mail_chain(Bytes text)
{
    if (text.len < CHAIN * MAIL_ESCAPE)
        return false;
    for (size_t i = 0; i < CHAIN * MAIL_ESCAPE; i += MAIL_ESCAPE) {
        const uint8_t *escape = text.data + i;
        if (escape[0] != '=' || !is_upper_hex(escape[1]) || !is_upper_hex(escape[2]))
            return false;
        int64_t value = hex_number(text, i + 1, 2);
        if (value <= ' ' || value >= 0x7F)
            return false;
    }
    return true;
}

/* "=2D48=2D7736": two hyphens in a row between digits. */
static bool is_mail_hyphen(Bytes text)
{
    enum { GROUP_MAX = 6 };
    size_t at = 0;

    for (int hyphens = 0; hyphens < 2; hyphens++) {
        if (text.len < at + MAIL_ESCAPE + 1 || memcmp(text.data + at, "=2D", MAIL_ESCAPE) != 0)
            return false;
        size_t first = at += MAIL_ESCAPE;
        while (at < text.len && at - first < GROUP_MAX && byte_is_digit(text.data[at]))
            at++;
        if (at == first)
            return false;
    }
    return true;
}

/* "x=40" is no mail: unless it is sure to be mail, only these two are told apart from it. */
static Escape mail_escape(Bytes text, const SureForms *sure)
{
    size_t soft = soft_break_length(text);

    if (soft > 0)
        return (Escape){.kind = ESCAPE_NOTHING, .len = soft};
    int64_t value = hex_number(text, 1, 2);
    bool is_sure = sure->is_mail || (value == '=' && text.data[2] == 'D') || value == '@' || is_mail_hyphen(text) ||
                   is_mail_chain(text);
    return (Escape){.kind = ESCAPE_BYTE, .len = 3, .value = is_sure ? value : -1};
}

/* "%40", and "%u0040" of escape() in JavaScript. */
static Escape percent_escape(Bytes text)
{
    if (text.data[1] == 'u')
        return (Escape){.len = 6, .value = hex_number(text, 2, 4)};
    return (Escape){.kind = ESCAPE_BYTE, .len = 3, .value = hex_number(text, 1, 2)};
}

static const SureForms UNSURE = {.is_mail = false};

static Escape any_escape(Bytes text, const SureForms *sure)
{
    if (text.data[0] >= 0x80)
        return printed_character(text);
    if (text.len < 3)
        return (Escape){.value = -1};
    switch (text.data[0]) {
    case '%':
        return percent_escape(text);
    case '=':
        return mail_escape(text, sure);
    case '\\':
        return program_escape(text, sure);
    case '&':
        return entity(text);
    default:
        return (Escape){.value = -1};
    }
}

bool escape_may_break_beside(uint8_t byte)
{
    return g_ascii_isalnum((char)byte) || (byte != 0 && strchr("@.-/:_", byte) != NULL);
}

/* A character that may be part of a value or beside one. A letter with an accent is part of a word, and a space that
 * does not break stands between the groups of a number: only these are worth it. */
static bool is_telling(const Escape *escape, uint8_t next)
{
    int64_t value = escape->value;

    if (value > ' ' && value < 0x7F)
        return g_ascii_isalnum((char)value) || strchr("@:=+-_.\"'$", (int)value) != NULL;
    if (escape->kind == ESCAPE_NOTHING)
        return escape_may_break_beside(next);
    if (escape->kind == ESCAPE_BYTE)
        return value == ' ' && g_ascii_isdigit((char)next);
    if (value == NO_BREAK_SPACE)
        return g_ascii_isdigit((char)next);
    return value >= 0xC0 && value < 0x180 && g_ascii_isalpha((char)next);
}

/* "&amp;#64;", "%2540": with what follows it, the character that an escape stands for begins another. */
static bool is_telling_inside(Bytes text, const Escape *outer)
{
    uint8_t inner[ENTITY_NAME_MAX + 4] = {(uint8_t)outer->value};
    size_t len = 1;

    for (size_t i = outer->len; i < text.len && len < sizeof inner;) {
        Escape escape = any_escape((Bytes){.data = text.data + i, .len = text.len - i}, &UNSURE);
        bool is_escape = escape.len > 0 && escape.value > ' ' && escape.value < 0x7F;
        inner[len] = is_escape ? (uint8_t)escape.value : text.data[i];
        if (!g_ascii_isalnum((char)inner[len]) && strchr("#;\\", inner[len]) == NULL)
            break;
        i += is_escape ? escape.len : 1;
        len++;
    }
    Escape escape = any_escape((Bytes){.data = inner, .len = len}, &UNSURE);
    return escape.value >= 0 && escape.len > 0 && is_telling(&escape, escape.len < len ? inner[escape.len] : 0);
}

/* Of an "=" it cannot be told: "=3D40" is mail in which something equals 40. */
static bool begins_escape(const Escape *escape)
{
    return escape->value == '%' || escape->value == '&' || escape->value == '\\';
}

bool escape_is_telling(Bytes text)
{
    Escape escape = any_escape(text, &UNSURE);

    if ((text.data[0] == '&' || text.data[0] == '?') && form_is_telling(text))
        return true;
    if (escape.value < 0 || escape.len == 0)
        return false;
    if (escape.value == '/' && text.data[0] == '\\')
        return escaped_slash_is_telling(text);
    if (begins_escape(&escape))
        return is_telling_inside(text, &escape);
    return is_telling(&escape, escape.len < text.len ? text.data[escape.len] : 0);
}

bool escape_is_soft_break(Bytes text)
{
    return soft_break_length(text) > 0;
}

static bool is_mail(Bytes span)
{
    const uint8_t *end = span.data + span.len;

    for (const uint8_t *at = span.data; (at = memchr(at, '=', (size_t)(end - at))) != NULL; at++) {
        const Bytes rest = {.data = at, .len = (size_t)(end - at)};
        bool is_hyphen = at > span.data && byte_is_digit(at[-1]) && is_mail_hyphen(rest);
        if (is_hyphen || soft_break_length(rest) > 0 || is_mail_chain(rest))
            return true;
    }
    return false;
}

/* Whether it can be written as text. */
static bool is_character(const Escape *escape)
{
    if (escape->kind == ESCAPE_BYTE)
        return escape->value > 0 && escape->value != 0x7F;
    return (escape->value > 0 && escape->value < 0x7F) ||
           (escape->value >= NO_BREAK_SPACE && g_unichar_validate((gunichar)escape->value));
}

/* A space that does not break is one to people, and to rules. */
static void put_escape(Decoded *out, const Escape *escape, size_t from)
{
    char utf8[6];

    if (escape->kind == ESCAPE_BYTE) {
        decoded_add(out, (uint8_t)escape->value, decoded_from(from));
        return;
    }
    gunichar character = escape->value == NO_BREAK_SPACE ? ' ' : (gunichar)escape->value;
    int len = g_unichar_to_utf8(character, utf8);
    for (int i = 0; i < len; i++)
        decoded_add(out, (uint8_t)utf8[i], decoded_from(from));
}

static bool has_octal(Bytes span)
{
    const uint8_t *end = span.data + span.len;

    for (const uint8_t *at = span.data; (at = memchr(at, '\\', (size_t)(end - at))) != NULL; at++) {
        if (is_octal_chain((Bytes){.data = at, .len = (size_t)(end - at)}))
            return true;
    }
    return false;
}

/* The escape or the blank of a form there; of no length: there is none. */
static Escape next_escape(Bytes span, size_t at, const SureForms *sure, FormValue *form)
{
    if (at >= form->end && form->end < span.len)
        *form = form_next_value(span, at);
    if (span.data[at] == '+' && at >= form->start && at < form->end)
        return (Escape){.len = form_plus_is_blank(span, form, at) ? 1 : 0, .value = ' '};
    Escape escape = any_escape((Bytes){.data = span.data + at, .len = span.len - at}, sure);
    bool is_meant = escape.kind == ESCAPE_NOTHING || is_character(&escape);
    return is_meant ? escape : (Escape){.len = 0};
}

bool decode_escapes(Bytes span, Decoded *out)
{
    const SureForms sure = {.is_mail = is_mail(span), .has_octal = has_octal(span)};
    FormValue form = {.end = 0};
    bool is_any = false;

    out->len = 0;
    for (size_t i = 0; i < span.len;) {
        Escape escape = next_escape(span, i, &sure, &form);
        if (escape.len == 0)
            decoded_add(out, span.data[i], decoded_from(i));
        else if (escape.kind != ESCAPE_NOTHING)
            put_escape(out, &escape, i);
        is_any = is_any || escape.len > 0;
        i += MAX(escape.len, 1);
    }
    decoded_end(out, span.len);
    return is_any;
}
