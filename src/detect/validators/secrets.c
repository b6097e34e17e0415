/* Tokens of services that have a form or a check of their own. */
#include "detect/validators/validators_internal.h"

#include "detect/validators/decoded.h"

#include <string.h>

static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (size_t bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

/* "prefix_", 30 random characters, and six of base 62 that hold their CRC-32. */
static bool crc_tail_is_valid(Bytes value)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const uint8_t *tail = value.data + value.len - 6;
    uint32_t crc = crc32_of(tail - 30, 30);

    for (size_t i = 6; i-- > 0; crc /= 62)
        if (tail[i] != (uint8_t)base62[crc % 62])
            return false;
    return true;
}

static Verdict checked_token_verdict(Bytes value, size_t prefix_len)
{
    Bytes body = {value.data + prefix_len, value.len - prefix_len};

    if (value.len < prefix_len + 16)
        return VERDICT_REJECT;
    if (distinct_count(body) < 6)
        return VERDICT_SAMPLE;
    if (body.len == 36 && crc_tail_is_valid(value))
        return VERDICT_PROVED;
    return VERDICT_PASS;
}

/* A wrong tail does not reject: tokens older than the check, and of other issuers, have none. */
Verdict validate_github_token(Bytes value)
{
    bool is_fine_grained = value.len > 11 && memcmp(value.data, "github_pat_", 11) == 0;

    return checked_token_verdict(value, is_fine_grained ? 11 : 4);
}

Verdict validate_npm_token(Bytes value)
{
    return checked_token_verdict(value, 4);
}

/* Behind "pypi-" stands a macaroon: of the binary format of version 2 are 85 bytes at least (version, location, an
 * identifier of 36 bytes, and a signature of 32). What begins like one and is shorter was cut off. */
Verdict validate_pypi_token(Bytes value)
{
    enum { MARK_CHARACTERS = 5, MACAROON_BYTES = 85, IDENTIFIER_AT = 11 };
    static const guchar identifier[] = {2, 36};

    if (token_is_filled_in(value))
        return VERDICT_REJECT;
    g_auto(Decoded) decoded = base64_decode(value.data + MARK_CHARACTERS, value.len - MARK_CHARACTERS);
    bool is_macaroon = decoded.len > IDENTIFIER_AT + 2 && memcmp(decoded.data + IDENTIFIER_AT, identifier, 2) == 0;
    return is_macaroon && decoded.len < MACAROON_BYTES ? VERDICT_REJECT : VERDICT_PASS;
}

/* What the pattern tells by itself, unless it is plainly filled in. */
Verdict validate_present(Bytes value)
{
    static const char *const marks[] = {"***", "<", "${", "%',", "%\","}; /* the last: "'%USER%', '%PASSWORD%'" */

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (memmem(value.data, value.len, marks[i], strlen(marks[i])) != NULL)
            return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* Names of accounts and buckets: no secret, so only counted unless something says that they matter. */
Verdict validate_uri_part(Bytes value)
{
    return distinct_count(value) >= 3 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Behind 00 stands a random value: not zeros to the end, nor another character. */
Verdict validate_okta_token(Bytes value)
{
    return value.len > 2 && distinct_count((Bytes){value.data + 2, value.len - 2}) >= 2 ? VERDICT_PASS : VERDICT_SAMPLE;
}

/* The domain of a tenant is no secret; the secret of its client is. */
Verdict validate_auth0(Bytes value)
{
    if (memmem(value.data, value.len, ".auth0.com", 10) != NULL)
        return VERDICT_LOW;
    return validate_secret_token(value);
}

/* Short keys behind a mark of three letters may be words: those without a digit, or filled in, are only counted. */
Verdict validate_artifactory(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);

    if (is_in_base64_block(surroundings))
        return VERDICT_REJECT;
    if (mix.lower == 0 || value.len < 12)
        return VERDICT_REJECT;
    if (token_is_filled_in(value) || mix.digits < 2 || value.len < 20)
        return VERDICT_LOW;
    return VERDICT_PASS;
}

/* "abcdef.0123456789abcdef", or its first part alone: six characters, one of them a digit. */
Verdict validate_kubernetes_token(Bytes value)
{
    Mix mix = mix_of(value);

    if (value.len != 6 && value.len != 23)
        return VERDICT_REJECT;
    return mix.digits > 0 && mix.digits + mix.lower + 1 >= value.len && distinct_count(value) >= 4 ? VERDICT_PASS
                                                                                                   : VERDICT_REJECT;
}

/* A number, a dash, and 64 characters that are not hexadecimal: those would be a digest. */
Verdict validate_truenas(Bytes value)
{
    const uint8_t *dash = memchr(value.data, '-', value.len);

    if (dash == NULL)
        return VERDICT_REJECT;
    Mix mix = mix_of((Bytes){dash + 1, (size_t)(value.data + value.len - dash - 1)});

    return !mix.is_hex && mix.upper > 4 && mix.lower > 4 && mix.digits > 2 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Whatever stands there, as long as something does: no variable, and nothing that a program puts in. */
Verdict validate_filled(Bytes value)
{
    const uint8_t *equals = memrchr(value.data, '=', value.len);
    size_t len = equals == NULL ? 0 : (size_t)(value.data + value.len - equals - 1);

    while (len > 0 && *++equals == ' ')
        len--;
    if (len == 0 || is_one_of(*equals, "{%<$"))
        return VERDICT_REJECT;
    return distinct_count(value) >= 6 ? VERDICT_LOW : VERDICT_REJECT;
}
