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
    if (digits_one_repeated(digits.text, 9))
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
static Verdict nhs_verdict(Bytes value)
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

Verdict validate_nhs(const Surroundings *surroundings)
{
    if (number_is_bound(surroundings->value) || is_in_request(surroundings))
        return VERDICT_REJECT;
    return outside_row(surroundings, nhs_verdict(surroundings->value));
}

/* Health insurance claim numbers were Social Security numbers with a letter or two behind (or, of railroad workers,
 * before). */
Verdict validate_hicn(Bytes value)
{
    char digits[16];
    size_t len = 0;

    for (size_t i = 0; i < value.len && len < sizeof digits; i++)
        if (g_ascii_isdigit(value.data[i]))
            digits[len++] = (char)value.data[i];
    if (len < 9) /* six digits: railroad numbers from before 1964 */
        return len == 6 && g_ascii_isalpha(value.data[0]) ? VERDICT_PASS : VERDICT_REJECT;
    return ssn_verdict((Bytes){(const uint8_t *)digits, 9});
}

Verdict record_number_verdict(Bytes value)
{
    Mix mix = mix_of(value);

    return mix.digits >= 4 && distinct_count(value) >= 3 ? VERDICT_PASS : VERDICT_REJECT;
}

Verdict validate_record_number(const Surroundings *surroundings)
{
    return outside_marks(surroundings, record_number_verdict(surroundings->value));
}

/* Ministry of Health of British Columbia: ten digits from 9 on, a check mod 11 over eight. */
static bool bc_phn_is_valid(const char *digits)
{
    static const uint8_t weights[8] = {2, 4, 8, 5, 10, 9, 7, 3};
    uint32_t check = 11 - digits_weighted(digits + 1, weights, 8) % 11;

    return digits[0] == '9' && check == digits_value(digits, 9, 1);
}

/* Canadian provinces: ten digits (Ontario with Luhn and perhaps two letters, British Columbia as above), nine elsewhere
 * (Luhn in Alberta), twelve in Newfoundland. */
Verdict validate_ca_health(Bytes value)
{
    Alnum number;

    if (!alnum_read(value, &number) || number.len < 9 || number.len > 12 || !digits_all(number.text, 0, 9) ||
        digits_one_repeated(number.text, 9))
        return VERDICT_REJECT;
    if (number.len == 9 || (number.len == 12 && digits_all(number.text, 9, 3)))
        return VERDICT_PASS;
    if (!g_ascii_isdigit(number.text[9]))
        return VERDICT_REJECT;
    return luhn_is_valid(number.text, 10) || bc_phn_is_valid(number.text) ? VERDICT_PASS : VERDICT_LOW;
}

/* The European health insurance card, EN 1867 and Decision S2: 80, the country (ISO 3166-1 numeric or letters), the
 * institution, a serial number; 20 digits. */
Verdict validate_ehic(Bytes value)
{
    Alnum number;

    if (!alnum_read(value, &number) || number.len != 20 || strncmp(number.text, "80", 2) != 0)
        return VERDICT_REJECT;
    return digits_one_repeated(number.text + 5, 15) ? VERDICT_REJECT : VERDICT_PASS;
}

/* GS1 General Specifications: the 14 digits of a GTIN. */
static Verdict gs1_verdict(const char *digits)
{
    static const uint8_t weights[14] = {3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};

    return digits_weighted(digits, weights, 14) % 10 == 0 ? VERDICT_PROVED : VERDICT_REJECT;
}

/* Of 13 or 14 digits. */
static Verdict bare_gtin_verdict(Bytes value)
{
    char digits[15] = "00000000000000";

    if (value.len > 14 || mix_of(value).digits != value.len)
        return VERDICT_REJECT;
    memcpy(digits + 14 - value.len, value.data, value.len);
    return gs1_verdict(digits);
}

/* ANSI/HIBC 2.6: the last character is the sum of all others, mod 43, the plus in front among them, which may be cut
 * off. */
static Verdict hibc_verdict(Bytes value)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
    uint32_t sum = value.data[0] == '+' ? 0 : (uint32_t)(strchr(alphabet, '+') - alphabet);

    for (size_t i = 0; i + 1 < value.len; i++) {
        const char *place = value.data[i] == 0 ? NULL : strchr(alphabet, value.data[i]);
        if (place == NULL)
            return VERDICT_REJECT;
        sum += (uint32_t)(place - alphabet);
    }
    if (alphabet[sum % 43] == (char)value.data[value.len - 1])
        return VERDICT_PROVED;
    /* The secondary data's own mark says as much as the check character. */
    bool has_secondary = value.data != NULL && (memmem(value.data, value.len, "/$", 2) != NULL ||
                                                   memmem(value.data, value.len, "/16D", 4) != NULL);
    return has_secondary ? VERDICT_PASS : VERDICT_REJECT;
}

/* Unique device identifiers of the three issuing agencies of 21 CFR 830. ICCBBA's have no check character. */
Verdict validate_udi(Bytes value)
{
    char digits[15];
    size_t len = 0;

    if (value.len < 6)
        return VERDICT_REJECT;
    if (value.data[0] == '=' || memmem(value.data, value.len, "=,", 2) != NULL)
        return VERDICT_PASS;
    if (value.data[0] == '+' || g_ascii_isalpha((char)value.data[0]))
        return hibc_verdict(value);
    if (value.len <= sizeof(digits) - 1)
        return bare_gtin_verdict(value);
    /* "(01)" is the application identifier of a GTIN; its signs are only for people. */
    const uint8_t *sign = memchr(value.data, ')', 4);
    size_t start = sign != NULL ? (size_t)(sign - value.data) + 1 : 2;
    for (size_t i = start; i < value.len && len < 14 && g_ascii_isdigit(value.data[i]); i++)
        digits[len++] = (char)value.data[i];
    return len == 14 ? gs1_verdict(digits) : VERDICT_REJECT;
}

/* Régie de l'assurance maladie du Québec: three letters of the surname, one of the given name, the birth date with 50
 * added to the month of women, two more digits. */
static Verdict quebec_verdict(const Alnum *number)
{
    bool is_shape = number->len == 12 && digits_all(number->text, 4, 8);

    if (!is_shape)
        return VERDICT_REJECT;
    uint32_t month = digits_value(number->text, 6, 2) % 50;
    uint32_t day = digits_value(number->text, 8, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Any card that phi.intl_health_card knows. */
Verdict validate_health_card(Bytes value)
{
    Alnum number;

    if (alnum_read(value, &number) && number.len == 20)
        return validate_ehic(value);
    if (alnum_read(value, &number) && g_ascii_isalpha(number.text[0]))
        return quebec_verdict(&number);
    return validate_ca_health(value);
}
