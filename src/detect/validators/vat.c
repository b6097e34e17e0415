/* Value-added tax identification numbers of the European Union, Northern Ireland, Norway, Switzerland and the United
 * Kingdom. Lengths are those of the European Commission's VIES; checks as the states publish them. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* A check over the body (without the country); a state without a published one has NULL. */
typedef bool (*BodyCheck)(const char *body, size_t len);

static uint32_t sum_of_digits(uint32_t number)
{
    return number / 10 + number % 10;
}

static bool check_at(const char *body, size_t len)
{
    uint32_t sum = 0;

    if (body[0] != 'U' || len != 9)
        return false;
    for (size_t i = 1; i < 8; i++)
        sum += sum_of_digits((uint32_t)(body[i] - '0') * (i % 2 == 0 ? 2 : 1));
    return (96 - sum) % 10 == (uint32_t)(body[8] - '0');
}

static bool check_be(const char *body, size_t len)
{
    (void)len;
    return 97 - digits_value(body, 0, 8) % 97 == digits_value(body, 8, 2);
}

static bool check_de(const char *body, size_t len)
{
    return body[0] != '0' && iso7064_mod_11_10_is_valid(body, len);
}

static bool check_hr(const char *body, size_t len)
{
    return iso7064_mod_11_10_is_valid(body, len);
}

static bool check_dk(const char *body, size_t len)
{
    static const uint8_t weights[8] = {2, 7, 6, 5, 4, 3, 2, 1};
    return digits_weighted(body, weights, len) % 11 == 0;
}

static bool check_el(const char *body, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < 8; i++)
        sum += (uint32_t)(body[i] - '0') << (8 - i);
    return sum % 11 % 10 == (uint32_t)(body[len - 1] - '0');
}

static bool check_ee(const char *body, size_t len)
{
    static const uint8_t weights[9] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    return digits_weighted(body, weights, len) % 10 == 0;
}

static bool check_fi(const char *body, size_t len)
{
    static const uint8_t weights[8] = {7, 9, 10, 5, 8, 4, 2, 1};
    return digits_weighted(body, weights, len) % 11 == 0;
}

static bool check_fr(const char *body, size_t len)
{
    (void)len;
    if (!g_ascii_isdigit(body[0]) || !g_ascii_isdigit(body[1]))
        return luhn_is_valid(body + 2, 9) || strncmp(body + 2, "000", 3) == 0;
    uint32_t siren = digits_value(body, 2, 9);
    return (12 + 3 * (siren % 97)) % 97 == digits_value(body, 0, 2);
}

static bool check_hu(const char *body, size_t len)
{
    static const uint8_t weights[8] = {9, 7, 3, 1, 9, 7, 3, 1};
    return digits_weighted(body, weights, len) % 10 == 0;
}

static bool check_luhn(const char *body, size_t len)
{
    return luhn_is_valid(body, len);
}

static bool check_se(const char *body, size_t len)
{
    (void)len;
    return luhn_is_valid(body, 10) && digits_value(body, 10, 2) >= 1;
}

static bool check_lu(const char *body, size_t len)
{
    (void)len;
    return digits_value(body, 0, 6) % 89 == digits_value(body, 6, 2);
}

static bool check_mt(const char *body, size_t len)
{
    static const uint8_t weights[8] = {3, 4, 6, 7, 8, 9, 10, 1};
    return digits_weighted(body, weights, len) % 37 == 0;
}

/* Until 2019 the eleven test, since then ISO 7064 MOD 97-10 over "NL" and the whole. */
static bool check_nl(const char *body, size_t len)
{
    static const uint8_t weights[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    uint32_t rest = 2321 % 97; /* N is 23, L is 21 */

    if (digits_weighted(body, weights, 8) % 11 == (uint32_t)(body[8] - '0'))
        return true;
    for (size_t i = 0; i < len; i++)
        rest = body[i] == 'B' ? (rest * 100 + 11) % 97 : (rest * 10 + (uint32_t)(body[i] - '0')) % 97;
    return rest == 1;
}

static bool check_pl(const char *body, size_t len)
{
    static const uint8_t weights[9] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
    return digits_weighted(body, weights, 9) % 11 == (uint32_t)(body[len - 1] - '0');
}

static bool check_pt(const char *body, size_t len)
{
    static const uint8_t weights[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    uint32_t check = 11 - digits_weighted(body, weights, 8) % 11;
    return (check > 9 ? 0 : check) == (uint32_t)(body[len - 1] - '0');
}

static bool check_ro(const char *body, size_t len)
{
    static const uint8_t weights[9] = {7, 5, 3, 2, 1, 7, 5, 3, 2};
    uint32_t sum = digits_weighted(body, weights + (10 - len), len - 1);
    return sum * 10 % 11 % 10 == (uint32_t)(body[len - 1] - '0');
}

static bool check_si(const char *body, size_t len)
{
    static const uint8_t weights[7] = {8, 7, 6, 5, 4, 3, 2};
    uint32_t check = 11 - digits_weighted(body, weights, 7) % 11;
    return body[0] != '0' && (check == 10 ? 0 : check) == (uint32_t)(body[len - 1] - '0');
}

static bool check_sk(const char *body, size_t len)
{
    uint64_t number = g_ascii_strtoull(body, NULL, 10);
    (void)len;
    return number % 11 == 0;
}

/* Two schemes, mod 97 from 1973 and with 55 added from 2010. */
static bool check_gb(const char *body, size_t len)
{
    static const uint8_t weights[7] = {8, 7, 6, 5, 4, 3, 2};
    uint32_t sum = digits_weighted(body, weights, 7) + digits_value(body, 7, 2);
    (void)len;
    return sum % 97 == 0 || sum % 97 == 42 || sum % 97 == 55;
}

static bool check_es(const char *body, size_t len)
{
    return validate_es_nif((Bytes){(const uint8_t *)body, len}) != VERDICT_REJECT;
}

static bool check_ie(const char *body, size_t len)
{
    return validate_ie_pps((Bytes){(const uint8_t *)body, len}) != VERDICT_REJECT;
}

/* digits: lengths (bit n) of a body of digits alone; others have a shape of their own. */
typedef struct VatState {
    char country[3];
    uint32_t digits;
    const char *shape; /* n digit, a letter, c either; NULL: digits */
    BodyCheck check;
} VatState;

static const VatState vat_states[] = {
    {"AT", 0, "annnnnnnn", check_at},
    {"BE", 1U << 10, NULL, check_be},
    {"BG", 1U << 9 | 1U << 10, NULL, NULL},
    {"CY", 0, "nnnnnnnna", NULL},
    {"CZ", 1U << 8 | 1U << 9 | 1U << 10, NULL, NULL},
    {"DE", 1U << 9, NULL, check_de},
    {"DK", 1U << 8, NULL, check_dk},
    {"EE", 1U << 9, NULL, check_ee},
    {"EL", 1U << 9, NULL, check_el},
    {"ES", 0, "cnnnnnnnc", check_es},
    {"FI", 1U << 8, NULL, check_fi},
    {"FR", 0, "ccnnnnnnnnn", check_fr},
    {"GB", 1U << 9 | 1U << 12, NULL, check_gb},
    {"GR", 1U << 9, NULL, check_el},
    {"HR", 1U << 11, NULL, check_hr},
    {"HU", 1U << 8, NULL, check_hu},
    {"IE", 0, "nnnnnnna", check_ie},
    {"IE", 0, "nnnnnnnaa", check_ie},
    {"IT", 1U << 11, NULL, check_luhn},
    {"LT", 1U << 9 | 1U << 12, NULL, NULL},
    {"LU", 1U << 8, NULL, check_lu},
    {"LV", 1U << 11, NULL, NULL},
    {"MT", 1U << 8, NULL, check_mt},
    {"NL", 0, "nnnnnnnnnann", check_nl},
    {"PL", 1U << 10, NULL, check_pl},
    {"PT", 1U << 9, NULL, check_pt},
    {"RO", 1U << 6 | 1U << 7 | 1U << 8 | 1U << 9 | 1U << 10, NULL, check_ro},
    {"SE", 1U << 12, NULL, check_se},
    {"SI", 1U << 8, NULL, check_si},
    {"SK", 1U << 10, NULL, check_sk},
    {"XI", 1U << 9 | 1U << 12, NULL, check_gb},
};

static bool shape_fits(const char *body, size_t len, const char *shape)
{
    if (strlen(shape) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((shape[i] == 'n' && !g_ascii_isdigit(body[i])) || (shape[i] == 'a' && !g_ascii_isalpha(body[i])))
            return false;
    return true;
}

static bool body_fits(const VatState *state, const char *body, size_t len)
{
    if (state->shape != NULL)
        return shape_fits(body, len, state->shape);
    return len < 32 && (state->digits >> len & 1) != 0 && digits_all(body, 0, len);
}

/* A wrong check only weakens: examples in documents and test data rarely have a right one. */
Verdict validate_eu_vat(Bytes value)
{
    Alnum vat;

    if (!alnum_read(value, &vat) || vat.len < 8)
        return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(vat_states); i++) {
        const VatState *state = &vat_states[i];
        const char *body = vat.text + 2;
        size_t len = vat.len - 2;
        if (strncmp(vat.text, state->country, 2) != 0 || !body_fits(state, body, len))
            continue;
        if (digits_all(body, 0, len) && digits_one_repeated(body, len))
            return VERDICT_REJECT;
        if (state->check == NULL)
            return VERDICT_WEAK;
        return state->check(body, len) ? VERDICT_PASS : VERDICT_LOW;
    }
    return VERDICT_REJECT;
}
