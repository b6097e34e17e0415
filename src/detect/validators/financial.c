/* Bank accounts, bank codes, and the number of a mobile telephone. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* The IBAN registry (SWIFT), the territories of France, and the countries of Africa and Iran whose banks use the form
 * without it: country, length, and the shape of what follows the check digits: runs of n digits, a letters, c letters
 * or digits. */
typedef struct IbanCountry {
    char country[3];
    uint8_t length;
    const char *shape;
} IbanCountry;

static const IbanCountry iban_countries[] = {
    {"AD", 24, "8n12c"},
    {"AE", 23, "19n"},
    {"AL", 28, "8n16c"},
    {"AO", 25, "21n"},
    {"AT", 20, "16n"},
    {"AZ", 28, "4a20c"},
    {"BA", 20, "16n"},
    {"BE", 16, "12n"},
    {"BF", 28, "2c22n"},
    {"BG", 22, "4a6n8c"},
    {"BH", 22, "4a14c"},
    {"BI", 27, "23n"},
    {"BJ", 28, "2c22n"},
    {"BL", 27, "10n11c2n"},
    {"BR", 29, "23n1a1c"},
    {"BY", 28, "4c4n16c"},
    {"CF", 27, "23n"},
    {"CG", 27, "23n"},
    {"CH", 21, "5n12c"},
    {"CI", 28, "2c22n"},
    {"CM", 27, "23n"},
    {"CR", 22, "18n"},
    {"CV", 25, "21n"},
    {"CY", 28, "8n16c"},
    {"CZ", 24, "20n"},
    {"DE", 22, "18n"},
    {"DJ", 27, "23n"},
    {"DK", 18, "14n"},
    {"DO", 28, "4c20n"},
    {"DZ", 26, "22n"},
    {"EE", 20, "16n"},
    {"EG", 29, "25n"},
    {"ES", 24, "20n"},
    {"FI", 18, "14n"},
    {"FK", 18, "2a12n"},
    {"FO", 18, "14n"},
    {"FR", 27, "10n11c2n"},
    {"GA", 27, "23n"},
    {"GB", 22, "4a14n"},
    {"GE", 22, "2a16n"},
    {"GF", 27, "10n11c2n"},
    {"GI", 23, "4a15c"},
    {"GL", 18, "14n"},
    {"GP", 27, "10n11c2n"},
    {"GQ", 27, "23n"},
    {"GR", 27, "7n16c"},
    {"GT", 28, "24c"},
    {"GW", 25, "2c19n"},
    {"HN", 28, "4a20n"},
    {"HR", 21, "17n"},
    {"HU", 28, "24n"},
    {"IE", 22, "4a14n"},
    {"IL", 23, "19n"},
    {"IQ", 23, "4a15n"},
    {"IR", 26, "22n"},
    {"IS", 26, "22n"},
    {"IT", 27, "1a10n12c"},
    {"JO", 30, "4a4n18c"},
    {"KM", 27, "23n"},
    {"KW", 30, "4a22c"},
    {"KZ", 20, "3n13c"},
    {"LB", 28, "4n20c"},
    {"LC", 32, "4a24c"},
    {"LI", 21, "5n12c"},
    {"LT", 20, "16n"},
    {"LU", 20, "3n13c"},
    {"LV", 21, "4a13c"},
    {"LY", 25, "21n"},
    {"MA", 28, "24n"},
    {"MC", 27, "10n11c2n"},
    {"MD", 24, "20c"},
    {"ME", 22, "18n"},
    {"MF", 27, "10n11c2n"},
    {"MG", 27, "23n"},
    {"MK", 19, "3n10c2n"},
    {"ML", 28, "2c22n"},
    {"MN", 20, "16n"},
    {"MQ", 27, "10n11c2n"},
    {"MR", 27, "23n"},
    {"MT", 31, "4a5n18c"},
    {"MU", 30, "4a19n3a"},
    {"MZ", 25, "21n"},
    {"NC", 27, "10n11c2n"},
    {"NE", 28, "2c22n"},
    {"NI", 28, "4a20n"},
    {"NL", 18, "4a10n"},
    {"NO", 15, "11n"},
    {"OM", 23, "3n16c"},
    {"PF", 27, "10n11c2n"},
    {"PK", 24, "4a16c"},
    {"PL", 28, "24n"},
    {"PM", 27, "10n11c2n"},
    {"PS", 29, "4a21c"},
    {"PT", 25, "21n"},
    {"QA", 29, "4a21c"},
    {"RE", 27, "10n11c2n"},
    {"RO", 24, "4a16c"},
    {"RS", 22, "18n"},
    {"RU", 33, "14n15c"},
    {"SA", 24, "2n18c"},
    {"SC", 31, "4a20n3a"},
    {"SD", 18, "14n"},
    {"SE", 24, "20n"},
    {"SI", 19, "15n"},
    {"SK", 24, "20n"},
    {"SM", 27, "1a10n12c"},
    {"SN", 28, "2c22n"},
    {"SO", 23, "19n"},
    {"ST", 25, "21n"},
    {"SV", 28, "4a20n"},
    {"TD", 27, "23n"},
    {"TF", 27, "10n11c2n"},
    {"TG", 28, "2c22n"},
    {"TL", 23, "19n"},
    {"TN", 24, "20n"},
    {"TR", 26, "6n16c"},
    {"UA", 29, "6n19c"},
    {"VA", 22, "18n"},
    {"VG", 24, "4a16n"},
    {"WF", 27, "10n11c2n"},
    {"XK", 20, "16n"},
    {"YE", 30, "4a4n18c"},
    {"YT", 27, "10n11c2n"},
};

static bool iban_shape_fits(const char *text, const char *shape)
{
    while (*shape != '\0') {
        guint64 count = g_ascii_strtoull(shape, (char **)&shape, 10);
        char class = *shape++;
        for (; count > 0; count--, text++)
            if ((class == 'n' && !g_ascii_isdigit(*text)) || (class == 'a' && !g_ascii_isupper(*text)))
                return false;
    }
    return true;
}

/* ISO/IEC 7064 MOD 97-10 over the number turned by four characters, letters as 10 … 35. */
static bool iban_check_is_valid(const Alnum *iban)
{
    uint32_t rest = 0;

    for (size_t i = 0; i < iban->len; i++) {
        char c = iban->text[(i + 4) % iban->len];
        rest = g_ascii_isdigit(c) ? rest * 10 + (uint32_t)(c - '0') : rest * 100 + (uint32_t)(c - 'A' + 10);
        rest %= 97;
    }
    return rest == 1;
}

Verdict validate_iban(Bytes value)
{
    Alnum iban;

    if (!alnum_read(value, &iban) || iban.len < 15)
        return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(iban_countries); i++) {
        const IbanCountry *known = &iban_countries[i];
        if (strncmp(iban.text, known->country, 2) != 0)
            continue;
        if (iban.len != known->length || !iban_shape_fits(iban.text + 4, known->shape))
            return VERDICT_REJECT;
        return iban_check_is_valid(&iban) ? VERDICT_PROVED : VERDICT_REJECT;
    }
    return VERDICT_REJECT;
}

/* American Bankers Association: Federal Reserve prefixes, and weights 3-7-1. */
Verdict validate_aba(Bytes value)
{
    static const uint8_t weights[9] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 9 || digits_one_repeated(digits.text, 9))
        return VERDICT_REJECT;
    uint32_t prefix = digits_value(digits.text, 0, 2);
    bool is_prefix = prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix == 80;
    return is_prefix && digits_weighted(digits.text, weights, 9) % 10 == 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* "SWIFT DOCUMENT", "BIC TOGETHER": a word whose fifth and sixth letter happen to be of a country. Towns do not end
 * like English words, and banks' letters have few vowels. */
static bool is_english_word(const Alnum *bic)
{
    static const char endings[] = "ED ER RS TS NT NG AL LY ES ON TY TE LE CE GE IC OR AR NS SE VE EN DS CT CY NE RE ";
    size_t vowels = 0;

    if (bic->text[bic->len - 3] == 'X')
        return false;
    for (size_t i = 0; i < bic->len; i++) {
        if (!g_ascii_isupper(bic->text[i]))
            return false;
        vowels += strchr("AEIOUY", bic->text[i]) != NULL ? 1 : 0;
    }
    if (vowels < 3)
        return false;
    for (const char *ending = endings; *ending != '\0'; ending += 3)
        if (memcmp(ending, bic->text + bic->len - 2, 2) == 0)
            return true;
    return false;
}

/* ISO 9362: bank (4 letters), country, place (no O at its end, no 0 at its start …), branch. A word of eight or eleven
 * letters that happens to hold a country's letters is a word: with no digit in it a keyword must stand beside it. */
Verdict validate_bic(Bytes value)
{
    Alnum bic;

    if (!alnum_read(value, &bic) || (bic.len != 8 && bic.len != 11) || bic.has_separators)
        return VERDICT_REJECT;
    for (size_t i = 0; i < 6; i++)
        if (!g_ascii_isupper(bic.text[i]))
            return VERDICT_REJECT;
    if (!country_is_known(bic.text + 4) && strncmp(bic.text + 4, "XK", 2) != 0)
        return VERDICT_REJECT;
    return bic.text[6] == '0' || bic.text[7] == 'O' || is_english_word(&bic) ? VERDICT_REJECT : VERDICT_WEAK;
}

/* No check digit is public: only what is surely something else is refused. */
Verdict validate_bank_account(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len < 8 || digits.len > 17)
        return VERDICT_REJECT;
    if (digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    if (digits.len == 8 && digits_value(digits.text, 0, 4) >= 1900 && digits_value(digits.text, 0, 4) <= 2100 &&
        date_is_real(digits_value(digits.text, 0, 4), digits_value(digits.text, 4, 2), digits_value(digits.text, 6, 2)))
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* 3GPP TS 23.003: 15 digits with a Luhn check; the first two name the body that allotted it (GSMA). */
Verdict validate_imei(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len != 15 || digits_one_repeated(digits.text, 14))
        return VERDICT_REJECT;
    return luhn_is_valid(digits.text, 15) ? VERDICT_PASS : VERDICT_REJECT;
}
