/* Credentials: what their encoding proves, and what a placeholder looks like. */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* Decoded credentials are wiped before they are freed. */
typedef struct Decoded {
    guchar *data;
    gsize len;
} Decoded;

static void decoded_clear(Decoded *decoded)
{
    if (decoded->data != NULL)
        explicit_bzero(decoded->data, decoded->len);
    g_free(decoded->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoded, decoded_clear)

/* Base64 of either alphabet (RFC 4648 sections 4 and 5), with or without padding. */
static Decoded base64_decode(const uint8_t *text, size_t len)
{
    Decoded decoded = {NULL, 0};
    char *copy = g_malloc(len + 5);
    size_t end = len;

    while (end > 0 && text[end - 1] == '=')
        end--;
    for (size_t i = 0; i < end; i++)
        copy[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : (char)text[i];
    for (; end % 4 != 0; end++)
        copy[end] = '=';
    copy[end] = '\0';
    decoded.data = g_base64_decode(copy, &decoded.len);
    explicit_bzero(copy, end);
    g_free(copy);
    return decoded;
}

static bool is_base64(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/';
}

/* The first characters of the body of a PEM block, past its header lines; escapes such as \n and quotes are skipped. */
static size_t pem_body_read(Bytes value, uint8_t *body, size_t capacity)
{
    size_t len = 0;
    const uint8_t *end = value.data + value.len;
    const uint8_t *at = memmem(value.data, value.len, "KEY", 3);

    for (at = at == NULL ? end : at + 3; at < end && len < capacity; at++) {
        if (*at == '\\') {
            at++;
            continue;
        }
        if (*at == ':' || *at == ',') { /* "Proc-Type: 4,ENCRYPTED" is no part of the body */
            len = 0;
            continue;
        }
        if (end - at >= 5 && memcmp(at, "-----", 5) == 0 && len > 0)
            break;
        if (is_base64(*at))
            body[len++] = *at;
    }
    return len;
}

/* RFC 7468: enough of a body to be a key. DER (a SEQUENCE) or OpenSSH's magic proves it; an encrypted one is one tier
 * lower, since it is of no use alone. */
Verdict validate_private_key(Bytes value)
{
    uint8_t body[128];
    size_t len = pem_body_read(value, body, sizeof(body));

    if (len < 50 || memmem(value.data, value.len, "...", 3) != NULL)
        return VERDICT_REJECT;
    if (memmem(value.data, value.len, "ENCRYPTED", 9) != NULL)
        return VERDICT_PASS;
    g_auto(Decoded) decoded = base64_decode(body, len - len % 4);
    explicit_bzero(body, sizeof(body));
    bool is_der = decoded.len > 2 && decoded.data[0] == 0x30 && (decoded.data[1] & 0x80) != 0;
    bool is_short_der = decoded.len > 4 && decoded.data[0] == 0x30 && decoded.data[2] == 0x02;
    bool is_openssh = decoded.len > 14 && memcmp(decoded.data, "openssh-key-v1", 14) == 0;
    return is_der || is_short_der || is_openssh ? VERDICT_PROVED : VERDICT_PASS;
}

/* 40 characters of base64. A SHA-1 is as long, and so are many paths and names. */
Verdict validate_aws_secret(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;
    Mix mix = mix_of(value);

    if ((before.len > 0 && is_base64(before.data[before.len - 1])) ||
        (after.len > 0 && (is_base64(after.data[0]) || after.data[0] == '=')))
        return VERDICT_REJECT;

    if (value.len == 40 && distinct_count(value) == 1) /* filled in: the rules suppress and count it */
        return VERDICT_PASS;
    if (value.len != 40 || mix.is_hex || mix.others > 8 || word_cover(value) >= 0.5 || distinct_count(value) < 17)
        return VERDICT_REJECT;
    return mix.upper > 0 && mix.lower > 0 && mix.digits > 0 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Azure's account keys are 64 bytes. */
Verdict validate_azure_key(Bytes value)
{
    if (value.len != 88 || distinct_count(value) < 8)
        return VERDICT_REJECT;
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);
    return decoded.len == 64 ? VERDICT_PROVED : VERDICT_REJECT;
}

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

    if (value.len < prefix_len + 16 || distinct_count(body) < 6)
        return VERDICT_REJECT;
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

    if (validate_secret_token(value) == VERDICT_REJECT)
        return VERDICT_REJECT;
    g_auto(Decoded) decoded = base64_decode(value.data + MARK_CHARACTERS, value.len - MARK_CHARACTERS);
    bool is_macaroon = decoded.len > IDENTIFIER_AT + 2 && memcmp(decoded.data + IDENTIFIER_AT, identifier, 2) == 0;
    return is_macaroon && decoded.len < MACAROON_BYTES ? VERDICT_REJECT : VERDICT_PASS;
}

static bool is_json_object(const Decoded *decoded, const char *member)
{
    if (decoded->len < 2 || decoded->data[0] != '{' || decoded->data[decoded->len - 1] != '}')
        return false;
    return g_utf8_validate_len((const char *)decoded->data, decoded->len, NULL) &&
           memmem(decoded->data, decoded->len, member, strlen(member)) != NULL;
}

/* RFC 7519: both parts are JSON objects and the header names an algorithm. Without a signature nothing less will do. */
Verdict validate_jwt(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *first = memchr(value.data, '.', value.len);

    if (first == NULL)
        return VERDICT_REJECT;
    const uint8_t *second = memchr(first + 1, '.', (size_t)(end - first - 1));
    const uint8_t *payload_end = second != NULL ? second : end;
    g_auto(Decoded) header = base64_decode(value.data, (size_t)(first - value.data));
    g_auto(Decoded) payload = base64_decode(first + 1, (size_t)(payload_end - first - 1));
    if (!is_json_object(&header, "\"alg\""))
        return VERDICT_REJECT;
    if (is_json_object(&payload, ":"))
        return VERDICT_PROVED;
    return second != NULL ? VERDICT_PASS : VERDICT_REJECT;
}

/* RFC 7516: the header alone is JSON, and names the algorithms. One that is indented is a token of RFC 7519. */
Verdict validate_jwt_encrypted(Bytes value)
{
    const uint8_t *first = memchr(value.data, '.', value.len);

    if (first == NULL)
        return VERDICT_REJECT;
    if (value.data[1] == 'w')
        return validate_jwt(value);
    g_auto(Decoded) header = base64_decode(value.data, (size_t)(first - value.data));
    return is_json_object(&header, "\"alg\"") && is_json_object(&header, "\"enc\"") ? VERDICT_PROVED : VERDICT_REJECT;
}

/* Where the credential begins behind "Bearer ", "Bearer%20" or "Bearer+"; the value's start if there is no scheme. */
static const uint8_t *credential_of(Bytes value)
{
    static const char *const blanks[] = {"%20", " ", "+"};

    for (size_t i = 0; i < G_N_ELEMENTS(blanks); i++) {
        size_t len = strlen(blanks[i]);
        const uint8_t *at = memmem(value.data, value.len, blanks[i], len);
        size_t scheme_len = at == NULL ? 0 : (size_t)(at - value.data);
        if (scheme_len == 0 || scheme_len > 21 || (blanks[i][0] == '+' && scheme_len > 6))
            continue;
        for (at += len; at + 1 < value.data + value.len && *at == ' '; at++)
            continue;
        return at;
    }
    return value.data;
}

/* RFC 7617: base64 of printable "user:password". */
static Verdict basic_verdict(Bytes credential)
{
    g_auto(Decoded) decoded = base64_decode(credential.data, credential.len);

    for (gsize i = 0; i < decoded.len; i++)
        if (decoded.data[i] < 0x20 || decoded.data[i] == 0x7F)
            return VERDICT_REJECT;
    const guchar *colon = decoded.len > 0 ? memchr(decoded.data, ':', decoded.len) : NULL;
    return colon != NULL && colon > decoded.data ? VERDICT_PROVED : VERDICT_REJECT;
}

/* "your-token-here" and words that say what stands there are no token, and neither is code. */
static Verdict header_token_verdict(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.digits == 0 && (mix.upper == 0 || mix.lower == 0))
        return VERDICT_REJECT;
    if (word_cover(value) >= 0.5 || password_is_filler(value))
        return VERDICT_REJECT;
    return validate_secret_token(value);
}

/* RFC 7617: "Basic". RFC 6750: "Bearer" and a token; others have schemes of their own, or none. */
Verdict validate_http_authorization(Bytes value)
{
    const uint8_t *at = credential_of(value);
    Bytes credential = {at, (size_t)(value.data + value.len - at)};
    bool is_bare = at == value.data;

    if (value.len > 6 && g_ascii_strncasecmp((const char *)value.data, "basic", 5) == 0 && !is_bare)
        return basic_verdict(credential);
    if (credential.len < (is_bare ? 16 : 12) || header_token_verdict(credential) == VERDICT_REJECT)
        return VERDICT_REJECT;
    bool is_known = g_ascii_strncasecmp((const char *)value.data, "bearer", 6) == 0 ||
                    g_ascii_strncasecmp((const char *)value.data, "token", 5) == 0;
    return is_known || mix_of(credential).digits >= 2 ? VERDICT_PASS : VERDICT_REJECT;
}

/* A header of a curl command, which began in front of it. */
Verdict validate_curl_token(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;

    if (before.len == 0 || memmem(before.data, before.len, "curl", 4) == NULL || mix_of(value).digits < 2)
        return VERDICT_REJECT;
    if (after.len > 0 && !is_one_of(after.data[0], "\"' \t\r\n\\"))
        return VERDICT_REJECT;
    return header_token_verdict(value);
}

/* A value behind "name:" of a line, or a line of its own; templates and what is empty are none. */
static bool is_secret_line(Bytes line)
{
    const uint8_t *end = line.data + line.len;
    const uint8_t *colon = memchr(line.data, ':', line.len);
    const uint8_t *from = colon != NULL ? colon + 1 : line.data;

    while (from < end && is_one_of(*from, " \t\"'|>-"))
        from++;
    while (end > from && is_one_of(end[-1], " \t\r\"',}"))
        end--;
    Bytes value = {from, (size_t)(end - from)};
    if (value.len < 6 || value.data[0] == '#' || value.data[0] == '$' || value.data[0] == '{' || value.data[0] == '<')
        return false;
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);
    return decoded.len >= 4 && validate_base64_secret(value) == VERDICT_PASS;
}

/* The lines of a manifest's data. */
Verdict validate_kubernetes_secret(Bytes value)
{
    const uint8_t *end = value.data + value.len;

    for (const uint8_t *at = value.data; at < end;) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        const uint8_t *line_end = newline != NULL ? newline : end;
        Bytes line = {at, (size_t)(line_end - at)};
        if (memmem(line.data, line.len, "kind:", 5) != NULL || memmem(line.data, line.len, "metadata:", 9) != NULL)
            break;
        if (line_end > at && is_one_of(*at, " \t") && is_secret_line(line))
            return VERDICT_PASS;
        at = line_end + 1;
    }
    return VERDICT_REJECT;
}

/* RFC 4226 wants at least 128 bits, of which many issuers give 80: 16 characters of base32 (RFC 4648, section 6). */
Verdict validate_otp_seed(Bytes value)
{
    size_t letters = 0, digits = 0, len = 0;

    for (size_t i = 0; i < value.len; i++) {
        char c = g_ascii_toupper((char)value.data[i]);
        if (c == ' ' || c == '-' || c == '=')
            continue;
        if (!g_ascii_isupper(c) && (c < '2' || c > '7'))
            return VERDICT_REJECT;
        letters += g_ascii_isupper(c) ? 1 : 0;
        digits += g_ascii_isdigit(c) ? 1 : 0;
        len++;
    }
    return len >= 16 && letters > 0 && digits > 0 && distinct_count(value) >= 7 ? VERDICT_PASS : VERDICT_REJECT;
}

/* age keys are bech32 with a prefix of their own. */
Verdict validate_age_key(Bytes value)
{
    return bech32_is_valid(value) ? VERDICT_PROVED : VERDICT_PASS;
}

/* Base64 of a Kubernetes or Docker secret: decodes to printable text, or is random. */
Verdict validate_base64_secret(Bytes value)
{
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);

    if (decoded.len < 4 || distinct_count((Bytes){decoded.data, decoded.len}) < 3)
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* "user:password" in base64, as Docker keeps it. */
Verdict validate_base64_pair(Bytes value)
{
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);

    for (gsize i = 0; i < decoded.len; i++)
        if (decoded.data[i] < 0x20 || decoded.data[i] == 0x7F)
            return VERDICT_REJECT;
    const guchar *colon = decoded.len > 0 ? memchr(decoded.data, ':', decoded.len) : NULL;
    return colon != NULL && colon > decoded.data && colon + 1 < decoded.data + decoded.len ? VERDICT_PROVED
                                                                                           : VERDICT_REJECT;
}

/* What the pattern tells by itself, unless it is plainly filled in. */
Verdict validate_present(Bytes value)
{
    return memmem(value.data, value.len, "***", 3) == NULL && memmem(value.data, value.len, "<", 1) == NULL &&
                   memmem(value.data, value.len, "${", 2) == NULL
               ? VERDICT_PASS
               : VERDICT_REJECT;
}

/* Names of accounts and buckets: no secret, so only counted unless something says that they matter. */
Verdict validate_uri_part(Bytes value)
{
    return distinct_count(value) >= 3 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Behind 00 stands a random value: not zeros to the end. */
Verdict validate_okta_token(Bytes value)
{
    return value.len > 2 && distinct_count((Bytes){value.data + 2, value.len - 2}) >= 2 ? VERDICT_PASS : VERDICT_REJECT;
}

/* The domain of a tenant is no secret; the secret of its client is. */
Verdict validate_auth0(Bytes value)
{
    if (memmem(value.data, value.len, ".auth0.com", 10) != NULL)
        return VERDICT_LOW;
    return validate_secret_token(value);
}

/* A key of any encoding: age keys carry a checksum. */
Verdict validate_encoded_key(Bytes value)
{
    if (value.len > 14 && memcmp(value.data, "AGE-SECRET-KEY", 14) == 0)
        return validate_age_key(value);
    if (value.len > 60 && memcmp(value.data, "LS0tLS1CRUdJTi", 14) == 0) { /* "-----BEGIN ": of what? */
        g_auto(Decoded) decoded = base64_decode(value.data, 60);
        return memmem(decoded.data, decoded.len, "PRIVATE", 7) != NULL ? VERDICT_PASS : VERDICT_REJECT;
    }
    return distinct_count(value) >= 10 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Short keys behind a mark of three letters may be words: those without a digit, or filled in, are only counted. */
Verdict validate_artifactory(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.lower == 0 || value.len < 12)
        return VERDICT_REJECT;
    if (validate_secret_token(value) == VERDICT_REJECT || mix.digits < 2 || value.len < 20)
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
