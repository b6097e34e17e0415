/* Numbers of persons and businesses in Asia and Oceania. Those of India and Singapore's NRIC are in government.c. */
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

/* Resident Registration Act of Korea: YYMMDD, a digit for sex, century (9 and 0: the last of the 1800s) and
 * nationality, six digits. Since October 2020 the last six are random, so a wrong check digit only weakens. */
static Verdict kr_resident_verdict(Bytes value)
{
    static const uint8_t weights[12] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 13)
        return VERDICT_REJECT;
    uint32_t kind = digits_value(digits.text, 6, 1);
    bool is_old = kind == 9 || kind == 0;
    if (digits_one_repeated(digits.text, 13) || (is_old && digits_value(digits.text, 0, 2) < 70))
        return VERDICT_REJECT;
    uint32_t century = is_old ? 1800 : (kind - 1) % 4 < 2 ? 1900 : 2000;
    if (!date_is_real(century + digits_value(digits.text, 0, 2), digits_value(digits.text, 2, 2),
            digits_value(digits.text, 4, 2)))
        return VERDICT_REJECT;
    uint32_t base = kind >= 5 && kind <= 8 ? 13 : 11;
    uint32_t check = (base - digits_weighted(digits.text, weights, 12) % 11) % 10;
    if (check != digits_value(digits.text, 12, 1))
        return is_old ? VERDICT_REJECT : VERDICT_LOW;
    return digits.has_separators ? VERDICT_PROVED : VERDICT_WEAK;
}

/* A number with a wrong check digit needs more beside it than others, or nothing at all. */
Verdict validate_kr_resident(const Surroundings *surroundings)
{
    static const char *const words[] = {"rrn", "frn", "korea", "resident", "foreign", "jumin", "주민", "외국인"};
    static WordSearch search = WORD_SEARCH(words);
    Verdict verdict = kr_resident_verdict(surroundings->value);
    Bytes before = surroundings->before;
    bool is_alone = before.len == 0 && surroundings->after.len == 0;

    if (verdict != VERDICT_LOW || is_alone || word_search_any(&search, surroundings->field))
        return verdict;
    size_t near = MIN(before.len, (size_t)48);
    bool is_named = near > 0 && word_search_any(&search, (Bytes){before.data + before.len - near, near});
    return is_named ? VERDICT_LOW : VERDICT_REJECT;
}

/* National Tax Service of Korea: business registration number. */
Verdict validate_kr_business(Bytes value)
{
    static const uint8_t weights[9] = {1, 3, 7, 1, 3, 7, 1, 3, 5};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 10 || digits_value(digits.text, 0, 3) < 101 ||
        digits_value(digits.text, 3, 2) == 0)
        return VERDICT_REJECT;
    uint32_t sum = digits_weighted(digits.text, weights, 9) + digits_value(digits.text, 8, 1) * 5 / 10;
    if ((10 - sum % 10) % 10 != digits_value(digits.text, 9, 1))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* Korean National Police Agency: region 11 … 28, year, serial, and two digits. */
Verdict validate_kr_driving_licence(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 12)
        return VERDICT_REJECT;
    uint32_t region = digits_value(digits.text, 0, 2);
    if (region < 11 || region > 28)
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* Ministry of Internal Affairs and Communications, ordinance 85 of 2014. */
static Verdict jp_my_number_verdict(Bytes value)
{
    static const uint8_t weights[11] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 12 || digits_one_repeated(digits.text, 12))
        return VERDICT_REJECT;
    uint32_t rest = digits_weighted(digits.text, weights, 11) % 11;
    uint32_t check = rest <= 1 ? 0 : 11 - rest;
    if (check != digits_value(digits.text, 11, 1))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_jp_my_number(const Surroundings *surroundings)
{
    return outside_row(surroundings, jp_my_number_verdict(surroundings->value));
}

/* GB 11643-1999: region (GB/T 2260), birth date, serial, ISO 7064 MOD 11-2. */
Verdict validate_cn_resident(Bytes value)
{
    static const uint8_t weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char provinces[] =
        " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91 ";
    char province[5] = " .. ";
    Alnum number;

    if (!alnum_read(value, &number) || number.len != 18 || !digits_all(number.text, 0, 17))
        return VERDICT_REJECT;
    memcpy(province + 1, number.text, 2);
    uint32_t year = digits_value(number.text, 6, 4);
    if (strstr(provinces, province) == NULL || year < 1900 || year > 2100 ||
        !date_is_real(year, digits_value(number.text, 10, 2), digits_value(number.text, 12, 2)))
        return VERDICT_REJECT;
    char check = "10X98765432"[digits_weighted(number.text, weights, 17) % 11];
    return number.text[17] == check ? VERDICT_PROVED : VERDICT_REJECT;
}

static bool th_province_is_known(uint32_t province)
{
    static const uint8_t ends[] = {10, 27, 30, 49, 50, 58, 60, 67, 70, 77, 80, 86, 90, 96};

    for (size_t i = 0; i < sizeof(ends); i += 2)
        if (province >= ends[i] && province <= ends[i + 1])
            return true;
    return false;
}

/* Department of Provincial Administration: kind 1 … 8, province (samples often have none), and a check mod 11. */
static Verdict th_id_verdict(Bytes value)
{
    static const uint8_t weights[12] = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 13 || digits_one_repeated(digits.text, 13))
        return VERDICT_REJECT;
    bool is_known = th_province_is_known(digits_value(digits.text, 1, 2));
    if (digits.text[0] < '1' || digits.text[0] > '8')
        return VERDICT_REJECT;
    uint32_t check = (11 - digits_weighted(digits.text, weights, 12) % 11) % 10;
    if (check != digits_value(digits.text, 12, 1))
        return VERDICT_REJECT;
    if (!is_known)
        return digits.has_separators ? VERDICT_WEAK : VERDICT_LOW;
    return digits.has_separators ? VERDICT_PROVED : VERDICT_WEAK;
}

/* Thirteen digits of no province are something else, unless their name stands beside them. */
Verdict validate_th_id(Bytes value)
{
    Verdict verdict = th_id_verdict(value);

    return verdict == VERDICT_LOW ? VERDICT_REJECT : verdict;
}

/* A number of Korean business, Japan's My Number or a Thai identity number behind its name, by its length: bare ones
 * are believed there. */
Verdict validate_named_asian_number(Bytes value)
{
    Verdict verdict = VERDICT_REJECT;

    switch (mix_of(value).digits) {
    case 10:
        verdict = validate_kr_business(value);
        break;
    case 12:
        verdict = jp_my_number_verdict(value);
        break;
    case 13:
        verdict = th_id_verdict(value);
        break;
    default:
        break;
    }
    return verdict == VERDICT_WEAK || verdict == VERDICT_LOW ? VERDICT_PASS : verdict;
}

/* Immigration Department of Hong Kong: one or two letters, six digits, a check digit or A. */
Verdict validate_hk_id(Bytes value)
{
    Alnum card;
    uint32_t sum = 0;

    if (!alnum_read(value, &card) || (card.len != 8 && card.len != 9))
        return VERDICT_REJECT;
    size_t letters = card.len - 7;
    for (size_t i = 0; i < letters; i++)
        if (!g_ascii_isalpha(card.text[i]))
            return VERDICT_REJECT;
    if (!digits_all(card.text, letters, 6) ||
        (!g_ascii_isdigit(card.text[card.len - 1]) && card.text[card.len - 1] != 'A'))
        return VERDICT_REJECT;
    sum = letters == 1 ? 36 * 9 : 0; /* a blank stands for the letter that is not there */
    for (size_t i = 0; i < card.len; i++) {
        char c = card.text[i];
        uint32_t number = g_ascii_isdigit(c) ? (uint32_t)(c - '0') : (uint32_t)(c - 'A' + 10);
        sum += number * (uint32_t)(card.len - i);
    }
    return sum % 11 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Ministry of the Interior of Taiwan: the letter of the place (as two digits), sex or status, eight digits. Until 2020
 * numbers of foreigners had a letter from A to D in its place, which counts 0 to 3. */
Verdict validate_tw_id(Bytes value)
{
    static const char order[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO"; /* A is 10, B 11 … O 35 */
    static const uint8_t weights[9] = {8, 7, 6, 5, 4, 3, 2, 1, 1};
    Alnum card;

    if (!alnum_read(value, &card) || card.len != 10 || !digits_all(card.text, 2, 8) ||
        strchr("1289ABCD", card.text[1]) == NULL)
        return VERDICT_REJECT;
    bool is_old = g_ascii_isalpha(card.text[1]);
    if (is_old)
        card.text[1] = (char)('0' + card.text[1] - 'A');
    const char *place = strchr(order, card.text[0]);
    if (place == NULL || digits_one_repeated(card.text + 1, 9))
        return VERDICT_REJECT;
    uint32_t letter = (uint32_t)(place - order) + 10;
    uint32_t sum = letter / 10 + letter % 10 * 9 + digits_weighted(card.text + 1, weights, 9);
    if (sum % 10 != 0)
        return VERDICT_REJECT;
    return is_old ? VERDICT_WEAK : VERDICT_PASS;
}

/* Bureau of Internal Revenue of the Philippines: nine digits, of which the last checks the others, and a branch of
 * three (or five). */
Verdict validate_ph_tin(Bytes value)
{
    static const uint8_t weights[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 9 && digits.len != 12 && digits.len != 14))
        return VERDICT_REJECT;
    if (digits_one_repeated(digits.text, 9) ||
        digits_weighted(digits.text, weights, 8) % 11 != digits_value(digits.text, 8, 1))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

/* The kind of body: partnerships, foreign companies, clubs, schools, embassies and so on. */
static bool is_kind_of_uen(const char *letters)
{
    static const char kinds[] = "CCCDCHCLCMCPCSCXDPFBFCFMFNGAGBGSHCHSLLLPMBMCMDMHMMMQNBNRPAPBPFRFRPSMSSTCTUVHXL";

    for (size_t i = 0; i + 1 < sizeof(kinds); i += 2)
        if (strncmp(kinds + i, letters, 2) == 0)
            return true;
    return false;
}

static bool is_other_uen(const Alnum *uen)
{
    return uen->len == 10 && strchr("TSR", uen->text[0]) != NULL && digits_all(uen->text, 1, 2) &&
           is_kind_of_uen(uen->text + 3) && digits_all(uen->text, 5, 4);
}

static char other_uen_letter(const Alnum *uen)
{
    static const uint8_t weights[9] = {4, 3, 5, 3, 10, 2, 2, 5, 7};
    static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
    uint32_t sum = 0;

    for (size_t i = 0; i < 9; i++) {
        const char *place = strchr(alphabet, uen->text[i]);
        sum += place != NULL ? (uint32_t)(place - alphabet) * weights[i] : 0;
    }
    return alphabet[(sum + 11 * 5 - 5) % 11];
}

/* ACRA of Singapore: businesses (8 digits and a letter), local companies (year, 5 digits, letter), others (T, S or R,
 * year, kind, 4 digits, letter). */
Verdict validate_sg_uen(Bytes value)
{
    static const uint8_t business[8] = {10, 4, 9, 3, 8, 2, 7, 1};
    static const uint8_t company[9] = {10, 8, 6, 4, 9, 7, 5, 3, 1};
    Alnum uen;

    if (!alnum_read(value, &uen) || (uen.len != 9 && uen.len != 10))
        return VERDICT_REJECT;
    char last = uen.text[uen.len - 1];
    if (uen.len == 9 && digits_all(uen.text, 0, 8))
        return "XMKECAWLJDB"[digits_weighted(uen.text, business, 8) % 11] == last ? VERDICT_PASS : VERDICT_REJECT;
    if (uen.len == 10 && digits_all(uen.text, 0, 9) && digits_value(uen.text, 0, 4) > 2100)
        return VERDICT_REJECT;
    if (uen.len == 10 && digits_all(uen.text, 0, 9))
        return "ZKCMDNERGWH"[digits_weighted(uen.text, company, 9) % 11] == last ? VERDICT_PASS : VERDICT_REJECT;
    if (!is_other_uen(&uen))
        return VERDICT_REJECT;
    return other_uen_letter(&uen) == last ? VERDICT_PASS : VERDICT_REJECT;
}

/* Goods and Services Tax Network of India: state, PAN, number of the registration, Z, and a check character of base 36.
 * Samples, with digits that count up, rarely have the right one. */
Verdict validate_in_gstin(Bytes value)
{
    static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Alnum gstin;
    uint32_t sum = 0;

    if (!alnum_read(value, &gstin) || gstin.len != 15 || !digits_all(gstin.text, 0, 2) || gstin.text[13] != 'Z')
        return VERDICT_REJECT;
    uint32_t state = digits_value(gstin.text, 0, 2);
    if (state == 0 || (state > 38 && state != 97 && state != 99))
        return VERDICT_REJECT;
    for (size_t i = 0; i < 14; i++) {
        const char *place = strchr(base36, gstin.text[i]);
        uint32_t product = (uint32_t)(place - base36) * (i % 2 == 0 ? 1 : 2);
        sum += product / 36 + product % 36;
    }
    if (base36[(36 - sum % 36) % 36] == gstin.text[14])
        return VERDICT_PROVED;
    return digits_counting(gstin.text + 7, 4) ? VERDICT_LOW : VERDICT_REJECT;
}

/* Australian Business Register: 11 digits, the first less one, mod 89. ASIC: 9 digits, the tens' complement. */
static Verdict au_abn_acn_verdict(Bytes value)
{
    static const uint8_t abn[11] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
    static const uint8_t acn[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    Alnum digits;
    bool is_valid = false;

    if (!digits_read(value, &digits) || digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    if (digits.len == 11 && digits.text[0] != '0')
        is_valid = (digits_weighted(digits.text, abn, 11) - abn[0]) % 89 == 0;
    else if (digits.len == 9)
        is_valid = (10 - digits_weighted(digits.text, acn, 8) % 10) % 10 == digits_value(digits.text, 8, 1);
    if (!is_valid)
        return VERDICT_REJECT;
    return digits.has_separators && digits.len == 11 ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_au_abn_acn(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    /* "83 914 571 672": the end of an ABN that fails its own check. */
    if (before.len > 1 && before.data[before.len - 1] == ' ' && g_ascii_isdigit(before.data[before.len - 2]))
        return VERDICT_REJECT;
    return outside_row(surroundings, au_abn_acn_verdict(surroundings->value));
}

/* Services Australia: eight digits (the first 2 to 6), their check digit, the issue, and perhaps the person's place on
 * the card. */
static Verdict au_medicare_verdict(Bytes value)
{
    static const uint8_t weights[8] = {1, 3, 7, 9, 1, 3, 7, 9};
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 10 && digits.len != 11) || digits.text[0] < '2' ||
        digits.text[0] > '6')
        return VERDICT_REJECT;
    if (digits_weighted(digits.text, weights, 8) % 10 != digits_value(digits.text, 8, 1))
        return VERDICT_REJECT;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_au_medicare(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    if (before.len > 3 && memcmp(before.data + before.len - 4, "CVE-", 4) == 0)
        return VERDICT_REJECT;
    return outside_row(surroundings, au_medicare_verdict(surroundings->value));
}
