/* What is written beside a card's number: when it expires, and its security code. */
#include "base/clock.h"
#include "detect/byte_class.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { EXPIRY_DIGITS = 8 };

static size_t add_digits(Bytes text, size_t len, char digits[EXPIRY_DIGITS])
{
    for (size_t i = 0; i < text.len && len < EXPIRY_DIGITS; i++) {
        digits[len] = (char)text.data[i];
        len += byte_is_digit(text.data[i]) ? 1 : 0;
    }
    return len;
}

/* The digits of "12/2027", and of "2027-12" in that order. */
static size_t expiry_digits(Bytes value, char ret_digits[EXPIRY_DIGITS])
{
    bool is_year_first = value.len == 7 && value.data[4] == '-';
    Bytes year = {.data = value.data, .len = is_year_first ? 4 : 0};
    Bytes rest = {.data = value.data + year.len, .len = value.len - year.len};

    return add_digits(year, add_digits(rest, 0, ret_digits), ret_digits);
}

/* `"roast": 212, "href": [212, 250], "cid": 212`: pages of an index, where every member is a number or a list. */
static bool is_in_index(Bytes before)
{
    enum { MEMBERS = 6 };
    const uint8_t *end = before.data + before.len, *at = before.data;
    size_t numbers = 0;

    for (; end - at > 3 && (at = memchr(at + 1, ':', (size_t)(end - at - 3))) != NULL;) {
        if (at[-1] != '"' || at[1] != ' ')
            continue;
        if (!g_ascii_isdigit(at[2]) && at[2] != '[')
            return false;
        numbers++;
    }
    return numbers >= MEMBERS;
}

/* Numbers, commas and blanks before the value, up to a bracket, or more than a table has columns of nothing else. */
static bool is_in_list(const Surroundings *surroundings)
{
    enum { LIST_COMMAS = 20 };
    static const uint8_t of_list[256] = {['0' ... '9'] = 1, [','] = 1, [' '] = 1};
    Bytes before = surroundings->before, after = surroundings->after;
    const uint8_t *line = before.data != NULL && before.len > 0 ? memrchr(before.data, '\n', before.len) : NULL;
    size_t at = before.len, commas = 0;
    bool has_others = after.len > 1 && after.data[0] == ',' && (after.data[1] == ' ' || g_ascii_isdigit(after.data[1]));

    /* None goes on behind a line's end: where there is one, a bracket must stand behind it. */
    if (line != NULL && memchr(line, '[', (size_t)(before.data + before.len - line)) == NULL)
        return false;
    for (; at > 0 && of_list[before.data[at - 1]] != 0; at--)
        commas += before.data[at - 1] == ',' ? 1 : 0;
    return at == 0 ? commas > LIST_COMMAS : (has_others || commas > 0) && before.data[at - 1] == '[';
}

/* "[1184, 1185, 1191]", "w83l786": in the midst of a list of numbers, however long, or of a word. */
static bool is_in_list_or_word(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    if (before.len > 0 && g_ascii_isalnum(before.data[before.len - 1]))
        return true;
    if (after.len > 0 && g_ascii_isalpha(after.data[0]))
        return true;
    return is_in_list(surroundings) || is_in_index(before);
}

/* "::1/128", "https://tools.ietf.org/html/4632" */
static bool is_of_network(Bytes before)
{
    size_t near = MIN(before.len, (size_t)6);

    return is_in_path_of_address(before) || (near > 0 && before.data[before.len - 1] == '/' &&
                                                memmem(before.data + before.len - near, near, "::", 2) != NULL);
}

/* Straight behind its word: another number between them ("CVC_ELT_1, 1845") is what the word was about. */
Verdict validate_card_cvv(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    size_t end = before.len, digits = 0;

    if (is_in_list_or_word(surroundings) || is_of_network(before))
        return VERDICT_REJECT;
    if (surroundings->field.len > 0)
        return VERDICT_PASS;
    while (end > 0 && !g_ascii_isalnum(before.data[end - 1]) && before.data[end - 1] < 0x80)
        end--;
    while (digits < end && g_ascii_isdigit(before.data[end - 1 - digits]))
        digits++;
    const uint8_t *value = surroundings->value.data;
    bool is_year = surroundings->value.len == 4 && (memcmp(value, "19", 2) == 0 || memcmp(value, "20", 2) == 0);
    if (is_year && before.len >= 2 && before.data[before.len - 1] == ' ' &&
        g_ascii_isalpha(before.data[before.len - 2]))
        return VERDICT_REJECT; /* "security code review 2023" */
    bool is_number = digits > 0 && (digits == end || !g_ascii_isalpha(before.data[end - 1 - digits]));
    return is_number ? VERDICT_REJECT : VERDICT_PASS;
}

/* Month, and a year from ten years ago to twenty from now. */
static Verdict expiry_verdict(Bytes value, uint32_t this_year)
{
    char digits[EXPIRY_DIGITS];
    size_t len = expiry_digits(value, digits);
    bool has_word = g_ascii_isalpha(value.data[0]);
    size_t month_len = has_word ? 0 : len == 4 || len == 6 ? 2 : 1;
    uint32_t month = has_word ? 1 : digits_value(digits, 0, month_len);
    size_t year_len = len - month_len;
    if (len < month_len + 2 || (year_len != 2 && year_len != 4))
        return VERDICT_REJECT;
    uint32_t year = digits_value(digits, month_len, year_len) + (year_len == 2 ? 2000 : 0);
    bool is_near = year + 10 >= this_year && year <= this_year + 20;
    return month >= 1 && month <= 12 && is_near ? VERDICT_PASS : VERDICT_REJECT;
}

Verdict validate_card_expiry(Bytes value)
{
    return expiry_verdict(value, (uint32_t)clock_year());
}

/* In a field whose name says so; "expiry": [1024, 1026] are the pages of an index. */
Verdict validate_card_expiry_field(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;

    /* "2016-11-30": a day. */
    if (after.len > 1 && is_one_of(after.data[0], "-/.") && g_ascii_isdigit(after.data[1]))
        return VERDICT_REJECT;
    /* "Expires: Sat, 01 Jun 2019 22:26:18 GMT" */
    if (after.len > 3 && after.data[0] == ' ' && after.data[3] == ':')
        return VERDICT_REJECT;
    if (surroundings->cell != CELL_OF_DATA && is_in_list_or_word(surroundings))
        return VERDICT_REJECT;
    return expiry_verdict(surroundings->value, (uint32_t)(surroundings->year != 0 ? surroundings->year : clock_year()));
}
