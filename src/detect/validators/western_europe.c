/* Numbers of persons in Belgium, France, Ireland, Italy, Portugal, Spain and Switzerland that europe.c does not have.
 */
#include "detect/validators/validators_internal.h"

#include <string.h>

static uint64_t long_value(const char *digits, size_t len)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

/* Of a month that is not known the day says nothing. The century is not known before the check digits are: 1900 had no
 * 29 February, 2000 had one. */
static bool be_birth_is_possible(uint32_t year, uint32_t month, uint32_t day)
{
    return month == 0 ? day <= 31 : day == 0 || date_is_real(2000 + year, month, day);
}

/* IBZ: birth date (month may be unknown, 0; 20 or 40 more for foreigners), serial, 97 less the remainder by 97; from
 * 2000 on a 2 stands before. */
static Verdict be_nrn_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11)
        return VERDICT_REJECT;
    uint32_t month = digits_value(digits.text, 2, 2) % 20, day = digits_value(digits.text, 4, 2);
    uint32_t check = digits_value(digits.text, 9, 2);
    uint64_t number = long_value(digits.text, 9);
    if (!be_birth_is_possible(digits_value(digits.text, 0, 2), month, day) || digits_value(digits.text, 6, 3) == 0)
        return VERDICT_REJECT;
    bool is_before_2000 = 97 - number % 97 == check;
    bool is_since_2000 = digits.text[0] < '5' && 97 - (number + 2000000000U) % 97 == check;
    if (!is_before_2000 && !is_since_2000)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_be_nrn(const Surroundings *surroundings)
{
    return outside_row(surroundings, be_nrn_verdict(surroundings->value));
}

/* Direction générale des finances publiques: the first digit 0 to 3, the last three the remainder of ten by 511. */
Verdict validate_fr_spi(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 13 || digits.text[0] > '3')
        return VERDICT_REJECT;
    return long_value(digits.text, 10) % 511 == digits_value(digits.text, 10, 3) ? VERDICT_PASS : VERDICT_REJECT;
}

/* Tesorería General: province, eight digits, remainder by 97; a number below ten million is added to the province. */
Verdict validate_es_nss(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 12)
        return VERDICT_REJECT;
    uint32_t province = digits_value(digits.text, 0, 2), number = digits_value(digits.text, 2, 8);
    uint64_t whole = number < 10000000 ? number + (uint64_t)province * 10000000 : long_value(digits.text, 10);
    bool is_province = province >= 1 && province <= 66;
    return is_province && whole % 97 == digits_value(digits.text, 10, 2) ? VERDICT_PASS : VERDICT_REJECT;
}

/* Agenzia delle Entrate: seven digits, the office (province 001 … 100, or 120, 121, 888, 999), Luhn. As a VAT number it
 * has IT in front. */
Verdict validate_partita_iva(Bytes value)
{
    Alnum digits;
    bool is_vat = value.len > 2 && g_ascii_strncasecmp((const char *)value.data, "IT", 2) == 0;

    if (is_vat)
        value = (Bytes){value.data + 2, value.len - 2};
    if (!digits_read(value, &digits) || digits.len != 11 || digits_value(digits.text, 0, 7) == 0)
        return VERDICT_REJECT;
    uint32_t office = digits_value(digits.text, 7, 3);
    bool is_office = (office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 || office == 999;
    if (!is_office || !luhn_is_valid(digits.text, 11))
        return VERDICT_REJECT;
    return is_vat ? VERDICT_PASS : VERDICT_WEAK;
}

/* Autoridade Tributária: weights 9 … 2, mod 11; the first digit is the kind of taxpayer. */
Verdict validate_pt_nif(Bytes value)
{
    static const uint8_t weights[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits.text[0] == '0' ||
        (digits.text[0] == '4' && digits.text[1] != '5'))
        return VERDICT_REJECT;
    uint32_t check = 11 - digits_weighted(digits.text, weights, 8) % 11;
    return (check > 9 ? 0 : check) == digits_value(digits.text, 8, 1) ? VERDICT_WEAK : VERDICT_REJECT;
}

/* Department of Social Protection: seven digits, a letter (mod 23), perhaps one more letter that counts nine
 * times, or says that somebody is married (W, T, X). */
Verdict validate_ie_pps(Bytes value)
{
    static const uint8_t weights[7] = {8, 7, 6, 5, 4, 3, 2};
    Alnum pps;

    if (!alnum_read(value, &pps) || (pps.len != 8 && pps.len != 9) || !digits_all(pps.text, 0, 7))
        return VERDICT_REJECT;
    char second = pps.len == 9 ? pps.text[8] : 'W';
    if (strchr("ABCDEFGHIWTX", second) == NULL)
        return VERDICT_REJECT;
    uint32_t extra = strchr("WTX", second) != NULL ? 0 : (uint32_t)(second - 'A' + 1) * 9;
    uint32_t sum = digits_weighted(pps.text, weights, 7) + extra;
    return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == pps.text[7] ? VERDICT_PASS : VERDICT_REJECT;
}

/* Zentrale Ausgleichsstelle: 756 and the check digit of EAN-13. */
Verdict validate_ch_ahv(Bytes value)
{
    static const uint8_t weights[13] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 13 || strncmp(digits.text, "756", 3) != 0)
        return VERDICT_REJECT;
    if (digits_weighted(digits.text, weights, 13) % 10 != 0)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PROVED : VERDICT_PASS;
}
