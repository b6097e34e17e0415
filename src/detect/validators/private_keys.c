/* Private keys in their encodings, and keys that are so many bytes of base64. */
#include "detect/validators/decoded.h"
#include "detect/validators/password_fillers.h"
#include "detect/validators/settings.h"

#include <string.h>

/* The first characters of the body of a PEM block, past its header lines; escapes such as \n and quotes are skipped. */
static size_t pem_body_read(Bytes value, uint8_t *body, size_t capacity)
{
    size_t len = 0;
    const uint8_t *end = value.data + value.len;
    const uint8_t *at = memmem(value.data, value.len, "KEY", 3);

    at = at == NULL ? end : at + 3;
    if (end - at > 6 && memcmp(at, " BLOCK", 6) == 0) /* of OpenPGP */
        at += 6;
    for (; at < end && len < capacity; at++) {
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

/* The beginning of a body: DER (a SEQUENCE) or OpenSSH's magic. */
static bool is_key_body(const uint8_t *body, size_t len)
{
    g_auto(Decoded) decoded = base64_decode(body, len - len % 4);

    if (decoded.len > 14 && memcmp(decoded.data, "openssh-key-v1", 14) == 0)
        return true;
    return decoded.len > 4 && decoded.data[0] == 0x30 && ((decoded.data[1] & 0x80) != 0 || decoded.data[2] == 0x02);
}

/* RFC 7468: enough of a body to be a key, which its beginning may prove; an encrypted one is one tier lower, since it
 * is of no use alone. */
Verdict validate_private_key(Bytes value)
{
    uint8_t body[128];
    size_t len = pem_body_read(value, body, sizeof(body));
    Verdict verdict = VERDICT_REJECT;

    if (len >= 50 && memmem(value.data, value.len, "...", 3) == NULL) {
        bool is_encrypted = memmem(value.data, value.len, "ENCRYPTED", 9) != NULL;
        verdict = !is_encrypted && is_key_body(body, len) ? VERDICT_PROVED : VERDICT_PASS;
    }
    explicit_bzero(body, sizeof(body));
    return verdict;
}

/* age keys are bech32 with a prefix of their own. */
Verdict validate_age_key(Bytes value)
{
    return bech32_is_valid(value) ? VERDICT_PROVED : VERDICT_PASS;
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

/* The 48 characters before say that a page carries it for everybody: "csrf-token\" content=", "data-sitekey=". */
static bool is_for_pages(Bytes before)
{
    static const char *const words[] = {"csrf", "xsrf", "sitekey", "site-key", "site_key", "captcha", "nonce"};
    enum { NEAR = 48 };
    size_t len = MIN(before.len, NEAR);
    Bytes near = {before.data + before.len - len, len};

    for (size_t i = 0; len > 8 && i < G_N_ELEMENTS(words); i++)
        if (contains_ignoring_case(near, words[i]))
            return true;
    return false;
}

/* 40 characters of base64. A SHA-1 is as long, and so are many paths and names. */
Verdict validate_aws_secret(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;
    Mix mix = mix_of(value);

    if ((before.len > 0 && is_base64(before.data[before.len - 1])) ||
        (after.len > 0 && (is_base64(after.data[0]) || after.data[0] == '=')))
        return VERDICT_REJECT;
    if (is_in_path_of_address(before) || is_for_pages(before))
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

/* ITU-T X.690: how many bytes a SEQUENCE takes, head and all; 0 if the text is none. */
static size_t sequence_len(const Decoded *decoded)
{
    const guchar *data = decoded->data;

    if (decoded->len < 4 || data[0] != 0x30)
        return 0;
    if (data[1] < 0x80)
        return 2 + (size_t)data[1];
    if (data[1] == 0x81)
        return 3 + (size_t)data[2];
    return data[1] == 0x82 ? 4 + (((size_t)data[2] << 8) | data[3]) : 0;
}

/* Armour that says "TESTING KEY" is for readers, as the sources of Go have it, and that of a certificate says so. */
static bool is_in_other_armour(Bytes before)
{
    static const char *const marks[] = {"TESTING KEY-----", "CERTIFICATE-----"};
    size_t end = before.len;

    while (end > 0 && (g_ascii_isspace(before.data[end - 1]) || before.data[end - 1] == '"'))
        end--;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (ends_with((Bytes){before.data, end}, marks[i]))
            return true;
    return false;
}

/* The pattern knows the first bytes. A value as long as they say is a whole key; one that goes on in the next line or
 * was cut may be. */
Verdict validate_der_key(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;

    if (distinct_count(value) < 16 || is_in_other_armour(surroundings->before))
        return VERDICT_REJECT;
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);
    size_t len = sequence_len(&decoded);
    if (len == 0)
        return VERDICT_REJECT;
    return len == decoded.len ? VERDICT_PROVED : VERDICT_PASS;
}

/* Bytes drawn at random: no path, and no name of a program. */
Verdict validate_raw_key(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.digits < 2 || mix.upper < 4 || mix.lower < 4 || distinct_count(value) < 16)
        return VERDICT_REJECT;
    return word_cover(value) < 0.4 ? VERDICT_PASS : VERDICT_REJECT;
}
