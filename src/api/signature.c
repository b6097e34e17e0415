#include "api/signature.h"

#include "api/constant_time.h"
#include "base/clock.h"

#include <string.h>

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
enum { SKEW_MS = 5 * 60 * 1000, SCOPE_PARTS = 5, DATE_CHARS = 16, SIGNATURE_CHARS = 64 };

#define INCOMPLETE   "IncompleteSignatureException"
#define INVALID      "InvalidSignatureException"
#define MISSING      "MissingAuthenticationTokenException"
#define UNRECOGNIZED "UnrecognizedClientException"

/* What the Authorization header says. */
typedef struct Authorization {
    char *credential, *signed_headers, *signature;
    char **credential_parts;
    const char *key_id, *date, *region, *service, *terminator; /* the parts; NULL if there are not five */
    char **names;                                              /* of the signed headers */
} Authorization;

static void authorization_clear(Authorization *authorization)
{
    g_free(authorization->credential);
    g_free(authorization->signed_headers);
    g_free(authorization->signature);
    g_strfreev(authorization->credential_parts);
    g_strfreev(authorization->names);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Authorization, authorization_clear)

static void set_refusal(const char **ret_code, const char *code, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static void set_refusal(const char **ret_code, const char *code, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    *ret_code = code;
    (void)fail(error, ERROR_UNAUTHORIZED, "%s", text);
}
/* False, always. */
#define refuse(...) (set_refusal(__VA_ARGS__), false)

/* ---- the header ---- */

static void read_part(const char *part, const char *name, char **field)
{
    const size_t len = strlen(name);

    if (*field == NULL && strncmp(part, name, len) == 0 && part[len] == '=')
        *field = g_strdup(part + len + 1);
}

static void split_credential(Authorization *authorization)
{
    char **parts = authorization->credential_parts = g_strsplit(authorization->credential, "/", -1);

    if (g_strv_length(parts) != SCOPE_PARTS)
        return;
    authorization->key_id = parts[0];
    authorization->date = parts[1];
    authorization->region = parts[2];
    authorization->service = parts[3];
    authorization->terminator = parts[4];
}

/* "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", in any order. */
static bool read_authorization(
    const HttpCall *call, Authorization *authorization, const char **ret_code, GError **error)
{
    const char *header = http_call_header(call, "Authorization");

    if (header == NULL)
        return refuse(ret_code, MISSING, error, "Missing Authentication Token");
    const bool is_ours = g_str_has_prefix(header, ALGORITHM " ");
    g_auto(GStrv) parts = g_strsplit(is_ours ? header + sizeof ALGORITHM : "", ",", -1);
    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *part = g_strstrip(parts[i]);
        read_part(part, "Credential", &authorization->credential);
        read_part(part, "SignedHeaders", &authorization->signed_headers);
        read_part(part, "Signature", &authorization->signature);
    }
    if (authorization->credential == NULL || authorization->signed_headers == NULL || authorization->signature == NULL)
        return refuse(ret_code, INCOMPLETE, error, "Authorization header requires%s%s%s",
            authorization->credential == NULL ? " 'Credential' parameter." : "",
            authorization->signature == NULL ? " 'Signature' parameter." : "",
            authorization->signed_headers == NULL ? " 'SignedHeaders' parameter." : "");
    split_credential(authorization);
    authorization->names = g_strsplit(authorization->signed_headers, ";", -1);
    return true;
}

static bool check_scope(
    const Authorization *given, const char *service, const char *date, const char **ret_code, GError **error)
{
    if (given->key_id == NULL)
        return refuse(ret_code, INCOMPLETE, error,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term");
    if (strcmp(given->terminator, TERMINATOR) != 0)
        return refuse(
            ret_code, INVALID, error, "Credential should be scoped with a valid terminator: '" TERMINATOR "'.");
    if (strcmp(given->service, service) != 0)
        return refuse(ret_code, INVALID, error, "Credential should be scoped to correct service: '%s'.", service);
    if (strlen(given->date) != 8 || strncmp(given->date, date, 8) != 0)
        return refuse(ret_code, INVALID, error,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.");
    return true;
}

/* ---- the time ---- */

/* 20150830T123600Z and nothing else. */
static bool parse_date(const char *text, int64_t *ret_ms)
{
    static const char shape[] = "00000000T000000Z";

    if (text == NULL || strlen(text) != DATE_CHARS)
        return false;
    for (size_t i = 0; i < DATE_CHARS; i++)
        if (shape[i] == '0' ? !g_ascii_isdigit(text[i]) : text[i] != shape[i])
            return false;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time == NULL)
        return false;
    *ret_ms = g_date_time_to_unix(time) * 1000;
    return true;
}

static char *format_date(int64_t time_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);

    return g_date_time_format(time, "%Y%m%dT%H%M%SZ");
}

static bool check_time(int64_t time_ms, const char **ret_code, GError **error)
{
    const int64_t now_ms = clock_now_ms();
    g_autofree char *date = format_date(time_ms);
    g_autofree char *now = format_date(now_ms);
    g_autofree char *earliest = format_date(now_ms - SKEW_MS);
    g_autofree char *latest = format_date(now_ms + SKEW_MS);

    if (time_ms < now_ms - SKEW_MS)
        return refuse(ret_code, INVALID, error, "Signature expired: %s is now earlier than %s (%s - 5 min.)", date,
            earliest, now);
    if (time_ms > now_ms + SKEW_MS)
        return refuse(ret_code, INVALID, error, "Signature not yet current: %s is still later than %s (%s + 5 min.)",
            date, latest, now);
    return true;
}

/* ---- the headers that are signed ---- */

static bool is_named(const char *const *names, const char *header)
{
    g_autofree char *lower = g_ascii_strdown(header, -1); /* as the names are */

    return g_strv_contains(names, lower);
}

/* Whoever changed one on the way could otherwise make another request of it. */
static bool check_signed(const HttpCall *call, const char *const *names, const char **ret_code, GError **error)
{
    if (!is_named(names, "host"))
        return refuse(ret_code, INVALID, error, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    for (size_t i = 0; i < call->header_count; i++) {
        const char *name = call->headers[i].name;
        if (g_ascii_strncasecmp(name, "x-amz-", 6) == 0 && !is_named(names, name))
            return refuse(
                ret_code, INVALID, error, "'%.100s' must be a 'SignedHeader' in the AWS Authorization.", name);
    }
    return true;
}

/* The signer adds x-amz-date itself. */
static GArray *signed_headers(const HttpCall *call, const char *const *names)
{
    GArray *headers = g_array_new(FALSE, FALSE, sizeof(HttpPair));

    for (size_t i = 0; i < call->header_count; i++)
        if (is_named(names, call->headers[i].name) && g_ascii_strcasecmp(call->headers[i].name, "x-amz-date") != 0)
            g_array_append_val(headers, call->headers[i]);
    return headers;
}

/* ---- the signature ---- */

static bool is_right(const SignaturePolicy *policy, const HttpCall *call, const Authorization *given,
    const char *secret, int64_t time_ms)
{
    g_autoptr(GArray) headers = signed_headers(call, (const char *const *)given->names);
    g_autofree char *hash =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)call->body.data, call->body.len);
    const SignatureInput input = {
        .method = call->method,
        .path = call->path,
        .query = call->query,
        .query_count = call->query_count,
        .headers = (const HttpPair *)(const void *)headers->data,
        .header_count = headers->len,
        .payload_hash = hash,
        .region = given->region,
        .service = policy->service,
        .key_id = given->key_id,
        .secret = secret,
        .time_ms = time_ms,
    };
    g_autofree char *expected = policy->make(&input);

    return strlen(given->signature) == SIGNATURE_CHARS && strlen(expected) == SIGNATURE_CHARS &&
           constant_time_equal((const uint8_t *)expected, (const uint8_t *)given->signature, SIGNATURE_CHARS);
}

bool signature_check(const SignaturePolicy *policy, const HttpCall *call, const char **ret_code, GError **error)
{
    g_auto(Authorization) given = {0};
    const char *date = http_call_header(call, "x-amz-date");
    int64_t time_ms = 0;

    TRY(read_authorization(call, &given, ret_code, error));
    if (date == NULL)
        return refuse(ret_code, INCOMPLETE, error, "Authorization header requires existence of a 'X-Amz-Date' header.");
    if (!parse_date(date, &time_ms))
        return refuse(ret_code, INCOMPLETE, error, "Date must be in ISO-8601 'basic format'.");
    TRY(check_scope(&given, policy->service, date, ret_code, error));
    const char *secret = api_keys_secret(policy->keys, given.key_id);
    /* There are no session tokens here: whoever sends one means another key. */
    if (secret == NULL || http_call_header(call, "x-amz-security-token") != NULL)
        return refuse(ret_code, UNRECOGNIZED, error, "The security token included in the request is invalid.");
    TRY(check_time(time_ms, ret_code, error));
    TRY(check_signed(call, (const char *const *)given.names, ret_code, error));
    if (!is_right(policy, call, &given, secret, time_ms))
        return refuse(ret_code, INVALID, error,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.");
    return true;
}
