#include "detect/encoded/decimals.h"
#include "detect/byte_class.h"

#include <glib.h>

enum {
    TOLD_BY = 8,      /* numbers */
    TEXT_MIN = 12,    /* bytes; fewer are no text */
    BEFORE_MAX = 256, /* bytes of the list before the numbers that told of it */
    BETWEEN_MAX = 64, /* bytes between two numbers */
    DIGITS_MAX = 3,
};

/* A number of a byte: "112", and "-61" of languages whose bytes have a sign. */
typedef struct Number {
    size_t len; /* 0: there is none */
    unsigned value;
} Number;

static inline Number number_at(Bytes text, size_t at)
{
    bool is_negative = at < text.len && text.data[at] == '-';
    size_t first = at + (is_negative ? 1 : 0), end = first;
    unsigned value = 0;

    for (; end < text.len && end - first <= DIGITS_MAX && byte_is_digit(text.data[end]); end++)
        value = value * 10 + (text.data[end] - '0');
    bool goes_on = end < text.len && (byte_is_word(text.data[end]) || text.data[end] == '.');
    if (end == first || end - first > DIGITS_MAX || goes_on || value > (is_negative ? 128 : 255))
        return (Number){0};
    return (Number){.len = end - at, .value = is_negative ? 256 - value : value};
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool is_text(const Number *number)
{
    return number->len > 0 && number->value < 256 && !byte_is_control((uint8_t)number->value);
}

/* The comma between two numbers, with blanks and breaks of lines; 0: none. */
static inline size_t between(Bytes text, size_t at)
{
    size_t end = at;
    bool has_comma = false;

    for (; end < text.len && end - at < BETWEEN_MAX; end++) {
        bool is_comma = text.data[end] == ',' && !has_comma;
        if (!is_comma && !is_blank(text.data[end]))
            break;
        has_comma = has_comma || is_comma;
    }
    return has_comma ? end - at : 0;
}

/* Small letters, digits and blanks: half of most text, and a third of numbers that mean themselves. */
static bool is_usual(unsigned value)
{
    return (value >= 'a' && value <= 'z') || (value >= '0' && value <= '9') || value == ' ';
}

static bool tells(Bytes text, size_t at)
{
    int unusual = 0;

    for (int i = 0; i < TOLD_BY; i++) {
        const Number number = number_at(text, at);
        unusual += is_usual(number.value) ? 0 : 1;
        if (!is_text(&number) || 2 * unusual > TOLD_BY)
            return false;
        at += number.len;
        size_t gap = between(text, at);
        if (gap == 0 && i + 1 < TOLD_BY)
            return false;
        at += gap;
    }
    return true;
}

static bool begins_number(Bytes text, size_t at)
{
    uint8_t before = at > 0 ? text.data[at - 1] : ' ';

    return byte_is_digit(text.data[at]) && !byte_is_word(before) && before != '.' && before != '-' && before != '+';
}

/* Of a list that is none, each number would be looked at again: only the first of those that stand in a row is. */
size_t decimals_find(Bytes text, size_t from, size_t to)
{
    for (size_t at = from; at < MIN(to, text.len); at++) {
        if (begins_number(text, at))
            return tells(text, at) ? at : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* The number before a comma that ends at `end`: where it begins; end: there is none. */
static size_t number_before(Bytes text, size_t end)
{
    size_t comma = end, number;

    while (comma > 0 && end - comma < BETWEEN_MAX && is_blank(text.data[comma - 1]))
        comma--;
    if (comma == 0 || text.data[comma - 1] != ',')
        return end;
    size_t last = comma - 1;
    while (last > 0 && end - last < BETWEEN_MAX && is_blank(text.data[last - 1]))
        last--;
    for (number = last; number > 0 && last - number < DIGITS_MAX && byte_is_digit(text.data[number - 1]);)
        number--;
    number -= number > 0 && number < last && text.data[number - 1] == '-' ? 1 : 0;
    const Number read = number_at(text, number);
    bool is_apart = number == 0 || (!byte_is_word(text.data[number - 1]) && text.data[number - 1] != '.');
    return is_text(&read) && number + read.len == last && is_apart ? number : end;
}

size_t decimals_start(Bytes text, size_t at)
{
    size_t start = at;

    for (size_t before; at - start < BEFORE_MAX && (before = number_before(text, start)) < start;)
        start = before;
    return start;
}

/* Of few bytes chance makes half. */
static bool looks_like_text(const Decoded *out)
{
    enum { FEW = 4 };
    size_t usual = 0;

    for (size_t i = 0; i < out->len; i++)
        usual += is_usual(out->text[i]) ? 1 : 0;
    return 2 * usual >= out->len + FEW;
}

static bool is_utf8(const Decoded *out)
{
    const char *text = (const char *)out->text, *valid_end = NULL;

    return g_utf8_validate(text, (gssize)out->len, &valid_end) || text + out->len - valid_end < 4;
}

size_t decode_decimals(Bytes text, Decoded *out)
{
    const Bytes span = {.data = text.data, .len = MIN(text.len, (size_t)ENCODED_SPAN_MAX)};
    size_t end = 0, shortest = BETWEEN_MAX;

    out->len = 0;
    out->width = 0;
    for (size_t at = 0; at < span.len;) {
        const Number number = number_at(span, at);
        if (!is_text(&number))
            break;
        decoded_add(out, (uint8_t)number.value, decoded_from(at));
        end = at + number.len;
        size_t gap = between(span, end);
        if (gap == 0)
            break;
        shortest = MIN(shortest, gap);
        at = end + gap;
    }
    out->gap = shortest;
    if (out->len < TEXT_MIN || !looks_like_text(out) || !is_utf8(out))
        out->len = 0;
    decoded_end(out, end + shortest);
    return end;
}
