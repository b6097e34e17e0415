#include "loopback.h"

#include "net/http_client.h"

#include <string.h>
#include <unistd.h>

#define BIG (8 * 1024 * 1024)

static LoopbackThen answer_as_named(const LoopbackRequest *request, GString *answer, G_GNUC_UNUSED void *data)
{
    const char *target = request->target;

    if (g_str_has_prefix(target, "/echo")) {
        g_autofree char *token = loopback_header(request, "x-token");
        g_autofree char *agent = loopback_header(request, "user-agent");
        g_autofree char *body = g_strdup_printf("%s %s %s %s %.*s", request->method, target, token, agent,
            (int)request->body->len, request->body->data ? (const char *)request->body->data : "");
        loopback_answer(answer, "200 OK", "X-Two: first\r\nx-two:  second \r\n",
            strcmp(request->method, "HEAD") == 0 ? "" : body, -1);
    } else if (strcmp(target, "/short") == 0) {
        g_string_append(answer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        return LOOPBACK_CLOSE;
    } else if (strcmp(target, "/reset") == 0) {
        return LOOPBACK_RESET;
    } else if (strcmp(target, "/hang") == 0) {
        return LOOPBACK_HANG;
    } else if (strcmp(target, "/hang-in-body") == 0) {
        g_string_append(answer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        return LOOPBACK_HANG;
    } else if (strcmp(target, "/garbage") == 0) {
        g_string_append(answer, "this is not HTTP at all\r\n\r\n");
        return LOOPBACK_CLOSE;
    } else if (strcmp(target, "/redirect") == 0) {
        loopback_answer(answer, "302 Found", "Location: /echo\r\n", "moved", -1);
    } else if (strcmp(target, "/big") == 0) {
        g_autofree char *body = g_malloc(BIG);
        memset(body, 'x', BIG);
        loopback_answer(answer, "200 OK", "", body, BIG);
    } else {
        loopback_answer(answer, "200 OK", "", target, -1);
    }
    return LOOPBACK_KEEP;
}

typedef struct Fixture {
    Loopback *server;
    HttpClient *client;
} Fixture;

/* data: the stall limit in ms, or NULL for one that a busy machine does not reach. */
static void set_up(Fixture *fixture, gconstpointer data)
{
    HttpClientOptions options = {.stall_timeout_ms = data != NULL ? GPOINTER_TO_UINT(data) : 20000,
        .max_connections = 4,
        .user_agent = "tester"};

    fixture->server = loopback_open(answer_as_named, NULL);
    g_assert_true(http_client_open(&options, &fixture->client, NULL));
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    http_client_unref(fixture->client);
    loopback_close(fixture->server);
}

static HttpTransfer *start(Fixture *fixture, const char *method, const char *path)
{
    g_autofree char *url = g_strconcat(loopback_url(fixture->server), path, NULL);
    const char *headers[] = {"X-Token: one two", NULL};
    HttpRequest request = {.method = method, .url = url, .headers = headers};
    HttpTransfer *transfer = NULL;

    if (strcmp(method, "POST") == 0)
        request.body = (Bytes){(const uint8_t *)"payload", 7};
    g_assert_true(http_start(fixture->client, &request, &transfer, NULL));
    return transfer;
}

static void test_methods_headers_and_bodies_go_through(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *method, *path, *body;
    } cases[] = {
        {"GET", "/echo?a=%20b", "GET /echo?a=%20b one two tester "},
        {"POST", "/echo", "POST /echo one two tester payload"},
        {"DELETE", "/echo", "DELETE /echo one two tester "},
        {"HEAD", "/echo", ""},
        {"GET", "/echo/a/../b/./c//d", "GET /echo/a/../b/./c//d one two tester "},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpTransfer) transfer = start(fixture, cases[i].method, cases[i].path);
        g_autoptr(GByteArray) body = NULL;
        HttpResponse response;

        g_assert_true(http_wait(transfer, &response, NULL));
        g_assert_cmpint(response.status, ==, 200);
        g_assert_cmpint(response.content_length, ==, (int64_t)strlen(cases[i].body));
        g_assert_cmpstr(http_response_header(&response, "X-TWO"), ==, "second");
        g_assert_null(http_response_header(&response, "absent"));
        g_assert_true(http_read_all(transfer, 1000, &body, NULL));
        g_assert_cmpstr((const char *)body->data, ==, cases[i].body);
    }
    g_assert_cmpuint(loopback_connections(fixture->server), ==, 1);
}

static void test_failures_have_the_right_kind(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *path;
        ErrorKind kind;
    } cases[] = {
        {"/short", ERROR_TRUNCATED},
        {"/reset", ERROR_UNAVAILABLE},
        {"/hang", ERROR_TIMEOUT},
        {"/hang-in-body", ERROR_TIMEOUT},
        {"/garbage", ERROR_PROTOCOL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpTransfer) transfer = start(fixture, "GET", cases[i].path);
        g_autoptr(GByteArray) body = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_false(http_read_all(transfer, 1000, &body, &error));
        g_test_message("%s: %s", cases[i].path, error->message);
        g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(cases[i].kind));
    }
}

static void test_a_refused_connection_is_unavailable(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    HttpRequest request = {.method = "GET", .url = "http://127.0.0.1:1/"};
    g_autoptr(HttpTransfer) transfer = NULL;
    g_autoptr(GError) error = NULL;
    HttpResponse response;

    g_assert_true(http_start(fixture->client, &request, &transfer, NULL));
    g_assert_false(http_wait(transfer, &response, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
}

static void test_redirects_are_not_followed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(HttpTransfer) transfer = start(fixture, "GET", "/redirect");
    HttpResponse response;

    g_assert_true(http_wait(transfer, &response, NULL));
    g_assert_cmpint(response.status, ==, 302);
    g_assert_cmpstr(http_response_header(&response, "location"), ==, "/echo");
}

static void test_what_cannot_be_sent_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const char *split[] = {"X-A: b\r\nX-Evil: 1", NULL};
    HttpRequest cases[] = {
        {.method = "GET", .url = "file:///etc/passwd"},
        {.method = "GET", .url = "http://127.0.0.1/a b"},
        {.method = "GET", .url = "http://127.0.0.1/a\r\nHost: evil"},
        {.method = "GET", .url = "http://127.0.0.1/", .headers = split},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        HttpTransfer *transfer = NULL;

        g_assert_false(http_start(fixture->client, &cases[i], &transfer, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
}

static void test_a_big_body_arrives_whole_through_a_small_buffer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(HttpTransfer) transfer = start(fixture, "GET", "/big");
    uint8_t buffer[10000];
    size_t total = 0;
    size_t len = 0;

    g_usleep(700 * 1000); /* longer than the stall limit: a paused transfer does not stall */
    do {
        g_assert_true(http_read(transfer, buffer, sizeof buffer, &len, NULL));
        for (size_t i = 0; i < len; i++)
            g_assert_cmpint(buffer[i], ==, 'x');
        total += len;
    } while (len > 0);
    g_assert_cmpuint(total, ==, BIG);
}

static void test_a_body_over_the_cap_is_too_large(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(HttpTransfer) transfer = start(fixture, "GET", "/big");
    g_autoptr(GByteArray) body = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(http_read_all(transfer, 1000, &body, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
}

/* More unread big bodies than connections: the last one is still readable, in whatever order. */
static void test_unread_transfers_do_not_block_others(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    HttpTransfer *transfers[12];

    for (size_t i = 0; i < G_N_ELEMENTS(transfers); i++)
        transfers[i] = start(fixture, "GET", "/big");
    for (size_t i = G_N_ELEMENTS(transfers); i > 0; i--) {
        g_autoptr(GByteArray) body = NULL;

        g_assert_true(http_read_all(transfers[i - 1], BIG, &body, NULL));
        g_assert_cmpuint(body->len, ==, BIG);
        http_transfer_close(transfers[i - 1]);
    }
}

static void test_closing_at_any_moment_is_safe(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const paths[] = {"/big", "/hang", "/echo", "/reset", "/short"};

    for (int i = 0; i < 200; i++) {
        HttpTransfer *transfer = start(fixture, "GET", paths[i % 5]);
        uint8_t byte = 0;
        size_t len = 0;

        if (i % 10 < 3 && i % 5 != 1)
            (void)!http_read(transfer, &byte, 1, &len, NULL);
        http_transfer_close(transfer);
    }
    g_autoptr(HttpTransfer) last = start(fixture, "GET", "/echo");
    HttpResponse response;
    g_assert_true(http_wait(last, &response, NULL));
}

static gpointer get_many(gpointer data)
{
    Fixture *fixture = data;

    for (int i = 0; i < 300; i++) {
        g_autofree char *path = g_strdup_printf("/%p/%d", (void *)g_thread_self(), i);
        g_autoptr(HttpTransfer) transfer = start(fixture, "GET", path);
        g_autoptr(GByteArray) body = NULL;

        g_assert_true(http_read_all(transfer, 1000, &body, NULL));
        g_assert_cmpstr((const char *)body->data, ==, path);
    }
    return NULL;
}

static void test_threads_share_a_client_and_its_connections(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    GThread *threads[8];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("get", get_many, fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(loopback_connections(fixture->server), <=, 4);
}

/* A figure for people, not a pass or a failure. */
static void test_small_requests_per_second(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    enum { COUNT = 4000, IN_FLIGHT = 32 };
    HttpClientOptions options = {.max_connections = IN_FLIGHT};
    HttpTransfer *transfers[IN_FLIGHT] = {NULL};
    Fixture own = {.server = fixture->server};

    g_assert_true(http_client_open(&options, &own.client, NULL));
    gint64 start_us = g_get_monotonic_time();
    for (int i = 0; i < COUNT + IN_FLIGHT; i++) {
        HttpTransfer **slot = &transfers[i % IN_FLIGHT];
        if (*slot != NULL) {
            g_autoptr(GByteArray) body = NULL;
            g_assert_true(http_read_all(*slot, 1000, &body, NULL));
            http_transfer_close(*slot);
        }
        *slot = i < COUNT ? start(&own, "GET", "/small") : NULL;
    }
    double seconds = (double)(g_get_monotonic_time() - start_us) / 1e6;
    g_test_message("%d small GETs, %d in flight: %.0f/s", COUNT, IN_FLIGHT, COUNT / seconds);
    http_client_unref(own.client);
}

static gpointer stop_soon(gpointer client)
{
    g_usleep(20 * 1000);
    http_client_stop(client);
    return NULL;
}

static void test_stopping_wakes_whoever_waits(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    GThread *stopper = g_thread_new("stop", stop_soon, fixture->client);

    for (int i = 0; i < 3; i++) { /* the first waits when it happens, the others start afterwards */
        g_autoptr(HttpTransfer) transfer = start(fixture, "GET", "/hang");
        g_autoptr(GError) error = NULL;
        HttpResponse response;

        g_assert_false(http_wait(transfer, &response, &error));
        g_assert_true(error_is(error, ERROR_CANCELLED));
    }
    g_thread_join(stopper);
}

static void test_a_wait_between_requests_ends_with_its_time_or_the_client(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    int64_t start_us = g_get_monotonic_time();

    g_assert_true(http_client_wait(fixture->client, 0));
    g_assert_true(http_client_wait(fixture->client, 30));
    g_assert_cmpint(g_get_monotonic_time() - start_us, >=, 30 * 1000);

    GThread *stopper = g_thread_new("stop", stop_soon, fixture->client);
    g_assert_false(http_client_wait(fixture->client, 600 * 1000));
    g_assert_false(http_client_wait(fixture->client, 600 * 1000));
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 60 * G_USEC_PER_SEC);
    g_thread_join(stopper);
}

static void test_dates_are_read(void)
{
    g_assert_cmpint(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT"), ==, 784111777000);
    g_assert_cmpint(http_date_parse("not a date"), ==, -1);
}

#define ADD_STALLING(path, function)                                                                                   \
    g_test_add("/net/http-client/" path, Fixture, GUINT_TO_POINTER(500), set_up, function, tear_down)
#define ADD(path, function) g_test_add("/net/http-client/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *name = (const char *[]){"http_proxy", "HTTP_PROXY", "all_proxy", NULL}; *name; name++)
        g_unsetenv(*name);
    ADD("methods-headers-and-bodies-go-through", test_methods_headers_and_bodies_go_through);
    ADD_STALLING("failures-have-the-right-kind", test_failures_have_the_right_kind);
    ADD("a-refused-connection-is-unavailable", test_a_refused_connection_is_unavailable);
    ADD("redirects-are-not-followed", test_redirects_are_not_followed);
    ADD("what-cannot-be-sent-is-refused", test_what_cannot_be_sent_is_refused);
    ADD_STALLING(
        "a-big-body-arrives-whole-through-a-small-buffer", test_a_big_body_arrives_whole_through_a_small_buffer);
    ADD("a-body-over-the-cap-is-too-large", test_a_body_over_the_cap_is_too_large);
    ADD("unread-transfers-do-not-block-others", test_unread_transfers_do_not_block_others);
    ADD("closing-at-any-moment-is-safe", test_closing_at_any_moment_is_safe);
    ADD("threads-share-a-client-and-its-connections", test_threads_share_a_client_and_its_connections);
    ADD("stopping-wakes-whoever-waits", test_stopping_wakes_whoever_waits);
    ADD("a-wait-between-requests-ends-with-its-time-or-the-client",
        test_a_wait_between_requests_ends_with_its_time_or_the_client);
    ADD("small-requests-per-second", test_small_requests_per_second);
    g_test_add_func("/net/http-client/dates-are-read", test_dates_are_read);
    return g_test_run();
}
