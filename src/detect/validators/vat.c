/* Value-added tax identification numbers of the European Union, Northern Ireland, Norway, Switzerland and the United
 * Kingdom. Lengths are those of the European Commission's VIES; checks as the states publish them. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* A check over the body (without the country). */
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
    uint32_t number = digits_value(body, 0, len - 2); /* of older numbers the first zero is left out */
    return number > 0 && 97 - number % 97 == digits_value(body, len - 2, 2);
}

/* Natural persons by the number of their birth (EGN) or of foreigners, others by a check of their own. */
static bool check_bg_ten(const char *body)
{
    static const uint8_t citizens[9] = {2, 4, 8, 5, 10, 9, 7, 3, 6};
    static const uint8_t foreigners[9] = {21, 19, 17, 13, 11, 9, 7, 3, 1};
    static const uint8_t others[9] = {4, 3, 2, 7, 6, 5, 4, 3, 2};
    uint32_t check = digits_value(body, 9, 1), month = digits_value(body, 2, 2);
    bool is_birth = date_is_real(2000 + digits_value(body, 0, 2) % 100, month % 20, digits_value(body, 4, 2));

    return (is_birth && month <= 52 && digits_weighted(body, citizens, 9) % 11 % 10 == check) ||
           digits_weighted(body, foreigners, 9) % 10 == check ||
           (11 - digits_weighted(body, others, 9) % 11) % 11 == check;
}

static bool check_bg(const char *body, size_t len)
{
    static const uint8_t first[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t second[8] = {3, 4, 5, 6, 7, 8, 9, 10};

    if (len == 10)
        return check_bg_ten(body);
    uint32_t rest = digits_weighted(body, first, 8) % 11;
    if (rest == 10)
        rest = digits_weighted(body, second, 8) % 11;
    return rest % 10 == digits_value(body, 8, 1);
}

static bool check_cy(const char *body, size_t len)
{
    static const uint8_t odd[10] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < len; i++)
        sum += i % 2 == 0 ? odd[body[i] - '0'] : (uint32_t)(body[i] - '0');
    return strncmp(body, "12", 2) != 0 && body[len - 1] == (char)('A' + sum % 26);
}

/* A number of birth: women have 50 more in the month, and where the day's numbers ran out there are 20 more. Nine
 * digits until 1953, without a check. */
static bool check_cz_birth(const char *body, size_t len)
{
    uint32_t year = digits_value(body, 0, 2), month = digits_value(body, 2, 2) % 50;
    uint32_t rest = digits_value(body, 0, 9) % 11;
    bool is_late = len == 10 && (year < 54 || year >= 85);

    if (month > 20)
        month -= 20;
    if (!date_is_real((len == 9 || year >= 54 ? 1900 : 2000) + year, month, digits_value(body, 4, 2)))
        return false;
    return len == 9 ? year < 54 : (is_late ? rest : rest % 10) == digits_value(body, 9, 1);
}

static bool check_cz(const char *body, size_t len)
{
    static const uint8_t weights[7] = {8, 7, 6, 5, 4, 3, 2};
    uint32_t last = digits_value(body, len - 1, 1);

    if (len == 9 && body[0] == '6')
        return (18 - (10 - digits_weighted(body + 1, weights, 7) % 11) % 11) % 10 == last;
    if (len != 8)
        return check_cz_birth(body, len);
    uint32_t check = (11 - digits_weighted(body, weights, 7) % 11) % 11;
    return body[0] != '9' && (check == 0 ? 1 : check % 10) == last;
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
    return body[0] != '0' && digits_weighted(body, weights, len) % 11 == 0;
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

/* The key is a remainder by 97; once there were too few of them, two characters of which one is a letter took over:
 * their rank is what is left of the number by 11, twice. */
static bool check_fr(const char *body, size_t len)
{
    static const char ranks[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint32_t siren = digits_value(body, 2, 9);
    const char *first = strchr(ranks, body[0]), *second = strchr(ranks, body[1]);

    (void)len;
    if (first == NULL || second == NULL || (!luhn_is_valid(body + 2, 9) && strncmp(body + 2, "000", 3) != 0))
        return false;
    if (digits_all(body, 0, 2))
        return (12 + 3 * (siren % 97)) % 97 == digits_value(body, 0, 2);
    bool is_digit_first = g_ascii_isdigit(body[0]);
    uint32_t key = (uint32_t)(first - ranks) * (is_digit_first ? 24 : 34) + (uint32_t)(second - ranks);
    key -= is_digit_first ? 10 : 100;
    return (siren + 1 + key / 11) % 11 == key % 11;
}

static bool check_hu(const char *body, size_t len)
{
    static const uint8_t weights[8] = {9, 7, 3, 1, 9, 7, 3, 1};
    return digits_weighted(body, weights, len) % 10 == 0;
}

static bool check_it(const char *body, size_t len)
{
    return validate_partita_iva((Bytes){(const uint8_t *)body, len}) != VERDICT_REJECT;
}

/* Organisations have nine digits, others twelve; the last but one is 1. */
static bool check_lt(const char *body, size_t len)
{
    uint32_t first = 0, second = 0;

    for (size_t i = 0; i + 1 < len; i++) {
        first += (uint32_t)(body[i] - '0') * (1 + (uint32_t)i % 9);
        second += (uint32_t)(body[i] - '0') * (1 + (uint32_t)(i + 2) % 9);
    }
    uint32_t check = first % 11 == 10 ? second % 11 % 10 : first % 11;
    return body[len - 2] == '1' && check == digits_value(body, len - 1, 1);
}

/* Organisations begin with 4 or more, persons with the day of their birth or, since 2017, with 32 and chance. */
static bool check_lv(const char *body, size_t len)
{
    static const uint8_t organisations[11] = {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1};
    static const uint8_t persons[10] = {10, 5, 8, 4, 2, 1, 6, 3, 7, 9};

    if (body[0] > '3')
        return digits_weighted(body, organisations, len) % 11 == 3;
    if (strncmp(body, "32", 2) == 0)
        return true;
    uint32_t year = 1800 + 100 * digits_value(body, 6, 1) + digits_value(body, 4, 2);
    return date_is_real(year, digits_value(body, 2, 2), digits_value(body, 0, 2)) &&
           (1 + digits_weighted(body, persons, 10)) % 11 % 10 == digits_value(body, 10, 1);
}

/* Ten digits of an organisation or person, and 01. */
static bool check_se(const char *body, size_t len)
{
    (void)len;
    return luhn_is_valid(body, 10) && digits_value(body, 10, 2) == 1;
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

    if (body[10] == '0' && body[11] == '0')
        return false;
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
    return body[0] != '0' && (check > 9 ? 0 : check) == (uint32_t)(body[len - 1] - '0');
}

static bool check_ro(const char *body, size_t len)
{
    static const uint8_t weights[9] = {7, 5, 3, 2, 1, 7, 5, 3, 2};
    static const uint8_t persons[12] = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
    uint32_t last = digits_value(body, len - 1, 1);

    if (len == 13) {
        uint32_t rest = digits_weighted(body, persons, 12) % 11;
        bool is_birth =
            date_is_real(2000 + digits_value(body, 1, 2), digits_value(body, 3, 2), digits_value(body, 5, 2));
        return body[0] != '0' && is_birth && (rest == 10 ? 1 : rest) == last;
    }
    return body[0] != '0' && digits_weighted(body, weights + (10 - len), len - 1) * 10 % 11 % 10 == last;
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
    bool is_organisation = body[0] != '0' && strchr("234789", body[2]) != NULL && number % 11 == 0;
    return is_organisation || check_cz_birth(body, len);
}

/* Two schemes, mod 97 from 1973 and with 55 added from 2010. Departments have GD and less than 500, health authorities
 * HA and 500 or more. */
static bool check_gb(const char *body, size_t len)
{
    static const uint8_t weights[7] = {8, 7, 6, 5, 4, 3, 2};

    if (len == 5)
        return strncmp(body, body[2] < '5' ? "GD" : "HA", 2) == 0;
    uint32_t rest = (digits_weighted(body, weights, 7) + digits_value(body, 7, 2)) % 97;
    return rest == 0 || ((rest == 42 || rest == 55) && body[0] != '0');
}

static bool check_es(const char *body, size_t len)
{
    return validate_es_nif((Bytes){(const uint8_t *)body, len}) != VERDICT_REJECT;
}

/* Until 2012 the second character could be a letter: the first one counts last then. */
static bool check_ie(const char *body, size_t len)
{
    char modern[9] = {'0'};

    if (g_ascii_isdigit(body[1]) || len != 8)
        return validate_ie_pps((Bytes){(const uint8_t *)body, len}) != VERDICT_REJECT;
    memcpy(modern + 1, body + 2, 5);
    modern[6] = body[0];
    modern[7] = body[7];
    return validate_ie_pps((Bytes){(const uint8_t *)modern, 8}) != VERDICT_REJECT;
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
    {"BE", 1U << 9 | 1U << 10, NULL, check_be},
    {"BG", 1U << 9 | 1U << 10, NULL, check_bg},
    {"CY", 0, "nnnnnnnna", check_cy},
    {"CZ", 1U << 8 | 1U << 9 | 1U << 10, NULL, check_cz},
    {"DE", 1U << 9, NULL, check_de},
    {"DK", 1U << 8, NULL, check_dk},
    {"EE", 1U << 9, NULL, check_ee},
    {"EL", 1U << 9, NULL, check_el},
    {"ES", 0, "cnnnnnnnc", check_es},
    {"FI", 1U << 8, NULL, check_fi},
    {"FR", 0, "ccnnnnnnnnn", check_fr},
    {"GB", 1U << 9 | 1U << 12, NULL, check_gb},
    {"GB", 0, "aannn", check_gb},
    {"GR", 1U << 9, NULL, check_el},
    {"HR", 1U << 11, NULL, check_hr},
    {"HU", 1U << 8, NULL, check_hu},
    {"IE", 0, "nnnnnnna", check_ie},
    {"IE", 0, "nnnnnnnaa", check_ie},
    {"IE", 0, "nannnnna", check_ie},
    {"IT", 1U << 11, NULL, check_it},
    {"LT", 1U << 9 | 1U << 12, NULL, check_lt},
    {"LU", 1U << 8, NULL, check_lu},
    {"LV", 1U << 11, NULL, check_lv},
    {"MT", 1U << 8, NULL, check_mt},
    {"NL", 0, "nnnnnnnnnann", check_nl},
    {"PL", 1U << 10, NULL, check_pl},
    {"PT", 1U << 9, NULL, check_pt},
    {"RO", 1U << 6 | 1U << 7 | 1U << 8 | 1U << 9 | 1U << 10 | 1U << 13, NULL, check_ro},
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

/* "DE123456789", "NL123456789B01". */
static bool is_sample(const char *body, size_t len)
{
    enum { SAMPLE_MIN = 7 };
    size_t from = 0;

    while (from < len && !g_ascii_isdigit(body[from]))
        from++;
    size_t to = from;
    while (to < len && g_ascii_isdigit(body[to]))
        to++;
    return to - from >= SAMPLE_MIN && digits_counting(body + from, to - from);
}

Verdict validate_eu_vat(Bytes value)
{
    Alnum vat;
    bool is_shaped = false;

    if (!alnum_read(value, &vat) || vat.len < 7)
        return VERDICT_REJECT;
    const char *body = vat.text + 2;
    size_t len = vat.len - 2;
    if (digits_all(body, 0, len) && digits_one_repeated(body, len))
        return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(vat_states); i++) {
        const VatState *state = &vat_states[i];
        if (strncmp(vat.text, state->country, 2) != 0 || !body_fits(state, body, len))
            continue;
        if (state->check(body, len))
            return VERDICT_PASS;
        is_shaped = true;
    }
    return is_shaped && is_sample(body, len) ? VERDICT_LOW : VERDICT_REJECT;
}
