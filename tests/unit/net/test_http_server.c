/* Talks to the server over a socket, byte by byte as RFC 9112 has it, so that no client library hides anything. */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_LIMIT = 4096 };

/* Answers with everything it was told, one fact a line. */
static HttpReply *echo(void *data, const HttpCall *call)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void)data;
    g_string_append_printf(text, "method=%s\npath=%s\npeer=%s\n", call->method, call->path, call->peer);
    for (size_t i = 0; i < call->query_count; i++)
        g_string_append_printf(text, "query %s=%s\n", call->query[i].name, call->query[i].value);
    if (http_call_header(call, "x-test") != NULL)
        g_string_append_printf(text, "x-test=%s\n", http_call_header(call, "x-test"));
    g_string_append_printf(text, "body=%zu:", call->body.len);
    g_string_append_len(text, (const char *)call->body.data, (gssize)MIN(call->body.len, 64));

    GBytes *body = g_bytes_new(text->str, text->len);
    HttpReply *reply = http_reply_new(200, "text/plain", body);
    http_reply_add_header(reply, "X-Extra", "yes");
    http_reply_add_header(reply, "X-Split", "a\r\nSet-Cookie: b");
    return reply;
}

static HttpServer *start(const char *host)
{
    g_autoptr(GError) error = NULL;
    HttpServer *server = NULL;
    const HttpServerOptions options = {.host = host, .handler = echo, .max_body_bytes = BODY_LIMIT, .timeout_s = 5};

    g_assert_true(http_server_start(&options, &server, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(http_server_port(server), >, 0);
    return server;
}

static int connect_v4(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static int connect_v6(uint16_t port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    const int fd = socket(AF_INET6, SOCK_STREAM, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void send_text(int fd, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server may have answered and hung up already */
        text += sent;
        len -= (size_t)sent;
    }
}

static char *receive_all(int fd)
{
    GString *answer = g_string_new(NULL);
    char buffer[4096];

    for (ssize_t got = recv(fd, buffer, sizeof buffer, 0); got > 0; got = recv(fd, buffer, sizeof buffer, 0))
        g_string_append_len(answer, buffer, got);
    (void)close(fd);
    return g_string_free(answer, FALSE);
}

static char *exchange(const HttpServer *server, const char *request)
{
    const int fd = connect_v4(http_server_port(server));

    send_text(fd, request, strlen(request));
    return receive_all(fd);
}

static void assert_has(const char *answer, const char *part)
{
    if (strstr(answer, part) == NULL)
        g_error("expected <%s> in:\n%s", part, answer);
}

static const struct {
    const char *name, *request, *expected[5], *absent;
} exchanges[] = {
    {"a query is decoded once",
        "GET /jobs/a%20b?x=1&name=a%2Bb+c%26d&flag HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"HTTP/1.1 200", "path=/jobs/a b\n", "query x=1\n", "query name=a+b c&d\n", "query flag=\n"}, NULL},
    {"double encoding stays encoded", "GET /a%2541?b=%2541 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"path=/a%41\n", "query b=%41\n"}, NULL},
    {"headers are found in any case", "GET / HTTP/1.1\r\nHost: a\r\nX-TEST: yes\r\nConnection: close\r\n\r\n",
        {"x-test=yes\n", "peer=127.0.0.1\n"}, NULL},
    {"a reply has type, length, id and extra headers", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"Content-Type: text/plain\r\n", "Content-Length: ", "X-Request-Id: ", "X-Extra: yes\r\n"}, "Set-Cookie"},
    {"HEAD is GET without a body", "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"HTTP/1.1 200", "Content-Length: "}, "method="},
    {"a body arrives", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        {"method=POST\n", "body=5:hello"}, NULL},
    {"a chunked body arrives whole",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        {"body=5:hello"}, NULL},
    {"%00 in a path is refused", "GET /a%00b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {"HTTP/1.1 400", "%00"},
        NULL},
    {"%2F in a path is refused", "GET /a%2Fb HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {"HTTP/1.1 400"}, NULL},
    {"a broken escape is refused", "GET /?a=%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"HTTP/1.1 400", "query parameter 'a'"}, NULL},
    {"%00 in a query is refused", "GET /?a=b%00c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {"HTTP/1.1 400"},
        NULL},
    {"invalid UTF-8 in a query is refused", "GET /?a=%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"HTTP/1.1 400"}, NULL},
    {"overlong UTF-8 in a path is refused", "GET /%c0%af HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        {"HTTP/1.1 400"}, NULL},
    {"an announced body over the limit is refused before it is read",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\nExpect: 100-continue\r\n\r\n",
        {"HTTP/1.1 413", "at most 4096 bytes"}, NULL},
    {"an enormous announced body is refused at once",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", {"HTTP/1.1 413"}, "100 Continue"},
    {"a missing Host is refused (RFC 9112, 3.2)", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {"HTTP/1.1 400"},
        "method="},
};

static void test_requests_and_replies(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");

    for (size_t i = 0; i < G_N_ELEMENTS(exchanges); i++) {
        g_test_message("%s", exchanges[i].name);
        g_autofree char *answer = exchange(server, exchanges[i].request);
        for (size_t j = 0; j < G_N_ELEMENTS(exchanges[i].expected) && exchanges[i].expected[j] != NULL; j++)
            assert_has(answer, exchanges[i].expected[j]);
        if (exchanges[i].absent != NULL)
            g_assert_null(strstr(answer, exchanges[i].absent));
    }
}

static void test_a_chunked_body_over_the_limit_is_refused(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");
    g_autoptr(GString) request = g_string_new("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                              "Connection: close\r\n\r\n");

    for (int i = 0; i < 6; i++)
        g_string_append_printf(request, "400\r\n%01024d\r\n", 0);
    g_string_append(request, "0\r\n\r\n");
    g_autofree char *answer = exchange(server, request->str);
    assert_has(answer, "HTTP/1.1 413");
}

static void test_a_body_over_the_limit_is_read_so_that_the_answer_arrives(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");
    g_autofree char *request =
        g_strdup_printf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%0*d",
            BODY_LIMIT * 15, BODY_LIMIT * 15, 0);
    g_autofree char *answer = exchange(server, request);

    assert_has(answer, "HTTP/1.1 413");
    assert_has(answer, "at most 4096 bytes");
}

static void test_a_body_of_exactly_the_limit_is_taken(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");
    g_autofree char *request = g_strdup_printf(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%0*d", BODY_LIMIT, BODY_LIMIT, 0);
    g_autofree char *answer = exchange(server, request);

    assert_has(answer, "body=4096:");
}

static void test_headers_without_end_are_cut_off(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");
    g_autoptr(GString) request = g_string_new("GET / HTTP/1.1\r\nHost: a\r\n");

    for (int i = 0; i < 100; i++)
        g_string_append_printf(request, "X-%d: %01000d\r\n", i, 0);
    g_string_append(request, "\r\n");
    g_autofree char *answer = exchange(server, request->str);
    g_assert_null(strstr(answer, "HTTP/1.1 200"));
}

static void test_a_connection_serves_several_requests(void)
{
    g_autoptr(HttpServer) server = start("localhost");
    g_autofree char *answer = exchange(
        server, "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    assert_has(answer, "path=/one\n");
    assert_has(answer, "path=/two\n");
}

static void test_ipv6_addresses_are_listened_on(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) server = NULL;
    const HttpServerOptions options = {.host = "[::1]", .handler = echo};

    if (!http_server_start(&options, &server, &error)) {
        g_test_skip("no IPv6 here");
        return;
    }
    const char *request = "GET /six HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const int fd = connect_v6(http_server_port(server));
    send_text(fd, request, strlen(request));
    g_autofree char *answer = receive_all(fd);
    assert_has(answer, "path=/six\n");
    assert_has(answer, "peer=::1\n");
}

static void test_names_and_taken_ports_are_refused_in_words(void)
{
    g_autoptr(HttpServer) server = start("127.0.0.1");
    HttpServer *second = NULL;

    static const char *const hosts[] = {"example.com", "", "127.0.0.1.5", "0127.0.0.1", "[127.0.0.1"};
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(GError) error = NULL;
        const HttpServerOptions options = {.host = hosts[i], .handler = echo};
        g_assert_false(http_server_start(&options, &second, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        assert_has(error->message, "expected an IPv4 or IPv6 address or localhost");
    }

    g_autoptr(GError) error = NULL;
    const HttpServerOptions taken = {.host = "127.0.0.1", .port = http_server_port(server), .handler = echo};
    g_assert_false(http_server_start(&taken, &second, &error));
    g_assert_true(error_is(error, ERROR_IO));
    assert_has(error->message, "Address already in use");
}

static void test_stopping_ends_idle_connections_and_frees_the_port(void)
{
    HttpServer *server = start("127.0.0.1");
    const uint16_t port = http_server_port(server);
    const int idle = connect_v4(port);

    send_text(idle, "GET / HTT", 9);
    http_server_stop(server);
    g_autofree char *answer = receive_all(idle);
    g_assert_null(strstr(answer, "200"));

    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) again = NULL;
    const HttpServerOptions options = {.host = "127.0.0.1", .port = port, .handler = echo};
    g_assert_true(http_server_start(&options, &again, &error));
    g_assert_no_error(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-server/requests-and-replies", test_requests_and_replies);
    g_test_add_func(
        "/http-server/a-chunked-body-over-the-limit-is-refused", test_a_chunked_body_over_the_limit_is_refused);
    g_test_add_func("/http-server/a-body-over-the-limit-is-read-so-that-the-answer-arrives",
        test_a_body_over_the_limit_is_read_so_that_the_answer_arrives);
    g_test_add_func("/http-server/a-body-of-exactly-the-limit-is-taken", test_a_body_of_exactly_the_limit_is_taken);
    g_test_add_func("/http-server/headers-without-end-are-cut-off", test_headers_without_end_are_cut_off);
    g_test_add_func("/http-server/a-connection-serves-several-requests", test_a_connection_serves_several_requests);
    g_test_add_func("/http-server/ipv6-addresses-are-listened-on", test_ipv6_addresses_are_listened_on);
    g_test_add_func(
        "/http-server/names-and-taken-ports-are-refused-in-words", test_names_and_taken_ports_are_refused_in_words);
    g_test_add_func("/http-server/stopping-ends-idle-connections-and-frees-the-port",
        test_stopping_ends_idle_connections_and_frees_the_port);
    return g_test_run();
}
