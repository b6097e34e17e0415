/* Credentials that carry their own structure: web tokens, headers of HTTP, manifests of Kubernetes. */
#include "detect/byte_class.h"
#include "detect/validators/decoded.h"

#include <string.h>

enum { BASIC_SEEN = 16, BEARER_LEN_MIN = 16, BARE_PASSWORD_MIN = 6 };

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

    if (first == NULL || value.len < 2)
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

/* RFC 7617: base64 of printable "user:password", either of which may be empty: tokens are sent without a user. */
static Verdict basic_verdict(Bytes credential)
{
    g_auto(Decoded) decoded = base64_decode(credential.data, credential.len);

    for (gsize i = 0; i < decoded.len; i++)
        if (decoded.data[i] < 0x20 || decoded.data[i] == 0x7F)
            return VERDICT_REJECT;
    if (!g_utf8_validate_len((const char *)decoded.data, decoded.len, NULL)) /* a word behind "Basic" */
        return VERDICT_REJECT;
    const guchar *colon = decoded.len > 0 ? memchr(decoded.data, ':', decoded.len) : NULL;
    bool is_pair = colon != NULL && (colon > decoded.data || decoded.len > BARE_PASSWORD_MIN);
    return is_pair ? VERDICT_PROVED : VERDICT_REJECT;
}

/* "your-token-here" and words that say what stands there are no token, and neither is code. */
static Verdict header_token_verdict(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.digits == 0 && (mix.upper == 0 || mix.lower == 0))
        return VERDICT_REJECT;
    if (word_cover(value) >= 0.5 || password_is_filler(value))
        return VERDICT_REJECT;
    return plain_token_verdict(value);
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

/* A scheme and a credential without the name of the header: "Basic" proves itself, and behind "Bearer" stands what is
 * plainly no word. */
Verdict validate_http_scheme(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;
    Mix mix = mix_of(value);

    bool is_closed = after.len > 1 && after.data[0] == '<' && after.data[1] == '/';
    if (after.len > 0 && !is_closed && is_one_of(after.data[0], "(${<%["))
        return VERDICT_REJECT;
    size_t seen = MIN(before.len, (size_t)BASIC_SEEN);
    const uint8_t *near = before.data + before.len - seen;
    if (before.data != NULL && (memmem(near, seen, "asic", 4) != NULL || memmem(near, seen, "ASIC", 4) != NULL))
        return basic_verdict(value);
    if (value.len < BEARER_LEN_MIN || mix.digits < 2 || mix.upper + mix.lower < 4)
        return VERDICT_REJECT;
    return header_token_verdict(value);
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

/* The lines of a manifest's data, or one value of it. */
Verdict validate_kubernetes_secret(Bytes value)
{
    const uint8_t *end = value.data + value.len;

    if (value.data == NULL)
        return VERDICT_REJECT;
    if (memchr(value.data, '\n', value.len) == NULL)
        return is_secret_line(value) ? VERDICT_PASS : VERDICT_REJECT;
    for (const uint8_t *at = value.data; at != NULL && at < end;) {
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

/* The name before a value of a manifest: behind blanks of its line, or a bracket or comma of JSON. Empty: none. */
static Bytes name_before(Bytes before)
{
    size_t end = before.len;

    while (end > 0 && is_one_of(before.data[end - 1], " \"'"))
        end--;
    if (end > 0 && before.data[end - 1] == '\n') /* "name: |" on the line above */
        while (end > 0 && is_one_of(before.data[end - 1], " \r\n|>+-"))
            end--;
    if (end == 0 || before.data[end - 1] != ':')
        return (Bytes){0};
    for (end--; end > 0 && is_one_of(before.data[end - 1], " \"'");)
        end--;
    size_t start = end;
    while (start > 0 && (byte_is_word(before.data[start - 1]) || is_one_of(before.data[start - 1], ".-")))
        start--;
    size_t outer = start - (start > 0 && is_one_of(before.data[start - 1], "\"'") ? 1 : 0);
    bool is_key = outer > 0 && is_one_of(before.data[outer - 1], " \t{,\n");
    return (Bytes){before.data + start, is_key ? end - start : 0};
}

/* What tells who or where, and no secret. */
static bool names_no_secret(Bytes name)
{
    static const char *const ends[] = {"user", "username", "login", "host", "hostname", "port", "name", "database",
        "namespace", "type", "kind", "region", "bucket", "email", "uid", "version"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        size_t len = strlen(ends[i]);
        if (name.len >= len && g_ascii_strncasecmp((const char *)name.data + name.len - len, ends[i], len) == 0)
            return true;
    }
    return name.len == 0;
}

/* Base64 without a mark of its own: groups of four that come out as printable text, or are plainly no word. */
static bool is_plain_base64(Bytes value)
{
    Mix mix = mix_of(value);
    g_auto(Decoded) decoded = base64_decode(value.data, value.len);

    if (value.len % 4 != 0 || decoded.len < 4 || distinct_count((Bytes){decoded.data, decoded.len}) < 3)
        return false;
    if (!g_utf8_validate_len((const char *)decoded.data, decoded.len, NULL))
        return value.len >= 24 && mix.digits > 0 && mix.upper > 2 && mix.lower > 2;
    for (gsize i = 0; i < decoded.len; i++)
        if (decoded.data[i] == 0x7F || (decoded.data[i] < 0x20 && !is_one_of(decoded.data[i], "\t\r\n")))
            return false;
    return mix.upper > 0;
}

/* One value of a manifest's data. */
Verdict validate_kubernetes_value(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;

    if (names_no_secret(name_before(surroundings->before)) ||
        (after.len > 0 && !is_one_of(after.data[0], "\"', \t\r\n}#")))
        return VERDICT_REJECT;
    return is_plain_base64(surroundings->value) ? VERDICT_PASS : VERDICT_REJECT;
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

/* key="…" value="…": the second is what counts. */
Verdict validate_xml_value(Bytes value)
{
    static const char mark[] = "value=\"";
    const uint8_t *at = memmem(value.data, value.len, mark, strlen(mark));
    size_t start = at != NULL ? (size_t)(at - value.data) + strlen(mark) : value.len;

    if (start + 1 >= value.len) /* a custom rule's pattern may end there */
        return VERDICT_REJECT;
    return validate_password((Bytes){value.data + start, value.len - 1 - start});
}
