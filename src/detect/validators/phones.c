/* Telephone numbers. */
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

/* North American Numbering Plan: NXX-NXX-XXXX with N 2-9; neither N11 (services) nor N9X (kept for expansion). */
static bool nanp_is_valid(const char *digits)
{
    if (digits[0] < '2' || digits[3] < '2')
        return false;
    if ((digits[1] == '1' && digits[2] == '1') || (digits[4] == '1' && digits[5] == '1'))
        return false;
    return digits[1] != '9' && !digits_one_repeated(digits, 10);
}

static Verdict nanp_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits))
        return VERDICT_REJECT;
    bool has_country = digits.len == 11 && digits.text[0] == '1';
    const char *area = digits.text + (has_country ? 1 : 0);
    if (digits.len != 10 && !has_country)
        return VERDICT_REJECT;
    /* Area code 555 is nobody's: it stands in examples, as does the number that counts up. */
    if (strncmp(area, "555", 3) == 0 || strncmp(area, "1234567890", 10) == 0)
        return VERDICT_LOW;
    if (!nanp_is_valid(area))
        return VERDICT_REJECT;
    /* Groups with nothing but blanks between them are columns of a table as often. */
    bool is_told = has_country || memchr(value.data, '-', value.len) != NULL ||
                   memchr(value.data, '.', value.len) != NULL || memchr(value.data, '(', value.len) != NULL;
    return digits.has_separators && is_told ? VERDICT_PASS : VERDICT_WEAK;
}

/* "SKU 800-555-0100-BLK": part of something longer. */
static bool is_part_of_name_number(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    if (after.len > 1 && is_one_of(after.data[0], "-_") && g_ascii_isalnum(after.data[1]))
        return true;
    return before.len > 1 && is_one_of(before.data[before.len - 1], "-_") &&
           g_ascii_isalnum(before.data[before.len - 2]);
}

bool number_is_bound(Bytes value)
{
    static const char *const bounds[] = {"21474836", "21474835", "21474508", "42949672", "01234567"};

    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++)
        if (value.len == 10 && memcmp(value.data, bounds[i], 8) == 0)
            return true;
    return false;
}

/* "index 8315342710..66895289b0": the names of two versions. */
static bool is_before_dots(Bytes after)
{
    return after.len > 2 && after.data[0] == '.' && after.data[1] == '.' && g_ascii_isalnum(after.data[2]);
}

/* "HP SR number 8606223364", "VAT number 2125551234": capitals say whose number it is, unless they are "TEL". */
static bool is_number_of_other(Bytes before)
{
    static const char word[] = " number", word_capital[] = " Number";
    static const char *const own[] = {"TEL", "FAX", "CALL", "CELL", "PHONE", "MOBILE", "DID", "SMS", "WORK", "HOME"};
    size_t len = before.len, capitals = 0;

    while (len > 0 && is_one_of(before.data[len - 1], " :#="))
        len--;
    if (len < sizeof word ||
        (memcmp(before.data + len - 7, word, 7) != 0 && memcmp(before.data + len - 7, word_capital, 7) != 0))
        return false;
    for (len -= 7; capitals < len && g_ascii_isupper(before.data[len - 1 - capitals]); capitals++)
        ;
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        if (strlen(own[i]) == capitals && memcmp(before.data + len - capitals, own[i], capitals) == 0)
            return false;
    return capitals > 1 && (capitals == len || g_ascii_isspace(before.data[len - 1 - capitals]));
}

/* "s(400)218 1952": a single letter before the parenthesis is none that a telephone number has. */
static bool is_behind_letter(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    const uint8_t *end = before.data + before.len;

    return surroundings->value.data[0] == '(' && before.len > 1 && g_ascii_isalpha(end[-1]) &&
           !g_ascii_isalpha(end[-2]) && !g_ascii_isspace(end[-2]);
}

/* "2013052500": the days of zones and schemas, and times to the hour. */
static bool is_hour_of_day(Bytes value)
{
    const char *digits = (const char *)value.data;

    if (value.len != 10 || !digits_all(digits, 0, 10) || digits_value(digits, 0, 4) > 2040 || digits[0] != '2')
        return false;
    return date_is_real(digits_value(digits, 0, 4), digits_value(digits, 4, 2), digits_value(digits, 6, 2)) &&
           digits_value(digits, 8, 2) < 24;
}

Verdict validate_nanp(const Surroundings *surroundings)
{
    if (is_behind_letter(surroundings) || is_number_of_other(surroundings->before) ||
        is_before_dots(surroundings->after) || is_part_of_name_number(surroundings) ||
        number_is_bound(surroundings->value))
        return VERDICT_REJECT;
    Verdict verdict = outside_service(surroundings, outside_row(surroundings, nanp_verdict(surroundings->value)));
    return is_hour_of_day(surroundings->value) ? VERDICT_REJECT : verdict;
}

/* ITU-T E.164 country codes in use: the first to the last of a run, and how many digits follow the code. Where a
 * country's plan is published as fixed or narrow the lengths are its own, elsewhere what E.164 allows. */
typedef struct CountryCode {
    uint16_t first, last;
    uint8_t min, max;
} CountryCode;

static const CountryCode country_codes[] = {
    {1, 1, 10, 10},
    {7, 7, 10, 10},
    {20, 20, 8, 10},
    {27, 27, 9, 9},
    {30, 30, 10, 10},
    {31, 31, 9, 9},
    {32, 32, 8, 9},
    {33, 33, 9, 9},
    {34, 34, 9, 9},
    {36, 36, 8, 9},
    {39, 39, 6, 11},
    {40, 40, 9, 9},
    {41, 41, 9, 9},
    {43, 43, 4, 13},
    {44, 44, 9, 10},
    {45, 45, 8, 8},
    {46, 46, 7, 10},
    {47, 47, 5, 8},
    {48, 48, 9, 9},
    {49, 49, 6, 13},
    {51, 51, 8, 9},
    {52, 52, 10, 11},
    {53, 53, 6, 8},
    {54, 54, 10, 11},
    {55, 55, 10, 11},
    {56, 56, 9, 9},
    {57, 57, 8, 10},
    {58, 58, 10, 10},
    {60, 60, 8, 10},
    {61, 61, 9, 9},
    {62, 62, 7, 12},
    {63, 63, 8, 10},
    {64, 64, 8, 10},
    {65, 65, 8, 8},
    {66, 66, 8, 9},
    {81, 81, 9, 10},
    {82, 82, 8, 10},
    {84, 84, 9, 10},
    {86, 86, 10, 11},
    {90, 90, 10, 10},
    {91, 91, 10, 10},
    {92, 92, 9, 10},
    {93, 93, 9, 9},
    {94, 94, 9, 9},
    {95, 95, 7, 10},
    {98, 98, 10, 10},
    {211, 213, 8, 9},
    {216, 216, 8, 8},
    {218, 218, 8, 10},
    {220, 258, 5, 11},
    {260, 269, 6, 10},
    {290, 291, 4, 8},
    {297, 299, 6, 7},
    {350, 352, 4, 11},
    {353, 353, 7, 10},
    {354, 354, 7, 9},
    {355, 359, 7, 12},
    {370, 380, 6, 10},
    {381, 383, 6, 12},
    {385, 387, 7, 9},
    {389, 389, 8, 8},
    {420, 420, 9, 9},
    {421, 421, 9, 9},
    {423, 423, 7, 9},
    {500, 509, 5, 11},
    {590, 599, 6, 10},
    {670, 670, 7, 8},
    {672, 683, 4, 8},
    {685, 692, 4, 8},
    {800, 800, 8, 8},
    {808, 808, 8, 8},
    {850, 850, 6, 12},
    {852, 853, 8, 8},
    {855, 856, 8, 10},
    {870, 870, 9, 9},
    {878, 878, 12, 12},
    {880, 880, 6, 10},
    {881, 883, 8, 12},
    {886, 886, 8, 9},
    {888, 888, 11, 11},
    {960, 960, 7, 7},
    {961, 968, 7, 10},
    {970, 977, 7, 10},
    {979, 979, 9, 9},
    {992, 996, 8, 10},
    {998, 998, 9, 9},
};

static const CountryCode *country_code_find(const Alnum *digits, size_t code_len)
{
    uint32_t code = digits_value(digits->text, 0, code_len);

    for (size_t i = 0; i < G_N_ELEMENTS(country_codes); i++)
        if (code >= country_codes[i].first && code <= country_codes[i].last)
            return &country_codes[i];
    return NULL;
}

/* "+44 (0)20 …": the trunk prefix in parentheses is not dialled from abroad. */
static void trunk_prefix_drop(Bytes value, Alnum *digits)
{
    const uint8_t *trunk = memmem(value.data, value.len, "(0)", 3);

    if (trunk == NULL)
        return;
    size_t place = 0;
    for (const uint8_t *byte = value.data; byte < trunk; byte++)
        place += g_ascii_isdigit(*byte) ? 1 : 0;
    memmove(digits->text + place, digits->text + place + 1, digits->len - place);
    digits->len--;
}

/* 00 is what most countries dial for "+" (ITU-T E.164); no country code begins with 0. */
static void international_prefix_drop(Alnum *digits)
{
    if (strncmp(digits->text, "00", 2) != 0)
        return;
    digits->len -= 2;
    memmove(digits->text, digits->text + 2, digits->len + 1);
}

/* "+4439-06336", "+394421-1045903": degrees and minutes, perhaps seconds, of a place (ISO 6709). */
static bool is_place(Bytes value)
{
    const uint8_t *sign = value.len > 1 ? memchr(value.data + 1, '-', value.len - 1) : NULL;
    size_t first = sign != NULL ? (size_t)(sign - value.data) - 1 : 0;

    if ((first != 4 && first != 6) || value.len != 2 * first + 3)
        return false;
    const char *text = (const char *)value.data;
    return digits_all(text, 1, first) && digits_all(text, first + 2, first + 1) && digits_value(text, 1, 2) <= 90 &&
           digits_value(text, 3, 2) < 60 && digits_value(text, first + 2, 3) <= 180 &&
           digits_value(text, first + 5, 2) < 60;
}

/* "+2.00100000000": behind a country's code a dot may stand, within it none. */
static bool is_decimal(Bytes value, size_t code_len)
{
    const uint8_t *dot = memchr(value.data, '.', value.len);

    return dot != NULL && value.data[0] == '+' && (size_t)(dot - value.data) < 1 + code_len;
}

static Verdict phone_intl_verdict(Bytes value)
{
    Alnum digits;

    if (is_place(value))
        return VERDICT_REJECT;
    if (!digits_read(value, &digits) || digits.len < 7 || digits.len > 18)
        return VERDICT_REJECT;
    trunk_prefix_drop(value, &digits);
    international_prefix_drop(&digits);
    if (digits.text[0] == '1')
        return digits.len == 11 && nanp_is_valid(digits.text + 1) ? VERDICT_PASS : VERDICT_REJECT;
    for (size_t code_len = 1; code_len <= 3; code_len++) {
        const CountryCode *country = country_code_find(&digits, code_len);
        if (country == NULL)
            continue;
        size_t left = digits.len - code_len;
        if (is_decimal(value, code_len))
            return VERDICT_REJECT;
        bool is_length = left >= country->min && left <= country->max;
        return is_length && !digits_one_repeated(digits.text + code_len, left) ? VERDICT_PASS : VERDICT_REJECT;
    }
    return VERDICT_REJECT;
}

Verdict validate_phone_intl(const Surroundings *surroundings)
{
    /* "+922 337 203 685 477": the greatest number of 64 bits. */
    bool is_bound = memmem(surroundings->value.data, surroundings->value.len, "922 337 203", 11) != NULL;
    if (is_bound || is_year_first(surroundings->value) || is_on_chromosome(surroundings->before))
        return VERDICT_REJECT;
    return outside_service(surroundings, phone_intl_verdict(surroundings->value));
}

/* National phone numbers: 8 to 12 digits, a trunk prefix or an area code in front. */
static Verdict phone_national_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len < 8 || digits.len > 14)
        return VERDICT_REJECT;
    if (digits_one_repeated(digits.text + 2, digits.len - 2))
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* "10.85.94.72:9090", "10.45.17.73/24": an address of a network. */
static bool is_network_address(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, after = surroundings->after;
    size_t dots = 0;

    for (size_t i = 0; i < value.len; i++)
        dots += value.data[i] == '.' ? 1 : 0;
    return dots == 3 && after.len > 1 && is_one_of(after.data[0], ":/") && g_ascii_isdigit(after.data[1]);
}

/* "978-0-07-652463-1", "FN-2024-001234", "0643281306.517": part of something longer. */
static bool is_part_of_more(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    bool goes_on = after.len > 1 && is_one_of(after.data[0], "-./") && g_ascii_isalnum(after.data[1]);

    if (before.len < 2)
        return goes_on;
    return goes_on || (is_one_of(before.data[before.len - 1], "-./") && g_ascii_isalnum(before.data[before.len - 2]));
}

/* "116.1474999": one dot, six digits and more behind it, and no trunk prefix. */
static bool is_measure(Bytes value)
{
    enum { DECIMALS = 6 };
    const uint8_t *dot = memchr(value.data, '.', value.len);
    size_t behind = dot != NULL ? (size_t)(value.data + value.len - dot - 1) : 0;

    return behind >= DECIMALS && value.data[0] != '0' && value.data[0] != '+' &&
           digits_all((const char *)dot + 1, 0, behind) &&
           digits_all((const char *)value.data, 0, value.len - behind - 1);
}

Verdict validate_phone_national(const Surroundings *surroundings)
{
    if (is_part_of_more(surroundings) || is_network_address(surroundings) || is_measure(surroundings->value))
        return VERDICT_REJECT;
    return outside_service(surroundings, outside_row(surroundings, phone_national_verdict(surroundings->value)));
}

/* "updated": 17450219081, "bytes=13681990862". */
static bool is_count_or_time(Bytes before)
{
    static const char *const words[] = {"updat", "creat", "modif", "byte", "size", "time", "stamp", "epoch", "expire"};
    static WordSearch search = WORD_SEARCH(words);
    size_t near = MIN(before.len, (size_t)16);

    return near > 0 && word_search_any(&search, (Bytes){before.data + before.len - near, near});
}

/* With no word for it beside it a number has at least nine digits, and is no part of a row. */
Verdict validate_phone_trunk(const Surroundings *surroundings)
{
    Alnum digits;

    if (!digits_read(surroundings->value, &digits) || digits.len < 9 || digits.len > 12 ||
        (!digits.has_separators && is_count_or_time(surroundings->before)))
        return VERDICT_REJECT;
    Verdict verdict = validate_phone_national(surroundings);
    return number_is_bound(surroundings->value) ? MIN(verdict, VERDICT_LOW) : verdict;
}

/* In one piece a national number is told by its prefix: a trunk 0, an area code, a mobile prefix of China. */
static Verdict phone_bare_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits_one_repeated(digits.text + 1, digits.len - 1) || number_is_bound(value))
        return VERDICT_REJECT;
    return phone_national_verdict(value);
}

Verdict validate_phone_bare(const Surroundings *surroundings)
{
    if (is_before_dots(surroundings->after))
        return VERDICT_REJECT;
    return outside_service(surroundings, phone_bare_verdict(surroundings->value));
}

/* Eight digits with no sign of what they are: sure in a field, anything else's number in running text. */
Verdict validate_phone_short(const Surroundings *surroundings)
{
    Verdict verdict = phone_bare_verdict(surroundings->value);

    return !is_in_field(surroundings) || is_in_request(surroundings) ? MIN(verdict, VERDICT_LOW) : verdict;
}
