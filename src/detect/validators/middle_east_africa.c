/* Numbers of persons in Turkey, South Africa, Israel and Nigeria. */
#include "detect/validators/validators_internal.h"

/* General Directorate of Population and Citizenship Affairs: two check digits, never a 0 in front. */
Verdict validate_tr_tckn(Bytes value)
{
    Alnum digits;
    uint32_t odd = 0, even = 0;

    if (!digits_read(value, &digits) || digits.len != 11 || digits.text[0] == '0')
        return VERDICT_REJECT;
    for (size_t i = 0; i < 9; i++) {
        uint32_t digit = (uint32_t)(digits.text[i] - '0');
        odd += i % 2 == 0 ? digit : 0;
        even += i % 2 == 1 ? digit : 0;
    }
    uint32_t tenth = (odd * 7 + 10 * 8 - even) % 10;
    uint32_t eleventh = (odd + even + tenth) % 10;
    if (tenth != digits_value(digits.text, 9, 1) || eleventh != digits_value(digits.text, 10, 1))
        return VERDICT_REJECT;
    return VERDICT_WEAK;
}

/* Department of Home Affairs: birth date, four digits, citizen (0), resident (1) or refugee (2), 8 or 9, Luhn. */
Verdict validate_za_id(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 13 || digits.text[10] > '2')
        return VERDICT_REJECT;
    uint32_t year = digits_value(digits.text, 0, 2), month = digits_value(digits.text, 2, 2);
    uint32_t day = digits_value(digits.text, 4, 2);
    if (!date_is_real(1900 + year, month, day) && !date_is_real(2000 + year, month, day))
        return VERDICT_REJECT;
    bool is_kind = digits.text[11] == '8' || digits.text[11] == '9';
    if (!luhn_is_valid(digits.text, 13))
        return VERDICT_REJECT;
    return is_kind && digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* Population and Immigration Authority: Luhn over nine digits, of which the first zero is often left out. */
Verdict validate_il_id(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 8 && digits.len != 9) ||
        digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    return luhn_is_valid(digits.text, digits.len) ? VERDICT_WEAK : VERDICT_REJECT;
}

/* National Identity Management Commission: eleven digits with Verhoeff's check digit. */
Verdict validate_ng_nin(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits_one_repeated(digits.text, 11))
        return VERDICT_REJECT;
    return verhoeff_is_valid(digits.text, 11) ? VERDICT_WEAK : VERDICT_REJECT;
}
