/* Numbers that are part of a row of numbers: tables, drawings, vectors, names of many parts. */
#include "detect/validators/validators_internal.h"

#include <string.h>

enum {
    ROW_GROUP_MIN = 3, /* a shorter number beside it may count or name it: "2 4242 …" */
    ROW_HEX_MIN = 4,   /* "05D0 2680 …" */
    SAMPLE_BYTES = 3   /* different ones, the blank among them */
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* A number, be it hexadecimal. */
static bool is_row_group(const uint8_t *group, size_t len)
{
    size_t digits = 0;

    for (size_t i = 0; i < len; i++)
        digits += g_ascii_isdigit(group[i]) ? 1 : 0;
    return len >= ROW_GROUP_MIN && digits > 0 && (digits == len || len >= ROW_HEX_MIN);
}

/* "(6660 6669) 6697", "6669 6697": a number before the blank, perhaps one that ends a list. */
static bool is_number_then_blank(Bytes before)
{
    size_t len = 0;

    if (before.len == 0 || !is_blank(before.data[before.len - 1]))
        return false;
    if (before.len > 1 && is_one_of(before.data[before.len - 2], ")]"))
        before.len--;
    while (len + 1 < before.len && g_ascii_isxdigit(before.data[before.len - 2 - len]))
        len++;
    return is_row_group(before.data + before.len - 1 - len, len);
}

static bool is_blank_then_number(Bytes after)
{
    size_t len = 0;

    if (after.len == 0 || !is_blank(after.data[0]))
        return false;
    while (len + 1 < after.len && g_ascii_isxdigit(after.data[1 + len]))
        len++;
    return is_row_group(after.data + 1, len);
}

/* The length of the number that ends at `end`, with its sign. */
static size_t number_before(Bytes text, size_t end)
{
    size_t len = 0;

    while (len < end && g_ascii_isdigit(text.data[end - 1 - len]))
        len++;
    return len > 0 && len < end && text.data[end - 1 - len] == '-' ? len + 1 : len;
}

/* "22 30 68 204 104 384", "c53 87 163 159 244": two numbers before the value, or one that a letter begins: an outline
 * of a letter or of a drawing. */
static bool is_in_outline(Bytes before)
{
    size_t end = before.len;

    if (end < 3 || !is_blank(before.data[end - 1]))
        return false;
    size_t len = number_before(before, --end);
    if (len == 0 || len >= end)
        return false;
    end -= len;
    if (g_ascii_isalpha(before.data[end - 1]))
        return end > 1 && !g_ascii_isalpha(before.data[end - 2]);
    return is_blank(before.data[end - 1]) && number_before(before, end - 1) > 0;
}

/* "2590 2296 2809 2428 curveto", "B 69 283 449 710 ;": operators of PostScript, a box of its fonts. */
static bool is_of_drawing(Bytes after)
{
    static const char *const operators[] = {"lineto", "moveto", "curveto", "conicto", ";"};

    if (after.len < 2 || !is_blank(after.data[0]))
        return false;
    size_t start = after.data[1] == 'r' ? 2 : 1;
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
        size_t len = strlen(operators[i]);
        if (after.len >= start + len && memcmp(after.data + start, operators[i], len) == 0)
            return true;
    }
    return false;
}

static bool begins_and_ends(Bytes before, const char *end, Bytes value, const char *start)
{
    size_t end_len = strlen(end), start_len = strlen(start);

    return before.len >= end_len && memcmp(before.data + before.len - end_len, end, end_len) == 0 &&
           value.len >= start_len && memcmp(value.data, start, start_len) == 0;
}

/* "2\u00A0147\u00A0483\u00A0648", "2 147 483 648": the end of a number in groups; behind a plain blank, only of the
 * bounds of the numbers of machines. */
static bool is_behind_thousands(const Surroundings *surroundings)
{
    static const char *const blanks[] = {"\xc2\xa0", "\xe2\x80\xaf", "&nbsp;"};
    Bytes before = surroundings->before, value = surroundings->value;

    if (begins_and_ends(before, "2 ", value, "147 483 6") || begins_and_ends(before, "4 ", value, "294 967 2"))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(blanks); i++) {
        size_t len = strlen(blanks[i]);
        if (before.len > len && begins_and_ends(before, blanks[i], value, ""))
            return g_ascii_isdigit(before.data[before.len - len - 1]);
    }
    return false;
}

/* "424 98 3052 4 v": a short number between blanks behind it. */
static bool is_blank_then_count(Bytes after)
{
    size_t at = 1;

    if (after.len < 3 || !is_blank(after.data[0]))
        return false;
    while (at < after.len && g_ascii_isdigit(after.data[at]))
        at++;
    return at > 1 && at < after.len && is_blank(after.data[at]);
}

static bool is_of_numbers(const uint8_t *from, const uint8_t *end)
{
    size_t digits = 0;

    for (; from < end; from++) {
        if (!g_ascii_isdigit(*from) && !is_blank(*from) && !is_one_of(*from, ".-\r"))
            return false;
        digits += g_ascii_isdigit(*from) ? 1 : 0;
    }
    return digits > 0;
}

/* The first number of the line is another one, and the line before has numbers alone: a table, a drawing. */
static bool is_in_line_of_numbers(Bytes before)
{
    const uint8_t *start = before.len > 0 ? memrchr(before.data, '\n', before.len) : NULL;

    if (start == NULL || !is_of_numbers(start + 1, before.data + before.len))
        return false;
    const uint8_t *line = memrchr(before.data, '\n', (size_t)(start - before.data));
    return is_of_numbers(line != NULL ? line + 1 : before.data, start);
}

/* The number of a group of up to nine digits that begins at *at; *at moves behind the blank after it. */
static bool next_group(Bytes value, size_t *at, uint32_t *ret_number, uint32_t *ret_span)
{
    *ret_number = 0;
    *ret_span = 1;
    while (*at < value.len && g_ascii_isdigit(value.data[*at]) && *ret_span < 1000000000) {
        *ret_number = *ret_number * 10 + (uint32_t)(value.data[(*at)++] - '0');
        *ret_span *= 10;
    }
    return *ret_span > 1 && (*at == value.len || is_blank(value.data[(*at)++]));
}

/* "250 235 215": red, green and blue. */
static bool is_colour(Bytes value)
{
    uint32_t number = 0, span = 0;
    size_t count = 0;

    for (size_t at = 0; at < value.len; count++)
        if (!next_group(value, &at, &number, &span) || span != 1000 || number > 255)
            return false;
    return count == 3;
}

/* "(22 171 567 738)", "[2075 2359 0167 | 0020 0020]": one of the vectors that programs print. */
static bool is_vector(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    size_t at = before.len;

    if (after.len > 1 && memcmp(after.data, " |", 2) == 0)
        return at > 0 && before.data[at - 1] == '[';
    if (after.len == 0 || !is_one_of(after.data[0], ")]}>") || at == 0 || !is_blank(before.data[at - 1]))
        return false;
    for (at--; at > 0 && (g_ascii_isdigit(before.data[at - 1]) || is_blank(before.data[at - 1])); at--)
        ;
    return at > 0 && at + 1 < before.len && is_one_of(before.data[at - 1], "([{<");
}

/* "-232 545 699": the first of the numbers has a sign, or is behind a decimal point. */
static bool is_sign_or_point(Bytes before)
{
    return before.len > 0 && is_one_of(before.data[before.len - 1], "-.");
}

static bool is_blank_then_sign(Bytes after)
{
    return after.len > 2 && is_blank(after.data[0]) && is_one_of(after.data[1], "-.") && g_ascii_isdigit(after.data[2]);
}

static bool is_near(uint32_t number, uint32_t other, uint32_t span)
{
    return MAX(number, other) - MIN(number, other) < span / 100;
}

/* "2717 2718 0167", "124 124 124": nothing but blanks parts the groups, and some of the same length differ by less than
 * one in a hundred of what such a group can be: columns count up or repeat, issued numbers rarely do. How often that is
 * so; equal ones count twice, but for zeros, which fill samples. */
static size_t counting_pairs(Bytes value)
{
    enum { GROUPS_MAX = 4 };
    uint32_t numbers[GROUPS_MAX], spans[GROUPS_MAX];
    size_t count = 0, pairs = 0;

    for (size_t at = 0; at < value.len; count++) {
        if (count == GROUPS_MAX || !next_group(value, &at, &numbers[count], &spans[count]))
            return 0;
        for (size_t i = 0; i < count; i++) {
            bool is_pair = spans[i] == spans[count] && is_near(numbers[i], numbers[count], spans[i]);
            pairs += !is_pair || numbers[count] == 0 ? 0 : numbers[i] == numbers[count] ? 2 : 1;
        }
    }
    return pairs;
}

Verdict outside_row(const Surroundings *surroundings, Verdict verdict)
{
    if (memchr(surroundings->value.data, ' ', surroundings->value.len) == NULL)
        return verdict;
    bool is_in_row = is_number_then_blank(surroundings->before) || is_blank_then_number(surroundings->after) ||
                     is_sign_or_point(surroundings->before) || is_blank_then_sign(surroundings->after) ||
                     is_vector(surroundings) || is_of_drawing(surroundings->after) ||
                     is_in_outline(surroundings->before) || is_behind_thousands(surroundings) ||
                     is_in_line_of_numbers(surroundings->before) ||
                     (verdict < VERDICT_PROVED && is_blank_then_count(surroundings->after));
    if (is_in_row)
        return MIN(verdict, VERDICT_LOW);
    if (verdict < VERDICT_PASS)
        return verdict;
    if (is_colour(surroundings->value))
        return VERDICT_WEAK;
    size_t pairs = counting_pairs(surroundings->value);
    /* "4242 4242 4242 4242" is no column. */
    bool is_counting =
        verdict == VERDICT_PASS ? pairs > 0 : pairs > 1 && distinct_count(surroundings->value) > SAMPLE_BYTES;
    return is_counting ? VERDICT_WEAK : verdict;
}

Verdict outside_marks(const Surroundings *surroundings, Verdict verdict)
{
    Bytes before = surroundings->before;
    const uint8_t *end = before.data + before.len;
    bool is_in_row =
        before.len > 2 && end[-1] == ' ' && end[-3] == ' ' && (g_ascii_isdigit(end[-2]) || is_one_of(end[-2], "@~+#!"));

    return is_in_row ? MIN(verdict, VERDICT_LOW) : verdict;
}

Verdict outside_name(const Surroundings *surroundings, Verdict verdict)
{
    Bytes before = surroundings->before;
    bool is_in_name =
        before.len > 1 && is_one_of(before.data[before.len - 1], "._/") && g_ascii_isalnum(before.data[before.len - 2]);

    return is_in_name ? MIN(verdict, VERDICT_LOW) : verdict;
}
