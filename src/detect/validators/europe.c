/* Identity and tax numbers of continental Europe. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* Bundeszentralamt für Steuern: of the first ten digits exactly one occurs twice or three times, the others at most
 * once. */
static bool de_tax_id_repeats_rightly(const char *digits)
{
    uint8_t counts[10] = {0};
    size_t repeated = 0;

    for (size_t i = 0; i < 10; i++)
        counts[digits[i] - '0']++;
    for (size_t i = 0; i < 10; i++) {
        if (counts[i] > 3)
            return false;
        repeated += counts[i] >= 2 ? 1 : 0;
    }
    return repeated == 1;
}

static bool has_three_in_a_row(const char *digits, size_t len)
{
    for (size_t i = 0; i + 2 < len; i++)
        if (digits_one_repeated(digits + i, 3))
            return true;
    return false;
}

/* Three of a digit in a row are not issued; samples count up and so repeat nothing. */
static Verdict de_tax_id_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits.text[0] == '0' ||
        !iso7064_mod_11_10_is_valid(digits.text, 11))
        return VERDICT_REJECT;
    if (!de_tax_id_repeats_rightly(digits.text))
        return digits_counting(digits.text, 10) ? VERDICT_LOW : VERDICT_REJECT;
    if (has_three_in_a_row(digits.text, 10))
        return VERDICT_LOW;
    return digits.has_separators ? VERDICT_PASS : VERDICT_WEAK;
}

Verdict validate_de_tax_id(const Surroundings *surroundings)
{
    return outside_row(surroundings, de_tax_id_verdict(surroundings->value));
}

/* Ministerio del Interior: number mod 23 chooses the letter; X, Y and Z of a foreigner count as 0, 1, 2. */
static Verdict es_dni_verdict(const char *digits, uint32_t first, char letter)
{
    uint32_t number = first * 10000000 + digits_value(digits, 0, 7);

    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == letter ? VERDICT_PASS : VERDICT_REJECT;
}

/* Agencia Tributaria: organisations have a control digit or letter; by their kind, it should be the one or the other.
 * Two digits for the province come first; 00 is only for those abroad. */
static Verdict es_cif_verdict(const char *cif)
{
    uint32_t sum = 0;

    if (strchr("ABCDEFGHJNPQRSUVW", cif[0]) == NULL || (digits_value(cif, 1, 2) == 0 && cif[0] != 'N'))
        return VERDICT_REJECT;
    for (size_t i = 1; i <= 7; i++) {
        uint32_t digit = (uint32_t)(cif[i] - '0');
        sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
    }
    uint32_t control = (10 - sum % 10) % 10;
    bool is_digit = cif[8] == (char)('0' + control), is_letter = cif[8] == "JABCDEFGHI"[control];
    if (!is_digit && !is_letter)
        return VERDICT_REJECT;
    bool is_of_its_kind = strchr(is_digit ? "PQRSNW" : "ABEH", cif[0]) == NULL;
    return is_of_its_kind ? VERDICT_PASS : VERDICT_WEAK;
}

/* K, L and M are for children, Spaniards abroad and foreigners who have no other number. */
static bool is_special_nif(char first)
{
    return first >= 'K' && first <= 'M';
}

Verdict validate_es_nif(Bytes value)
{
    Alnum nif;

    if (!alnum_read(value, &nif) || nif.len != 9 || !digits_all(nif.text, 1, 7))
        return VERDICT_REJECT;
    char first = nif.text[0];
    if (strcmp(nif.text, "00000000T") == 0)
        return VERDICT_SAMPLE; /* what programs for Spain are tested with */
    if (digits_one_repeated(nif.text + 1, 7) && (digits_value(nif.text, 1, 7) == 0 || !g_ascii_isdigit(first)))
        return VERDICT_REJECT;
    if (g_ascii_isdigit(first))
        return es_dni_verdict(nif.text + 1, (uint32_t)(first - '0'), nif.text[8]);
    if ((first >= 'X' && first <= 'Z') || is_special_nif(first))
        return es_dni_verdict(nif.text + 1, is_special_nif(first) ? 0 : (uint32_t)(first - 'X'), nif.text[8]);
    return es_cif_verdict(nif.text);
}

/* Omocodia: where two people would share a code, digits from the right become letters. */
static bool codice_fiscale_digit(char c, uint32_t *ret_digit)
{
    static const char letters[] = "LMNPQRSTUV";
    const char *place = g_ascii_isdigit(c) ? NULL : strchr(letters, c);

    if (!g_ascii_isdigit(c) && place == NULL)
        return false;
    *ret_digit = place != NULL ? (uint32_t)(place - letters) : (uint32_t)(c - '0');
    return true;
}

/* Decreto ministeriale 23.12.1976: odd places count by this table, even ones by their rank. */
static char codice_fiscale_check(const char *code)
{
    static const uint8_t odd[26] = {
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    uint32_t sum = 0;

    for (size_t i = 0; i < 15; i++) {
        uint32_t rank = g_ascii_isdigit(code[i]) ? (uint32_t)(code[i] - '0') : (uint32_t)(code[i] - 'A');
        sum += i % 2 == 0 ? odd[rank] : rank;
    }
    return (char)('A' + sum % 26);
}

/* Six letters of the name, year, a letter for the month, day (40 more for women), the place, the check letter. A name
 * of one letter six times is that of a sample, whose check nobody works out. */
Verdict validate_codice_fiscale(Bytes value)
{
    static const uint8_t numeric[] = {6, 7, 9, 10, 12, 13, 14};
    uint32_t digits[G_N_ELEMENTS(numeric)];
    Alnum code;

    if (!alnum_read(value, &code) || code.len != 16)
        return VERDICT_REJECT;
    for (size_t i = 0; i < 6; i++)
        if (!g_ascii_isalpha(code.text[i]))
            return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(numeric); i++)
        if (!codice_fiscale_digit(code.text[numeric[i]], &digits[i]))
            return VERDICT_REJECT;
    const char *months = "ABCDEHLMPRST";
    const char *month = strchr(months, code.text[8]);
    uint32_t day = (digits[2] * 10 + digits[3]) % 40;
    /* A leap year: the century is not known. */
    if (month == NULL || !date_is_real(2000, (uint32_t)(month - months) + 1, day) || digits[2] >= 8)
        return VERDICT_REJECT;
    if (codice_fiscale_check(code.text) == code.text[15])
        return VERDICT_PROVED;
    return digits_one_repeated(code.text, 6) ? VERDICT_LOW : VERDICT_REJECT;
}

/* Corsica's departments 2A and 2B become 20 in the text; what is to be taken off the number instead. */
static uint64_t nir_fold_corsica(Alnum *nir)
{
    if (nir->text[5] != '2' || (nir->text[6] != 'A' && nir->text[6] != 'B'))
        return 0;
    uint64_t corsica = nir->text[6] == 'A' ? 1000000 : 2000000;
    nir->text[6] = '0';
    return corsica;
}

static bool nir_month_is_valid(uint32_t month)
{
    return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
}

/* Sexes 1 and 2, a month of the calendar, a department of today (99 is abroad), and not a handful of digits over and
 * over: what almost all numbers have. The others, for those born far away or not yet registered, are more often chance.
 */
static bool nir_is_usual(const Alnum *nir)
{
    enum { DIFFERENT_MIN = 6 };
    const Bytes digits = {(const uint8_t *)nir->text, nir->len};
    uint32_t month = digits_value(nir->text, 3, 2), department = digits_value(nir->text, 5, 2);

    return strchr("12", nir->text[0]) != NULL && month >= 1 && month <= 12 && department >= 1 && department != 96 &&
           distinct_count(digits) >= DIFFERENT_MIN;
}

/* INSEE: sex, year, month, department (2A and 2B are Corsica's), place, rank, and the key 97 - n mod 97. */
Verdict validate_nir(Bytes value)
{
    Alnum nir;
    uint64_t number = 0;

    if (!alnum_read(value, &nir) || nir.len != 15)
        return VERDICT_REJECT;
    uint64_t corsica = nir_fold_corsica(&nir);
    if (!digits_all(nir.text, 0, 15) || strchr("123478", nir.text[0]) == NULL)
        return VERDICT_REJECT;
    if (!nir_month_is_valid(digits_value(nir.text, 3, 2)))
        return VERDICT_REJECT;
    for (size_t i = 0; i < 13; i++)
        number = number * 10 + (uint64_t)(nir.text[i] - '0');
    if (97 - (number - corsica) % 97 != digits_value(nir.text, 13, 2))
        return VERDICT_REJECT;
    if (nir.has_separators)
        return VERDICT_PROVED;
    return nir_is_usual(&nir) ? VERDICT_PASS : VERDICT_WEAK;
}

/* Rijksdienst voor Identiteitsgegevens: the eleven test, the last digit counting -1. */
Verdict validate_bsn(Bytes value)
{
    static const uint8_t weights[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len < 8 || digits.len > 9 ||
        digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    /* What was taken for a number has lost its leading 0. */
    uint32_t last = digits_value(digits.text, digits.len - 1, 1);
    uint32_t sum = digits_weighted(digits.text, weights + (9 - digits.len), digits.len - 1) + 11 - last;
    return sum % 11 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Poland: the century is added to the month (80 for 18xx, 0, 20, 40, 60 for 22xx); weights 1 3 7 9. */
Verdict validate_pesel(Bytes value)
{
    static const uint8_t weights[11] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    static const uint16_t centuries[5] = {1900, 2000, 2100, 2200, 1800};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 11 || digits_one_repeated(digits.text, 11))
        return VERDICT_REJECT;
    uint32_t month = digits_value(digits.text, 2, 2);
    uint32_t year = centuries[month / 20] + digits_value(digits.text, 0, 2);
    if (!date_is_real(year, month % 20, digits_value(digits.text, 4, 2)))
        return VERDICT_REJECT;
    return digits_weighted(digits.text, weights, 11) % 10 == 0 ? VERDICT_WEAK : VERDICT_REJECT;
}

/* "V19800101", "20000101Z": a day, as times of certificates begin. */
static bool is_day_of_calendar(Bytes value)
{
    const char *digits = (const char *)value.data + (value.len > 0 && g_ascii_isalpha(value.data[0]) ? 1 : 0);

    if (value.len != 9 || !digits_all(digits, 0, 8))
        return false;
    uint32_t year = digits_value(digits, 0, 4);
    return year >= 1900 && year < 2100 && date_is_real(year, digits_value(digits, 4, 2), digits_value(digits, 6, 2));
}

/* A DNI is often written without its first zero. "O-1234567-L" is none. */
Verdict validate_es_nif_loose(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;
    uint8_t padded[16] = {'0'};

    if (value.len < 8 || value.len > 9 || !g_ascii_isdigit(value.data[0]) || mix_of(value).digits != 7) {
        Verdict verdict = outside_name(surroundings, validate_es_nif(value));
        return is_day_of_calendar(value) ? MIN(verdict, VERDICT_WEAK) : verdict;
    }
    if (before.len > 1 && is_one_of(before.data[before.len - 1], "-./") && g_ascii_isalnum(before.data[before.len - 2]))
        return VERDICT_REJECT;
    memcpy(padded + 1, value.data, value.len);
    return validate_es_nif((Bytes){padded, value.len + 1});
}
