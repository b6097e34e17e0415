/* Addresses of people and machines, birth dates, vehicles. */
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
 * Finnish, Turkish, Hungarian, Romanian and Russian; the longer ones first. */
static const MonthName month_names[] = {{"července", 7}, {"červenec", 7}, {"června", 6}, {"červen", 6}, {"marras", 11},
    {"szep", 9}, {"jan", 1}, {"ene", 1}, {"ian", 1}, {"gen", 1}, {"sty", 1}, {"led", 1}, {"sij", 1}, {"oca", 1},
    {"tam", 1}, {"янв", 1}, {"feb", 2}, {"fév", 2}, {"fev", 2}, {"lut", 2}, {"úno", 2}, {"velj", 2}, {"şub", 2},
    {"hel", 2}, {"фев", 2}, {"mar", 3}, {"mär", 3}, {"maa", 3}, {"mrt", 3}, {"bře", 3}, {"ožu", 3}, {"мар", 3},
    {"már", 3}, {"ápr", 4}, {"máj", 5}, {"jún", 6}, {"júl", 7}, {"iun", 6}, {"iul", 7}, {"noi", 11}, {"apr", 4},
    {"abr", 4}, {"avr", 4}, {"kwi", 4}, {"dub", 4}, {"tra", 4}, {"nis", 4}, {"huh", 4}, {"апр", 4}, {"may", 5},
    {"mai", 5}, {"mag", 5}, {"mei", 5}, {"maj", 5}, {"kvě", 5}, {"svi", 5}, {"tou", 5}, {"мая", 5}, {"май", 5},
    {"jun", 6}, {"juin", 6}, {"giu", 6}, {"cze", 6}, {"čvn", 6}, {"haz", 6}, {"kes", 6}, {"июн", 6}, {"jul", 7},
    {"juil", 7}, {"lug", 7}, {"lip", 7}, {"čvc", 7}, {"tem", 7}, {"hei", 7}, {"июл", 7}, {"aug", 8}, {"ago", 8},
    {"aoû", 8}, {"sie", 8}, {"srp", 8}, {"ağu", 8}, {"elo", 8}, {"авг", 8}, {"sep", 9}, {"set", 9}, {"wrz", 9},
    {"zář", 9}, {"eyl", 9}, {"syy", 9}, {"сен", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"out", 10}, {"paź", 10},
    {"říj", 10}, {"eki", 10}, {"lok", 10}, {"окт", 10}, {"nov", 11}, {"lis", 11}, {"kas", 11}, {"ноя", 11}, {"dec", 12},
    {"déc", 12}, {"dez", 12}, {"dic", 12}, {"gru", 12}, {"pro", 12}, {"ara", 12}, {"jou", 12}, {"дек", 12}};

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
    uint32_t this_year = (uint32_t)clock_year();

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
        is_valid = is_birth_date(n[0] / 10000, 4, n[0] / 100 % 100, n[0] % 100) ||
                   is_birth_date(n[0] % 10000, 4, n[0] / 1000000, n[0] / 10000 % 100) ||
                   is_birth_date(n[0] % 10000, 4, n[0] / 10000 % 100, n[0] / 1000000);
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
    bool is_short = value.len > 4 && value.len < 8 && value.data[1] == '.' && value.data[3] == '.' &&
                    value.data[value.len - 2] < '4';
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

/* "2003/09/14 09:47:49": a time, unless it is midnight, which databases put behind a day. */
static bool is_time_of_day(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;

    if (is_in_field(surroundings) || after.len < 9 || !is_one_of(after.data[0], " T") || after.data[3] != ':' ||
        after.data[6] != ':')
        return false;
    return digits_all((const char *)after.data, 1, 2) && memcmp(after.data + 1, "00:00", 5) != 0;
}

/* "dob==1.4.87", "dob-1.4.87": the version of a program. "May 13 11:49": a time. */
Verdict validate_birth_date(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    const char *end = (const char *)before.data + before.len;

    if (surroundings->after.len > 1 && surroundings->after.data[0] == ':' &&
        g_ascii_isdigit(surroundings->after.data[1]))
        return VERDICT_REJECT;
    if (before.len >= 2 &&
        (strncmp(end - 2, "==", 2) == 0 || (end[-1] == '-' && g_ascii_isalpha(end[-2]) && end[-2] != 'B')))
        return VERDICT_REJECT;
    if (is_like_version(surroundings) || is_time_of_day(surroundings))
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
