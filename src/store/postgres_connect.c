#include "base/clock.h"
#include "store/postgres_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 30000 };

/* What holds unless the URI says otherwise. A host that does not answer is given up after tcp_user_timeout, also while
 * connecting, so that the next host of the URI has its turn; a network that goes silent is noticed within 30 s. */
static const struct {
    const char *keyword, *value;
} defaults[] = {
    {"fallback_application_name", "trawl"},
    {"keepalives", "1"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "15000"},
};

/* Of every transaction; in milliseconds. */
#define SETTINGS(scope)                                                                                                \
    "SET " scope "TimeZone = 'UTC';"                                                                                   \
    "SET " scope "DateStyle = 'ISO';"                                                                                  \
    "SET " scope "bytea_output = 'hex';"                                                                               \
    "SET " scope "lock_timeout = 10000;"                                                                               \
    "SET " scope "statement_timeout = 120000;"                                                                         \
    "SET " scope "idle_in_transaction_session_timeout = 120000;"

/* So that the server, too, soon frees what a client behind a cut network holds. */
#define SERVER_SETTINGS                                                                                                \
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"                     \
    "SET tcp_user_timeout = 30000;"

void postgres_connection_free(PostgresConnection *connection)
{
    if (connection == NULL)
        return;
    PQfinish(connection->handle);
    g_clear_pointer(&connection->unanswered, g_array_unref);
    g_free(connection);
}

static bool run_within(
    PostgresConnection *connection, int64_t wait_ms, const char *what, const char *sql, GError **error)
{
    g_autoptr(PGresult) result = postgres_answer(connection, PQsendQuery(connection->handle, sql), wait_ms);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        return postgres_fail(connection, what, result, error);
    return true;
}

bool postgres_run(PostgresConnection *connection, const char *what, const char *sql, GError **error)
{
    return run_within(connection, POSTGRES_ANSWER_MS, what, sql, error);
}

bool postgres_start(PostgresConnection *connection, DbMode mode, GError **error)
{
    static const char *const own[] = {
        [DB_READ] = POSTGRES_BEGIN_READ ";" POSTGRES_READER_SETTINGS,
        [DB_WRITE] = POSTGRES_BEGIN_WRITE,
        [DB_WRITE_RELAXED] = POSTGRES_BEGIN_WRITE ";" POSTGRES_RELAXED_SETTINGS,
    };
    static const char *const shared[] = {
        [DB_READ] = POSTGRES_BEGIN_READ ";" SETTINGS("LOCAL ") POSTGRES_READER_SETTINGS,
        [DB_WRITE] = POSTGRES_BEGIN_WRITE ";" SETTINGS("LOCAL "),
        [DB_WRITE_RELAXED] = POSTGRES_BEGIN_WRITE ";" SETTINGS("LOCAL ") POSTGRES_RELAXED_SETTINGS,
    };

    connection->is_begin_due = false;
    return run_within(
        connection, POSTGRES_PROMPT_MS, "begin", connection->has_pooler ? shared[mode] : own[mode], error);
}

static void ignore_notice(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const PGresult *result)
{
}

/* Verbose messages carry the SQLSTATE, which libpq does not give otherwise for a refused connection:
 * "FATAL:  28P01: password authentication failed …". */
static void sqlstate_in(const char *message, char ret_sqlstate[6])
{
    const char *place = message;

    ret_sqlstate[0] = '\0';
    while ((place = strstr(place, ":  ")) != NULL) {
        place += strlen(":  ");
        if (strspn(place, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && place[5] == ':') {
            g_strlcpy(ret_sqlstate, place, 6);
            return;
        }
    }
}

/* The last line that says something; the ones about source files are for PostgreSQL's developers. */
static char *told_by(const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    GString *text = g_string_new(NULL);

    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0' && !g_str_has_prefix(*line, "LOCATION:"))
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", g_strstrip(*line));
    return g_string_free(text, FALSE);
}

static bool fail_to_connect(const PostgresConnection *connection, GError **error)
{
    const char *message = PQerrorMessage(connection->handle);
    g_autofree char *told = told_by(message);
    char sqlstate[6];

    sqlstate_in(message, sqlstate);
    ErrorKind kind = *sqlstate != '\0' ? postgres_kind_of(sqlstate) : ERROR_UNAVAILABLE;
    if (PQconnectionNeedsPassword(connection->handle))
        kind = ERROR_CREDENTIALS;
    return fail(error, kind, "store %s: cannot connect: %s", connection->name, told);
}

static bool wait_for(PGconn *handle, short events, int stop_fd, int64_t end_ms, const char *name, GError **error)
{
    struct pollfd places[] = {{.fd = PQsocket(handle), .events = events}, {.fd = stop_fd, .events = POLLIN}};
    int64_t left_ms = end_ms - clock_monotonic_ms();

    if (left_ms <= 0)
        return fail(
            error, ERROR_UNAVAILABLE, "store %s: cannot connect: no answer within %d s", name, CONNECT_MS / 1000);
    if (poll(places, G_N_ELEMENTS(places), (int)left_ms) < 0 && errno != EINTR)
        return fail(error, ERROR_IO, "store %s: poll: %s", name, g_strerror(errno));
    if (places[1].revents != 0)
        return fail(error, ERROR_CANCELLED, "store %s: connecting was given up", name);
    return true;
}

static bool finish_connecting(PostgresConnection *connection, int stop_fd, GError **error)
{
    int64_t end_ms = clock_monotonic_ms() + CONNECT_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    if (PQstatus(connection->handle) == CONNECTION_BAD)
        return fail_to_connect(connection, error);
    PQsetErrorVerbosity(connection->handle, PQERRORS_VERBOSE);
    while (status != PGRES_POLLING_OK) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        TRY(wait_for(connection->handle, events, stop_fd, end_ms, connection->name, error));
        status = PQconnectPoll(connection->handle);
        if (status == PGRES_POLLING_FAILED)
            return fail_to_connect(connection, error);
    }
    PQsetErrorVerbosity(connection->handle, PQERRORS_DEFAULT);
    return true;
}

/* A pooler hands out a process number of its own. */
static bool look_for_pooler(PostgresConnection *connection, GError **error)
{
    int was_sent = PQsendQuery(connection->handle, "SELECT pg_catalog.pg_backend_pid()");
    g_autoptr(PGresult) result = postgres_answer(connection, was_sent, POSTGRES_PROMPT_MS);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return postgres_fail(connection, "connect", result, error);
    connection->has_pooler = g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10) != PQbackendPID(connection->handle);
    return true;
}

static PGconn *start_connecting(const PostgresTarget *target)
{
    const char *keywords[G_N_ELEMENTS(defaults) + 3] = {NULL}, *values[G_N_ELEMENTS(defaults) + 3] = {NULL};
    size_t count = 0;

    for (; count < G_N_ELEMENTS(defaults); count++) {
        keywords[count] = defaults[count].keyword;
        values[count] = defaults[count].value;
    }
    keywords[count] = "dbname"; /* later ones win */
    values[count++] = target->conninfo;
    keywords[count] = "client_encoding";
    values[count++] = "UTF8";
    return PQconnectStartParams(keywords, values, 1);
}

bool postgres_connect(const PostgresTarget *target, int stop_fd, PostgresConnection **ret_connection, GError **error)
{
    g_autoptr(PostgresConnection) connection = g_new0(PostgresConnection, 1);

    connection->name = target->name;
    connection->handle = start_connecting(target);
    if (connection->handle == NULL)
        return fail(error, ERROR_UNAVAILABLE, "store %s: out of memory", target->name);
    TRY(finish_connecting(connection, stop_fd, error));
    PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    if (PQsetnonblocking(connection->handle, 1) != 0) /* sending is not to be waited for without end, either */
        return postgres_fail(connection, "connect", NULL, error);
    TRY(look_for_pooler(connection, error));
    if (!connection->has_pooler)
        TRY(run_within(connection, POSTGRES_PROMPT_MS, "settings", SETTINGS("") SERVER_SETTINGS, error));
    connection->idle_since_ms = clock_monotonic_ms();
    *ret_connection = g_steal_pointer(&connection);
    return true;
}
