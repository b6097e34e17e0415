/* Numbers of health care: providers, prescribers, the insured. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* Centers for Medicare & Medicaid Services: Luhn over the number with 80840 in front. */
Verdict validate_npi(Bytes value)
{
    char card[16] = "80840";
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || (digits.text[0] != '1' && digits.text[0] != '2'))
        return VERDICT_REJECT;
    memcpy(card + 5, digits.text, 10);
    return luhn_is_valid(card, 15) ? VERDICT_PASS : VERDICT_REJECT;
}

/* Drug Enforcement Administration: registrant, first letter of the name (9 for some), seven digits of which the last
 * checks the others. */
Verdict validate_dea(Bytes value)
{
    static const uint8_t weights[6] = {1, 2, 1, 2, 1, 2};
    Alnum dea;

    if (!alnum_read(value, &dea) || dea.len != 9 || dea.has_separators || !digits_all(dea.text, 2, 7))
        return VERDICT_REJECT;
    if (strchr("ABCDEFGHJKLMPRSTUX", dea.text[0]) == NULL || (!g_ascii_isalpha(dea.text[1]) && dea.text[1] != '9'))
        return VERDICT_REJECT;
    if (digits_one_repeated(dea.text + 2, 7))
        return VERDICT_REJECT;
    uint32_t check = digits_weighted(dea.text + 2, weights, 6) % 10;
    return check == digits_value(dea.text, 8, 1) ? VERDICT_PASS : VERDICT_REJECT;
}

/* Medicare Beneficiary Identifier: a class for each place (C 1-9, A letter, N digit, X either), six letters unused. */
Verdict validate_mbi(Bytes value)
{
    static const char shape[] = "CAXNAXNAANN";
    Alnum mbi;

    if (!alnum_read(value, &mbi) || mbi.len != 11)
        return VERDICT_REJECT;
    for (size_t i = 0; i < 11; i++) {
        char c = mbi.text[i];
        bool is_digit = g_ascii_isdigit(c);
        bool is_letter = !is_digit && strchr("SLOIBZ", c) == NULL;
        bool fits = shape[i] == 'A' ? is_letter : shape[i] == 'X' ? is_digit || is_letter : is_digit;
        if (!fits || (shape[i] == 'C' && c == '0'))
            return VERDICT_REJECT;
    }
    return VERDICT_PASS;
}

/* NHS Data Dictionary: weights 10 … 2 mod 11; a check digit of 10 is never issued. Written with blanks it is one of
 * these; with dashes every eleventh American phone number would be. */
Verdict validate_nhs(Bytes value)
{
    static const uint8_t weights[9] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || digits_one_repeated(digits.text, 10))
        return VERDICT_REJECT;
    uint32_t check = (11 - digits_weighted(digits.text, weights, 9) % 11) % 11;
    if (check == 10 || check != digits_value(digits.text, 9, 1))
        return VERDICT_REJECT;
    return memchr(value.data, ' ', value.len) != NULL ? VERDICT_PASS : VERDICT_WEAK;
}
