#include "base/clock.h"
#include "store/postgres_array.h"
#include "store/postgres_internal.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* The parameters of one call as libpq takes them: text, whose type the server finds from the statement; blobs as they
 * are. */
typedef struct Parameters {
    const char *values[DB_MAX_PARAMETERS];
    int lengths[DB_MAX_PARAMETERS];
    int formats[DB_MAX_PARAMETERS]; /* 1: binary */
    char numbers[DB_MAX_PARAMETERS][G_ASCII_DTOSTR_BUF_SIZE];
    GStringChunk *texts;
    GByteArray *arrays[DB_MAX_PARAMETERS];
} Parameters;

static void parameters_clear(Parameters *parameters)
{
    g_clear_pointer(&parameters->texts, g_string_chunk_free);
    for (size_t i = 0; i < G_N_ELEMENTS(parameters->arrays); i++)
        g_clear_pointer(&parameters->arrays[i], g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameters, parameters_clear)

static bool set_text(Parameters *parameters, size_t i, Bytes text)
{
    if (memchr(text.data != NULL ? (const void *)text.data : "", '\0', text.len) != NULL)
        return false;
    parameters->values[i] = g_string_chunk_insert_len(
        parameters->texts, text.data != NULL ? (const char *)text.data : "", (gssize)text.len);
    return true;
}

static bool set_array(Parameters *parameters, size_t i, const DbValue *value)
{
    GByteArray *array = g_byte_array_sized_new((guint)MIN(value->bytes.len * 2, G_MAXINT / 2) + 32);
    bool is_texts = value->type == DB_JSON_TEXTS;

    parameters->arrays[i] = array;
    if (!(is_texts ? postgres_append_texts : postgres_append_ints)(array, value->bytes))
        return false;
    parameters->values[i] = (const char *)array->data;
    parameters->lengths[i] = (int)array->len;
    parameters->formats[i] = 1;
    return true;
}

static bool set_one(Parameters *parameters, size_t i, const DbValue *value)
{
    switch (value->type) {
    case DB_NULL:
        return true;
    case DB_INT:
        g_snprintf(parameters->numbers[i], sizeof parameters->numbers[i], "%" G_GINT64_FORMAT, value->integer);
        parameters->values[i] = parameters->numbers[i];
        return true;
    case DB_REAL:
        parameters->values[i] = g_ascii_dtostr(parameters->numbers[i], sizeof parameters->numbers[i], value->real);
        return true;
    case DB_TEXT:
        return set_text(parameters, i, value->bytes);
    case DB_BLOB:
        parameters->values[i] = value->bytes.data != NULL ? (const char *)value->bytes.data : "";
        parameters->lengths[i] = (int)value->bytes.len;
        parameters->formats[i] = 1;
        return value->bytes.len <= INT_MAX;
    case DB_JSON_TEXTS:
    case DB_JSON_INTS:
        return set_array(parameters, i, value);
    }
    return false;
}

static bool parameters_init(Parameters *parameters, const DbCall *call, GError **error)
{
    int expected = db_statement_parameters[call->statement];

    if (expected != (int)call->count)
        return fail(error, ERROR_INTERNAL, "store: statement %s takes %d parameters, not %d",
            db_statement_names[call->statement], expected, (int)call->count);
    parameters->texts = g_string_chunk_new(4096);
    for (size_t i = 0; i < call->count; i++)
        if (!set_one(parameters, i, &call->values[i]))
            return fail(error, ERROR_INVALID,
                "store: %s: parameter %d is too long, a text with a NUL, or no JSON array",
                db_statement_names[call->statement], (int)i + 1);
    return true;
}

static void hang_up(PostgresConnection *connection)
{
    connection->is_silent = true;
    (void)shutdown(PQsocket(connection->handle), SHUT_RDWR); /* from now on libpq finds it closed, and never waits */
}

/* Until the next result can be had, or the connection is lost. */
static void await_result(PostgresConnection *connection, int64_t end_ms)
{
    PGconn *handle = connection->handle;

    while (PQisBusy(handle)) {
        const short unsent = PQflush(handle) > 0 ? POLLOUT : 0;
        struct pollfd place = {.fd = PQsocket(handle), .events = (short)(POLLIN | unsent)};
        int64_t left_ms = connection->is_patient ? POSTGRES_ANSWER_MS : end_ms - clock_monotonic_ms();
        if (left_ms <= 0) {
            hang_up(connection);
            return;
        }
        (void)poll(&place, 1, (int)left_ms);
        if (PQconsumeInput(handle) == 0)
            return;
    }
}

PGresult *postgres_answer(PostgresConnection *connection, int was_sent, int64_t wait_ms)
{
    int64_t end_ms = clock_monotonic_ms() + wait_ms;
    g_autoptr(PGresult) last = NULL;

    while (was_sent != 0) {
        await_result(connection, end_ms);
        PGresult *next = PQgetResult(connection->handle);
        if (next == NULL)
            break;
        g_clear_pointer(&last, PQclear);
        last = next;
        if (PQstatus(connection->handle) != CONNECTION_OK)
            break;
    }
    return g_steal_pointer(&last);
}

static bool send_prepared(
    PostgresConnection *connection, const DbCall *call, const Parameters *parameters, GError **error)
{
    DbStatement id = call->statement;
    const char *name = db_statement_names[id], *text = db_statement_texts[DB_POSTGRES][id];
    int was_sent = 0;

    if (!connection->is_prepared[id])
        TRY(postgres_sent(connection, name, id, PQsendPrepare(connection->handle, name, text, 0, NULL), error));
    was_sent = PQsendQueryPrepared(connection->handle, name, (int)call->count, parameters->values, parameters->lengths,
        parameters->formats, db_statement_gives_binary[id] ? 1 : 0);
    return postgres_sent(connection, name, SQL_STATEMENT_COUNT, was_sent, error);
}

static bool send_unprepared(
    PostgresConnection *connection, const DbCall *call, const Parameters *parameters, GError **error)
{
    DbStatement id = call->statement;
    int was_sent = PQsendQueryParams(connection->handle, db_statement_texts[DB_POSTGRES][id], (int)call->count, NULL,
        parameters->values, parameters->lengths, parameters->formats, db_statement_gives_binary[id] ? 1 : 0);

    return postgres_sent(connection, db_statement_names[id], SQL_STATEMENT_COUNT, was_sent, error);
}

static bool send_call(PostgresConnection *connection, const DbCall *call, GError **error)
{
    g_auto(Parameters) parameters = {0};

    TRY(parameters_init(&parameters, call, error));
    TRY(postgres_open_pipeline(connection, error));
    return (connection->has_pooler ? send_unprepared : send_prepared)(connection, call, &parameters, error);
}

static bool execute_once(PostgresTx *tx, const DbCall *call, PGresult **ret_result, GError **error)
{
    TRY(send_call(tx->connection, call, error));
    return postgres_settle(tx->connection, ret_result, error);
}

/* A connection that lay idle may have died unseen: nothing can have come of what was its first statement. */
bool postgres_execute(PostgresTx *tx, const DbCall *call, PGresult **ret_result, GError **error)
{
    bool is_first = tx->connection->is_begin_due;
    g_autoptr(GError) failure = NULL;

    if (execute_once(tx, call, ret_result, &failure))
        return true;
    if (!is_first || !tx->connection->is_broken || tx->connection->is_silent) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    TRY(postgres_begin_again(tx, error));
    return execute_once(tx, call, ret_result, error);
}

bool postgres_declare(PostgresTx *tx, const DbCall *call, const char *cursor, GError **error)
{
    g_auto(Parameters) parameters = {0};
    const char *text = db_statement_texts[DB_POSTGRES][call->statement];
    g_autofree char *sql = g_strdup_printf("DECLARE %s NO SCROLL CURSOR FOR %s", cursor, text);

    TRY(parameters_init(&parameters, call, error));
    TRY(postgres_ensure_begun(tx, error));
    PostgresConnection *connection = tx->connection;
    TRY(postgres_open_pipeline(connection, error));
    int was_sent = PQsendQueryParams(
        connection->handle, sql, (int)call->count, NULL, parameters.values, parameters.lengths, parameters.formats, 0);
    TRY(postgres_sent(connection, db_statement_names[call->statement], SQL_STATEMENT_COUNT, was_sent, error));
    return postgres_settle(connection, NULL, error);
}

bool postgres_exec(DbTx *base, const DbCall *call, int64_t *ret_changed, GError **error)
{
    PostgresTx *tx = (PostgresTx *)base;
    g_autoptr(PGresult) result = NULL;

    TRY(postgres_check_connection(tx, error));
    TRY(postgres_execute(tx, call, &result, error));
    tx->connection->is_patient |= call->statement == SQL_MIGRATION_PATIENCE;
    bool is_select = g_str_has_prefix(PQcmdStatus(result), "SELECT");
    *ret_changed = is_select ? 0 : g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    return true;
}

/* The first statement is waited for, since it may have to begin again; and whatever goes through a pooler is. */
bool postgres_exec_later(DbTx *base, const DbCall *call, GError **error)
{
    PostgresTx *tx = (PostgresTx *)base;
    int64_t unused = 0;

    TRY(postgres_check_connection(tx, error));
    if (tx->connection->is_begin_due || tx->connection->has_pooler)
        return postgres_exec(base, call, &unused, error);
    if (postgres_count_unanswered(tx->connection) >= POSTGRES_UNANSWERED_MAX)
        TRY(postgres_settle(tx->connection, NULL, error));
    return send_call(tx->connection, call, error);
}
