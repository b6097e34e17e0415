#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct Loopback {
    LoopbackHandler handler;
    void *data;
    int listener;
    uint16_t port;
    char *url;
    GThread *acceptor;
    gint is_stopping;
    gint requests;
    gint connections;
    GPtrArray *threads; /* the acceptor's, until it is joined */
};

typedef struct Connection {
    Loopback *server;
    int fd;
    uint32_t number;
    GString *pending; /* bytes read, not used yet */
} Connection;

static gpointer accept_loop(gpointer data);
static gpointer connection_run(gpointer data);

Loopback *loopback_open(LoopbackHandler handler, void *data)
{
    Loopback *server = g_new0(Loopback, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    server->handler = handler;
    server->data = data;
    server->threads = g_ptr_array_new();
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(server->listener, 256), ==, 0);
    g_assert_cmpint(getsockname(server->listener, (struct sockaddr *)&address, &len), ==, 0);
    server->port = ntohs(address.sin_port);
    server->url = g_strdup_printf("http://127.0.0.1:%u", server->port);
    server->acceptor = g_thread_new("accept", accept_loop, server);
    return server;
}

void loopback_close(Loopback *server)
{
    if (server == NULL)
        return;
    g_atomic_int_set(&server->is_stopping, 1);
    g_thread_join(server->acceptor);
    for (guint i = 0; i < server->threads->len; i++)
        g_thread_join(server->threads->pdata[i]);
    g_ptr_array_unref(server->threads);
    close(server->listener);
    g_free(server->url);
    g_free(server);
}

const char *loopback_url(const Loopback *server)
{
    return server->url;
}

uint16_t loopback_port(const Loopback *server)
{
    return server->port;
}

uint32_t loopback_connections(Loopback *server)
{
    return (uint32_t)g_atomic_int_get(&server->connections);
}

uint32_t loopback_requests(Loopback *server)
{
    return (uint32_t)g_atomic_int_get(&server->requests);
}

char *loopback_header(const LoopbackRequest *request, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(request->headers, "\r\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *colon = strchr(lines[i], ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        if (g_ascii_strcasecmp(lines[i], name) == 0)
            return g_strstrip(g_strdup(colon + 1));
    }
    return NULL;
}

void loopback_answer(GString *answer, const char *status, const char *headers, const char *body, gssize len)
{
    gsize size = len < 0 ? strlen(body) : (gsize)len;

    g_string_append_printf(answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, size, headers);
    g_string_append_len(answer, body, (gssize)size);
}

static bool wait_readable(const Loopback *server, int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    while (!g_atomic_int_get(&server->is_stopping)) {
        if (poll(&waiting, 1, 20) > 0)
            return true;
    }
    return false;
}

static gpointer accept_loop(gpointer data)
{
    Loopback *server = data;

    while (wait_readable(server, server->listener)) {
        Connection *connection = g_new0(Connection, 1);
        connection->server = server;
        connection->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        connection->number = (uint32_t)g_atomic_int_add(&server->connections, 1) + 1;
        connection->pending = g_string_new(NULL);
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        g_ptr_array_add(server->threads, g_thread_new("serve", connection_run, connection));
    }
    return NULL;
}

static bool receive_more(Connection *connection)
{
    char buffer[16384];

    if (!wait_readable(connection->server, connection->fd))
        return false;
    ssize_t n = recv(connection->fd, buffer, sizeof buffer, 0);
    if (n <= 0)
        return false;
    g_string_append_len(connection->pending, buffer, n);
    return true;
}

static bool receive_body(Connection *connection, LoopbackRequest *request)
{
    g_autofree char *length = loopback_header(request, "content-length");
    gsize wanted = length != NULL ? (gsize)g_ascii_strtoull(length, NULL, 10) : 0;

    while (connection->pending->len < wanted) {
        if (!receive_more(connection))
            return false;
    }
    g_byte_array_append(request->body, (const guint8 *)connection->pending->str, (guint)wanted);
    g_string_erase(connection->pending, 0, (gssize)wanted);
    return true;
}

static bool receive_request(Connection *connection, LoopbackRequest *request)
{
    char *end = NULL;

    while ((end = strstr(connection->pending->str, "\r\n\r\n")) == NULL) {
        if (!receive_more(connection))
            return false;
    }
    g_autofree char *head = g_strndup(connection->pending->str, (gsize)(end - connection->pending->str) + 2);
    g_string_erase(connection->pending, 0, (gssize)strlen(head) + 2);
    char *line_end = strstr(head, "\r\n");
    request->headers = g_strdup(line_end);
    *line_end = '\0';
    g_auto(GStrv) words = g_strsplit(head, " ", 3);
    g_assert_cmpuint(g_strv_length(words), ==, 3);
    request->method = g_strdup(words[0]);
    request->target = g_strdup(words[1]);
    return receive_body(connection, request);
}

static void request_clear(LoopbackRequest *request)
{
    g_free(request->method);
    g_free(request->target);
    g_free(request->headers);
    g_byte_array_unref(request->body);
}

static bool send_all(int fd, const GString *bytes)
{
    for (gsize sent = 0; sent < bytes->len;) {
        ssize_t n = send(fd, bytes->str + sent, bytes->len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (gsize)n;
    }
    return true;
}

static LoopbackThen serve_one(Connection *connection)
{
    LoopbackRequest request = {.body = g_byte_array_new(), .connection = connection->number};
    g_autoptr(GString) answer = g_string_new(NULL);
    LoopbackThen then = LOOPBACK_CLOSE;

    if (receive_request(connection, &request)) {
        request.number = (uint32_t)g_atomic_int_add(&connection->server->requests, 1) + 1;
        then = connection->server->handler(&request, answer, connection->server->data);
        if (!send_all(connection->fd, answer))
            then = LOOPBACK_CLOSE;
    }
    request_clear(&request);
    return then;
}

static gpointer connection_run(gpointer data)
{
    Connection *connection = data;
    LoopbackThen then = LOOPBACK_KEEP;

    while (then == LOOPBACK_KEEP)
        then = serve_one(connection);
    while (then == LOOPBACK_HANG && !g_atomic_int_get(&connection->server->is_stopping))
        g_usleep(5000);
    if (then == LOOPBACK_RESET)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(connection->fd);
    g_string_free(connection->pending, TRUE);
    g_free(connection);
    return NULL;
}
