#include "detect/encoded/forms.h"
#include "detect/byte_class.h"

#include <glib.h>
#include <string.h>

enum {
    FIELD_NAME_MAX = 64,
    FIELD_WORD_MAX = 24, /* letters and digits in a row: more are a token, and its "+" is one of base64 */
};

static bool is_name_byte(uint8_t byte)
{
    return byte_is_word(byte) || byte_is_one_of(byte, "-.[]%$");
}

/* What may stand in a value as it is: not what browsers escape, and what ends it. */
static bool is_value_byte(uint8_t byte)
{
    return byte > ' ' && byte != 0x7F && !byte_is_one_of(byte, "&?\"'<>#`\\{}|^");
}

/* Where the value that begins there ends; at most so many bytes are looked at. */
static size_t value_end(Bytes text, size_t at, size_t most)
{
    size_t end = at, limit = MIN(text.len, at + most);

    while (end < limit && is_value_byte(text.data[end]))
        end++;
    return end;
}

/* Whether a "+" stands between others in it; not in base64, which has "/", "=" and long words too. */
static bool has_blanks(Bytes text, size_t start, size_t end)
{
    size_t word = 0;
    bool has_plus = false;

    for (size_t i = start; i < end; i++) {
        uint8_t byte = text.data[i];
        word = g_ascii_isalnum((char)byte) ? word + 1 : 0;
        if (byte == '/' || byte == '=' || word > FIELD_WORD_MAX)
            return false;
        has_plus = has_plus || (byte == '+' && i > start && i + 1 < end);
    }
    return has_plus;
}

/* The length of a name behind which "=" stands; 0: there is none. */
static size_t name_length(Bytes text, size_t at)
{
    size_t end = at, limit = MIN(text.len, at + FIELD_NAME_MAX);

    while (end < limit && is_name_byte(text.data[end]))
        end++;
    return end < text.len && text.data[end] == '=' ? end - at : 0;
}

/* Of "?", "&", and the "&amp;" of HTML. */
static size_t mark_length(Bytes text)
{
    return text.len >= 5 && memcmp(text.data, "&amp;", 5) == 0 ? 5 : 1;
}

bool form_is_telling(Bytes text)
{
    size_t mark = mark_length(text), name = name_length(text, mark), value = mark + name + 1;

    return name > 0 && has_blanks(text, value, value_end(text, value, FORM_FIELD_MAX - FIELD_NAME_MAX));
}

bool form_is_telling_before(Bytes text, size_t at)
{
    const Bytes rest = {.data = text.data + at, .len = text.len - at};
    size_t start = at;

    if (name_length(rest, mark_length(rest)) == 0)
        return false;
    while (start > 0 && at - start < FORM_FIELD_MAX / 2 && text.data[start - 1] != '=' &&
           is_value_byte(text.data[start - 1]))
        start--;
    bool is_value = start > 1 && text.data[start - 1] == '=' && is_name_byte(text.data[start - 2]);
    return is_value && has_blanks(text, start, at);
}

/* Behind "?", "&" or "&amp;", or where another field follows. */
static bool is_field(Bytes span, size_t equals, size_t end)
{
    const Bytes rest = {.data = span.data + end, .len = span.len - end};
    size_t name = equals;

    while (name > 0 && equals - name < FIELD_NAME_MAX && is_name_byte(span.data[name - 1]))
        name--;
    if (name == equals)
        return false;
    if (name > 0 && byte_is_one_of(span.data[name - 1], "?&"))
        return true;
    if (name >= 5 && memcmp(span.data + name - 5, "&amp;", 5) == 0)
        return true;
    return rest.len > 0 && rest.data[0] == '&' && name_length(rest, mark_length(rest)) > 0;
}

FormValue form_next_value(Bytes span, size_t from)
{
    const uint8_t *equals;

    for (size_t at = from; at < span.len && (equals = memchr(span.data + at, '=', span.len - at)) != NULL;) {
        size_t start = (size_t)(equals - span.data) + 1, end = value_end(span, start, span.len);
        if (has_blanks(span, start, end) && is_field(span, start - 1, end))
            return (FormValue){.start = start, .end = end};
        at = MAX(end, start);
    }
    return (FormValue){.start = span.len, .end = span.len};
}

/* "+tag@ab.org": the rest of an address that nobody encoded. */
static bool is_in_address(Bytes span, const FormValue *value, size_t at)
{
    for (at++; at < value->end && (byte_is_word(span.data[at]) || span.data[at] == '.' || span.data[at] == '-');)
        at++;
    return at < value->end && span.data[at] == '@';
}

bool form_plus_is_blank(Bytes span, const FormValue *value, size_t at)
{
    bool is_phone = at == value->start && at + 1 < value->end && byte_is_digit(span.data[at + 1]);

    return !is_phone && !is_in_address(span, value, at);
}
