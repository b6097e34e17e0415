/* Numbers of Germany: tax offices, identity cards, pension and health insurance. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* ELSTER's form for all Länder has 13 digits: the tax office's number by Land, then a 0. Written by a Land, it has 10
 * to 12 with slashes. No check digit is common to all Länder. */
Verdict validate_steuernummer(Bytes value)
{
    static const char *const lands[] = {
        "28", "9", "11", "30", "24", "22", "26", "40", "23", "5", "27", "10", "32", "31", "21", "41"};
    Alnum digits;

    bool is_old = digits_read(value, &digits) && digits.len == 9 && memchr(value.data, '/', value.len) != NULL;
    if (!digits_read(value, &digits) || (digits.len < 10 && !is_old) || digits.len > 13 ||
        digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    if (digits.len < 13)
        return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
    for (size_t i = 0; i < G_N_ELEMENTS(lands); i++)
        if (g_str_has_prefix(digits.text, lands[i]) && digits.text[4] == '0')
            return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
    uint32_t land = digits_value(digits.text, 0, 2); /* older software numbers the Länder 01 … 16 */
    return land >= 1 && land <= 16 ? VERDICT_LOW : VERDICT_REJECT;
}

/* ICAO Doc 9303: weights 7-3-1 over digits and letters (A is 10). */
uint32_t icao_check_digit(const char *text, size_t len)
{
    static const uint8_t weights[3] = {7, 3, 1};
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        uint32_t number = g_ascii_isdigit(c) ? (uint32_t)(c - '0') : g_ascii_isupper(c) ? (uint32_t)(c - 'A' + 10) : 0;
        sum += number * weights[i % 3];
    }
    return sum % 10;
}

/* Identity cards (L … Y) and passports (C … K): nine characters without vowels; the machine-readable zone adds a check
 * digit. Where the last of nine is the check digit of the others, chance is less likely. */
Verdict validate_de_id_card(Bytes value)
{
    Alnum card;

    if (!alnum_read(value, &card) || (card.len != 9 && card.len != 10))
        return VERDICT_REJECT;
    if (strspn(card.text, "CFGHJKLMNPRTVWXYZ0123456789") != card.len ||
        strchr("CFGHJKLMNPRTVWXY", card.text[0]) == NULL)
        return VERDICT_REJECT;
    if (card.len == 10)
        return icao_check_digit(card.text, 9) == (uint32_t)(card.text[9] - '0') ? VERDICT_PASS : VERDICT_REJECT;
    return VERDICT_PASS;
}

/* With nothing beside it that tells what it is: the last of nine checks the others, or T and eight digits as the first
 * cards of plastic had. */
Verdict validate_de_id_card_checked(Bytes value)
{
    Alnum card;

    if (validate_de_id_card(value) == VERDICT_REJECT || !alnum_read(value, &card))
        return VERDICT_REJECT;
    bool is_checked = g_ascii_isdigit(card.text[8]) && icao_check_digit(card.text, 8) == (uint32_t)(card.text[8] - '0');
    bool is_first = card.text[0] == 'T' && digits_all(card.text, 1, 8);
    return card.len == 10 || is_checked || is_first ? VERDICT_PASS : VERDICT_REJECT;
}

/* As cards show their machine-readable zone: number, check digit, D, and perhaps birth and expiry, each with its check
 * digit, and one over all. */
Verdict validate_de_id_card_zone(Bytes value)
{
    enum { NUMBER = 10, DATE = 7, ALL = NUMBER + 2 * DATE };
    char gathered[ALL + 1];
    Alnum zone;
    size_t len = NUMBER;

    if (!alnum_read(value, &zone) || zone.len < 10 || !g_ascii_isdigit(zone.text[9]) ||
        digits_one_repeated(zone.text + 1, 9))
        return VERDICT_REJECT;
    if (icao_check_digit(zone.text, 9) != (uint32_t)(zone.text[9] - '0'))
        return VERDICT_REJECT;
    memcpy(gathered, zone.text, NUMBER);
    for (size_t i = NUMBER; i < zone.len && len < sizeof gathered; i++)
        if (g_ascii_isdigit(zone.text[i]))
            gathered[len++] = zone.text[i];
    if (len < sizeof gathered)
        return len == NUMBER ? VERDICT_PASS : VERDICT_REJECT;
    bool is_valid = icao_check_digit(gathered, ALL) == digits_value(gathered, ALL, 1);
    for (size_t date = NUMBER; date < ALL; date += DATE)
        is_valid =
            is_valid && icao_check_digit(gathered + date, DATE - 1) == digits_value(gathered, date + DATE - 1, 1);
    return is_valid ? VERDICT_PROVED : VERDICT_REJECT;
}

/* VKVV: area, birth date, the first letter of the name at birth, serial number, check digit (the letter counts as two
 * digits; sums of digits). */
Verdict validate_de_rvnr(Bytes value)
{
    static const uint8_t weights[12] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    char digits[13];
    Alnum number;
    uint32_t sum = 0;

    if (!alnum_read(value, &number) || number.len != 12 || !digits_all(number.text, 0, 8) ||
        !g_ascii_isalpha(number.text[8]) || !digits_all(number.text, 9, 3))
        return VERDICT_REJECT;
    uint32_t letter = (uint32_t)(number.text[8] - 'A' + 1), day = digits_value(number.text, 2, 2);
    memcpy(digits, number.text, 8);
    digits[8] = (char)('0' + letter / 10);
    digits[9] = (char)('0' + letter % 10);
    memcpy(digits + 10, number.text + 9, 3);
    for (size_t i = 0; i < 12; i++) {
        uint32_t product = (uint32_t)(digits[i] - '0') * weights[i];
        sum += product / 10 + product % 10;
    }
    bool is_date = date_is_real(2000, digits_value(number.text, 4, 2), day > 50 ? day - 50 : day);
    bool is_area = digits_value(number.text, 0, 2) >= 2 && digits_value(number.text, 0, 2) <= 89;
    return is_date && is_area && sum % 10 == (uint32_t)(digits[12] - '0') ? VERDICT_PASS : VERDICT_REJECT;
}

/* GKV-Spitzenverband, the part of the health insurance number that never changes: a letter (as two digits), eight
 * digits, a check digit. */
Verdict validate_kvnr(Bytes value)
{
    char digits[12];
    Alnum number;
    uint32_t sum = 0;

    if (!alnum_read(value, &number) || number.len != 10 || !g_ascii_isalpha(number.text[0]) ||
        !digits_all(number.text, 1, 9) || digits_one_repeated(number.text + 1, 9))
        return VERDICT_REJECT;
    uint32_t letter = (uint32_t)(number.text[0] - 'A' + 1);
    digits[0] = (char)('0' + letter / 10);
    digits[1] = (char)('0' + letter % 10);
    memcpy(digits + 2, number.text + 1, 9);
    for (size_t i = 0; i < 10; i++) {
        uint32_t product = (uint32_t)(digits[i] - '0') * (i % 2 == 0 ? 1 : 2);
        sum += product / 10 + product % 10;
    }
    return sum % 10 == (uint32_t)(digits[10] - '0') ? VERDICT_PASS : VERDICT_REJECT;
}
