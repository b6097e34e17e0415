/* Addresses of people and machines, telephone numbers, birth dates, vehicles. */
#include "base/clock.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

/* RFC 5321 section 4.1.2 (dot-string local parts only) and RFC 1035 section 2.3.1 (labels). */
static bool email_local_is_valid(const char *local, size_t len)
{
    if (len == 0 || len > 64 || local[0] == '.' || local[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isalnum(local[i]) && strchr("!#$%&'*+-/=?^_`{|}~.", local[i]) == NULL && (local[i] & 0x80) == 0)
            return false;
        if (local[i] == '.' && local[i + 1] == '.')
            return false;
    }
    return true;
}

static bool host_label_is_valid(const char *label, size_t len)
{
    return len >= 1 && len <= 63 && label[0] != '-' && label[len - 1] != '-';
}

/* Every label, and a top-level domain that exists: that is what tells an address from "icon@2x.png". */
static bool email_host_is_valid(const char *host, size_t len)
{
    size_t start = 0;

    if (len > 253)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (host[i] != '.')
            continue;
        if (!host_label_is_valid(host + start, i - start))
            return false;
        start = i + 1;
    }
    return start > 0 && tld_is_known(host + start, len - start);
}

/* RFC 2606 keeps .test and .example for tests and texts. */
static bool email_is_of_samples(const char *text, size_t len)
{
    static const char *const domains[] = {".test", ".example"};

    for (size_t i = 0; i < G_N_ELEMENTS(domains); i++) {
        size_t domain_len = strlen(domains[i]);
        if (len > domain_len && g_ascii_strncasecmp(text + len - domain_len, domains[i], domain_len) == 0)
            return true;
    }
    return false;
}

Verdict validate_email(Bytes value)
{
    const char *text = (const char *)value.data;
    const char *at = memrchr(text, '@', value.len);

    if (at == NULL)
        return VERDICT_REJECT;
    size_t local_len = (size_t)(at - text);
    if (!email_local_is_valid(text, local_len) || !email_host_is_valid(at + 1, value.len - local_len - 1))
        return VERDICT_REJECT;
    return email_is_of_samples(text, value.len) ? VERDICT_LOW : VERDICT_PASS;
}

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
    /* Area code 555 is nobody's: it stands in examples. */
    if (strncmp(area, "555", 3) == 0)
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

Verdict validate_nanp(const Surroundings *surroundings)
{
    if (is_part_of_name_number(surroundings) || number_is_bound(surroundings->value))
        return VERDICT_REJECT;
    return outside_service(surroundings, outside_row(surroundings, nanp_verdict(surroundings->value)));
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
        bool is_length = left >= country->min && left <= country->max;
        return is_length && !digits_one_repeated(digits.text + code_len, left) ? VERDICT_PASS : VERDICT_REJECT;
    }
    return VERDICT_REJECT;
}

Verdict validate_phone_intl(const Surroundings *surroundings)
{
    return outside_service(surroundings, phone_intl_verdict(surroundings->value));
}

/* One octet without a leading zero, from *at on; *at moves behind it. */
static bool octet_read(Bytes value, size_t *at, uint32_t *ret_octet)
{
    size_t start = *at;
    uint32_t octet = 0;

    for (; *at < value.len && *at - start < 3 && g_ascii_isdigit(value.data[*at]); (*at)++)
        octet = octet * 10 + (uint32_t)(value.data[*at] - '0');
    size_t digits = *at - start;
    *ret_octet = octet;
    return digits > 0 && octet <= 255 && (digits == 1 || value.data[start] != '0');
}

static bool octets_read(Bytes value, uint32_t ret_octets[4])
{
    size_t at = 0;

    for (size_t count = 0; count < 4; count++) {
        if (count > 0 && (at >= value.len || value.data[at++] != '.'))
            return false;
        if (!octet_read(value, &at, &ret_octets[count]))
            return false;
    }
    return at == value.len;
}

typedef struct Network {
    uint32_t address;
    uint32_t bits;
} Network;

#define IPV4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Addresses that point at nobody: the IANA special-purpose registry (RFC 6890), and the well-known public resolvers. */
static const Network nobodys_networks[] = {
    {IPV4(0, 0, 0, 0), 8},
    {IPV4(10, 0, 0, 0), 8},
    {IPV4(100, 64, 0, 0), 10},
    {IPV4(127, 0, 0, 0), 8},
    {IPV4(169, 254, 0, 0), 16},
    {IPV4(172, 16, 0, 0), 12},
    {IPV4(192, 0, 0, 0), 24},
    {IPV4(192, 0, 2, 0), 24},
    {IPV4(192, 88, 99, 0), 24},
    {IPV4(192, 168, 0, 0), 16},
    {IPV4(198, 18, 0, 0), 15},
    {IPV4(198, 51, 100, 0), 24},
    {IPV4(203, 0, 113, 0), 24},
    {IPV4(224, 0, 0, 0), 4},
    {IPV4(240, 0, 0, 0), 4},
    {IPV4(1, 1, 1, 1), 32},
    {IPV4(1, 0, 0, 1), 32},
    {IPV4(8, 8, 8, 8), 32},
    {IPV4(8, 8, 4, 4), 32},
    {IPV4(9, 9, 9, 9), 32},
    {IPV4(208, 67, 222, 222), 32},
    {IPV4(208, 67, 220, 220), 32},
};

/* "linux-2.6.35.9": a name, a dash and small numbers. */
static bool is_version_of_name(Bytes before, const uint32_t octets[4])
{
    bool is_behind_dash = before.len > 1 && before.data[before.len - 1] == '-';

    return is_behind_dash && g_ascii_isalpha(before.data[before.len - 2]) && octets[0] < 32 && octets[1] < 32;
}

/* Where a number with one point ends: "2.83" and ".87", but not "10.0.0.1". */
static bool ends_with_decimal(Bytes text)
{
    size_t points = 0;

    while (text.len > 0 && (g_ascii_isdigit(text.data[text.len - 1]) || text.data[text.len - 1] == '.'))
        points += text.data[--text.len] == '.' ? 1 : 0;
    return points == 1;
}

/* "2.83-2.12.5.01-.87": coordinates of a drawing, which need nothing between them. */
static bool is_among_coordinates(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    if (before.len < 2 || after.len < 2 || !is_one_of(before.data[before.len - 1], " ,-"))
        return false;
    before.len--;
    return ends_with_decimal(before) && is_one_of(after.data[0], " ,-") &&
           (g_ascii_isdigit(after.data[1]) || is_one_of(after.data[1], "-."));
}

Verdict validate_ipv4(const Surroundings *surroundings)
{
    uint32_t octets[4] = {0};

    if (!octets_read(surroundings->value, octets))
        return VERDICT_REJECT;
    if (is_version_of_name(surroundings->before, octets) || is_among_coordinates(surroundings))
        return VERDICT_LOW;
    uint32_t address = IPV4(octets[0], octets[1], octets[2], octets[3]);
    for (size_t i = 0; i < G_N_ELEMENTS(nobodys_networks); i++)
        if ((address ^ nobodys_networks[i].address) >> (32 - nobodys_networks[i].bits) == 0)
            return VERDICT_LOW;
    bool is_like_version = octets[0] < 16 && octets[1] < 32 && octets[2] < 32 && octets[3] < 32;
    return is_like_version ? VERDICT_LOW : VERDICT_PASS;
}

typedef struct MonthName {
    const char *begins; /* in lower case but for bytes of UTF-8 */
    uint32_t month;
} MonthName;

/* How the names of months begin in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech,
 * Finnish, Turkish and Russian; the longer ones first. */
static const MonthName month_names[] = {{"července", 7}, {"červenec", 7}, {"června", 6}, {"červen", 6}, {"marras", 11},
    {"jan", 1}, {"ene", 1}, {"gen", 1}, {"sty", 1}, {"led", 1}, {"sij", 1}, {"oca", 1}, {"tam", 1}, {"янв", 1},
    {"feb", 2}, {"fév", 2}, {"fev", 2}, {"lut", 2}, {"úno", 2}, {"velj", 2}, {"şub", 2}, {"hel", 2}, {"фев", 2},
    {"mar", 3}, {"mär", 3}, {"maa", 3}, {"mrt", 3}, {"bře", 3}, {"ožu", 3}, {"мар", 3}, {"apr", 4}, {"abr", 4},
    {"avr", 4}, {"kwi", 4}, {"dub", 4}, {"tra", 4}, {"nis", 4}, {"huh", 4}, {"апр", 4}, {"may", 5}, {"mai", 5},
    {"mag", 5}, {"mei", 5}, {"maj", 5}, {"kvě", 5}, {"svi", 5}, {"tou", 5}, {"мая", 5}, {"май", 5}, {"jun", 6},
    {"juin", 6}, {"giu", 6}, {"cze", 6}, {"čvn", 6}, {"haz", 6}, {"kes", 6}, {"июн", 6}, {"jul", 7}, {"juil", 7},
    {"lug", 7}, {"lip", 7}, {"čvc", 7}, {"tem", 7}, {"hei", 7}, {"июл", 7}, {"aug", 8}, {"ago", 8}, {"aoû", 8},
    {"sie", 8}, {"srp", 8}, {"ağu", 8}, {"elo", 8}, {"авг", 8}, {"sep", 9}, {"set", 9}, {"wrz", 9}, {"zář", 9},
    {"eyl", 9}, {"syy", 9}, {"сен", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"out", 10}, {"paź", 10}, {"říj", 10},
    {"eki", 10}, {"lok", 10}, {"окт", 10}, {"nov", 11}, {"lis", 11}, {"kas", 11}, {"ноя", 11}, {"dec", 12}, {"déc", 12},
    {"dez", 12}, {"dic", 12}, {"gru", 12}, {"pro", 12}, {"ara", 12}, {"jou", 12}, {"дек", 12}};

static uint32_t month_named(const char *text, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(month_names); i++) {
        size_t begins_len = strlen(month_names[i].begins);
        if (begins_len <= len && g_ascii_strncasecmp(text, month_names[i].begins, begins_len) == 0)
            return month_names[i].month;
    }
    return 0;
}

/* The numbers of a date in the order in which they stand; a month's name counts as the month. */
typedef struct DateParts {
    uint32_t numbers[3];
    size_t digits[3];
    size_t count;
    uint32_t named_month;
} DateParts;

static bool date_parts_read(Bytes value, DateParts *ret_parts)
{
    const char *text = (const char *)value.data;
    DateParts parts = {.count = 0};

    for (size_t i = 0; i < value.len; i++) {
        size_t start = i;
        while (i < value.len && g_ascii_isdigit(text[i]))
            i++;
        if (i > start) {
            if (parts.count == 3 || i - start > 8)
                return false;
            parts.numbers[parts.count] = digits_value(text, start, i - start);
            parts.digits[parts.count++] = i - start;
        }
        if (i < value.len && (g_ascii_isalpha(text[i]) || (text[i] & 0x80) != 0) && parts.named_month == 0)
            parts.named_month = month_named(text + i, value.len - i);
    }
    *ret_parts = parts;
    return true;
}

static bool is_age_of_a_person(uint32_t year, uint32_t month, uint32_t day)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now_ms() / 1000);
    uint32_t this_year = (uint32_t)g_date_time_get_year(now);

    return date_is_real(year, month, day) && year <= this_year && year + 120 >= this_year;
}

/* A year of two digits may lie in this century or the last. */
static bool is_birth_date(uint32_t year, size_t year_digits, uint32_t month, uint32_t day)
{
    if (year_digits == 2)
        return is_age_of_a_person(1900 + year, month, day) || is_age_of_a_person(2000 + year, month, day);
    return year_digits == 4 && is_age_of_a_person(year, month, day);
}

static Verdict birth_date_verdict(Bytes value)
{
    DateParts date;
    bool is_valid = false;

    if (!date_parts_read(value, &date))
        return VERDICT_REJECT;
    const uint32_t *n = date.numbers;
    if (date.named_month != 0 && date.count == 2)
        is_valid = is_birth_date(n[1], date.digits[1], date.named_month, n[0]) ||
                   is_birth_date(n[0], date.digits[0], date.named_month, n[1]);
    else if (date.count == 1 && date.digits[0] == 8)
        is_valid = is_birth_date(n[0] / 10000, 4, n[0] / 100 % 100, n[0] % 100);
    else if (date.count == 3)
        is_valid = is_birth_date(n[0], date.digits[0], n[1], n[2]) || is_birth_date(n[2], date.digits[2], n[1], n[0]) ||
                   is_birth_date(n[2], date.digits[2], n[0], n[1]);
    return is_valid ? VERDICT_PASS : VERDICT_REJECT;
}

/* "Django 3.2.25", "eg: 2002-02-01", "today is 2012-06-13": a program's version, an example, or another day. */
static bool is_like_version(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;
    const uint8_t *end = before.data + before.len;
    bool is_short = value.len < 8 && value.data[1] == '.' && value.data[3] == '.' && value.data[value.len - 2] < '4';
    bool is_named = before.len > 2 && g_ascii_isspace(end[-1]) && g_ascii_isalnum(end[-2]);

    if (is_short && is_named && !is_in_field(surroundings))
        return true;
    while (before.len > 0 && is_one_of(before.data[before.len - 1], " :.,"))
        before.len--;
    end = before.data + before.len;
    if (before.len < 8)
        return false;
    if (memcmp(end - 7, "oday is", 7) == 0)
        return true;
    return (memcmp(end - 2, "eg", 2) == 0 && !g_ascii_isalpha(end[-3])) || memcmp(end - 3, "e.g", 3) == 0;
}

/* "dob==1.4.87", "dob-1.4.87": the version of a program. "May 13 11:49": a time. */
Verdict validate_birth_date(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    const char *end = (const char *)before.data + before.len;

    if (surroundings->after.len > 1 && surroundings->after.data[0] == ':' &&
        g_ascii_isdigit(surroundings->after.data[1]))
        return VERDICT_REJECT;
    if (before.len >= 2 && (strncmp(end - 2, "==", 2) == 0 || (end[-1] == '-' && g_ascii_isalpha(end[-2]))))
        return VERDICT_REJECT;
    if (is_like_version(surroundings))
        return MIN(birth_date_verdict(surroundings->value), VERDICT_LOW);
    return outside_publication(surroundings, birth_date_verdict(surroundings->value));
}

/* ISO 3779; the check character of 49 CFR 565.15. Letters count 1 … 9 in three rows, from A, J and S (as 2). */
static uint32_t vin_character_value(char c)
{
    static const char letters[] = "ABCDEFGH.JKLMN.P.R..STUVWXYZ";
    static const uint8_t values[] = {
        1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 0, 0, 2, 3, 4, 5, 6, 7, 8, 9};

    if (g_ascii_isdigit(c))
        return (uint32_t)(c - '0');
    const char *place = strchr(letters, c);
    return place == NULL ? 0 : values[place - letters];
}

static bool vin_check_is_valid(const char *vin)
{
    static const uint8_t weights[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    uint32_t sum = 0;

    for (size_t i = 0; i < 17; i++)
        sum += vin_character_value(vin[i]) * weights[i];
    return vin[8] == "0123456789X"[sum % 11];
}

/* North America (1 … 5) requires the check character, others do not use it. The last four are digits everywhere. */
Verdict validate_vin(Bytes value)
{
    Alnum vin;

    if (!alnum_read(value, &vin) || vin.len != 17 || vin.has_separators || strpbrk(vin.text, "IOQ") != NULL)
        return VERDICT_REJECT;
    if (!digits_all(vin.text, 13, 4) || digits_one_repeated(vin.text, 17))
        return VERDICT_REJECT;
    if (vin_check_is_valid(vin.text))
        return VERDICT_PROVED;
    return vin.text[0] >= '1' && vin.text[0] <= '5' ? VERDICT_REJECT : VERDICT_PASS;
}
