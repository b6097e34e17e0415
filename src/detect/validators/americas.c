/* Numbers of persons and businesses in Latin America; Brazil's CPF is in government.c. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* Receita Federal, Instrução Normativa 2.229/2024: letters and digits count by their ASCII code less 48. */
static uint32_t cnpj_check(const char *text, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)(text[i] - '0') * (2 + (uint32_t)((len - 1 - i) % 8));
    return sum % 11 < 2 ? 0 : 11 - sum % 11;
}

Verdict validate_cnpj(Bytes value)
{
    Alnum cnpj;

    if (!alnum_read(value, &cnpj) || cnpj.len != 14 || !digits_all(cnpj.text, 12, 2) ||
        digits_one_repeated(cnpj.text, 14))
        return VERDICT_REJECT;
    if (cnpj_check(cnpj.text, 12) != digits_value(cnpj.text, 12, 1) ||
        cnpj_check(cnpj.text, 13) != digits_value(cnpj.text, 13, 1))
        return VERDICT_REJECT;
    return cnpj.has_separators ? VERDICT_PROVED : VERDICT_WEAK;
}

/* RENAPO, Instructivo Normativo: name, birth date, sex, state, consonants, a character for the century, check digit. */
Verdict validate_curp(Bytes value)
{
    static const char states[] = "ASBCBSCCCLCMCSCHDFDGGTGRHGJCMCMNMSNTNLOCPLQTQRSPSLSRTCTSTLVZYNZSNE";
    Alnum curp;
    uint32_t sum = 0;
    bool is_state = false;

    if (!alnum_read(value, &curp) || curp.len != 18 || !digits_all(curp.text, 4, 6) ||
        !g_ascii_isdigit(curp.text[17]) || strchr("HMX", curp.text[10]) == NULL)
        return VERDICT_REJECT;
    uint32_t century = g_ascii_isdigit(curp.text[16]) ? 1900 : 2000;
    if (!date_is_real(
            century + digits_value(curp.text, 4, 2), digits_value(curp.text, 6, 2), digits_value(curp.text, 8, 2)))
        return VERDICT_REJECT;
    for (size_t i = 0; i + 1 < sizeof(states); i += 2)
        is_state = is_state || strncmp(states + i, curp.text + 11, 2) == 0;
    for (size_t i = 0; i < 17; i++) {
        char c = curp.text[i]; /* Ñ stands between N and O, so letters from O on count one more */
        uint32_t number = g_ascii_isdigit(c) ? (uint32_t)(c - '0') : (uint32_t)(c - 'A' + 10 + (c > 'N' ? 1 : 0));
        sum += number * (uint32_t)(18 - i);
    }
    bool is_check = (10 - sum % 10) % 10 == digits_value(curp.text, 17, 1);
    return is_state && is_check ? VERDICT_PROVED : VERDICT_REJECT;
}

/* SAT: initials (three of a company, four of a person), date, two characters against homonyms, check character. Some
 * in use have another check character. */
Verdict validate_rfc(Bytes value)
{
    Alnum rfc;
    char text[14];

    if (!alnum_read(value, &rfc) || (rfc.len != 12 && rfc.len != 13))
        return VERDICT_REJECT;
    size_t letters = rfc.len - 9;
    if (!digits_all(rfc.text, letters, 6) ||
        !date_is_real(2000 + digits_value(rfc.text, letters, 2), digits_value(rfc.text, letters + 2, 2),
            digits_value(rfc.text, letters + 4, 2)))
        return VERDICT_REJECT;
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ ";
    uint32_t sum = 0;
    text[0] = ' ';
    memcpy(text + (letters == 3 ? 1 : 0), rfc.text, rfc.len);
    for (size_t i = 0; i < 12; i++)
        sum += (uint32_t)(strchr(alphabet, text[i]) - alphabet) * (uint32_t)(13 - i);
    uint32_t check = (11 - sum % 11) % 11;
    char last = check == 10 ? 'A' : (char)('0' + check);
    return text[12] == last ? VERDICT_PASS : VERDICT_LOW;
}

/* Servicio de Registro Civil: weights 2 … 7 from the right, mod 11, K for 10. */
static Verdict cl_rut_verdict(Bytes value)
{
    Alnum rut;
    uint32_t sum = 0;

    if (!alnum_read(value, &rut) || rut.len < 8 || rut.len > 9 || !digits_all(rut.text, 0, rut.len - 1) ||
        digits_one_repeated(rut.text, rut.len - 1))
        return VERDICT_REJECT;
    for (size_t i = 0; i + 1 < rut.len; i++)
        sum += (uint32_t)(rut.text[rut.len - 2 - i] - '0') * (2 + (uint32_t)(i % 6));
    uint32_t check = 11 - sum % 11;
    char expected = check == 11 ? '0' : check == 10 ? 'K' : (char)('0' + check);
    if (rut.text[rut.len - 1] != expected)
        return VERDICT_REJECT;
    return memchr(value.data, '.', value.len) != NULL ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_cl_rut(const Surroundings *surroundings)
{
    return outside_marks(surroundings, cl_rut_verdict(surroundings->value));
}

/* AFIP: kind of taxpayer, eight digits, check mod 11. */
Verdict validate_ar_cuit(Bytes value)
{
    static const uint8_t weights[10] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11)
        return VERDICT_REJECT;
    uint32_t kind = digits_value(digits.text, 0, 2);
    bool is_kind = kind == 20 || (kind >= 23 && kind <= 27) || kind == 30 || kind == 33 || kind == 34 || kind == 50 ||
                   kind == 51 || kind == 55;
    char check = "09987654321"[digits_weighted(digits.text, weights, 10) % 11];
    if (!is_kind || digits_one_repeated(digits.text + 2, 8) || check != digits.text[10])
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* DIAN: nine digits and a check digit from primes. */
Verdict validate_co_nit(Bytes value)
{
    static const uint8_t weights[9] = {41, 37, 29, 23, 19, 17, 13, 7, 3};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || digits_one_repeated(digits.text, 10))
        return VERDICT_REJECT;
    uint32_t rest = digits_weighted(digits.text, weights, 9) % 11;
    uint32_t check = rest < 2 ? rest : 11 - rest;
    return check == digits_value(digits.text, 9, 1) ? VERDICT_PASS : VERDICT_REJECT;
}

/* SUNAT: kind of taxpayer, eight digits, check mod 11. */
Verdict validate_pe_ruc(Bytes value)
{
    static const uint8_t weights[10] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits_one_repeated(digits.text + 2, 9))
        return VERDICT_REJECT;
    uint32_t kind = digits_value(digits.text, 0, 2);
    uint32_t check = (11 - digits_weighted(digits.text, weights, 10) % 11) % 10;
    bool is_kind = kind == 10 || (kind >= 15 && kind <= 17) || kind == 20;
    return is_kind && check == digits_value(digits.text, 10, 1) ? VERDICT_PASS : VERDICT_REJECT;
}

static bool ec_place_is_valid(const Alnum *digits)
{
    uint32_t province = digits_value(digits->text, 0, 2);
    bool is_province = (province >= 1 && province <= 24) || province == 30 || province == 50;

    return is_province && (digits->len == 10 || (digits->len == 13 && digits_value(digits->text, 10, 3) != 0));
}

/* Registro Civil and SRI: province, kind of taxpayer (up to 6 a person, by Luhn; 6 also a public body and 9 a company,
 * by weights mod 11), and 001 and on behind it for the places of a RUC. */
Verdict validate_ec_ruc(Bytes value)
{
    static const uint8_t company[10] = {4, 3, 2, 7, 6, 5, 4, 3, 2, 1}, body[9] = {3, 2, 7, 6, 5, 4, 3, 2, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || !ec_place_is_valid(&digits))
        return VERDICT_REJECT;
    char kind = digits.text[2];
    if (kind <= '6' && luhn_is_valid(digits.text, 10))
        return VERDICT_PASS;
    if (digits.len != 13 || (kind != '6' && kind != '9'))
        return VERDICT_REJECT;
    uint32_t sum = kind == '9' ? digits_weighted(digits.text, company, 10) : digits_weighted(digits.text, body, 9);
    return sum % 11 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Dirección Nacional de Identificación Civil: weights 2 9 8 7 6 3 4, mod 10. */
Verdict validate_uy_ci(Bytes value)
{
    static const uint8_t weights[8] = {2, 9, 8, 7, 6, 3, 4, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 8)
        return VERDICT_REJECT;
    return digits_weighted(digits.text, weights, 8) % 10 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Driving licences of many countries have no check digit: Korea's regions are checked, one repeated digit is refused.
 */
static Verdict driving_licence_intl_verdict(Bytes value)
{
    bool is_korean = value.len == 15 && mix_of(value).digits == 12 && g_ascii_isdigit(value.data[0]);

    if (is_korean)
        return validate_kr_driving_licence(value);
    return record_number_verdict(value);
}

/* "arn:aws:license-manager:us-west-2:123456789012:": the number of an account. */
Verdict validate_driving_licence_intl(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    bool is_in_name = before.len > 1 && before.data[before.len - 1] == ':' &&
                      g_ascii_isalnum(before.data[before.len - 2]) && surroundings->after.len > 0 &&
                      surroundings->after.data[0] == ':';

    return is_in_name ? VERDICT_REJECT : driving_licence_intl_verdict(surroundings->value);
}
