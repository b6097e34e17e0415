/* Requests that wait for their answer, over real sockets. */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG_MS = 3600000, SHORT_MS = 30, CONNECTIONS = 8 };

typedef struct Fixture {
    HttpServer *server;
    GMutex mutex;
    GCond changed;
    int calls;     /* of /wait and /brief */
    bool is_ready; /* what /wait waits for */
} Fixture;

static HttpReply *say(const char *text)
{
    return http_reply_new(200, "text/plain", g_bytes_new(text, strlen(text)));
}

/* /wait waits for is_ready, /brief for some time to pass; anything else is answered at once. */
static HttpReply *handle(void *data, const HttpCall *call)
{
    Fixture *f = data;
    g_autoptr(GMutexLocker) locker = NULL;

    if (strcmp(call->path, "/now") == 0)
        return say("now");
    locker = g_mutex_locker_new(&f->mutex);
    f->calls++;
    g_cond_broadcast(&f->changed);
    if (strcmp(call->path, "/a%62") == 0 && call->query_count == 1) /* as the client meant "/a%2562?q=1" */
        return call->waited_ms >= SHORT_MS ? say("the same") : http_reply_wait(say("early"), SHORT_MS);
    if (strcmp(call->path, "/brief") == 0)
        return call->waited_ms >= SHORT_MS ? say("later") : http_reply_wait(say("early"), SHORT_MS);
    return f->is_ready ? say((const char *)call->body.data) : http_reply_wait(say("nothing yet"), LONG_MS);
}

static void set_up(Fixture *f, gconstpointer sharing)
{
    g_autoptr(GError) error = NULL;
    const HttpServerOptions options = {
        .host = "127.0.0.1",
        .handler = handle,
        .data = f,
        .threads = 1,
        .max_connections = CONNECTIONS,
        .sharing = (HttpThreads)GPOINTER_TO_INT(sharing),
    };

    g_mutex_init(&f->mutex);
    g_cond_init(&f->changed);
    g_assert_true(http_server_start(&options, &f->server, &error));
    g_assert_no_error(error);
}

static void tear_down(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    http_server_stop(f->server);
    g_cond_clear(&f->changed);
    g_mutex_clear(&f->mutex);
}

static int ask(Fixture *f, const char *path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(f->server))};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_autofree char *request =
        g_strdup_printf("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\nready", path);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(send(fd, request, strlen(request) + 1, 0), ==, (ssize_t)strlen(request) + 1);
    return fd;
}

/* The body of the answer, or "" if the connection ended without. */
static char *hear(int fd)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    ssize_t len = 0;

    while ((len = recv(fd, buffer, sizeof buffer, 0)) > 0)
        g_string_append_len(text, buffer, len);
    (void)close(fd);
    const char *body = strstr(text->str, "\r\n\r\n");
    char *owned = g_strdup(body != NULL ? body + 4 : "");
    g_string_free(text, TRUE);
    return owned;
}

static void expect(int fd, const char *expected)
{
    g_autofree char *heard = hear(fd);

    g_assert_cmpstr(heard, ==, expected);
}

static void wait_for_calls(Fixture *f, int calls)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->mutex);

    while (f->calls < calls)
        g_cond_wait(&f->changed, &f->mutex);
}

static void make_ready(Fixture *f)
{
    g_mutex_lock(&f->mutex);
    f->is_ready = true;
    g_mutex_unlock(&f->mutex);
    http_server_wake(f->server);
}

static void test_others_are_answered_while_requests_wait_to_be_woken(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    const int first = ask(f, "/wait"), second = ask(f, "/wait");

    wait_for_calls(f, 2);
    expect(ask(f, "/now"), "now");
    make_ready(f);
    expect(first, "ready");
    expect(second, "ready");
}

static void test_a_request_is_asked_again_when_its_time_has_come(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    expect(ask(f, "/brief"), "later");
    g_assert_cmpint(f->calls, >=, 2);
}

static void test_a_request_that_is_asked_again_is_the_same(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    f->is_ready = true; /* what any other call would be told */
    expect(ask(f, "/a%2562?q=1"), "the same");
}

static void expect_nobody_else_is_asked(Fixture *f)
{
    expect(ask(f, "/now"), "now");
    make_ready(f);
    expect(ask(f, "/wait"), "ready");
    http_server_stop(g_steal_pointer(&f->server)); /* nobody is asked after this */
    g_assert_cmpint(f->calls, ==, 2);
}

static void test_who_has_gone_is_not_asked_again(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    (void)close(ask(f, "/wait"));
    wait_for_calls(f, 1);
    expect_nobody_else_is_asked(f);
}

static void test_who_was_cut_off_is_not_asked_again(Fixture *f, gconstpointer sharing)
{
    const struct linger at_once = {.l_onoff = 1}; /* closing is a reset */

    (void)sharing;
    const int fd = ask(f, "/wait");
    wait_for_calls(f, 1);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), ==, 0);
    (void)close(fd);
    expect_nobody_else_is_asked(f);
}

static void test_half_the_connections_may_wait_and_the_others_are_told_so(Fixture *f, gconstpointer sharing)
{
    int waiting[CONNECTIONS / 2];

    (void)sharing;
    for (int i = 0; i < CONNECTIONS / 2; i++) {
        waiting[i] = ask(f, "/wait");
        wait_for_calls(f, i + 1);
    }
    expect(ask(f, "/wait"), "nothing yet");
    make_ready(f);
    for (int i = 0; i < CONNECTIONS / 2; i++)
        expect(waiting[i], "ready");
}

static void test_a_server_stops_while_requests_wait(Fixture *f, gconstpointer sharing)
{
    (void)sharing;
    const int fd = ask(f, "/wait");

    wait_for_calls(f, 1);
    http_server_stop(g_steal_pointer(&f->server));
    g_autofree char *heard = hear(fd);
    g_assert_true(g_str_equal(heard, "nothing yet") || *heard == '\0');
}

static void add(const char *name, void (*test)(Fixture *f, gconstpointer sharing), HttpThreads sharing)
{
    g_autofree char *path =
        g_strdup_printf("/http-wait/%s/%s", sharing == HTTP_THREADS_SHARED ? "shared" : "own-thread", name);

    g_test_add(path, Fixture, GINT_TO_POINTER((int)sharing), set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < 2; i++) {
        const HttpThreads sharing = i == 0 ? HTTP_THREADS_SHARED : HTTP_THREAD_PER_CONNECTION;
        add("others-are-answered-while-requests-wait-to-be-woken",
            test_others_are_answered_while_requests_wait_to_be_woken, sharing);
        add("a-request-is-asked-again-when-its-time-has-come", test_a_request_is_asked_again_when_its_time_has_come,
            sharing);
        add("a-request-that-is-asked-again-is-the-same", test_a_request_that_is_asked_again_is_the_same, sharing);
        add("who-has-gone-is-not-asked-again", test_who_has_gone_is_not_asked_again, sharing);
        add("who-was-cut-off-is-not-asked-again", test_who_was_cut_off_is_not_asked_again, sharing);
        add("a-server-stops-while-requests-wait", test_a_server_stops_while_requests_wait, sharing);
    }
    add("half-the-connections-may-wait-and-the-others-are-told-so",
        test_half_the_connections_may_wait_and_the_others_are_told_so, HTTP_THREADS_SHARED);
    return g_test_run();
}
