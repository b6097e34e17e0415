/* Argument: sigv4-vectors.jsonl, the facts of AWS's published Signature Version 4 test suite, one vector a line. Those
 * that are a POST to "/" without a session token must be accepted as they are, and no longer once anything is changed.
 */
#include "api/signature.h"

#include "app/client_signature.h"
#include "base/clock.h"

#include <jansson.h>
#include <string.h>

/* AWS's documented example. */
#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE   "20150830T123600Z"
enum { HEADERS_MAX = 16 };

static const char *vectors_path;

typedef struct Request {
    char **lines;
    GPtrArray *owned;
    HttpPair headers[HEADERS_MAX];
    HttpPair query[1];
    HttpCall call;
} Request;

static const char *keep(Request *request, char *take_text)
{
    g_ptr_array_add(request->owned, take_text);
    return take_text;
}

static void add_header(Request *request, const char *name, const char *value)
{
    g_assert_cmpuint(request->call.header_count, <, HEADERS_MAX);
    request->headers[request->call.header_count++] =
        (HttpPair){keep(request, g_strdup(name)), keep(request, g_strdup(value))};
}

static void set_header(Request *request, const char *name, const char *value)
{
    for (size_t i = 0; i < request->call.header_count; i++)
        if (g_ascii_strcasecmp(request->headers[i].name, name) == 0)
            request->headers[i].value = value;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* As the published suite sends it: its own headers, the date, and the signature that it expects. */
static void add_authorization(Request *request, const json_t *vector)
{
    const json_t *expected = json_object_get(vector, "header");
    g_auto(GStrv) canonical = g_strsplit(text_of(expected, "canonical"), "\n", -1);
    const char *names = canonical[g_strv_length(canonical) - 2];
    g_autofree char *value = g_strdup_printf("AWS4-HMAC-SHA256 Credential=" KEY_ID "/20150830/us-east-1/service/"
                                             "aws4_request, SignedHeaders=%s, Signature=%s",
        names, text_of(expected, "signature"));

    if (json_is_true(json_object_get(vector, "sign_body"))) /* it ends the canonical request, too */
        add_header(request, "X-Amz-Content-Sha256", canonical[g_strv_length(canonical) - 1]);
    add_header(request, "X-Amz-Date", DATE);
    add_header(request, "Authorization", value);
}

static void request_init(Request *request, const json_t *vector)
{
    *request = (Request){.owned = g_ptr_array_new_with_free_func(g_free)};
    request->lines = g_strsplit(text_of(vector, "request"), "\n", -1);
    request->call = (HttpCall){.method = "POST", .path = "/", .headers = request->headers, .query = request->query};
    if (strstr(request->lines[0], "?Param1=value1") != NULL) {
        request->query[0] = (HttpPair){"Param1", "value1"};
        request->call.query_count = 1;
    }
    size_t i = 1;
    for (; request->lines[i] != NULL && *request->lines[i] != '\0'; i++) {
        g_auto(GStrv) sides = g_strsplit(request->lines[i], ":", 2);
        add_header(request, sides[0], g_strstrip(sides[1]));
    }
    if (json_is_true(json_object_get(vector, "sign_body")) && request->lines[i] != NULL) {
        const char *body = strstr(text_of(vector, "request"), "\n\n") + 2;
        request->call.body = (Bytes){(const unsigned char *)body, strlen(body)};
    }
    add_authorization(request, vector);
}

static void request_clear(Request *request)
{
    g_strfreev(request->lines);
    g_ptr_array_unref(request->owned);
}

static ApiKeys *one_key(void)
{
    g_autoptr(GError) error = NULL;
    ApiKeys *keys = NULL;

    g_assert_true(api_keys_parse("keys", KEY_ID " " SECRET "\n", &keys, &error));
    return keys;
}

static bool check(const Request *request, const char *service, const char **ret_code, GError **error)
{
    g_autoptr(ApiKeys) keys = one_key();
    const SignaturePolicy policy = {.keys = keys, .make = client_signature, .service = service};

    return signature_check(&policy, &request->call, ret_code, error);
}

static void expect_refusal(const Request *request, const char *code, const char *message)
{
    g_autoptr(GError) error = NULL;
    const char *told = NULL;

    g_assert_false(check(request, "service", &told, &error));
    g_assert_cmpstr(told, ==, code);
    g_assert_true(error_is(error, ERROR_UNAUTHORIZED));
    g_assert_cmpstr(error->message, ==, message);
}

#define MISMATCH                                                                                                       \
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key " \
    "and signing method. Consult the service documentation for details."

static void check_vector(const json_t *vector)
{
    g_autoptr(GError) error = NULL;
    Request request;
    const char *code = NULL;

    request_init(&request, vector);
    bool is_accepted = check(&request, "service", &code, &error);
    g_assert_no_error(error);
    g_assert_true(is_accepted);
    request.call.body = (Bytes){(const unsigned char *)"tampered", 8};
    expect_refusal(&request, "InvalidSignatureException", MISMATCH);
    request_clear(&request);
}

/* Every line of the file that is a request as our server could get it. */
static int each_vector(void (*visit)(const json_t *vector))
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    int visited = 0;

    g_assert_true(g_file_get_contents(vectors_path, &text, NULL, &error));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        json_t *vector = json_loads(lines[i], 0, NULL);
        const char *request = text_of(vector, "request");
        const bool is_ours = request != NULL && (g_str_has_prefix(request, "POST / HTTP") ||
                                                    g_str_has_prefix(request, "POST /?Param1=value1 HTTP"));
        if (is_ours && json_is_null(json_object_get(vector, "session_token"))) {
            g_test_message("%s", text_of(vector, "name"));
            visit(vector);
            visited++;
        }
        json_decref(vector);
    }
    return visited;
}

static void freeze(const char *time)
{
    int64_t now_ms = 0;

    g_assert_true(clock_parse_iso(time, &now_ms, NULL));
    clock_freeze_ms(now_ms);
}

static void test_the_published_requests_are_accepted_and_none_that_was_changed(void)
{
    freeze("2015-08-30T12:36:00Z");
    g_assert_cmpint(each_vector(check_vector), >=, 6);
    clock_freeze_ms(-1);
}

static json_t *vector_named(const char *name)
{
    g_autofree char *text = NULL;
    json_t *found = NULL;

    g_assert_true(g_file_get_contents(vectors_path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL && found == NULL; i++) {
        json_t *vector = json_loads(lines[i], 0, NULL);
        if (g_strcmp0(text_of(vector, "name"), name) == 0)
            found = json_incref(vector);
        json_decref(vector);
    }
    g_assert_nonnull(found);
    return found;
}

/* What AWS's services answer, from what people report of them. */
static void test_a_clock_more_than_five_minutes_away_is_refused_with_both_times(void)
{
    static const struct {
        const char *now, *message;
    } cases[] = {
        {"2015-08-30T12:41:00Z", NULL},
        {"2015-08-30T12:31:00Z", NULL},
        {"2015-08-30T12:41:01Z",
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"},
        {"2015-08-30T12:30:59Z",
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 "
            "min.)"},
    };
    json_t *vector = vector_named("post-vanilla");
    Request request;

    request_init(&request, vector);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *code = NULL;
        freeze(cases[i].now);
        if (cases[i].message == NULL)
            g_assert_true(check(&request, "service", &code, NULL));
        else
            expect_refusal(&request, "InvalidSignatureException", cases[i].message);
    }
    clock_freeze_ms(-1);
    request_clear(&request);
    json_decref(vector);
}

#define SCOPED(scope, names) "AWS4-HMAC-SHA256 Credential=" scope ", SignedHeaders=" names ", Signature=00"
#define GOOD_SCOPE           KEY_ID "/20150830/us-east-1/service/aws4_request"

static void test_each_way_to_be_wrong_has_its_error(void)
{
    static const struct {
        const char *authorization, *date, *code, *message;
    } cases[] = {
        {"Basic abc", DATE, "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. 'Signature' parameter. 'SignedHeaders' parameter."},
        {"AWS4-HMAC-SHA256 Credential=" GOOD_SCOPE ", SignedHeaders=host", DATE, "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter."},
        {SCOPED(KEY_ID, "host;x-amz-date"), DATE, "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"},
        {SCOPED(GOOD_SCOPE, "host;x-amz-date"), "yesterday", "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'."},
        {SCOPED(GOOD_SCOPE, "host;x-amz-date"), "20151330T123600Z", "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'."},
        {SCOPED(KEY_ID "/20150829/us-east-1/service/aws4_request", "host;x-amz-date"), DATE,
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date."},
        {SCOPED(KEY_ID "/20150830/us-east-1/s3/aws4_request", "host;x-amz-date"), DATE, "InvalidSignatureException",
            "Credential should be scoped to correct service: 'service'."},
        {SCOPED(KEY_ID "/20150830/us-east-1/service/aws5_request", "host;x-amz-date"), DATE,
            "InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request'."},
        {SCOPED("AKIDANOTHER/20150830/us-east-1/service/aws4_request", "host;x-amz-date"), DATE,
            "UnrecognizedClientException", "The security token included in the request is invalid."},
        {SCOPED(GOOD_SCOPE, "x-amz-date"), DATE, "InvalidSignatureException",
            "'Host' must be a 'SignedHeader' in the AWS Authorization."},
        {SCOPED(GOOD_SCOPE, "host"), DATE, "InvalidSignatureException",
            "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."},
        {SCOPED(GOOD_SCOPE, "host;x-amz-date"), DATE, "InvalidSignatureException", MISMATCH},
    };
    json_t *vector = vector_named("post-vanilla");
    Request request;

    freeze("2015-08-30T12:36:00Z");
    request_init(&request, vector);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        set_header(&request, "Authorization", cases[i].authorization);
        set_header(&request, "X-Amz-Date", cases[i].date);
        expect_refusal(&request, cases[i].code, cases[i].message);
    }
    request.call.header_count--; /* the last header is Authorization */
    expect_refusal(&request, "MissingAuthenticationTokenException", "Missing Authentication Token");
    clock_freeze_ms(-1);
    request_clear(&request);
    json_decref(vector);
}

static void test_a_header_of_aws_that_is_not_signed_is_refused(void)
{
    json_t *vector = vector_named("post-vanilla");
    Request request;

    freeze("2015-08-30T12:36:00Z");
    request_init(&request, vector);
    add_header(&request, "X-Amz-Target", "AWSStepFunctions.DeleteStateMachine");
    expect_refusal(
        &request, "InvalidSignatureException", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
    clock_freeze_ms(-1);
    request_clear(&request);
    json_decref(vector);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    vectors_path = argv[1];
    g_test_add_func("/signature/published", test_the_published_requests_are_accepted_and_none_that_was_changed);
    g_test_add_func("/signature/clock", test_a_clock_more_than_five_minutes_away_is_refused_with_both_times);
    g_test_add_func("/signature/wrong", test_each_way_to_be_wrong_has_its_error);
    g_test_add_func("/signature/unsigned-header", test_a_header_of_aws_that_is_not_signed_is_refused);
    return g_test_run();
}
