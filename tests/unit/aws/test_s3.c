/* The S3 client against a server that misbehaves by script: answer number n for request number n, the last for all
 * that follow. */
#include "loopback.h"

#include "aws/s3.h"
#include "aws/sigv4.h"
#include "base/clock.h"

#include <string.h>

#define LISTING                                                                                                        \
    "<ListBucketResult><IsTruncated>false</IsTruncated>"                                                               \
    "<Contents><Key>k</Key><Size>10</Size><ETag>\"e\"</ETag></Contents></ListBucketResult>"
#define ERROR_XML(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>server's words</Message></Error>"

typedef struct Step {
    const char *status;
    const char *headers;
    const char *body;
    const char *raw; /* instead of the three above */
    LoopbackThen then;
} Step;

typedef struct Fixture {
    Loopback *server;
    HttpClient *http;
    S3Client *client;
    const Step *steps;
    size_t step_count;
    GMutex mutex;
    GPtrArray *heads; /* "GET target\r\nheaders" of each request */
} Fixture;

static LoopbackThen play(const LoopbackRequest *request, GString *answer, void *data)
{
    Fixture *fixture = data;
    const Step *step = &fixture->steps[MIN(request->number, fixture->step_count) - 1];

    g_mutex_lock(&fixture->mutex);
    g_ptr_array_add(fixture->heads, g_strconcat(request->method, " ", request->target, request->headers, NULL));
    g_mutex_unlock(&fixture->mutex);
    if (step->raw != NULL)
        g_string_append(answer, step->raw);
    else
        loopback_answer(answer, step->status, step->headers ? step->headers : "", step->body ? step->body : "", -1);
    return step->then;
}

/* data: the stall limit in ms, or NULL for one that a busy machine does not reach. */
static void set_up(Fixture *fixture, gconstpointer data)
{
    HttpClientOptions http = {.stall_timeout_ms = data != NULL ? GPOINTER_TO_UINT(data) : 20000};

    fixture->heads = g_ptr_array_new_with_free_func(g_free);
    fixture->server = loopback_open(play, fixture);
    g_assert_true(http_client_open(&http, &fixture->http, NULL));
    S3ClientOptions options = {.bucket = "bucket",
        .endpoint = loopback_url(fixture->server),
        .region = "us-east-1",
        .http = fixture->http,
        .retry = {.max_attempts = 3, .base_ms = 1, .throttled_ms = 1}};
    g_assert_true(s3_client_open(&options, &fixture->client, NULL));
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    s3_client_close(fixture->client);
    http_client_unref(fixture->http);
    loopback_close(fixture->server);
    g_ptr_array_unref(fixture->heads);
    clock_freeze_ms(-1);
}

#define PLAY(fixture, ...)                                                                                             \
    do {                                                                                                               \
        static const Step played[] = {__VA_ARGS__};                                                                    \
        (fixture)->steps = played;                                                                                     \
        (fixture)->step_count = G_N_ELEMENTS(played);                                                                  \
    } while (0)

static bool list(Fixture *fixture, GError **error)
{
    g_auto(S3ListResult) result = {0};
    S3ListRequest request = {.prefix = "", .max_keys = 1000};

    TRY(s3_list_objects(fixture->client, &request, &result, error));
    g_assert_cmpuint(result.entries->len, ==, 1);
    return true;
}

static bool get(Fixture *fixture, const char *etag, uint64_t size, GString *ret_bytes, GError **error)
{
    g_autoptr(S3Object) object = NULL;
    S3ObjectRequest request = {.key = {(const uint8_t *)"dir/k y", 7}, .etag = etag, .size_bytes = size};
    uint8_t buffer[64];
    size_t len = 0;

    TRY(s3_object_open(fixture->client, &request, &object, error));
    do {
        TRY(s3_object_read(object, buffer, sizeof buffer, &len, error));
        g_string_append_len(ret_bytes, (const char *)buffer, (gssize)len);
    } while (len > 0);
    return true;
}

static void expect_list_error(Fixture *fixture, ErrorKind kind, const char *part, guint requests)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(list(fixture, &error));
    g_test_message("%s", error->message);
    g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(kind));
    g_assert_nonnull(strstr(error->message, part));
    g_assert_cmpuint(fixture->heads->len, ==, requests);
}

static void expect_get_error(Fixture *fixture, ErrorKind kind, const char *part, guint requests)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(get(fixture, "e", 10, bytes, &error));
    g_test_message("%s", error->message);
    g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(kind));
    g_assert_nonnull(strstr(error->message, "s3://bucket/dir/k y"));
    g_assert_nonnull(strstr(error->message, part));
    g_assert_cmpuint(fixture->heads->len, ==, requests);
}

static void test_a_listing_succeeds_after_passing_troubles(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.status = "503 Slow Down", .body = ERROR_XML("SlowDown")}, {.then = LOOPBACK_RESET, .raw = ""},
        {.status = "200 OK", .body = LISTING});
    g_assert_true(list(fixture, NULL));
    g_assert_cmpuint(fixture->heads->len, ==, 3);
}

static gpointer stop_soon(gpointer http)
{
    g_usleep(50 * 1000);
    http_client_stop(http);
    return NULL;
}

static void test_stopping_ends_the_wait_before_another_try(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    S3ClientOptions options = {.bucket = "bucket",
        .endpoint = loopback_url(fixture->server),
        .region = "us-east-1",
        .http = fixture->http,
        .retry = {.throttled_ms = 3600 * 1000, .max_ms = 3600 * 1000}};
    g_autoptr(S3Client) client = NULL;
    g_auto(S3ListResult) result = {0};
    g_autoptr(GError) error = NULL;

    PLAY(fixture, {.status = "503 Slow Down", .body = ERROR_XML("SlowDown")});
    g_assert_true(s3_client_open(&options, &client, NULL));
    GThread *stopper = g_thread_new("stop", stop_soon, fixture->http);
    S3ListRequest request = {.prefix = "", .max_keys = 1000};
    g_assert_false(s3_list_objects(client, &request, &result, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_thread_join(stopper);
}

static void test_a_cut_listing_is_asked_for_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<ListBucketResult>", .then = LOOPBACK_CLOSE},
        {.raw = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult>", .then = LOOPBACK_CLOSE},
        {.status = "200 OK", .body = LISTING});
    g_assert_true(list(fixture, NULL));
}

static void test_lasting_500s_exhaust_the_attempts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.status = "500 Internal Server Error", .body = "oops"});
    expect_list_error(fixture, ERROR_UNAVAILABLE, "s3://bucket: the server has a problem (HTTP 500)", 3);
}

static void test_a_hang_is_a_timeout(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.raw = "", .then = LOOPBACK_HANG});
    expect_list_error(fixture, ERROR_TIMEOUT, "no progress", 3);
}

static void test_answers_have_their_kind_and_text(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        Step step;
        ErrorKind kind;
        const char *text;
        guint requests;
    } cases[] = {
        {{.status = "404 Not Found", .body = ERROR_XML("NoSuchBucket")}, ERROR_NOT_FOUND,
            "s3://bucket: no such bucket (NoSuchBucket)", 1},
        {{.status = "403 Forbidden", .body = ERROR_XML("AccessDenied")}, ERROR_FORBIDDEN,
            "access denied (AccessDenied): server's words", 1},
        {{.status = "403 Forbidden"}, ERROR_FORBIDDEN, "access denied (HTTP 403)", 1},
        {{.status = "400 Bad Request", .body = ERROR_XML("ExpiredToken")}, ERROR_CREDENTIALS, "has expired", 2},
        {{.status = "403 Forbidden", .body = ERROR_XML("InvalidAccessKeyId")}, ERROR_CREDENTIALS, "not known", 2},
        {{.status = "200 OK", .body = ERROR_XML("AccessDenied")}, ERROR_FORBIDDEN, "access denied", 1},
        {{.status = "200 OK", .body = ERROR_XML("InternalError")}, ERROR_UNAVAILABLE, "InternalError", 3},
        {{.status = "200 OK", .body = "<html>log in</html>"}, ERROR_PROTOCOL, "no listing", 1},
        {{.status = "200 OK", .body = "garbage"}, ERROR_PROTOCOL, "not XML", 1},
        {{.status = "418 Teapot"}, ERROR_PROTOCOL, "unexpected answer (HTTP 418)", 1},
        {{.status = "304 Not Modified"}, ERROR_PROTOCOL, "unexpected answer (HTTP 304)", 1},
        {{.status = "301 Moved", .headers = "Location: http://elsewhere/\r\n"}, ERROR_INVALID, "another region", 1},
        {{.status = "301 Moved", .headers = "x-amz-bucket-region: ../evil\r\n"}, ERROR_INVALID, "another region", 1},
        {{.status = "429 Too Many Requests"}, ERROR_BUSY, "busy", 3},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture own = {0};

        set_up(&own, NULL);
        own.steps = &cases[i].step;
        own.step_count = 1;
        expect_list_error(&own, cases[i].kind, cases[i].text, cases[i].requests);
        tear_down(&own, NULL);
    }
    PLAY(fixture, {.status = "200 OK"});
}

static const char *head(Fixture *fixture, guint index)
{
    return fixture->heads->pdata[index];
}

static void test_a_region_is_followed_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture,
        {.status = "400 Bad Request",
            .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>"},
        {.status = "200 OK", .body = LISTING});
    g_assert_true(list(fixture, NULL));
    g_assert_nonnull(strstr(head(fixture, 0), "/us-east-1/s3/aws4_request"));
    g_assert_nonnull(strstr(head(fixture, 1), "/eu-north-1/s3/aws4_request"));
}

static void test_a_region_that_keeps_changing_is_an_error(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.status = "301 Moved", .headers = "x-amz-bucket-region: eu-north-1\r\n"});
    expect_list_error(fixture, ERROR_INVALID, "another region: eu-north-1", 2);
}

static void test_a_wrong_clock_is_corrected_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture,
        {.status = "403 Forbidden",
            .headers = "Date: Sun, 09 Nov 2025 10:00:00 GMT\r\n",
            .body = ERROR_XML("RequestTimeTooSkewed")},
        {.status = "200 OK", .body = LISTING});
    clock_freeze_ms(1735689600000); /* 2025-01-01T00:00:00Z */
    g_assert_true(list(fixture, NULL));
    g_assert_nonnull(strstr(head(fixture, 0), "x-amz-date: 20250101T000000Z"));
    g_assert_nonnull(strstr(head(fixture, 1), "x-amz-date: 20251109T100000Z"));
}

static void test_rotated_credentials_are_picked_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.status = "200 OK", .body = LISTING},
        {.status = "403 Forbidden", .body = ERROR_XML("InvalidAccessKeyId")}, {.status = "200 OK", .body = LISTING});
    g_assert_true(list(fixture, NULL));
    g_setenv("AWS_ACCESS_KEY_ID", "AKIDROTATED", TRUE);
    g_assert_true(list(fixture, NULL));
    g_assert_nonnull(strstr(head(fixture, 1), "Credential=AKIDEXAMPLE/"));
    g_assert_nonnull(strstr(head(fixture, 2), "Credential=AKIDROTATED/"));
    g_setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", TRUE);
}

static void test_the_session_token_is_sent_and_signed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_setenv("AWS_SESSION_TOKEN", "token/of+session==", TRUE);
    PLAY(fixture, {.status = "200 OK", .body = LISTING});
    g_assert_true(list(fixture, NULL));
    g_assert_nonnull(strstr(head(fixture, 0), "x-amz-security-token: token/of+session==\r\n"));
    g_assert_nonnull(strstr(
        head(fixture, 0), "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature="));
    g_assert_nonnull(strstr(head(fixture, 0), "x-amz-content-sha256: " SIGV4_EMPTY_HASH "\r\n"));
    g_unsetenv("AWS_SESSION_TOKEN");
    g_assert_true(g_str_has_prefix(head(fixture, 0), "GET /bucket?encoding-type=url&list-type=2&max-keys=1000\r\n"));
}

static void test_a_broken_body_is_resumed_where_it_broke(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GString) bytes = g_string_new(NULL);

    PLAY(fixture, {.raw = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 10\r\n\r\n0123", .then = LOOPBACK_CLOSE},
        {.raw = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n45",
            .then = LOOPBACK_RESET},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", .then = LOOPBACK_KEEP});
    g_assert_true(get(fixture, "e", 10, bytes, NULL));
    g_assert_cmpstr(bytes->str, ==, "0123456789");
    g_assert_true(g_str_has_prefix(head(fixture, 0), "GET /bucket/dir/k%20y\r\n"));
    g_assert_nonnull(strstr(head(fixture, 0), "if-match: \"e\"\r\n"));
    g_assert_null(strstr(head(fixture, 0), "range: "));
    g_assert_nonnull(strstr(head(fixture, 1), "range: bytes=4-\r\n"));
    g_assert_nonnull(strstr(head(fixture, 1), "if-match: \"e\"\r\n"));
    g_assert_nonnull(strstr(head(fixture, 1), "SignedHeaders=host;if-match;range;x-amz-content-sha256;x-amz-date"));
}

static void test_a_body_that_always_breaks_is_truncated(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", .then = LOOPBACK_CLOSE});
    expect_get_error(fixture, ERROR_TRUNCATED, "10 bytes remaining", 3);
}

static void test_an_object_that_changed_is_not_read(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        Step steps[2];
        const char *text;
        guint requests;
    } cases[] = {
        {{{.status = "412 Precondition Failed", .body = ERROR_XML("PreconditionFailed")}}, "changed since", 1},
        {{{.status = "200 OK", .headers = "ETag: \"f\"\r\n", .body = "0123456789"}}, "ETag", 1},
        {{{.status = "200 OK", .body = "0123456789a"}}, "listed with 10 bytes, now 11", 1},
        {{{.status = "200 OK", .body = "012345678"}}, "listed with 10 bytes, now 9", 1},
        {{{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n"}}, "longer", 1},
        {{{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", .then = LOOPBACK_CLOSE},
             {.status = "412 Precondition Failed"}},
            "changed since", 2},
        {{{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", .then = LOOPBACK_CLOSE},
             {.status = "206 Partial Content", .headers = "Content-Range: bytes 3-9/10\r\n", .body = "3456789"}},
            "Content-Range", 2},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture own = {0};

        set_up(&own, NULL);
        own.steps = cases[i].steps;
        own.step_count = cases[i].steps[1].status != NULL ? 2 : 1;
        expect_get_error(&own, ERROR_CHANGED, cases[i].text, cases[i].requests);
        tear_down(&own, NULL);
    }
    PLAY(fixture, {.status = "200 OK"});
}

static void test_other_refusals_of_an_object_are_told(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    PLAY(fixture, {.status = "404 Not Found", .body = ERROR_XML("NoSuchKey")},
        {.status = "403 Forbidden", .body = ERROR_XML("InvalidObjectState")});
    expect_get_error(fixture, ERROR_NOT_FOUND, "no such object (NoSuchKey)", 1);
    expect_get_error(fixture, ERROR_FORBIDDEN, "archived", 2);
}

static void test_an_unread_object_can_be_closed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    S3ObjectRequest request = {.key = {(const uint8_t *)"k", 1}, .etag = "", .size_bytes = 10};

    PLAY(fixture, {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01", .then = LOOPBACK_HANG});
    for (int i = 0; i < 20; i++) {
        S3Object *object = NULL;
        g_assert_true(s3_object_open(fixture->client, &request, &object, NULL));
        s3_object_close(object);
    }
}

static void test_places_are_checked_before_anything_is_sent(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *bucket, *endpoint, *region;
    } cases[] = {{"", NULL, NULL}, {"a/b", NULL, NULL}, {"..", NULL, NULL}, {"b", "ftp://x", NULL}, {"b", "x:80", NULL},
        {"b", "http://u:p@x", NULL}, {"b", "http://x/?q", NULL}, {"b", "http://", NULL}, {"b", NULL, "no region"},
        {"b", NULL, "evil.example#"}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        S3ClientOptions options = {
            .bucket = cases[i].bucket, .endpoint = cases[i].endpoint, .region = cases[i].region, .http = fixture->http};
        S3Client *client = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_false(s3_client_open(&options, &client, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_null(strstr(error->message, "u:p"));
    }
    PLAY(fixture, {.status = "200 OK"});
}

#define ADD(path, function) g_test_add("/aws/s3/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    static const char *const cleared[] = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "http_proxy", "all_proxy", "AWS_CREDENTIAL_EXPIRATION"};

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cleared); i++)
        g_unsetenv(cleared[i]);
    g_unsetenv("AWS_SESSION_TOKEN");
    g_setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", TRUE);
    g_setenv("AWS_CONFIG_FILE", "/nonexistent", TRUE);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", TRUE);
    ADD("a-listing-succeeds-after-passing-troubles", test_a_listing_succeeds_after_passing_troubles);
    ADD("a-cut-listing-is-asked-for-again", test_a_cut_listing_is_asked_for_again);
    ADD("stopping-ends-the-wait-before-another-try", test_stopping_ends_the_wait_before_another_try);
    ADD("lasting-500s-exhaust-the-attempts", test_lasting_500s_exhaust_the_attempts);
    g_test_add(
        "/aws/s3/a-hang-is-a-timeout", Fixture, GUINT_TO_POINTER(150), set_up, test_a_hang_is_a_timeout, tear_down);
    ADD("answers-have-their-kind-and-text", test_answers_have_their_kind_and_text);
    ADD("a-region-is-followed-once", test_a_region_is_followed_once);
    ADD("a-region-that-keeps-changing-is-an-error", test_a_region_that_keeps_changing_is_an_error);
    ADD("a-wrong-clock-is-corrected-once", test_a_wrong_clock_is_corrected_once);
    ADD("rotated-credentials-are-picked-up", test_rotated_credentials_are_picked_up);
    ADD("the-session-token-is-sent-and-signed", test_the_session_token_is_sent_and_signed);
    ADD("a-broken-body-is-resumed-where-it-broke", test_a_broken_body_is_resumed_where_it_broke);
    ADD("a-body-that-always-breaks-is-truncated", test_a_body_that_always_breaks_is_truncated);
    ADD("an-object-that-changed-is-not-read", test_an_object_that_changed_is_not_read);
    ADD("other-refusals-of-an-object-are-told", test_other_refusals_of_an_object_are_told);
    ADD("an-unread-object-can-be-closed", test_an_unread_object_can_be_closed);
    ADD("places-are-checked-before-anything-is-sent", test_places_are_checked_before_anything_is_sent);
    return g_test_run();
}
