/* Credentials: what their encoding proves, and what a placeholder looks like. */
#include "detect/validators_internal.h"

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

static size_t distinct_count(Bytes value)
{
    bool seen[256] = {false};
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++) {
        count += seen[value.data[i]] ? 0 : 1;
        seen[value.data[i]] = true;
    }
    return count;
}

/* How many characters are of each kind. */
typedef struct Mix {
    size_t upper, lower, digits, others;
    bool is_hex;
} Mix;

static Mix mix_of(Bytes value)
{
    Mix mix = {.is_hex = true};

    for (size_t i = 0; i < value.len; i++) {
        char c = (char)value.data[i];
        mix.upper += g_ascii_isupper(c) ? 1 : 0;
        mix.lower += g_ascii_islower(c) ? 1 : 0;
        mix.digits += g_ascii_isdigit(c) ? 1 : 0;
        mix.is_hex = mix.is_hex && g_ascii_isxdigit(c);
    }
    mix.others = value.len - mix.upper - mix.lower - mix.digits;
    return mix;
}

/* 40 characters of base64. A SHA-1 is as long, and so are many paths and names. */
Verdict validate_aws_secret(Bytes value)
{
    Mix mix = mix_of(value);

    if (value.len != 40 || mix.is_hex || mix.others > 8)
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
        if (tail[i] != base62[crc % 62])
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

static bool is_json_object(const Decoded *decoded, const char *member)
{
    if (decoded->len < 2 || decoded->data[0] != '{' || decoded->data[decoded->len - 1] != '}')
        return false;
    return g_utf8_validate_len((const char *)decoded->data, decoded->len, NULL) &&
           memmem(decoded->data, decoded->len, member, strlen(member)) != NULL;
}

/* RFC 7519: both parts are JSON objects and the header names an algorithm. */
Verdict validate_jwt(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *first = memchr(value.data, '.', value.len);
    const uint8_t *second = first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first - 1));

    if (second == NULL)
        return VERDICT_REJECT;
    g_auto(Decoded) header = base64_decode(value.data, (size_t)(first - value.data));
    g_auto(Decoded) payload = base64_decode(first + 1, (size_t)(second - first - 1));
    if (!is_json_object(&header, "\"alg\""))
        return VERDICT_REJECT;
    return is_json_object(&payload, ":") ? VERDICT_PROVED : VERDICT_PASS;
}

/* RFC 7617: "Basic" and base64 of printable "user:password". RFC 6750: "Bearer" and a token. */
Verdict validate_http_authorization(Bytes value)
{
    const uint8_t *space = memchr(value.data, ' ', value.len);

    if (space == NULL)
        return VERDICT_REJECT;
    Bytes credential = {space + 1, (size_t)(value.data + value.len - space - 1)};
    if (g_ascii_strncasecmp((const char *)value.data, "basic", 5) != 0)
        return validate_secret_token(credential);
    g_auto(Decoded) decoded = base64_decode(credential.data, credential.len);
    for (gsize i = 0; i < decoded.len; i++)
        if (decoded.data[i] < 0x20 || decoded.data[i] == 0x7F)
            return VERDICT_REJECT;
    const guchar *colon = memchr(decoded.data, ':', decoded.len);
    return colon != NULL && colon > decoded.data ? VERDICT_PROVED : VERDICT_REJECT;
}

/* What stands where a secret will be: variables, markup, masks, and the words people write. */
static bool is_template(Bytes value)
{
    static const char *const marks[] = {"${", "$(", "{{", "}}", "<%", "%>", "#{", "***", "...", "xxxx", "XXXX"};
    char first = (char)value.data[0];
    char last = (char)value.data[value.len - 1];

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (memmem(value.data, value.len, marks[i], strlen(marks[i])) != NULL)
            return true;
    if ((first == '<' && last == '>') || (first == '{' && last == '}') || (first == '[' && last == ']'))
        return true;
    if (first == '%' && (last == '%' || value.len <= 3 || value.data[1] == '('))
        return true;
    if (first == '$' && value.len > 1 && (g_ascii_isalpha(value.data[1]) || value.data[1] == '_'))
        return mix_of((Bytes){value.data + 1, value.len - 1}).others == 0 || memchr(value.data, '_', value.len) != NULL;
    return false;
}

static bool is_placeholder_word(Bytes value)
{
    static const char words[] =
        " password passwd pass pwd passphrase passcode changeme change_me change-me changeit secret mysecret "
        "mypassword "
        "my_password my-password my_secret yourpassword your_password your-password your_secret example sample dummy "
        "placeholder none null nil true false undefined unknown empty default redacted hidden masked string text "
        "varchar "
        "required optional disabled enabled user username login admin_password db_password root_password password1234 "
        "database token key api_key apikey insert_here todo tbd foobar ";
    char word[24];

    if (value.len > sizeof(word) - 3)
        return false;
    word[0] = ' ';
    for (size_t i = 0; i < value.len; i++)
        word[1 + i] = g_ascii_tolower((char)value.data[i]);
    memcpy(word + 1 + value.len, " ", 2);
    bool is_known = strstr(words, word) != NULL;
    explicit_bzero(word, sizeof(word));
    return is_known;
}

static bool is_placeholder(Bytes value)
{
    return value.len == 0 || distinct_count(value) < 3 || is_template(value) || is_placeholder_word(value);
}

Verdict validate_password(Bytes value)
{
    return value.len < 4 || is_placeholder(value) ? VERDICT_REJECT : VERDICT_PASS;
}

/* Without quotes a value may be code, a path or prose: it must mix letters with digits or with marks that names lack.
 */
Verdict validate_bare_password(Bytes value)
{
    static const char marks[] = "!@#$%^&*+=?~";
    Mix mix = mix_of(value);
    bool has_mark = false;

    for (size_t i = 0; i < value.len; i++)
        has_mark = has_mark || strchr(marks, value.data[i]) != NULL;
    if (value.data[0] == '/' || memmem(value.data, value.len, "://", 3) != NULL)
        return VERDICT_REJECT;
    if (mix.upper + mix.lower == 0 || (mix.digits == 0 && !has_mark))
        return VERDICT_REJECT;
    return validate_password(value);
}

/* Names and paths: words of letters joined by punctuation or by capitals ("user-service.internal", "getPassword"). A
 * random value of the same length has digits inside it. */
static bool is_made_of_words(Bytes value)
{
    size_t digit_runs = 0;
    bool was_digit = false;

    for (size_t i = 0; i < value.len; i++) {
        bool is_digit = g_ascii_isdigit(value.data[i]);
        digit_runs += is_digit && !was_digit ? 1 : 0;
        was_digit = is_digit;
    }
    return digit_runs < 2 && value.len < 40;
}

static bool is_uuid(Bytes value)
{
    return value.len == 36 && value.data[8] == '-' && value.data[13] == '-' && value.data[18] == '-' &&
           value.data[23] == '-';
}

Verdict validate_generic_secret(Bytes value)
{
    Mix mix = mix_of(value);

    if (is_placeholder(value) || is_made_of_words(value) || mix.digits == value.len)
        return VERDICT_REJECT;
    if (distinct_count(value) < value.len / 4)
        return VERDICT_REJECT;
    return is_uuid(value) ? VERDICT_LOW : VERDICT_PASS;
}

/* Behind a provider's prefix only what is plainly filled in is refused. */
Verdict validate_secret_token(Bytes value)
{
    return value.len < 8 || distinct_count(value) < 6 || is_template(value) ? VERDICT_REJECT : VERDICT_PASS;
}
