/* Tokens that somebody issued: random values, told from words, numbers and what is only filled in. */
#include "detect/validators/password_fillers.h"

#include <string.h>

enum { TOKEN_LEN_MIN = 8 };

/* "abcdefg", "123456": six characters, each the next of the one before. */
static bool has_sequence(Bytes value)
{
    size_t run = 1;

    for (size_t i = 1; i < value.len && run < 6; i++)
        run = value.data[i] == value.data[i - 1] + 1 ? run + 1 : 1;
    return run >= 6;
}

static bool is_uuid(Bytes value)
{
    return value.len == 36 && value.data[8] == '-' && value.data[13] == '-' && value.data[18] == '-' &&
           value.data[23] == '-';
}

Verdict validate_generic_secret(Bytes value)
{
    Mix mix = mix_of(value);

    if (is_placeholder(value) || mix.digits == value.len || !is_rare(value))
        return VERDICT_REJECT;
    if (distinct_count(value) < MIN(value.len / 4, 10) || has_sequence(value))
        return VERDICT_REJECT;
    return is_uuid(value) ? VERDICT_LOW : VERDICT_PASS;
}

bool token_is_filled_in(Bytes value)
{
    Bytes second_half = {value.data + value.len / 2, value.len - value.len / 2};

    return value.len < TOKEN_LEN_MIN || distinct_count(value) < 6 || distinct_count(second_half) < 4 ||
           is_template(value);
}

/* Behind a provider's prefix: what is plainly filled in has its form and is none of its tokens. */
Verdict validate_secret_token(Bytes value)
{
    if (value.len < TOKEN_LEN_MIN)
        return VERDICT_REJECT;
    return token_is_filled_in(value) ? VERDICT_SAMPLE : VERDICT_PASS;
}

Verdict plain_token_verdict(Bytes value)
{
    return token_is_filled_in(value) ? VERDICT_REJECT : VERDICT_PASS;
}

/* A token of base 62: capitals, small letters and digits, where hexadecimal data and constants have but some of them.
 */
Verdict validate_mixed_token(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);

    if (is_in_base64_block(surroundings))
        return VERDICT_REJECT;
    return mix.upper > 0 && mix.lower > 0 && mix.digits > 0 ? plain_token_verdict(value) : VERDICT_REJECT;
}

static char kind_of(uint8_t c)
{
    return g_ascii_isupper((char)c) ? 'A' : g_ascii_islower((char)c) ? 'a' : g_ascii_isdigit((char)c) ? '0' : '.';
}

/* Letters and digits that follow one another without order: the kind changes at every second character, where names in
 * camelCase have a change at every third, or digits stand at many places among letters without a mark. */
static bool is_shuffled(Bytes value)
{
    size_t changes = 0, digit_runs = 0, others = 0;

    for (size_t i = 0; i < value.len; i++) {
        char kind = kind_of(value.data[i]), before = i > 0 ? kind_of(value.data[i - 1]) : kind;
        changes += kind != before ? 1 : 0;
        digit_runs += kind == '0' && (i == 0 || before != '0') ? 1 : 0;
        others += kind == '.' ? 1 : 0;
    }
    return (value.len >= 16 && changes * 2 >= value.len) || (value.len >= 20 && digit_runs >= 4 && others == 0);
}

/* A token that only its length, its alphabet and a provider's name beside it tell: it must look random, not be a word,
 * a number or one thing repeated. */
Verdict issued_token_verdict(Bytes value)
{
    Mix mix = mix_of(value);
    bool is_random = is_shuffled(value) || (mix.digits > 0 && word_cover(value) < 0.5 && is_rare(value));

    if (!is_random || mix.digits == value.len || mix.upper + mix.lower < 2)
        return VERDICT_REJECT;
    return distinct_count(value) >= MIN(8, value.len / 2) ? plain_token_verdict(value) : VERDICT_REJECT;
}
