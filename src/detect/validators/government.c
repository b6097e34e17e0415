/* Numbers that states give to people and businesses: North America, the United Kingdom, Asia and Oceania, Brazil. Those
 * of continental Europe are in validators_europe.c. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* 987-65-4320 to 987-65-4329: set aside by the Social Security Administration for advertisements. */
static bool is_ssn_of_advertisements(const Alnum *digits)
{
    return memcmp(digits->text, "98765432", 8) == 0;
}

/* Social Security Administration: no area 000, 666 or 900 up, no group 00, no serial 0000. Nine bare digits are too
 * common to be one without a keyword. */
Verdict ssn_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits_one_repeated(digits.text, 9))
        return VERDICT_REJECT;
    if (is_ssn_of_advertisements(&digits))
        return digits.has_separators ? VERDICT_SAMPLE : VERDICT_REJECT;
    uint32_t area = digits_value(digits.text, 0, 3);
    if (area == 0 || area == 666 || area >= 900)
        return VERDICT_REJECT;
    if (digits_value(digits.text, 3, 2) == 0 || digits_value(digits.text, 5, 4) == 0)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_ssn(const Surroundings *surroundings)
{
    return outside_row(surroundings, ssn_verdict(surroundings->value));
}

/* Internal Revenue Service: 9xx, then a group of 50-65, 70-88, 90-92 or 94-99. */
Verdict validate_itin(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits.text[0] != '9' ||
        digits_one_repeated(digits.text, 9) || is_ssn_of_advertisements(&digits))
        return VERDICT_REJECT;
    uint32_t group = digits_value(digits.text, 3, 2);
    if (group < 50 || (group > 65 && group < 70) || group == 89 || group == 93)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* Internal Revenue Service: the prefixes that no campus ever issued. */
Verdict validate_ein(Bytes value)
{
    static const uint8_t unused[] = {0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits_one_repeated(digits.text, 9))
        return VERDICT_REJECT;
    return memchr(unused, (int)digits_value(digits.text, 0, 2), sizeof(unused)) == NULL ? VERDICT_PASS : VERDICT_REJECT;
}

/* No check digit: only runs of one digit are refused. */
Verdict validate_passport(Bytes value)
{
    Alnum number;

    if (!alnum_read(value, &number) || number.len < 7 || digits_one_repeated(number.text + 2, number.len - 2))
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* HM Revenue & Customs, NIM39110: letters that are not used, and prefixes that are not allotted. */
Verdict validate_nino(Bytes value)
{
    static const char *const unused[] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    Alnum nino;

    if (!alnum_read(value, &nino) || nino.len != 9 || !digits_all(nino.text, 2, 6))
        return VERDICT_REJECT;
    if (!g_ascii_isalpha(nino.text[0]) || !g_ascii_isalpha(nino.text[1]) || strchr("ABCD", nino.text[8]) == NULL)
        return VERDICT_REJECT;
    if (strchr("DFIQUV", nino.text[0]) != NULL || strchr("DFIOQUV", nino.text[1]) != NULL)
        return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(unused); i++)
        if (strncmp(nino.text, unused[i], 2) == 0)
            return VERDICT_REJECT;
    if (digits_one_repeated(nino.text + 2, 6))
        return nino.text[2] == '0' ? VERDICT_REJECT : VERDICT_LOW;
    /* In one piece it is as often the number of a model: "MC146818A". */
    return nino.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* Unique Taxpayer Reference: the first digit checks the other nine. */
Verdict validate_utr(Bytes value)
{
    static const uint8_t weights[9] = {6, 7, 8, 9, 10, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || digits_one_repeated(digits.text, 10))
        return VERDICT_REJECT;
    uint32_t rest = digits_weighted(digits.text + 1, weights, 9) % 11;
    return digits.text[0] == "21987654321"[rest] ? VERDICT_PASS : VERDICT_REJECT;
}

/* DVLA: five of the surname (filled up with 9), the decade, month (50 more for women), day and year of birth, two
 * initials (or 9), and three more; the licence adds two digits for its issue. */
Verdict validate_uk_driving_licence(Bytes value)
{
    Alnum text;
    size_t letters = 0;

    if (!alnum_read(value, &text) || (text.len != 16 && text.len != 18) || !digits_all(text.text, 5, 6))
        return VERDICT_REJECT;
    while (letters < 5 && g_ascii_isalpha(text.text[letters]))
        letters++;
    for (size_t i = letters; i < 5; i++)
        if (text.text[i] != '9')
            return VERDICT_REJECT;
    uint32_t month = digits_value(text.text, 6, 2) % 50;
    uint32_t year = digits_value(text.text, 5, 1) * 10 + digits_value(text.text, 10, 1);
    if (letters == 0 || digits_value(text.text, 6, 2) > 62 ||
        !date_is_real(2000 + year, month, digits_value(text.text, 8, 2)))
        return VERDICT_REJECT;
    for (size_t i = 11; i < 13; i++)
        if (g_ascii_isdigit(text.text[i]) && text.text[i] != '9')
            return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* Service Canada: Luhn; 0 is only in numbers of the tax office and in samples, 8 belongs to business numbers. */
static Verdict sin_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits_one_repeated(digits.text, 9))
        return VERDICT_REJECT;
    if (digits.text[0] == '8' || !luhn_is_valid(digits.text, 9))
        return VERDICT_REJECT;
    return digits.has_separators && digits.text[0] != '0' ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_sin(const Surroundings *surroundings)
{
    return outside_row(surroundings, sin_verdict(surroundings->value));
}

/* Australian Taxation Office; numbers of eight digits have weights of their own, but not for all who check them. */
Verdict validate_tfn(Bytes value)
{
    static const uint8_t weights[9] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    static const uint8_t weights_of_eight[8] = {10, 7, 8, 4, 6, 3, 5, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 8 && digits.len != 9))
        return VERDICT_REJECT;
    if (digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    bool is_eight = digits.len == 8 && digits_weighted(digits.text, weights_of_eight, 8) % 11 == 0;
    return is_eight || digits_weighted(digits.text, weights, digits.len) % 11 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* UIDAI: Verhoeff's check digit; never starts with 0 or 1, never reads the same backwards. */
static Verdict aadhaar_verdict(Bytes value)
{
    Alnum digits;
    bool is_palindrome = true;

    if (!digits_read(value, &digits) || digits.len != 12 || digits.text[0] < '2')
        return VERDICT_REJECT;
    for (size_t i = 0; i < 6; i++)
        is_palindrome = is_palindrome && digits.text[i] == digits.text[11 - i];
    if (is_palindrome || !verhoeff_is_valid(digits.text, 12))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_aadhaar(const Surroundings *surroundings)
{
    return outside_row(surroundings, aadhaar_verdict(surroundings->value));
}

/* Income Tax Department: the fourth letter is the kind of holder, but in samples like "ABCDX1234F". */
static Verdict in_pan_verdict(Bytes value)
{
    Alnum pan;

    if (!alnum_read(value, &pan) || pan.len != 10 || !digits_all(pan.text, 5, 4) || !g_ascii_isalpha(pan.text[9]))
        return VERDICT_REJECT;
    if (digits_value(pan.text, 5, 4) == 0)
        return VERDICT_REJECT;
    for (size_t i = 0; i < 5; i++)
        if (!g_ascii_isalpha(pan.text[i]))
            return VERDICT_REJECT;
    if (strchr("ABCFGHJKLPT", pan.text[3]) != NULL)
        return VERDICT_PASS;
    bool is_sample = digits_counting(pan.text + 5, 4) || digits_one_repeated(pan.text + 5, 4);
    return is_sample && !digits_one_repeated(pan.text, 5) ? VERDICT_LOW : VERDICT_REJECT;
}

static bool is_capital_word(Bytes text)
{
    enum { WORD_MIN = 3 };

    for (size_t i = 0; i < WORD_MIN; i++)
        if (i >= text.len || !g_ascii_isupper(text.data[i]))
            return false;
    return true;
}

/* "BOE HIMAX8279D PANELS": a model's number in a heading. */
Verdict validate_in_pan(const Surroundings *surroundings)
{
    Verdict verdict = in_pan_verdict(surroundings->value);
    Bytes before = surroundings->before, after = surroundings->after;
    bool is_in_heading = before.len > 3 && after.len > 3 && before.data[before.len - 1] == ' ' &&
                         after.data[0] == ' ' && is_capital_word((Bytes){before.data + before.len - 4, 3}) &&
                         is_capital_word((Bytes){after.data + 1, after.len - 1});

    return is_in_heading ? MIN(verdict, VERDICT_WEAK) : verdict;
}

/* Receita Federal: two check digits, each a weighted sum of all digits before it. */
Verdict validate_cpf(Bytes value)
{
    static const uint8_t weights[10] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits_one_repeated(digits.text, 11))
        return VERDICT_REJECT;
    uint32_t first = digits_weighted(digits.text, weights + 1, 9) * 10 % 11 % 10;
    uint32_t second = digits_weighted(digits.text, weights, 10) * 10 % 11 % 10;
    if (first != digits_value(digits.text, 9, 1) || second != digits_value(digits.text, 10, 1))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PROVED : VERDICT_WEAK;
}

/* Singapore: the letter in front moves the sum (T, G by 4, M by 3) and chooses the table of check letters. */
static Verdict nric_verdict(Bytes value)
{
    static const uint8_t weights[7] = {2, 7, 6, 5, 4, 3, 2};
    Alnum nric;

    if (!alnum_read(value, &nric) || nric.len != 9 || !digits_all(nric.text, 1, 7))
        return VERDICT_REJECT;
    char kind = nric.text[0];
    uint32_t sum = digits_weighted(nric.text + 1, weights, 7);
    sum += kind == 'T' || kind == 'G' ? 4 : kind == 'M' ? 3 : 0;
    const char *table = strchr("ST", kind) != NULL   ? "JZIHGFEDCBA"
                        : strchr("FG", kind) != NULL ? "XWUTRQPNMLK"
                        : kind == 'M'                ? "XWUTRQPNJLK"
                                                     : NULL;
    if (table == NULL || !g_ascii_isalpha(nric.text[8]))
        return VERDICT_REJECT;
    return table[sum % 11] == nric.text[8] ? VERDICT_PASS : VERDICT_LOW;
}

/* With another check letter it may be one that was made up, if nothing else is there. */
Verdict validate_nric(const Surroundings *surroundings)
{
    Verdict verdict = nric_verdict(surroundings->value);
    bool is_alone = surroundings->before.len == 0 && surroundings->after.len == 0;

    return verdict == VERDICT_LOW && !is_alone ? VERDICT_REJECT : verdict;
}
