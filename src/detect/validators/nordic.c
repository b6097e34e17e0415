/* Numbers of persons and organisations in Sweden, Finland, Norway and Denmark. */
#include "detect/validators/validators_internal.h"

#include <string.h>

static uint32_t century_free_year(uint32_t year)
{
    return 2000 + year % 100; /* 2000 had a 29 February, as had every fourth year around it */
}

/* Skatteverket: [YY]YYMMDD, three digits and a Luhn check over the last ten; coordination numbers add 60 to the day.
 * Bolagsverket's numbers of organisations have a month of 20 or more. */
static Verdict se_number_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 10 && digits.len != 12))
        return VERDICT_REJECT;
    const char *ten = digits.text + digits.len - 10;
    uint32_t month = digits_value(ten, 2, 2), day = digits_value(ten, 4, 2);
    uint32_t century = digits.len == 12 ? digits_value(digits.text, 0, 2) : 20;
    bool is_organisation = month >= 20 && (digits.len == 10 || century == 16);
    bool is_person = (century >= 18 && century <= 20) &&
                     date_is_real(century * 100 + digits_value(ten, 0, 2), month, day > 60 ? day - 60 : day);
    if ((!is_organisation && !is_person) || digits_one_repeated(ten, 10) || !luhn_is_valid(ten, 10))
        return VERDICT_REJECT;
    return digits.has_separators && is_person ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_se_number(const Surroundings *surroundings)
{
    return outside_name(surroundings, se_number_verdict(surroundings->value));
}

/* Digital and Population Data Services Agency: DDMMYY, a sign for the century, three digits, and the remainder of all
 * nine digits by 31 as a character. */
static Verdict fi_hetu_verdict(Bytes value)
{
    char digits[10];

    if (value.len != 11 || strchr("+-YXWVUABCDEF", g_ascii_toupper((char)value.data[6])) == NULL)
        return VERDICT_REJECT;
    memcpy(digits, value.data, 6);
    memcpy(digits + 6, value.data + 7, 3);
    if (!digits_all(digits, 0, 9) || digits_value(digits, 6, 3) < 2)
        return VERDICT_REJECT;
    if (!date_is_real(
            century_free_year(digits_value(digits, 4, 2)), digits_value(digits, 2, 2), digits_value(digits, 0, 2)))
        return VERDICT_REJECT;
    char check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[digits_value(digits, 0, 9) % 31];
    return g_ascii_toupper((char)value.data[10]) == check ? VERDICT_PROVED : VERDICT_REJECT;
}

Verdict validate_fi_hetu(const Surroundings *surroundings)
{
    return outside_name(surroundings, fi_hetu_verdict(surroundings->value));
}

/* Skatteetaten: DDMMYY, three digits, two checks mod 11. D numbers add 40 to the day, H numbers 40 to the month; test
 * persons 80 to the month. */
Verdict validate_no_number(Bytes value)
{
    static const uint8_t first[10] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
    static const uint8_t second[11] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits_one_repeated(digits.text, 11))
        return VERDICT_REJECT;
    uint32_t day = digits_value(digits.text, 0, 2), month = digits_value(digits.text, 2, 2);
    if (!date_is_real(century_free_year(digits_value(digits.text, 4, 2)), month % 40, day > 40 ? day - 40 : day))
        return VERDICT_REJECT;
    if (digits_weighted(digits.text, first, 10) % 11 != 0 || digits_weighted(digits.text, second, 11) % 11 != 0)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* CPR-kontoret: DDMMYY-SSSS. Since 2007 numbers are issued that fail the old check mod 11: the date alone decides. */
Verdict validate_dk_cpr(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || digits_one_repeated(digits.text, 10))
        return VERDICT_REJECT;
    if (!date_is_real(century_free_year(digits_value(digits.text, 4, 2)), digits_value(digits.text, 2, 2),
            digits_value(digits.text, 0, 2)))
        return VERDICT_REJECT;
    return VERDICT_WEAK;
}

/* Behind a label that does not say of which of the four countries. */
Verdict validate_nordic_any(Bytes value)
{
    Verdict verdicts[] = {se_number_verdict(value), fi_hetu_verdict(value), validate_no_number(value)};

    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++)
        if (verdicts[i] != VERDICT_REJECT)
            return VERDICT_PASS;
    bool is_danish = memchr(value.data, '-', value.len) != NULL && validate_dk_cpr(value) != VERDICT_REJECT;
    return is_danish ? VERDICT_PASS : VERDICT_REJECT;
}
