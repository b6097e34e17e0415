#include "store/postgres_internal.h"

#include <string.h>

typedef struct StateKind {
    const char *prefix; /* of the SQLSTATE; the first that fits decides */
    ErrorKind kind;
} StateKind;

/* PostgreSQL's manual, appendix A. */
static const StateKind state_kinds[] = {
    {"08P01", ERROR_INTERNAL},    /* protocol violation: parameters that do not fit the statement */
    {"08", ERROR_UNAVAILABLE},    /* connection exceptions */
    {"0A000", ERROR_BUSY},        /* a kept plan no longer fits, after a migration: works on a new connection */
    {"22", ERROR_INVALID},        /* data exceptions: a malformed UUID, text that is no UTF-8 */
    {"23", ERROR_CONFLICT},       /* constraints */
    {"25P03", ERROR_UNAVAILABLE}, /* idle in a transaction for too long */
    {"26000", ERROR_BUSY},        /* a kept statement is gone, after DISCARD ALL */
    {"28", ERROR_CREDENTIALS},    /* user or password */
    {"3D000", ERROR_NOT_FOUND},   /* no such database */
    {"40", ERROR_BUSY},           /* serialization failure, deadlock */
    {"42501", ERROR_FORBIDDEN},   /* insufficient privilege */
    {"42P05", ERROR_BUSY},        /* a kept statement of somebody else, behind a pooler */
    {"53100", ERROR_NO_SPACE},    /* disk full */
    {"53200", ERROR_UNAVAILABLE}, /* out of memory */
    {"53", ERROR_BUSY},           /* too many connections, … */
    {"54", ERROR_TOO_LARGE},      /* limits of the program */
    {"55P03", ERROR_BUSY},        /* lock not available in time */
    {"57014", ERROR_TIMEOUT},     /* a statement that took too long */
    {"57", ERROR_UNAVAILABLE},    /* shut down, starting up, crashed */
    {"58030", ERROR_IO},          /* */
    {"58", ERROR_IO},             /* errors of the server's operating system */
    {"XX001", ERROR_CORRUPT},     /* data corrupted */
    {"XX002", ERROR_CORRUPT},     /* index corrupted */
};

/* Classes whose primary message speaks of names and settings, and never quotes a value. */
static const char *const speaking_classes[] = {
    "08", "0A", "23", "25", "26", "28", "3D", "40", "42", "53", "54", "55", "57", "58", "XX"};

ErrorKind postgres_kind_of(const char *sqlstate)
{
    for (size_t i = 0; i < G_N_ELEMENTS(state_kinds); i++)
        if (g_str_has_prefix(sqlstate, state_kinds[i].prefix))
            return state_kinds[i].kind;
    return ERROR_INTERNAL;
}

static bool may_be_told(const char *sqlstate)
{
    for (size_t i = 0; i < G_N_ELEMENTS(speaking_classes); i++)
        if (g_str_has_prefix(sqlstate, speaking_classes[i]))
            return true;
    return false;
}

static bool is_of_no_more_use(PGconn *handle, const char *sqlstate)
{
    return PQstatus(handle) != CONNECTION_OK || g_str_equal(sqlstate, "0A000") || g_str_equal(sqlstate, "26000") ||
           g_str_equal(sqlstate, "42P05");
}

/* The server did not answer: what libpq says of the connection, one line of it. */
static bool fail_without_answer(const PostgresConnection *connection, const char *what, GError **error)
{
    g_autofree char *text = g_strdup(PQerrorMessage(connection->handle));
    bool is_lost = PQstatus(connection->handle) != CONNECTION_OK;

    if (connection->is_silent)
        return fail(error, ERROR_UNAVAILABLE, "store %s: %s: no answer in time", connection->name, what);
    g_strdelimit(text, "\n\r", '\0');
    return fail(error, is_lost ? ERROR_UNAVAILABLE : ERROR_INTERNAL, "store %s: %s: %s", connection->name, what,
        *text != '\0' ? text : "the connection is lost");
}

bool postgres_fail(PostgresConnection *connection, const char *what, const PGresult *result, GError **error)
{
    const char *sqlstate = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    connection->is_broken = connection->is_broken || is_of_no_more_use(connection->handle, sqlstate ? sqlstate : "");
    if (sqlstate == NULL)
        return fail_without_answer(connection, what, error);
    if (message == NULL || !may_be_told(sqlstate))
        return fail(error, postgres_kind_of(sqlstate), "store %s: %s: PostgreSQL refuses it (SQLSTATE %s)",
            connection->name, what, sqlstate);
    return fail(
        error, postgres_kind_of(sqlstate), "store %s: %s: %s (SQLSTATE %s)", connection->name, what, message, sqlstate);
}
