/* Second factors: seeds of one-time passwords, and the codes that stand in for them. */
#include "detect/validators/validators_internal.h"

#include <string.h>

#define WORDS_MAX 0.7 /* of a seed, that happen to read like words */

enum {
    SEED_LEN_MIN = 16,
    SEED_LEN_MAX = 128,
    HEX_LEN_MIN = 40,
    SEED_DISTINCT_MIN = 7,
    CODES_MIN = 2,
    CODES_LEN_MIN = 16,
    CODE_DISTINCT_MIN = 6
};

/* "otpauth-migration:": a message of Google's application, in base64; or a seed in hexadecimal, as oathtool takes it.
 */
static bool is_other_form(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.is_hex)
        return value.len >= HEX_LEN_MIN && mix.lower > 0 && distinct_count(value) >= SEED_DISTINCT_MIN;
    return mix.upper >= 4 && mix.lower >= 4 && mix.digits >= 2 && distinct_count(value) >= 16;
}

/* Letters and digits in the order of the alphabet: how manuals write what base32 is. */
static bool is_alphabet(const char *seed, size_t len)
{
    size_t rising = 0;

    for (size_t i = 1; i < len; i++)
        rising += seed[i] == seed[i - 1] + 1 ? 1 : 0;
    return rising * 2 >= len;
}

static bool is_access_key(const char *seed, size_t len)
{
    return len == 20 && (memcmp(seed, "AKIA", 4) == 0 || memcmp(seed, "ASIA", 4) == 0);
}

/* The characters of the seed in capitals; 0 if there is another, or they are too many. */
static size_t seed_read(Bytes value, char *seed)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        char c = g_ascii_toupper((char)value.data[i]);
        if (c == ' ' || c == '-' || c == '=')
            continue;
        if ((!g_ascii_isupper(c) && (c < '2' || c > '7')) || len == SEED_LEN_MAX)
            return 0;
        seed[len++] = c;
    }
    return len;
}

/* Seeds are written in one case. */
static bool is_of_one_case(Bytes value)
{
    Mix mix = mix_of(value);

    return mix.upper == 0 || mix.lower == 0;
}

/* A fifth of the characters are digits on average. What has none must have no word in it either. */
static bool is_random(const char *seed, size_t len)
{
    char lower[SEED_LEN_MAX];

    for (size_t i = 0; i < len; i++)
        lower[i] = g_ascii_tolower(seed[i]);
    Bytes text = {(const uint8_t *)lower, len};
    Mix mix = mix_of(text);
    double cover = word_cover(text);
    bool is_mixed = mix.lower > 0 && distinct_count(text) >= SEED_DISTINCT_MIN;
    explicit_bzero(lower, sizeof(lower));
    return is_mixed && (mix.digits > 0 ? cover < WORDS_MAX : cover <= 0);
}

/* RFC 4226 wants at least 128 bits, of which many issuers give 80: 16 characters of base32 (RFC 4648, section 6). */
Verdict validate_otp_seed(Bytes value)
{
    char seed[SEED_LEN_MAX];
    size_t len = seed_read(value, seed);

    if (len < SEED_LEN_MIN)
        return is_other_form(value) ? VERDICT_PASS : VERDICT_REJECT;
    bool is_seed =
        is_of_one_case(value) && is_random(seed, len) && !is_alphabet(seed, len) && !is_access_key(seed, len);
    explicit_bzero(seed, sizeof(seed));
    return is_seed ? VERDICT_PASS : VERDICT_REJECT;
}

typedef struct Codes {
    size_t count, random, digits, letters;
} Codes;

static void code_count(Codes *codes, Bytes code)
{
    Mix mix = mix_of(code);

    codes->count += code.len >= 4 ? 1 : 0;
    codes->random += code.len >= 4 && (mix.digits > 0 || (mix.upper > 1 && mix.lower > 1)) ? 1 : 0;
    codes->digits += mix.digits;
    codes->letters += mix.upper + mix.lower;
}

/* Of words for people most have no digit; the groups of codes do, nearly all, or both cases. */
Verdict validate_recovery_codes(Bytes value)
{
    Codes codes = {0};
    size_t start = 0;

    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && g_ascii_isalnum(value.data[i]))
            continue;
        code_count(&codes, (Bytes){value.data + start, i - start});
        start = i + 1;
    }
    if (codes.count < CODES_MIN || codes.random * 4 < codes.count * 3 || codes.digits + codes.letters < CODES_LEN_MIN)
        return VERDICT_REJECT;
    return distinct_count(value) >= CODE_DISTINCT_MIN ? VERDICT_PASS : VERDICT_REJECT;
}
