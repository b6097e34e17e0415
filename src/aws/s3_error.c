/* What S3's error answers mean. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
#include "aws/s3_internal.h"
#include "base/clock.h"

#include <string.h>

#define BODY_MAX    (64 * 1024)
#define MESSAGE_MAX 300
/* A clock that is off by less than this is not why a signature was refused. */
#define SKEW_MS 60000

typedef struct CodeFacts {
    const char *code;
    ErrorKind kind;
    S3Cure cure;
    const char *text;
} CodeFacts;

static const CodeFacts code_facts[] = {
    {"NoSuchBucket", ERROR_NOT_FOUND, S3_CURE_NONE, "no such bucket"},
    {"NoSuchKey", ERROR_NOT_FOUND, S3_CURE_NONE, "no such object"},
    {"AccessDenied", ERROR_FORBIDDEN, S3_CURE_NONE, "access denied"},
    {"AllAccessDisabled", ERROR_FORBIDDEN, S3_CURE_NONE, "all access is disabled"},
    {"AccountProblem", ERROR_FORBIDDEN, S3_CURE_NONE, "a problem with the account"},
    {"MethodNotAllowed", ERROR_FORBIDDEN, S3_CURE_NONE, "reading it is not allowed"},
    {"InvalidObjectState", ERROR_FORBIDDEN, S3_CURE_NONE, "archived: it must be restored before it can be read"},
    {"ExpiredToken", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the session token has expired"},
    {"ExpiredTokenException", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the session token has expired"},
    {"TokenRefreshRequired", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the session token must be refreshed"},
    {"InvalidToken", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the session token is not valid"},
    {"InvalidAccessKeyId", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the access key is not known there"},
    {"UnrecognizedClientException", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the access key is not known there"},
    {"NotSignedUp", ERROR_CREDENTIALS, S3_CURE_NONE, "the account is not signed up for S3"},
    {"SignatureDoesNotMatch", ERROR_CREDENTIALS, S3_CURE_CLOCK,
        "the signature does not match: is the secret key right?"},
    {"RequestTimeTooSkewed", ERROR_CREDENTIALS, S3_CURE_CLOCK, "this machine's clock is wrong"},
    {"RequestExpired", ERROR_CREDENTIALS, S3_CURE_CLOCK, "this machine's clock is wrong"},
    {"AuthorizationHeaderMalformed", ERROR_INVALID, S3_CURE_REGION, "the bucket is in another region"},
    {"IllegalLocationConstraintException", ERROR_INVALID, S3_CURE_REGION, "the bucket is in another region"},
    {"PermanentRedirect", ERROR_INVALID, S3_CURE_REGION, "the bucket is in another region"},
    {"TemporaryRedirect", ERROR_INVALID, S3_CURE_REGION, "the bucket is in another region"},
    {"InvalidBucketName", ERROR_INVALID, S3_CURE_NONE, "this cannot be a bucket's name"},
    {"PreconditionFailed", ERROR_CHANGED, S3_CURE_NONE, "changed since it was listed"},
    {"InvalidRange", ERROR_CHANGED, S3_CURE_NONE, "shorter than it was listed"},
};

/* For answers without a code that says more. */
static CodeFacts facts_of_status(int status)
{
    switch (status) {
    case 301:
    case 307:
    case 308:
        return (CodeFacts){
            "", ERROR_INVALID, S3_CURE_REGION, "the bucket is in another region, or has another endpoint"};
    case 401:
        return (CodeFacts){"", ERROR_CREDENTIALS, S3_CURE_CREDENTIALS, "the credentials were refused"};
    case 403:
        return (CodeFacts){"", ERROR_FORBIDDEN, S3_CURE_NONE, "access denied"};
    case 404:
        return (CodeFacts){"", ERROR_NOT_FOUND, S3_CURE_NONE, "not found"};
    case 408:
        return (CodeFacts){"", ERROR_TIMEOUT, S3_CURE_NONE, "the server waited too long for the request"};
    case 412:
        return (CodeFacts){"", ERROR_CHANGED, S3_CURE_NONE, "changed since it was listed"};
    case 416:
        return (CodeFacts){"", ERROR_CHANGED, S3_CURE_NONE, "shorter than it was listed"};
    case 429:
    case 503:
        return (CodeFacts){"", ERROR_BUSY, S3_CURE_NONE, "the server is busy"};
    case 500:
    case 502:
    case 504:
        return (CodeFacts){"", ERROR_UNAVAILABLE, S3_CURE_NONE, "the server has a problem"};
    default:
        return (CodeFacts){"", ERROR_PROTOCOL, S3_CURE_NONE, "unexpected answer"};
    }
}

static CodeFacts facts_of(int status, const char *code)
{
    ErrorKind retry_kind = aws_retry_kind_of_code(code);

    for (size_t i = 0; i < G_N_ELEMENTS(code_facts); i++) {
        if (strcmp(code_facts[i].code, code) == 0)
            return code_facts[i];
    }
    if (retry_kind == ERROR_BUSY)
        return (CodeFacts){"", ERROR_BUSY, S3_CURE_NONE, "the server asks to slow down"};
    if (retry_kind != ERROR_KIND_COUNT)
        return (CodeFacts){"", retry_kind, S3_CURE_NONE, "the server has a problem"};
    return facts_of_status(status);
}

/* Text from outside, made fit for one line of a message. */
static char *tame(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, MESSAGE_MAX));

    for (char *c = valid; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    return g_steal_pointer(&valid);
}

/* The store's clock, from its Date; false if ours is not to blame. */
static bool set_clock(S3Client *client, const HttpResponse *response)
{
    const char *date = http_response_header(response, "date");
    int64_t theirs_ms = date != NULL ? http_date_parse(date) : -1;

    if (theirs_ms < 0)
        return false;
    int64_t offset_ms = theirs_ms - clock_now_ms();
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&client->mutex);
    int64_t change_ms = offset_ms - client->locked.clock_offset_ms;
    if (change_ms > -SKEW_MS && change_ms < SKEW_MS)
        return false;
    client->locked.clock_offset_ms = offset_ms;
    return true;
}

/* Only the region's name is taken from an answer, never a host: credentials go nowhere that we were not told. */
static bool move_to_region(S3Client *client, const char *region)
{
    S3Place place = {0};

    if (!s3_region_is_valid(region) || !s3_place_init(&place, client, region, NULL))
        return false;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&client->mutex);
    s3_place_clear(&client->locked.place);
    client->locked.place = place;
    return true;
}

static S3Cure prepare_cure(S3Client *client, const HttpResponse *response, const CodeFacts *facts, const char *region)
{
    switch (facts->cure) {
    case S3_CURE_REGION:
        return move_to_region(client, region) ? S3_CURE_REGION : S3_CURE_NONE;
    case S3_CURE_CLOCK:
        if (set_clock(client, response))
            return S3_CURE_CLOCK;
        return facts->kind == ERROR_CREDENTIALS ? S3_CURE_CREDENTIALS : S3_CURE_NONE;
    case S3_CURE_CREDENTIALS:
    case S3_CURE_NONE:
        break;
    }
    return facts->cure;
}

bool s3_fail_with_document(S3Client *client, const HttpResponse *response, const S3ErrorAnswer *answer,
    const char *resource, S3Cure *ret_cure, GError **error)
{
    CodeFacts facts = facts_of(response->status, answer->code);
    const char *header_region = http_response_header(response, "x-amz-bucket-region");
    const char *region = *answer->region != '\0' || header_region == NULL ? answer->region : header_region;
    g_autofree char *code = *answer->code != '\0' ? tame(answer->code) : g_strdup_printf("HTTP %d", response->status);
    g_autofree char *message = tame(answer->message);

    *ret_cure = prepare_cure(client, response, &facts, region);
    if (facts.cure == S3_CURE_REGION && s3_region_is_valid(region))
        return fail(error, facts.kind, "%s: the bucket is in another region: %s (%s)", resource, region, code);
    return fail(
        error, facts.kind, "%s: %s (%s)%s%s", resource, facts.text, code, *message != '\0' ? ": " : "", message);
}

bool s3_fail_with_answer(S3Client *client, HttpTransfer *transfer, const HttpResponse *response, const char *resource,
    S3Cure *ret_cure, GError **error)
{
    g_autoptr(GByteArray) body = NULL;
    g_autoptr(S3Xml) xml = s3_xml_new(0);
    S3ErrorAnswer answer = {"", "", ""};

    /* An error without a readable document is told by its status. */
    if (http_read_all(transfer, BODY_MAX, &body, NULL) && body->len > 0 &&
        s3_xml_feed(xml, body->data, body->len, NULL) && s3_xml_finish(xml, NULL))
        (void)s3_xml_error(xml, &answer);
    return s3_fail_with_document(client, response, &answer, resource, ret_cure, error);
}
